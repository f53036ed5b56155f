//! The heat map of weights: validators down, miners across, both merged where there are more than can be seen.

use maud::{Markup, html};

use super::frame::{Key, Look, Marks, legend};
use crate::{
    number,
    report::{Party, Report},
};

/// So many columns at most.
const COLUMNS: usize = 64;
/// With more columns than this, lines between them would hide them on a phone.
const MANY: usize = 32;
/// So many rows at most.
const ROWS: usize = 24;
/// Shades that can be told apart.
const SHADES: f64 = 20.0;

/// Neurons beside each other that are shown as one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bin {
    /// Their uids, as `7` or `7–9`.
    uids: String,
    /// Places in what was merged.
    members: Vec<usize>,
    /// The strategy, of a column.
    look: usize,
}

pub(super) fn weights(report: &Report) -> Markup {
    let Some(last) = report.epochs.last() else { return html! {} };
    let mut miners: Vec<(usize, u16)> = last
        .neurons
        .iter()
        .filter_map(|neuron| match neuron.party {
            Party::Miner(strategy) => Some((strategy, neuron.uid)),
            Party::Validator(_) | Party::Owner => None,
        })
        .collect();
    miners.sort_unstable();
    if miners.is_empty() || report.weights.is_empty() {
        return html! { p.none { "No validator had weights that counted in the last epoch." } };
    }
    let shares = shares(report, &miners);
    let columns = bins(&miners, COLUMNS);
    let kinds = report.weights.iter().map(|row| {
        let kind = report.validators.iter().position(|kind| kind.name == row.name);
        (kind.unwrap_or(report.validators.len()), row.validator)
    });
    let rows = bins(&kinds.collect::<Vec<_>>(), ROWS);
    let kind = |row: &Bin| report.validators.get(row.look).map_or("", |kind| &kind.name);
    let label = |row: &Bin| format!("{} {}", row.uids, kind(row));
    let cell = |row: &Bin, column: &Bin| {
        let sum: f64 =
            row.members.iter().flat_map(|row| column.members.iter().map(|at| shares[*row][*at])).sum();
        sum / (row.members.len() * column.members.len()) as f64
    };
    let cells: Vec<Vec<f64>> =
        rows.iter().map(|row| columns.iter().map(|column| cell(row, column)).collect()).collect();
    let most = cells.iter().flatten().fold(0.0, |most: f64, cell| most.max(*cell));
    let keys: Vec<Key<'_>> = present(&columns)
        .into_iter()
        .filter_map(|look| Some(Key { label: &report.strategies.get(look)?.name, look: Look(look) }))
        .collect();
    html! {
        figure.chart.heat {
            figcaption { "Weights in the last epoch" }
            p.about {
                "One row per validator, one column per miner, miners of a strategy side by side. The stronger a cell’s colour, the larger the part of its weights that the validator gives to this miner."
                @if columns.len() < miners.len() || rows.len() < report.weights.len() {
                    " " (report.weights.len()) " validators and " (miners.len()) " miners are too many to be shown one by one: neighbours are merged, and a cell is their mean."
                }
            }
            (legend(&keys, Marks::Areas))
            div.map {
                div.rows aria-hidden="true" { span { "uid, validator" } @for row in &rows { span title=(label(row)) { (label(row)) } } }
                svg.many[columns.len() > MANY] role="img" aria-label="Weights of validators by miner" viewBox={ "0 0 " (columns.len()) " " (rows.len() + 1) }
                    preserveAspectRatio="none" style={ "height:" (rows.len() * 24 + 24) "px" } {
                    @for (x, column) in columns.iter().enumerate() {
                        rect class=(Look(column.look).fill()) x=(x) y="0.15" width="1" height="0.55" {
                            title { (strategy(report, column.look)) ", uid " (column.uids) }
                        }
                    }
                    @for (y, (row, cells)) in rows.iter().zip(&cells).enumerate() {
                        @for (x, (column, cell)) in columns.iter().zip(cells).enumerate() {
                            rect.w x=(x) y=(y + 1) width="1" height="1" fill-opacity=(shade(*cell, most)) {
                                title { "validator " (label(row)) " → " (strategy(report, column.look)) ", uid " (column.uids) ": " (number::percent(*cell)) }
                            }
                        }
                    }
                }
                div {}
                div.x-unit { "miners, by strategy" }
            }
            div.scale {
                span { "0 %" }
                span.ramp aria-hidden="true" {}
                span { (number::percent(most / 4.0)) }
                span.ramp aria-hidden="true" {}
                span { (number::percent(most)) }
                span.what { "of the validator’s weights" }
            }
        }
    }
}

/// What part of its weights each validator gives to each miner.
fn shares(report: &Report, miners: &[(usize, u16)]) -> Vec<Vec<f64>> {
    report
        .weights
        .iter()
        .map(|row| {
            let all: f64 = row.weights.iter().map(|(_, weight)| f64::from(*weight)).sum();
            let of = |uid: u16| {
                let given = row.weights.iter().filter(|(to, _)| *to == uid);
                let given: f64 = given.map(|(_, weight)| f64::from(*weight)).sum();
                if all == 0.0 { 0.0 } else { given / all }
            };
            miners.iter().map(|(_, uid)| of(*uid)).collect()
        })
        .collect()
}

/// Merges neighbours of one group until there are at most `limit`, larger groups first. There are never fewer bins than
/// groups.
fn bins(neurons: &[(usize, u16)], limit: usize) -> Vec<Bin> {
    let mut groups: Vec<(usize, Vec<usize>)> = Vec::new();
    for (at, (group, _)) in neurons.iter().enumerate() {
        match groups.iter_mut().find(|(known, _)| known == group) {
            Some((_, members)) => members.push(at),
            None => groups.push((*group, vec![at])),
        }
    }
    let mut width = 1;
    while groups.iter().map(|(_, members)| members.len().div_ceil(width)).sum::<usize>()
        > limit.max(groups.len())
    {
        width += 1;
    }
    let uids = |members: &[usize]| match members {
        [first, .., last] => format!("{}–{}", neurons[*first].1, neurons[*last].1),
        [only] => neurons[*only].1.to_string(),
        [] => String::new(),
    };
    groups
        .iter()
        .flat_map(|(look, members)| members.chunks(width).map(|members| (*look, members)))
        .map(|(look, members)| Bin { uids: uids(members), members: members.to_vec(), look })
        .collect()
}

fn present(columns: &[Bin]) -> Vec<usize> {
    let mut looks: Vec<usize> = columns.iter().map(|column| column.look).collect();
    looks.dedup();
    looks
}

fn strategy(report: &Report, at: usize) -> &str {
    report.strategies.get(at).map_or("", |strategy| &strategy.name)
}

/// By the square root, so that one weight of 100 % does not make all others look like none.
fn shade(cell: f64, most: f64) -> f64 {
    if most <= 0.0 { 0.0 } else { ((cell / most).sqrt() * SHADES).round() / SHADES }
}

#[cfg(test)]
mod tests {
    use super::bins;

    #[test]
    fn neighbours_are_merged_within_their_group_until_they_fit() {
        let neurons: Vec<(usize, u16)> = (0..10).map(|uid| (usize::from(uid / 8), uid)).collect();
        assert_eq!(bins(&neurons, 10).len(), 10);
        let merged = bins(&neurons, 5);
        let members: Vec<_> = merged.iter().map(|bin| bin.members.clone()).collect();
        assert_eq!(members, [vec![0, 1], vec![2, 3], vec![4, 5], vec![6, 7], vec![8, 9]]);
        assert_eq!(merged[0].uids, "0–1");
        assert_eq!(bins(&neurons, 1).len(), 2, "a bin never holds two groups");
    }
}
