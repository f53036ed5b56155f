//! What an epoch paid, and whether that is as it should be.

use std::collections::BTreeMap;

use serde::Serialize;
use subnetkit_chain::Metagraph;
use subnetkit_protocol::Hotkey;

use super::cast::{Behaviour, Cast, Role};

/// One epoch of the local subnet.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct EpochReport {
    /// Counted from 1, the first epoch after the subnet was set up.
    pub epoch: u64,
    /// The block in which it ran.
    pub block: u64,
    /// Every neuron, by uid.
    pub neurons: Vec<NeuronReport>,
}

/// What an epoch paid one neuron.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct NeuronReport {
    /// The neuron's number.
    pub uid: u16,
    /// Its hotkey.
    pub hotkey: Hotkey,
    /// Its name, if it takes part in this run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is there for.
    pub role: Role,
    /// How it answers; only miners have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub behaviour: Option<Behaviour>,
    /// The mean of the validators' latest scores, in the judge's unit.
    pub score: Option<f64>,
    /// The mean over validators of the share of their weights that it gets, 0 to 1.
    pub weight: f64,
    /// Share of the miners' emission, 0 to 1.
    pub incentive: f64,
    /// Share of the validators' emission, 0 to 1.
    pub dividends: f64,
    /// Alpha earned in the epoch, in rao.
    pub emission: u64,
    /// Alpha and weighted TAO staked on it, in rao.
    pub stake: u64,
}

/// Whether an epoch paid as it should.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// Weights of all validators are on chain, honest miners earned, the wrong one earned nothing.
    Fair,
    /// Something is not so; one sentence.
    Unfair(String),
}

/// The latest score that each validator gave each hotkey.
#[derive(Debug, Default)]
pub struct ScoreBoard(BTreeMap<(Hotkey, Hotkey), f64>);

impl ScoreBoard {
    /// Replaces what this validator thought of this miner before.
    pub fn note(&mut self, validator: Hotkey, miner: Hotkey, score: f64) {
        self.0.insert((miner, validator), score);
    }

    fn mean(&self, miner: &Hotkey) -> Option<f64> {
        let scores: Vec<f64> =
            self.0.iter().filter(|((scored, _), _)| scored == miner).map(|(_, score)| *score).collect();
        let count = scores.len();
        (count > 0).then(|| scores.iter().sum::<f64>() / count as f64)
    }
}

/// A validator's weights on chain: `(uid, value)`, where only ratios matter.
pub(super) type Row = Vec<(u16, u16)>;

impl EpochReport {
    pub(super) fn new(
        epoch: u64,
        subnet: &Metagraph,
        rows: &BTreeMap<Hotkey, Row>,
        scores: &ScoreBoard,
        cast: &Cast,
    ) -> Self {
        let share = |value: u16| f64::from(value) / f64::from(u16::MAX);
        let neurons = subnet
            .neurons
            .iter()
            .map(|neuron| {
                let member = cast.member(&neuron.hotkey);
                NeuronReport {
                    uid: neuron.uid,
                    hotkey: neuron.hotkey,
                    name: member.map(|member| member.name.clone()),
                    role: member.map_or(Role::Miner, |member| member.role),
                    behaviour: member.and_then(|member| member.behaviour),
                    score: scores.mean(&neuron.hotkey),
                    weight: mean_weight(rows, neuron.uid),
                    incentive: share(neuron.incentive),
                    dividends: share(neuron.dividends),
                    emission: neuron.emission,
                    stake: neuron.total_stake,
                }
            })
            .collect();
        Self { epoch, block: subnet.last_step, neurons }
    }

    /// Judges the epoch by what the chain says.
    pub(super) fn verdict(&self, rows: &BTreeMap<Hotkey, Row>) -> Verdict {
        if let Some((validator, _)) = rows.iter().find(|(_, row)| row.iter().all(|(_, value)| *value == 0)) {
            return Verdict::Unfair(format!("the validator {validator} has no weights on chain"));
        }
        for neuron in &self.neurons {
            let (uid, emission) = (neuron.uid, neuron.emission);
            match neuron.behaviour {
                Some(Behaviour::Honest) if emission == 0 => {
                    return Verdict::Unfair(format!("the honest miner with uid {uid} earned nothing"));
                }
                Some(Behaviour::Wrong) if emission > 0 || neuron.incentive > 0.0 => {
                    return Verdict::Unfair(format!("the wrong miner with uid {uid} earned {emission} rao"));
                }
                _ => {}
            }
        }
        Verdict::Fair
    }
}

fn mean_weight(rows: &BTreeMap<Hotkey, Row>, uid: u16) -> f64 {
    let shares: Vec<f64> = rows
        .values()
        .filter_map(|row| {
            let total: u64 = row.iter().map(|(_, value)| u64::from(*value)).sum();
            let given = row.iter().find(|(to, _)| *to == uid).map_or(0, |(_, value)| *value);
            (total > 0).then(|| f64::from(given) / total as f64)
        })
        .collect();
    if shares.is_empty() { 0.0 } else { shares.iter().sum::<f64>() / shares.len() as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn neuron(uid: u16, behaviour: Behaviour, emission: u64) -> NeuronReport {
        NeuronReport {
            uid,
            hotkey: Hotkey::from_bytes([uid as u8; 32]),
            name: None,
            role: Role::Miner,
            behaviour: Some(behaviour),
            score: None,
            weight: 0.0,
            incentive: 0.0,
            dividends: 0.0,
            emission,
            stake: 0,
        }
    }

    fn verdict(honest: u64, wrong: u64, row: &[(u16, u16)]) -> Verdict {
        let neurons = vec![neuron(1, Behaviour::Honest, honest), neuron(2, Behaviour::Wrong, wrong)];
        let rows = BTreeMap::from([(Hotkey::from_bytes([9; 32]), row.to_vec())]);
        EpochReport { epoch: 1, block: 1, neurons }.verdict(&rows)
    }

    #[test]
    fn is_fair_only_if_weights_are_set_and_the_right_ones_earned() {
        assert_eq!(verdict(5, 0, &[(1, 65_535)]), Verdict::Fair);
        assert!(matches!(verdict(0, 0, &[(1, 65_535)]), Verdict::Unfair(why) if why.contains("honest")));
        assert!(matches!(verdict(5, 1, &[(1, 65_535)]), Verdict::Unfair(why) if why.contains("wrong")));
        assert!(matches!(verdict(5, 0, &[]), Verdict::Unfair(why) if why.contains("no weights")));
    }

    #[test]
    fn a_weight_is_the_mean_share_over_validators_that_set_any() {
        let rows = BTreeMap::from([
            (Hotkey::from_bytes([1; 32]), vec![(5, 100), (6, 300)]),
            (Hotkey::from_bytes([2; 32]), vec![(5, 65_535)]),
            (Hotkey::from_bytes([3; 32]), vec![]),
        ]);
        assert!((mean_weight(&rows, 5) - 0.625).abs() < 1e-9);
        assert_eq!(mean_weight(&rows, 7), 0.0);
    }
}
