//! What each parameter of a subnet means, in what unit, and who may set it to what.
//!
//! Names are the chain's, as in [`Hyperparameters::all`](crate::Hyperparameters). A parameter that is not here is still read
//! and shown, without a meaning. Bounds are those of owners (chain-calls.md section 5); root is bound less.

use SetBy::{Nobody, Owner, Root};
use Unit::{Blocks, Count, Epochs, Factor, LongShare, Millionths, Share, Switch, ThousandthsOfTempo};
use serde::Serialize;

/// One parameter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ParameterRule {
    /// Its name.
    pub name: &'static str,
    /// What a value is counted in.
    pub unit: Unit,
    /// Who may set it.
    pub set_by: SetBy,
    /// The least and the greatest value that an owner may set, as the chain has it, where the chain has bounds of its own.
    pub bounds: Option<(u64, u64)>,
    /// What it does, in one sentence.
    pub meaning: &'static str,
}

/// What a parameter is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Unit {
    /// Blocks.
    Blocks,
    /// Epochs.
    Epochs,
    /// Thousandths of a tempo.
    ThousandthsOfTempo,
    /// A plain number.
    Count,
    /// True or false.
    Switch,
    /// Rao of TAO.
    Rao,
    /// A share of 65535.
    Share,
    /// A share of a million.
    Millionths,
    /// A share of 2^64.
    LongShare,
    /// A factor, with a fraction.
    Factor,
}

/// Who may set a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SetBy {
    /// The subnet's owner, and root.
    Owner,
    /// Root alone: the chain's governance, or the sudo key of a development chain.
    Root,
    /// Nobody: it follows from others, or is fixed.
    Nobody,
}

impl ParameterRule {
    /// All of them, by name.
    pub const fn all() -> &'static [Self] {
        RULES
    }

    /// The parameter of this name.
    pub fn of(name: &str) -> Option<&'static Self> {
        RULES.iter().find(|rule| rule.name == name)
    }
}

const fn rule(
    name: &'static str,
    unit: Unit,
    set_by: SetBy,
    bounds: Option<(u64, u64)>,
    meaning: &'static str,
) -> ParameterRule {
    ParameterRule { name, unit, set_by, bounds, meaning }
}

/// No bounds but the type's.
const ANY: Option<(u64, u64)> = None;
const SMALL: Option<(u64, u64)> = Some((0, u16::MAX as u64));

#[rustfmt::skip]
const RULES: &[ParameterRule] = &[
    rule("activity_cutoff", Blocks, Nobody, ANY, "A validator without weights or commits for longer than this does not count in the epoch; it follows from activity_cutoff_factor and tempo"),
    rule("activity_cutoff_factor", ThousandthsOfTempo, Owner, Some((1_000, 50_000)), "The activity cutoff, in thousandths of a tempo"),
    rule("adjustment_alpha", LongShare, Owner, ANY, "Has no effect any more: the price of a registration follows burn_half_life and burn_increase_mult"),
    rule("adjustment_interval", Blocks, Root, SMALL, "Has no effect any more: the price of a registration follows burn_half_life and burn_increase_mult"),
    rule("alpha_high", Share, Owner, Some((1_638, u16::MAX as u64)), "With liquid alpha, how fast bonds follow at most: set together with alpha_low, which may not be above it"),
    rule("alpha_low", Share, Owner, Some((1_638, u16::MAX as u64)), "With liquid alpha, how fast bonds follow at least: set together with alpha_high"),
    rule("alpha_sigmoid_steepness", Count, Owner, Some((0, i16::MAX as u64)), "With liquid alpha, how sharply the speed of bonds turns from alpha_low to alpha_high"),
    rule("bonds_moving_avg", Millionths, Owner, Some((0, 975_000)), "The share of a validator's bonds that an epoch keeps from the one before, where liquid alpha is off"),
    rule("bonds_penalty", Share, Owner, SMALL, "How much of a weight above the consensus is taken out of bonds"),
    rule("bonds_reset_enabled", Switch, Owner, ANY, "Whether a miner may have the bonds to it reset with a commitment"),
    rule("burn_half_life", Blocks, Owner, Some((1, 36_100)), "The blocks after which the price of a registration has fallen by half towards min_burn"),
    rule("burn_increase_mult", Factor, Owner, Some((1, 3)), "What each registration multiplies the price by"),
    rule("commit_reveal_period", Epochs, Owner, Some((1, 100)), "Epochs between the commit of weights and their reveal"),
    rule("commit_reveal_weights_enabled", Switch, Owner, ANY, "Whether weights are hidden when they are set and revealed later, so that nobody can copy them in time"),
    rule("difficulty", Count, Root, ANY, "Has no effect any more: nobody registers by proof of work"),
    rule("immunity_period", Blocks, Owner, SMALL, "A neuron that registered fewer blocks ago is not replaced by another, unless all are as new"),
    rule("kappa", Share, Root, SMALL, "The share of stake that has to give a miner at least a weight for that weight to count"),
    rule("liquid_alpha_enabled", Switch, Owner, ANY, "Whether bonds follow at a speed of their own for each pair, between alpha_low and alpha_high; with Yuma 3 only"),
    rule("max_allowed_uids", Count, Owner, Some((1, 256)), "Most neurons; times mechanism_count it may not exceed 256, and there are never fewer than there are neurons"),
    rule("max_burn", Unit::Rao, Owner, Some((100_000_001, u64::MAX)), "Where the price of a registration stops rising; above min_burn"),
    rule("max_difficulty", Count, Owner, ANY, "Has no effect any more: nobody registers by proof of work"),
    rule("max_regs_per_block", Count, Root, SMALL, "Has no effect any more: the price alone limits registrations"),
    rule("max_validators", Count, Root, SMALL, "Most validator permits: each epoch gives them to the neurons with most stake"),
    rule("max_weights_limit", Share, Nobody, ANY, "The largest share of one weight"),
    rule("mechanism_count", Count, Owner, Some((1, 2)), "How many mechanisms the subnet has, each with weights and an incentive of its own"),
    rule("min_allowed_uids", Count, Root, SMALL, "How few neurons the subnet may be cut down to"),
    rule("min_allowed_weights", Count, Owner, SMALL, "Fewest miners that a validator has to give weight to; all of them in a subnet with fewer neurons"),
    rule("min_burn", Unit::Rao, Owner, Some((0, 999_999_999)), "Where the price of a registration stops falling; below max_burn"),
    rule("min_childkey_take", Share, Owner, Some((0, 11_796)), "The least share of a parent's dividends that a child hotkey may keep"),
    rule("min_difficulty", Count, Root, ANY, "Has no effect any more: nobody registers by proof of work"),
    rule("min_non_immune_uids", Count, Root, SMALL, "While no more neurons than this are past their immunity, those that are immune are replaced instead"),
    rule("owner_cut_auto_lock_enabled", Switch, Owner, ANY, "Whether the owner's share of emission is locked as stake"),
    rule("owner_cut_enabled", Switch, Owner, ANY, "Whether the owner gets a share of the emission"),
    rule("owner_immune_neuron_limit", Count, Owner, Some((1, 10)), "How many of the owner's neurons are never replaced"),
    rule("registration_allowed", Switch, Root, ANY, "Whether hotkeys may register"),
    rule("rho", Count, Owner, SMALL, "Has no effect any more: trust is not bent by it"),
    rule("serving_rate_limit", Blocks, Owner, ANY, "Blocks between two publications of an axon by one hotkey"),
    rule("subnet_emission_enabled", Switch, Root, ANY, "Whether the subnet gets TAO into its pool"),
    rule("subnet_is_active", Switch, Root, ANY, "Whether the subnet was started: its alpha can be traded and it has emission"),
    rule("target_regs_per_interval", Count, Root, SMALL, "Has no effect any more: the price of a registration follows burn_half_life and burn_increase_mult"),
    rule("tempo", Blocks, Owner, Some((360, 50_400)), "Blocks per epoch: weights become incentive, and emission is paid, once in that time"),
    rule("transfers_enabled", Switch, Owner, ANY, "Whether stake may be given to another coldkey"),
    rule("user_liquidity_enabled", Switch, Nobody, ANY, "Has no effect any more: nobody but the chain puts liquidity into the pool"),
    rule("weights_rate_limit", Blocks, Root, ANY, "Blocks between two settings of weights, or two commits, by one hotkey"),
    rule("weights_version", Count, Owner, ANY, "The least version key that weights must carry; 0 takes all"),
    rule("yuma_version", Count, Owner, Some((2, 3)), "Which form of Yuma Consensus the epoch runs"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::surface::SETTERS;

    #[test]
    fn whatever_somebody_may_set_has_a_setter_and_the_other_way_round() {
        for rule in RULES {
            let setter = SETTERS.iter().find(|(name, ..)| *name == rule.name);
            assert_eq!(setter.is_some(), rule.set_by != Nobody, "{}", rule.name);
        }
        for (name, ..) in SETTERS {
            assert!(ParameterRule::of(name).is_some(), "{name}");
        }
        assert!(RULES.is_sorted_by_key(|rule| rule.name));
    }
}
