//! The subnet's rules, with what they mean and in which unit.

use maud::{Markup, html};
use serde_json::Value;

use crate::{Rules, number};

/// Shown at once; the others on request, unless they differ from a new subnet's.
const FOREMOST: [&str; 8] = [
    "tempo",
    "kappa",
    "liquid_alpha_on",
    "commit_reveal_weights_enabled",
    "commit_reveal_period",
    "weights_rate_limit",
    "immunity_period",
    "max_allowed_uids",
];

pub(super) fn table(rules: &Rules) -> Markup {
    let (given, usual) = (values(rules), values(&Rules::default()));
    let changed = |name: &str| given.get(name) != usual.get(name);
    let names: Vec<&str> = given.keys().map(String::as_str).collect();
    let first = |name: &&str| changed(name) || FOREMOST.contains(name);
    let (shown, folded): (Vec<&str>, Vec<&str>) = names.into_iter().partition(first);
    let row = |name: &str| {
        let (unit, meaning) = meaning(name);
        html! {
            tr {
                th.t scope="row" { code { (name) } }
                td.value { (given.get(name).map(|value| unit.text(value)).unwrap_or_default()) }
                td.t {
                    (meaning)
                    @if changed(name) { " " b { "Not as in a new subnet: " (usual.get(name).map(|value| unit.text(value)).unwrap_or_default()) "." } }
                }
            }
        }
    };
    let rows = |names: &[&str]| {
        html! {
            table.cards.list {
                thead { tr { th.t scope="col" { "rule" } th scope="col" { "value" } th.t scope="col" { "meaning" } } }
                tbody { @for name in names { (row(name)) } }
            }
        }
    };
    html! {
        (rows(&shown))
        @if !folded.is_empty() {
            details { summary { (folded.len()) " more, all as in a new subnet" } (rows(&folded)) }
        }
    }
}

fn values(rules: &Rules) -> serde_json::Map<String, Value> {
    match serde_json::to_value(rules) {
        Ok(Value::Object(values)) => values,
        Ok(_) | Err(_) => serde_json::Map::new(),
    }
}

/// What a rule's number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Blocks,
    Epochs,
    /// Of 65535.
    Share,
    /// Of `u64::MAX`.
    WideShare,
    Millionths,
    Thousandths,
    Hundredths,
    RaoOfTao,
    RaoOfAlpha,
    TaoPerAlpha,
    None,
}

impl Unit {
    fn text(self, value: &Value) -> String {
        let number = match value {
            Value::Bool(on) => return (if *on { "on" } else { "off" }).to_owned(),
            Value::Number(number) => number.as_f64().unwrap_or(f64::NAN),
            Value::String(text) => return text.clone(),
            _ => return number::NONE.to_owned(),
        };
        let whole = |whole: f64| number::plain((number / whole * 1e4).round() / 1e4);
        match self {
            Self::Blocks => number::counted(number as usize, "block"),
            Self::Epochs => number::counted(number as usize, "epoch"),
            Self::Share => whole(f64::from(u16::MAX)),
            Self::WideShare => whole(u64::MAX as f64),
            Self::Millionths => whole(1e6),
            Self::Thousandths => whole(1e3),
            Self::Hundredths => whole(1e2),
            Self::RaoOfTao => format!("{} τ", number::plain(number / 1e9)),
            Self::RaoOfAlpha => format!("{} α", number::plain(number / 1e9)),
            Self::TaoPerAlpha => format!("{} τ per α", number::plain(number)),
            Self::None => number::plain(number),
        }
    }
}

#[rustfmt::skip]
fn meaning(rule: &str) -> (Unit, &'static str) {
    match rule {
        "tempo" => (Unit::Blocks, "An epoch: so often the chain turns weights into emission. A block takes 12 s."),
        "kappa" => (Unit::Share, "Share of the stake that must support a weight before it counts."),
        "bonds_moving_average" => (Unit::Millionths, "What remains of a bond from one epoch to the next."),
        "bonds_penalty" => (Unit::Share, "How far weights above consensus are cut when bonds are formed."),
        "yuma3_on" => (Unit::None, "Bonds follow the third version of Yuma Consensus."),
        "liquid_alpha_on" => (Unit::None, "Bonds follow weights faster or slower by their distance from consensus."),
        "alpha_low" => (Unit::Share, "The lowest rate of liquid alpha."),
        "alpha_high" => (Unit::Share, "The highest rate of liquid alpha."),
        "alpha_sigmoid_steepness" => (Unit::Hundredths, "How steeply liquid alpha goes from the one to the other."),
        "activity_cutoff_factor_milli" => (Unit::Thousandths, "Epochs without weights after which a validator’s stake no longer counts."),
        "max_allowed_uids" => (Unit::None, "Most neurons the subnet takes."),
        "max_allowed_validators" => (Unit::None, "Most validator permits the subnet gives."),
        "min_allowed_weights" => (Unit::None, "Fewest uids that a validator’s weights must name."),
        "max_weights_limit" => (Unit::Share, "Largest share of one weight that validators conform to."),
        "weights_rate_limit" => (Unit::Blocks, "Shortest time between two settings of weights by one validator."),
        "commit_reveal_weights_enabled" => (Unit::None, "Weights are hidden until the chain itself opens them."),
        "commit_reveal_period" => (Unit::Epochs, "Time from the commit of weights to their reveal."),
        "stake_threshold" => (Unit::RaoOfAlpha, "The least stake that counts and may set weights."),
        "tao_weight" => (Unit::WideShare, "What staked TAO on root weighs against alpha."),
        "immunity_period" => (Unit::Blocks, "So long a new neuron is not replaced."),
        "min_non_immune_uids" => (Unit::None, "With no more neurons than this past their immunity, immune ones are replaced."),
        "immune_owner_uids_limit" => (Unit::None, "How many of the owner’s own neurons are never replaced."),
        "network_registration_allowed" => (Unit::None, "Hotkeys may register."),
        "burn" => (Unit::RaoOfTao, "Price of a registration at first."),
        "min_burn" => (Unit::RaoOfTao, "The least price of a registration."),
        "max_burn" => (Unit::RaoOfTao, "The greatest price of a registration."),
        "burn_half_life" => (Unit::Blocks, "So long the price takes to fall to half."),
        "burn_increase_mult" => (Unit::None, "What the price is multiplied by with each registration."),
        "alpha_emission" => (Unit::RaoOfAlpha, "What a block emits to owner, miners and validators."),
        "tao_emission" => (Unit::RaoOfTao, "What a block emits to the subnet’s pool."),
        "owner_cut_enabled" => (Unit::None, "The owner gets a cut of the emission."),
        "subnet_owner_cut" => (Unit::Share, "The owner’s cut."),
        "recycle_or_burn" => (Unit::None, "What becomes of the incentive of the owner’s own hotkeys."),
        "delegate_take" => (Unit::Share, "What a validator keeps of its stakers’ dividends."),
        "root_dividends" => (Unit::None, "Root’s part of the dividends is paid, not recycled."),
        "pool_tao" => (Unit::RaoOfTao, "TAO in the subnet’s pool at first."),
        "alpha_price" => (Unit::TaoPerAlpha, "Price of alpha at first."),
        "market_volatility" => (Unit::None, "How much trading moves that price: standard deviation of a day’s return."),
        "market_half_life" => (Unit::Blocks, "Until traders have brought that price back half of the way; 0 if nobody does."),
        _ => (Unit::None, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_meaning() {
        for rule in values(&Rules::default()).keys() {
            assert_ne!(meaning(rule).1, "", "{rule}");
        }
    }
}
