//! The share of all weight that goes to the subnet's owner, whose incentive the chain burns.

use subnetkit_protocol::Hotkey;

use crate::scores::Weights;

/// The owner cannot take its share.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "owner_burn_share is {share}, and the owner's hotkey {owner} is not registered on the subnet to take it: the owner \
     has to register it, or set owner_burn_share to 0"
)]
pub struct OwnerAbsent {
    /// The owner's hotkey.
    pub owner: Hotkey,
    /// The setting.
    pub share: f64,
}

/// Gives the owner `share` of the whole (0 to 1) on top of what it has earned of the rest; everybody else keeps their ratios.
/// Expects rewards of which at least one is above zero. With 0 nothing changes.
pub fn owner_share(
    rewards: Weights,
    owner: Hotkey,
    share: f64,
    owner_is_registered: bool,
) -> Result<Weights, OwnerAbsent> {
    if share <= 0.0 {
        return Ok(rewards);
    }
    if !owner_is_registered {
        return Err(OwnerAbsent { owner, share });
    }
    // By the largest first: the sum of finite rewards may be infinite.
    let top = rewards.iter().map(|(_, reward)| reward).fold(0.0, f64::max);
    let sum: f64 = rewards.iter().map(|(_, reward)| reward / top).sum();
    let of_rest = |reward: f64| reward / top / sum * (1.0 - share);
    let mut shared: Weights = rewards.iter().map(|(hotkey, reward)| (hotkey, of_rest(reward))).collect();
    shared.set(owner, shared.get(&owner).unwrap_or(0.0) + share);
    Ok(shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hotkey(n: u8) -> Hotkey {
        Hotkey::from_bytes([n; 32])
    }

    fn rewards() -> Weights {
        Weights::from_iter([(hotkey(1), 30.0), (hotkey(2), 10.0)])
    }

    #[test]
    fn without_a_share_nothing_changes() {
        assert_eq!(owner_share(rewards(), hotkey(0), 0.0, false), Ok(rewards()));
    }

    #[test]
    fn the_share_is_of_the_whole_and_the_others_keep_their_ratios() {
        let shared = owner_share(rewards(), hotkey(0), 0.5, true).unwrap();
        let of = |n| shared.get(&hotkey(n)).unwrap();
        assert!(
            (of(0) - 0.5).abs() < 1e-12 && (of(1) - 0.375).abs() < 1e-12 && (of(2) - 0.125).abs() < 1e-12
        );
    }

    #[test]
    fn the_largest_rewards_there_are_can_be_shared() {
        let rewards = Weights::from_iter([(hotkey(1), f64::MAX), (hotkey(2), f64::MAX)]);
        let shared = owner_share(rewards, hotkey(0), 0.5, true).unwrap();
        assert_eq!(shared.get(&hotkey(2)), Some(0.25));
    }

    #[test]
    fn an_owner_that_earns_keeps_that_too() {
        let shared = owner_share(rewards(), hotkey(1), 0.2, true).unwrap();
        assert!((shared.get(&hotkey(1)).unwrap() - 0.8).abs() < 1e-12);
    }

    #[test]
    fn a_share_of_one_leaves_nothing_for_others() {
        let shared = owner_share(rewards(), hotkey(0), 1.0, true).unwrap();
        assert_eq!(shared.iter().filter(|(_, share)| *share > 0.0).count(), 1);
    }

    #[test]
    fn an_owner_that_is_not_there_is_named() {
        let error = owner_share(rewards(), hotkey(0), 0.2, false).unwrap_err();
        assert!(error.to_string().contains("owner_burn_share"), "{error}");
    }
}
