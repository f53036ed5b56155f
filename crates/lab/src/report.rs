//! What a laboratory found out: plain numbers, to be asserted on, printed, drawn or kept as JSON.

use serde::Serialize;
use subnetkit_protocol::Hotkey;

use crate::chain::Rules;

/// Everything one run found out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The subnet's name, as [`crate::Lab::title`] gave it.
    pub title: String,
    /// The seed of everything random.
    pub seed: u64,
    /// The subnet's rules.
    pub rules: Rules,
    /// How often each validator asked the miners in an epoch.
    pub rounds_per_epoch: u32,
    /// Every epoch that was played, oldest first.
    pub epochs: Vec<Epoch>,
    /// One entry per strategy, in the order in which the miners were given.
    pub strategies: Vec<Strategy>,
    /// One entry per kind of validator, in the order in which they were given.
    pub validators: Vec<ValidatorSummary>,
    /// The weights that the last epoch used, one row per validator that had any.
    pub weights: Vec<WeightsRow>,
    /// What would have been under other settings.
    pub what_ifs: Vec<WhatIf>,
}

/// One epoch, as it stood when it was over.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Epoch {
    /// Its number, from 1.
    pub number: u32,
    /// The block in which the chain ran it.
    pub block: u64,
    /// The neurons that were registered; position is uid.
    pub neurons: Vec<NeuronEpoch>,
}

/// What one epoch gave one neuron. Shares are of 65535, amounts in rao of alpha.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NeuronEpoch {
    /// Its number in the subnet.
    pub uid: u16,
    /// Who holds it.
    pub hotkey: Hotkey,
    /// What it is in the laboratory.
    pub party: Party,
    /// Its total stake after the epoch, rao.
    pub stake: u64,
    /// Whether it may set weights from this epoch on.
    pub permit: bool,
    /// The mean of the newest scores that the honest validators gave it in this epoch; `None` if none did.
    pub score: Option<f64>,
    /// Share of the miners' emission.
    pub incentive: u16,
    /// Share of the validators' emission.
    pub dividends: u16,
    /// The weight on which the validators agree.
    pub consensus: u16,
    /// How much of its own weights the others agree with.
    pub validator_trust: u16,
    /// What it was paid, rao of alpha.
    pub emission: u64,
}

/// What a neuron is in the laboratory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// A miner; the place of its strategy in [`Report::strategies`].
    Miner(usize),
    /// A validator; the place of its kind in [`Report::validators`].
    Validator(usize),
    /// The subnet owner's own hotkey.
    Owner,
}

/// What all miners of one strategy did together. Amounts are in rao of alpha.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Strategy {
    /// Its name.
    pub name: String,
    /// What it does, in words.
    pub about: String,
    /// Whether it earns what it earns by fair means. What is not fair should not pay, and the report says where it does.
    pub fair: bool,
    /// How many hotkeys it plays with.
    pub identities: usize,
    /// What its hotkeys were paid for mining.
    pub earned: u64,
    /// What its registrations burned, at the price of alpha at the time.
    pub registration_cost: u64,
    /// What its answers cost it, by [`crate::Miner::cost`].
    pub work_cost: u64,
    /// What it handed to validators.
    pub bribes_paid: u64,
    /// Its part of what all miners earned, 0 to 1.
    pub share: f64,
    /// How often its hotkeys registered.
    pub registrations: u32,
    /// How often one of its hotkeys lost its place to another.
    pub pruned: u32,
    /// Answers that were given, right or wrong.
    pub answers: u64,
    /// Requests that were refused, or not answered in time.
    pub unanswered: u64,
    /// What its operator would have earned with one identity. Only for strategies that run several on one machine, and
    /// not in [`WhatIf`]s.
    pub alone: Option<Alone>,
}

/// What the operator of several identities earns with one of them, in the same subnet otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Alone {
    /// Earned in all epochs, rao of alpha.
    pub earned: u64,
}

impl Strategy {
    /// Registrations, work and bribes together, in rao of alpha.
    #[must_use]
    pub fn costs(&self) -> u128 {
        u128::from(self.registration_cost) + u128::from(self.work_cost) + u128::from(self.bribes_paid)
    }

    /// What is left after all costs, in rao of alpha. Below zero it was a loss.
    #[must_use]
    pub fn net(&self) -> i128 {
        i128::from(self.earned) - self.costs() as i128
    }

    /// Earnings per hotkey, in rao of alpha.
    #[must_use]
    pub fn earned_per_identity(&self) -> f64 {
        if self.identities == 0 { 0.0 } else { self.earned as f64 / self.identities as f64 }
    }

    /// How many times as much the operator earns with all its identities as with one of them: 1 says that several are
    /// worth nothing. Infinite if one alone earns nothing and several do; `None` where the strategy has one identity.
    #[must_use]
    pub fn sybil_gain(&self) -> Option<f64> {
        self.alone.map(|alone| match (self.earned, alone.earned) {
            (0, 0) => 1.0,
            (all, one) => all as f64 / one as f64,
        })
    }
}

/// What all validators of one kind did together. Amounts are in rao of alpha.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ValidatorSummary {
    /// The kind's name.
    pub name: String,
    /// What it does, in words.
    pub about: String,
    /// Whether it asks and scores every epoch, by the hooks.
    pub honest: bool,
    /// How many there are.
    pub count: usize,
    /// Their stake together, before the first epoch.
    pub stake_start: u64,
    /// Their stake together, after the last one.
    pub stake_end: u64,
    /// What they were paid for validating.
    pub dividends: u64,
    /// What miners handed to them.
    pub bribes: u64,
    /// The mean of their validator trust over all epochs, 0 to 1.
    pub mean_trust: f64,
    /// How often the rules or the state of the chain kept them from setting weights, and why the last time.
    pub withheld: Withheld,
}

/// Weights that were not set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Withheld {
    /// How often.
    pub times: u64,
    /// Why, the last time.
    pub last_reason: Option<String>,
}

/// One validator's weights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WeightsRow {
    /// Its uid.
    pub validator: u16,
    /// The name of its kind.
    pub name: String,
    /// Pairs of a uid and its weight, as the chain keeps them.
    pub weights: Vec<(u16, u16)>,
}

/// The same subnet under other values of one setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WhatIf {
    /// The setting, such as `tempo`.
    pub name: String,
    /// What its values count, such as `blocks`; may be empty.
    pub unit: String,
    /// One entry per value, in the order given.
    pub points: Vec<WhatIfPoint>,
}

/// What one value of the setting leads to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WhatIfPoint {
    /// The value.
    pub value: f64,
    /// It leads to what the report itself shows: the value in force, or one that changes nothing.
    pub current: bool,
    /// As in [`Report::strategies`].
    pub strategies: Vec<Strategy>,
    /// As in [`Report::validators`].
    pub validators: Vec<ValidatorSummary>,
    /// As [`Report::gini`].
    pub gini: f64,
}

impl Report {
    /// The strategy with this name.
    #[must_use]
    pub fn strategy(&self, name: &str) -> Option<&Strategy> {
        self.strategies.iter().find(|strategy| strategy.name == name)
    }

    /// The validators with this name.
    #[must_use]
    pub fn validator(&self, name: &str) -> Option<&ValidatorSummary> {
        self.validators.iter().find(|validator| validator.name == name)
    }

    /// How unequally the miners' hotkeys earned over all epochs: 0 is all the same, close to 1 is one for all.
    #[must_use]
    pub fn gini(&self) -> f64 {
        let mut earned = std::collections::BTreeMap::<Hotkey, u64>::new();
        for neuron in self.epochs.iter().flat_map(|epoch| &epoch.neurons) {
            if matches!(neuron.party, Party::Miner(_)) {
                *earned.entry(neuron.hotkey).or_default() += neuron.emission;
            }
        }
        gini(earned.into_values().collect())
    }
}

/// Half the mean difference between any two, as a share of the mean.
pub(crate) fn gini(mut values: Vec<u64>) -> f64 {
    values.sort_unstable();
    let sum: f64 = values.iter().map(|value| *value as f64).sum();
    if sum == 0.0 {
        return 0.0;
    }
    let n = values.len() as f64;
    let ranked: f64 = values.iter().zip(1_u32..).map(|(value, rank)| f64::from(rank) * *value as f64).sum();
    // Rounding alone may leave less than nothing.
    (2.0 * ranked / (n * sum) - (n + 1.0) / n).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::gini;

    #[test]
    fn the_gini_index_is_nothing_among_equals_and_nearly_one_where_one_has_all() {
        assert_eq!(gini(vec![]), 0.0);
        assert_eq!(gini(vec![0, 0]), 0.0);
        assert!(gini(vec![7; 100]) < 1e-12);
        assert!((gini(vec![0, 0, 0, 8]) - 0.75).abs() < 1e-12);
        assert!((gini(vec![1, 3]) - 0.25).abs() < 1e-12);
    }
}
