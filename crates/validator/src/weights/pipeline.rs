//! The steps in their order.

use std::collections::BTreeMap;

use subnetkit_protocol::Hotkey;

use super::burn::{OwnerAbsent, owner_share};
use super::conform::{ConformError, Limits, conform};
use super::policy::{self, Payout, PolicyError, WhenAllZero};
use super::registered::{NotAReward, registered};
use super::uids::by_uid;
use crate::ledger::WeightRecord;
use crate::scores::Weights;

/// What the steps need to know: the subnet at one block, and the operator's decisions.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
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
    /// The setting `when_all_zero`.
    pub when_all_zero: WhenAllZero,
    /// The values that last took effect, for [`WhenAllZero::HoldLast`].
    pub held: Option<&'a BTreeMap<Hotkey, u16>>,
    /// The setting `owner_burn_share`, 0 to 1.
    pub owner_burn_share: f64,
    /// The setting `version_key`.
    pub version_key: u64,
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
    #[error(transparent)]
    NotAReward(#[from] NotAReward),
    /// All rewards are zero, and the policy left nothing.
    #[error(transparent)]
    AllZero(#[from] PolicyError),
    /// The owner cannot take its share.
    #[error(transparent)]
    OwnerAbsent(#[from] OwnerAbsent),
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

impl PrepareError {
    /// Whether sending nothing is what the operator decided, and no fault.
    #[must_use]
    pub const fn is_decision(&self) -> bool {
        matches!(self, Self::AllZero(PolicyError::Skipped))
    }
}

/// All steps in order.
pub fn prepare(rewards: Weights, rules: &Rules<'_>) -> Result<Prepared, PrepareError> {
    let (version_key, required) = (rules.version_key, rules.weights_version);
    if required > version_key {
        return Err(PrepareError::VersionKeyTooLow { version_key, required });
    }
    let (rewards, unregistered) = registered(rewards, rules.uids)?;
    let (rewards, payout) = policy::apply(rewards, rules.when_all_zero, rules.uids, rules.owner, rules.held)?;
    let rewards = match payout {
        // What is held already has the owner's share in it, and what is burned is all the owner's.
        Payout::HeldLast | Payout::BurnedToOwner => rewards,
        Payout::Rewards => {
            let owner_is_registered = rules.uids.contains_key(&rules.owner);
            owner_share(rewards, rules.owner, rules.owner_burn_share, owner_is_registered)?
        }
    };
    let weights = fit(&rewards, rules)?;
    Ok(Prepared { weights, unregistered, payout, version_key })
}

/// Maps hotkeys to uids and fits the values to the subnet's rules.
fn fit(rewards: &Weights, rules: &Rules<'_>) -> Result<Vec<WeightRecord>, ConformError> {
    let rewarded = by_uid(rewards, rules.uids);
    let pairs: Vec<(u16, f64)> = rewarded.iter().map(|(uid, (_, reward))| (*uid, *reward)).collect();
    // A uid no neuron can hold: without a uid of its own, nothing can be this validator's self-weight.
    let own_uid = rules.uids.get(&rules.me).copied().unwrap_or(u16::MAX);
    let limits = Limits::on_chain(rules.min_allowed_weights, rules.max_weights_limit, rules.uids.len());
    let values = conform(own_uid, &pairs, limits)?;
    // What is left is in the same order.
    let mut rewarded = rewarded.iter();
    let record = |(uid, value): (u16, u16)| {
        let (_, (hotkey, reward)) = rewarded.find(|(rewarded, _)| **rewarded == uid)?;
        Some(WeightRecord { hotkey: *hotkey, uid, value, reward: *reward })
    };
    Ok(values.into_iter().filter_map(record).collect())
}
