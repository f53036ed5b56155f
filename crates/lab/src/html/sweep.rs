//! What would have been under other values of a setting: a chart and its numbers.

use maud::{Markup, PreEscaped, html};

use super::axis::Axis;
use super::frame::{HEIGHT, Look, across, coordinate};
use super::lines::{Chart, Series, largest};
use crate::{findings, number, report::WhatIf};

pub(super) fn what_if(what_if: &WhatIf) -> Markup {
    let count = what_if.points.len();
    let Some(first) = what_if.points.first() else { return html! {} };
    let series: Vec<Series<'_>> = first
        .strategies
        .iter()
        .enumerate()
        .map(|(at, strategy)| {
            let share = |at: usize| {
                what_if.points.get(at).and_then(|point| point.strategies.get(at_of(point, &strategy.name)?))
            };
            let points =
                (0..count).map(|at| Some(share(at)?.share * 100.0).filter(|share| share.is_finite()));
            Series { label: &strategy.name, look: Look(at), points: points.collect() }
        })
        .collect();
    let names: Vec<String> = what_if.points.iter().map(|point| short_value(what_if, point.value)).collect();
    let chart = Chart {
        title: &what_if.name,
        about: String::new(),
        y: Axis::up_to(largest(&series)),
        y_unit: "share of the miners’ emission, %",
        values: (1..=count).map(|at| at as f64).collect(),
        names,
        x_unit: if what_if.unit.is_empty() || what_if.unit == findings::SWITCH {
            &what_if.name
        } else {
            &what_if.unit
        },
    };
    let now: String = what_if
        .points
        .iter()
        .enumerate()
        .filter(|(_, point)| point.current)
        .map(|(at, _)| format!("M{} 0V{HEIGHT}", coordinate(across(at, count)).0))
        .collect();
    chart.dotted(&series, &html! { path.now d=(PreEscaped(now)) {} }, &numbers(what_if, &series))
}

fn at_of(point: &crate::report::WhatIfPoint, name: &str) -> Option<usize> {
    point.strategies.iter().position(|strategy| strategy.name == name)
}

fn numbers(what_if: &WhatIf, series: &[Series<'_>]) -> Markup {
    let validators = what_if.points.first().map(|point| point.validators.as_slice()).unwrap_or_default();
    let trust = |kind: usize| {
        what_if.points.iter().map(move |point| point.validators.get(kind).map(|kind| kind.mean_trust))
    };
    html! {
        div.scroll.small {
            table {
                thead {
                    tr {
                        th.t scope="col" { (what_if.name) }
                        @for point in &what_if.points {
                            th.here[point.current] scope="col" { (findings::value(what_if, point.value)) @if point.current { " (now)" } }
                        }
                    }
                }
                tbody {
                    @for one in series {
                        tr {
                            th.t scope="row" { span.swatch class={ "s" (one.look.0 % 8) } {} (one.label) }
                            @for (point, share) in what_if.points.iter().zip(&one.points) {
                                td.here[point.current] { (number::percent(share.unwrap_or(f64::NAN) / 100.0)) }
                            }
                        }
                    }
                    tr {
                        th.t scope="row" { "gini of miners" }
                        @for point in &what_if.points { td.here[point.current] { (number::fixed(point.gini, 2)) } }
                    }
                    @for (at, kind) in validators.iter().enumerate() {
                        tr {
                            th.t scope="row" { "trust of validator " (kind.name) }
                            @for (point, trust) in what_if.points.iter().zip(trust(at)) {
                                td.here[point.current] { (number::fixed(trust.unwrap_or(f64::NAN), 2)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A value as it stands below a chart that names the unit.
fn short_value(what_if: &WhatIf, value: f64) -> String {
    if what_if.unit == findings::SWITCH { findings::value(what_if, value) } else { number::plain(value) }
}
