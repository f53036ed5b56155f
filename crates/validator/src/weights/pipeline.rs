//! The steps in their order.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use subnetkit_protocol::Hotkey;

use super::conform::{ConformError, Limits, conform};
use crate::ledger::WeightRecord;
use crate::scores::Weights;

/// What to submit when no registered neuron has a reward. An operator's decision, so it has no default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenAllZero {
    /// All weight to the subnet owner's hotkey; the chain burns what that hotkey earns as incentive.
    BurnToOwner,
    /// The last weights that were confirmed on chain, again, so that this validator stays active.
    HoldLast,
    /// Nothing: what is on chain stays, and this validator counts as inactive after the activity cutoff.
    Skip,
}

/// What the steps need to know of a subnet.
#[derive(Debug, Clone, Copy)]
pub struct Subnet<'a> {
    /// Who is registered, and under which uid.
    pub uids: &'a BTreeMap<Hotkey, u16>,
    /// The validator.
    pub me: Hotkey,
    /// The subnet owner's hotkey.
    pub owner: Hotkey,
    /// `min_allowed_weights` of the subnet.
    pub min_allowed_weights: u16,
    /// `max_weights_limit` of the subnet.
    pub max_weights_limit: u16,
    /// `weights_version` of the subnet: the least version key it accepts; 0 accepts all.
    pub weights_version: u64,
}

/// Where the prepared weights came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Payout {
    /// The reward hook.
    Rewards,
    /// All rewards were zero: burned through the owner.
    BurnedToOwner,
    /// All rewards were zero: the last confirmed weights again.
    HeldLast,
}

/// Weights ready to be sent, by ascending uid.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// Whose weight, under which uid, with what value, from what reward.
    pub weights: Vec<WeightRecord>,
    /// Rewarded hotkeys that are not registered and get nothing.
    pub unregistered: Vec<Hotkey>,
    /// Where the weights came from.
    pub payout: Payout,
    /// The version key to send.
    pub version_key: u64,
}

impl Prepared {
    /// The pairs of the call, by ascending uid.
    #[must_use]
    pub fn pairs(&self) -> Vec<(u16, u16)> {
        self.weights.iter().map(|weight| (weight.uid, weight.value)).collect()
    }
}

/// Why there is nothing to send.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// The hook returned something that is no reward.
    #[error("the reward hook gave {hotkey} a reward of {reward}; rewards must be finite and not negative")]
    NotAReward {
        /// Whose reward.
        hotkey: Hotkey,
        /// The value.
        reward: f64,
    },
    /// All rewards are zero and the policy is to send nothing.
    #[error("no registered neuron has a reward, and when_all_zero = \"skip\" sends nothing then")]
    Skipped,
    /// All rewards are zero and nobody of the last weights is left.
    #[error(
        "no registered neuron has a reward, and when_all_zero = \"hold_last\" finds no confirmed weights of registered \
         neurons in the ledger to hold"
    )]
    NothingToHold,
    /// All rewards are zero and the owner cannot take the weight.
    #[error(
        "no registered neuron has a reward, and when_all_zero = \"burn_to_owner\" needs the owner's hotkey {owner} \
         registered on the subnet, which it is not"
    )]
    OwnerNotRegistered {
        /// The owner's hotkey.
        owner: Hotkey,
    },
    /// The subnet has moved on.
    #[error(
        "the setting version_key is {version_key} and the subnet accepts {required} or more (weights_version): \
         update this validator's software, then its version_key"
    )]
    VersionKeyTooLow {
        /// The setting.
        version_key: u64,
        /// What the subnet demands.
        required: u64,
    },
    /// The weights break a rule of the subnet.
    #[error(transparent)]
    Conform(#[from] ConformError),
}

/// All steps in order. `held` are the values last confirmed on chain, for [`WhenAllZero::HoldLast`].
pub fn prepare(
    rewards: Weights,
    subnet: &Subnet<'_>,
    policy: WhenAllZero,
    held: Option<&BTreeMap<Hotkey, u16>>,
    version_key: u64,
) -> Result<Prepared, PrepareError> {
    let version_key = check_version_key(version_key, subnet.weights_version)?;
    let (rewards, unregistered) = registered(rewards, subnet.uids)?;
    let (rewards, payout) = apply_policy(rewards, subnet, policy, held)?;
    let weights = to_values(&rewards, subnet)?;
    Ok(Prepared { weights, unregistered, payout, version_key })
}

/// Splits rewards into those of registered hotkeys and the hotkeys that are gone.
fn registered(
    rewards: Weights,
    uids: &BTreeMap<Hotkey, u16>,
) -> Result<(Weights, Vec<Hotkey>), PrepareError> {
    if let Some((hotkey, reward)) = rewards.iter().find(|(_, reward)| !reward.is_finite() || *reward < 0.0) {
        return Err(PrepareError::NotAReward { hotkey, reward });
    }
    let mut rewards = rewards;
    let gone = rewards.iter().filter(|(hotkey, reward)| *reward > 0.0 && !uids.contains_key(hotkey));
    let gone = gone.map(|(hotkey, _)| hotkey).collect();
    rewards.retain(|hotkey, _| uids.contains_key(hotkey));
    Ok((rewards, gone))
}

/// All-zero rewards never pass: they become what the operator decided.
fn apply_policy(
    rewards: Weights,
    subnet: &Subnet<'_>,
    policy: WhenAllZero,
    held: Option<&BTreeMap<Hotkey, u16>>,
) -> Result<(Weights, Payout), PrepareError> {
    if rewards.iter().any(|(_, reward)| reward > 0.0) {
        return Ok((rewards, Payout::Rewards));
    }
    match policy {
        WhenAllZero::Skip => Err(PrepareError::Skipped),
        WhenAllZero::BurnToOwner if subnet.uids.contains_key(&subnet.owner) => {
            Ok((Weights::from_iter([(subnet.owner, 1.0)]), Payout::BurnedToOwner))
        }
        WhenAllZero::BurnToOwner => Err(PrepareError::OwnerNotRegistered { owner: subnet.owner }),
        WhenAllZero::HoldLast => {
            let held = held.into_iter().flatten().filter(|(hotkey, _)| subnet.uids.contains_key(*hotkey));
            let held: Weights = held.map(|(hotkey, value)| (*hotkey, f64::from(*value))).collect();
            if held.iter().any(|(_, value)| value > 0.0) {
                Ok((held, Payout::HeldLast))
            } else {
                Err(PrepareError::NothingToHold)
            }
        }
    }
}

/// Maps hotkeys to uids and fits the values to the subnet's rules, by ascending uid: the chain stores the order it is
/// given, and parts of its consensus walk rows in ascending order.
fn to_values(rewards: &Weights, subnet: &Subnet<'_>) -> Result<Vec<WeightRecord>, ConformError> {
    let mut by_uid: BTreeMap<u16, (Hotkey, f64)> = BTreeMap::new();
    for (hotkey, reward) in rewards.iter().filter(|(_, reward)| *reward > 0.0) {
        if let Some(uid) = subnet.uids.get(&hotkey) {
            by_uid.insert(*uid, (hotkey, reward));
        }
    }
    let pairs: Vec<(u16, f64)> = by_uid.iter().map(|(uid, (_, reward))| (*uid, *reward)).collect();
    // A uid no neuron can hold: without a uid of its own, nothing can be this validator's self-weight.
    let own_uid = subnet.uids.get(&subnet.me).copied().unwrap_or(u16::MAX);
    let limits = Limits::on_chain(subnet.min_allowed_weights, subnet.max_weights_limit, subnet.uids.len());
    let values = conform(own_uid, &pairs, limits)?;
    let record = |(uid, value): (u16, u16)| {
        by_uid.get(&uid).map(|(hotkey, reward)| WeightRecord { hotkey: *hotkey, uid, value, reward: *reward })
    };
    Ok(values.into_iter().filter_map(record).collect())
}

const fn check_version_key(version_key: u64, required: u64) -> Result<u64, PrepareError> {
    if required > version_key {
        return Err(PrepareError::VersionKeyTooLow { version_key, required });
    }
    Ok(version_key)
}
