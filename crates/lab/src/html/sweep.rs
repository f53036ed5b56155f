//! What would have been under other values of a setting: a chart and its numbers.

use maud::{Markup, PreEscaped, html};

use super::axis::{Axis, Spread};
use super::frame::{HEIGHT, Look, WIDTH, coordinate, named};
use super::lines::{Chart, Series, largest};
use crate::{
    findings, number,
    report::{Strategy, WhatIf, WhatIfPoint},
};

pub(super) fn what_if(what_if: &WhatIf) -> Markup {
    let count = what_if.points.len();
    let Some(first) = what_if.points.first() else { return html! {} };
    let series: Vec<Series<'_>> = first
        .strategies
        .iter()
        .enumerate()
        .map(|(at, strategy)| {
            let points = what_if.points.iter().map(|point| of_one(point, &strategy.name));
            Series { label: &strategy.name, look: Look(at), points: points.collect() }
        })
        .collect();
    let names: Vec<String> = what_if.points.iter().map(|point| short_value(what_if, point.value)).collect();
    let chart = Chart {
        title: &what_if.name,
        about: String::new(),
        y: Axis::up_to(largest(&series)),
        y_unit: "one identity’s share of the miners’ emission, %",
        values: (1..=count).map(|at| at as f64).collect(),
        names,
        x_unit: if has_unit(what_if) { &what_if.unit } else { &what_if.name },
        spread: Spread::InColumns,
    };
    let now: String = what_if
        .points
        .iter()
        .enumerate()
        .filter(|(_, point)| point.current)
        .map(|(at, _)| format!("M{} 0V{HEIGHT}", coordinate(Spread::InColumns.across(at, count) * WIDTH).0))
        .collect();
    chart.dotted(&series, &html! { path.now d=(PreEscaped(now)) {} }, &numbers(what_if, &series))
}

fn numbers(what_if: &WhatIf, series: &[Series<'_>]) -> Markup {
    let validators = what_if.points.first().map(|point| point.validators.as_slice()).unwrap_or_default();
    let head =
        if has_unit(what_if) { format!("{}, {}", what_if.name, what_if.unit) } else { what_if.name.clone() };
    let cells = |number: &dyn Fn(usize) -> Option<String>| {
        html! {
            @for (at, point) in what_if.points.iter().enumerate() {
                td.here[point.current] { (number(at).unwrap_or_else(|| number::NONE.to_owned())) }
            }
        }
    };
    let group = |title: &str| html! { tr { th.t.group scope="rowgroup" colspan=(what_if.points.len() + 1) { (title) } } };
    html! {
        details {
            summary { "Numbers" }
            div.scroll.small {
                table {
                    thead {
                        tr {
                            th.t scope="col" { (head) }
                            @for point in &what_if.points {
                                th.here[point.current] scope="col" { (short_value(what_if, point.value)) }
                            }
                        }
                    }
                    tbody {
                        (group("one identity’s share of the miners’ emission, %"))
                        @for one in series {
                            tr {
                                th.t scope="row" { (named(one.look, one.label)) }
                                (cells(&|at| Some(number::fixed((*one.points.get(at)?)?, 2))))
                            }
                        }
                    }
                    tbody {
                        (group("all its identities’ share, %"))
                        @for one in series {
                            tr {
                                th.t scope="row" { (named(one.look, one.label)) }
                                (cells(&|at| Some(number::fixed(strategy(what_if.points.get(at)?, one.label)?.share * 100.0, 1))))
                            }
                        }
                    }
                    tbody {
                        (group("among miners"))
                        tr {
                            th.t scope="row" { "gini index" }
                            (cells(&|at| Some(number::fixed(what_if.points.get(at)?.gini, 2))))
                        }
                    }
                    tbody {
                        (group("mean trust of validators"))
                        @for kind in validators {
                            tr {
                                th.t scope="row" { (kind.name) }
                                (cells(&|at| {
                                    let mut kinds = what_if.points.get(at)?.validators.iter();
                                    Some(number::fixed(kinds.find(|other| other.name == kind.name)?.mean_trust, 2))
                                }))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What part of all miners' emission one identity of a strategy got, in per cent.
fn of_one(point: &WhatIfPoint, name: &str) -> Option<f64> {
    let strategy = strategy(point, name)?;
    Some(number::ratio(strategy.share * 100.0, strategy.identities as f64)).filter(|share| share.is_finite())
}

fn strategy<'a>(point: &'a WhatIfPoint, name: &str) -> Option<&'a Strategy> {
    point.strategies.iter().find(|strategy| strategy.name == name)
}

fn has_unit(what_if: &WhatIf) -> bool {
    !what_if.unit.is_empty() && what_if.unit != findings::SWITCH
}

/// A value as it stands below a chart that names the unit.
fn short_value(what_if: &WhatIf, value: f64) -> String {
    if what_if.unit == findings::SWITCH { findings::value(what_if, value) } else { number::plain(value) }
}
