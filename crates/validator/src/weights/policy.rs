//! What becomes of rewards that are all zero. They never become uniform weights.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use subnetkit_protocol::Hotkey;

use crate::scores::Weights;

/// What to submit when no registered neuron has a reward. An operator's decision, so it has no default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhenAllZero {
    /// All weight to the subnet owner's hotkey; the chain burns what that hotkey earns as incentive.
    BurnToOwner,
    /// The last weights that took effect on chain, again, so that this validator stays active.
    HoldLast,
    /// Nothing: what is on chain stays, and this validator counts as inactive after the activity cutoff.
    Skip,
}

/// Where the weights came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Payout {
    /// The reward hook.
    Rewards,
    /// All rewards were zero: burned through the owner.
    BurnedToOwner,
    /// All rewards were zero: the last effective weights again.
    HeldLast,
}

impl Payout {
    /// The name in the ledger and in logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rewards => "rewards",
            Self::BurnedToOwner => "burned_to_owner",
            Self::HeldLast => "held_last",
        }
    }
}

/// Why all-zero rewards left nothing to send.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The policy is to send nothing.
    #[error("no registered neuron has a reward, and when_all_zero = \"skip\" sends nothing then")]
    Skipped,
    /// Nobody of the last weights is left.
    #[error(
        "no registered neuron has a reward, and when_all_zero = \"hold_last\" finds no effective weights of registered \
         neurons in the ledger to hold"
    )]
    NothingToHold,
    /// The owner cannot take the weight.
    #[error(
        "no registered neuron has a reward, and when_all_zero = \"burn_to_owner\" needs the owner's hotkey {owner} \
         registered on the subnet, which it is not"
    )]
    OwnerNotRegistered {
        /// The owner's hotkey.
        owner: Hotkey,
    },
}

/// Passes rewards of registered hotkeys through if any is above zero; else they become what the operator decided. `held`
/// are the values that last took effect.
pub fn apply(
    rewards: Weights,
    policy: WhenAllZero,
    uids: &BTreeMap<Hotkey, u16>,
    owner: Hotkey,
    held: Option<&BTreeMap<Hotkey, u16>>,
) -> Result<(Weights, Payout), PolicyError> {
    if rewards.iter().any(|(_, reward)| reward > 0.0) {
        return Ok((rewards, Payout::Rewards));
    }
    match policy {
        WhenAllZero::Skip => Err(PolicyError::Skipped),
        WhenAllZero::BurnToOwner if uids.contains_key(&owner) => {
            Ok((Weights::from_iter([(owner, 1.0)]), Payout::BurnedToOwner))
        }
        WhenAllZero::BurnToOwner => Err(PolicyError::OwnerNotRegistered { owner }),
        WhenAllZero::HoldLast => {
            let held = held.into_iter().flatten().filter(|(hotkey, _)| uids.contains_key(*hotkey));
            let held: Weights = held.map(|(hotkey, value)| (*hotkey, f64::from(*value))).collect();
            if held.iter().any(|(_, value)| value > 0.0) {
                Ok((held, Payout::HeldLast))
            } else {
                Err(PolicyError::NothingToHold)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: BTreeMap<Hotkey, u16> = BTreeMap::new();

    fn hotkey(n: u8) -> Hotkey {
        Hotkey::from_bytes([n; 32])
    }

    fn zero() -> Weights {
        Weights::from_iter([(hotkey(2), 0.0)])
    }

    #[test]
    fn a_single_reward_passes() {
        let rewards = Weights::from_iter([(hotkey(1), 0.0), (hotkey(2), 1e-9)]);
        let passed = apply(rewards.clone(), WhenAllZero::Skip, &NOBODY, hotkey(0), None);
        assert_eq!(passed, Ok((rewards, Payout::Rewards)));
    }

    #[test]
    fn all_zero_becomes_what_was_decided() {
        let uids = BTreeMap::from([(hotkey(0), 3), (hotkey(2), 1)]);
        let with = |policy, held: Option<&_>| apply(zero(), policy, &uids, hotkey(0), held);
        assert_eq!(with(WhenAllZero::Skip, None), Err(PolicyError::Skipped));
        let (burned, payout) = with(WhenAllZero::BurnToOwner, None).unwrap();
        assert_eq!((burned.get(&hotkey(0)), burned.len(), payout), (Some(1.0), 1, Payout::BurnedToOwner));
        let held = BTreeMap::from([(hotkey(2), 100), (hotkey(9), 65535)]);
        let (again, payout) = with(WhenAllZero::HoldLast, Some(&held)).unwrap();
        assert_eq!((again.get(&hotkey(2)), again.len(), payout), (Some(100.0), 1, Payout::HeldLast));
        let gone = BTreeMap::from([(hotkey(9), 65535)]);
        assert_eq!(with(WhenAllZero::HoldLast, Some(&gone)), Err(PolicyError::NothingToHold));
        assert_eq!(with(WhenAllZero::HoldLast, None), Err(PolicyError::NothingToHold));
    }

    #[test]
    fn nothing_is_burned_through_an_owner_that_is_not_there() {
        let error = apply(zero(), WhenAllZero::BurnToOwner, &NOBODY, hotkey(0), None).unwrap_err();
        assert_eq!(error, PolicyError::OwnerNotRegistered { owner: hotkey(0) });
    }
}
