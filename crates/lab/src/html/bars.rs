//! What one identity earns beside what it pays, as bars.

use maud::{Markup, html};

use super::frame::{Look, coordinate, named};
use crate::{
    number::{self, alpha, ratio},
    report::Strategy,
};

pub(super) fn per_identity(strategies: &[Strategy]) -> Markup {
    let of_one = |rao: f64, strategy: &Strategy| ratio(rao / 1e9, strategy.identities as f64);
    let rows: Vec<(f64, f64, f64)> = strategies
        .iter()
        .map(|strategy| {
            let earned = of_one(strategy.earned as f64, strategy);
            let costs = of_one(strategy.costs() as f64, strategy);
            (earned, costs, of_one(strategy.net() as f64, strategy))
        })
        .collect();
    let numbers = rows.iter().flat_map(|(earned, costs, _)| [*earned, *costs]);
    let most = numbers.clone().filter(|number| number.is_finite()).fold(0.0, f64::max);
    let decimals = number::decimals(numbers);
    let width =
        |number: f64| coordinate(if most > 0.0 && number.is_finite() { number / most * 100.0 } else { 0.0 });
    html! {
        figure.chart.wide {
            figcaption { "What one identity earns, pays and keeps" }
            p.about { "α per identity over all epochs. Upper bar: earned. Lower, grey bar: registrations, work and bribes." }
            div.bars {
                @for (at, (strategy, (earned, costs, net))) in strategies.iter().zip(rows).enumerate() {
                    div.item {
                        div.who { (named(Look(at), &strategy.name)) }
                        div.what {
                            span { (number::fixed(earned, decimals)) " − " (number::fixed(costs, decimals)) " = " }
                            b.loss[net < 0.0] { (number::fixed(net, decimals)) " α" }
                        }
                        svg role="img" aria-label={ "earned " (number::fixed(earned, decimals)) ", paid " (number::fixed(costs, decimals)) }
                            viewBox="0 0 100 20" preserveAspectRatio="none" {
                            rect class=(Look(at).fill()) x="0" y="2" width=(width(earned)) height="9" {}
                            rect.cost x="0" y="13" width=(width(costs)) height="5" {}
                        }
                    }
                }
            }
        }
    }
}

/// A bar in a table's cell, as long as the share is of one.
pub(super) fn share(look: Look, share: f64) -> Markup {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    html! { span.track aria-hidden="true" { span class={ "bar " (look.colour()) } style={ "width:" (coordinate(share * 100.0)) "%" } {} } }
}

/// Rao in alpha, with as many decimals.
pub(super) fn amount(rao: u64, decimals: usize) -> String {
    number::fixed(alpha(rao), decimals)
}
