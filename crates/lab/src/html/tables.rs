//! The numbers of miners and of validators. On a phone each row becomes a card.

use maud::{Markup, html};

use super::bars::{amount, share};
use super::frame::{Look, named};
use crate::{
    number::{self, alpha, counted, ratio},
    report::{Report, Strategy},
};

pub(super) fn strategies(report: &Report) -> Markup {
    let strategies = &report.strategies;
    let amounts = |strategy: &Strategy| [alpha(strategy.earned), strategy.costs() as f64 / 1e9];
    let decimals = number::decimals(strategies.iter().flat_map(amounts));
    let bribes = strategies.iter().any(|strategy| strategy.bribes_paid > 0);
    let sybils = strategies.iter().any(|strategy| strategy.alone.is_some());
    html! {
        table.cards {
            thead {
                tr {
                    th.t scope="col" { "strategy" }
                    th scope="col" { "identities" }
                    th scope="col" { "share" }
                    th scope="col" { "earned, α" }
                    th scope="col" { "answered" }
                    th scope="col" { "registered" }
                    th scope="col" { "lost its place" }
                    th scope="col" { "registrations, α" }
                    th scope="col" { "work, α" }
                    @if bribes { th scope="col" { "bribes, α" } }
                    th scope="col" { "net, α" }
                    @if sybils { th scope="col" { "sybil gain" } }
                }
            }
            tbody {
                @for (at, strategy) in strategies.iter().enumerate() {
                    tr {
                        th.t scope="row" { (named(Look(at), &strategy.name)) }
                        td data-label="identities" { (strategy.identities) }
                        td data-label="share" { (number::percent(strategy.share)) (share(Look(at), strategy.share)) }
                        td data-label="earned, α" { (amount(strategy.earned, decimals)) }
                        td data-label="answered" { (number::percent(ratio(strategy.answers as f64, (strategy.answers + strategy.unanswered) as f64))) }
                        td data-label="registered" { (times(strategy.registrations)) }
                        td data-label="lost its place" { (times(strategy.pruned)) }
                        td data-label="registrations, α" { (amount(strategy.registration_cost, decimals)) }
                        td data-label="work, α" { (amount(strategy.work_cost, decimals)) }
                        @if bribes { td data-label="bribes, α" { (amount(strategy.bribes_paid, decimals)) } }
                        td.loss[strategy.net() < 0] data-label="net, α" { (number::fixed(strategy.net() as f64 / 1e9, decimals)) }
                        @if sybils { td data-label="sybil gain" { (strategy.sybil_gain().map_or(number::NONE.to_owned(), |gain| number::fixed(gain, 2))) } }
                    }
                }
            }
        }
        @if sybils {
            p.note { "Sybil gain: what an operator earns with all its identities over what it would earn with one. Above 1 several pay." }
        }
    }
}

pub(super) fn validators(report: &Report) -> Markup {
    let kinds = &report.validators;
    let decimals = number::decimals(kinds.iter().map(|kind| alpha(kind.stake_end)));
    let paid = number::decimals(kinds.iter().map(|kind| alpha(kind.dividends)));
    let bribes = kinds.iter().any(|kind| kind.bribes > 0);
    html! {
        table.cards {
            thead {
                tr {
                    th.t scope="col" { "validator" }
                    th scope="col" { "count" }
                    th scope="col" { "stake, α" }
                    th scope="col" { "grown to, α" }
                    th scope="col" { "dividends, α" }
                    th scope="col" { "return" }
                    @if bribes { th scope="col" { "bribes, α" } }
                    th scope="col" { "trust" }
                }
            }
            tbody {
                @for (at, kind) in kinds.iter().enumerate() {
                    tr {
                        th.t scope="row" { (named(Look(at), &kind.name)) }
                        td data-label="count" { (kind.count) }
                        td data-label="stake, α" { (amount(kind.stake_start, decimals)) }
                        td data-label="grown to, α" { (amount(kind.stake_end, decimals)) }
                        td data-label="dividends, α" { (amount(kind.dividends, paid)) }
                        td data-label="return" { (number::percent(ratio(kind.dividends as f64, kind.stake_start as f64))) }
                        @if bribes { td data-label="bribes, α" { (amount(kind.bribes, paid)) } }
                        td data-label="trust" { (number::fixed(kind.mean_trust, 3)) }
                    }
                }
            }
        }
    }
}

/// Who was there, and what each of them does.
pub(super) fn population(report: &Report) -> Markup {
    let miners =
        report.strategies.iter().map(|strategy| (&strategy.name, strategy.identities, &strategy.about));
    let validators = report.validators.iter().map(|kind| (&kind.name, kind.count, &kind.about));
    let rows = |who: &str, (name, count, about): (&String, usize, &String)| {
        html! {
            tr {
                th.t scope="row" { (name) }
                td.t { (counted(count, who)) }
                td.t { (about) }
            }
        }
    };
    html! {
        table.cards.list {
            thead { tr { th.t scope="col" { "name" } th.t scope="col" { "hotkeys" } th.t scope="col" { "what each does" } } }
            tbody {
                @for one in miners { (rows("miner", one)) }
                @for one in validators { (rows("validator", one)) }
            }
        }
    }
}

fn times(count: u32) -> String {
    number::fixed(f64::from(count), 0)
}
