//! Rewards of hotkeys that are on the subnet, and the names of those that are not.

use std::collections::BTreeMap;

use subnetkit_protocol::Hotkey;

use crate::scores::Weights;

/// The hook returned something that is no reward.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("the reward hook gave {hotkey} a reward of {reward}; rewards must be finite and not negative")]
pub struct NotAReward {
    /// Whose reward.
    pub hotkey: Hotkey,
    /// The value.
    pub reward: f64,
}

/// Splits rewards into those of registered hotkeys and the rewarded hotkeys that are gone.
pub fn registered(
    mut rewards: Weights,
    uids: &BTreeMap<Hotkey, u16>,
) -> Result<(Weights, Vec<Hotkey>), NotAReward> {
    if let Some((hotkey, reward)) = rewards.iter().find(|(_, reward)| !reward.is_finite() || *reward < 0.0) {
        return Err(NotAReward { hotkey, reward });
    }
    // Both are in the order of hotkeys, so one walk beside the other finds them all.
    let mut known = uids.keys().peekable();
    let mut gone = Vec::new();
    rewards.retain(|hotkey, reward| {
        while known.next_if(|known| *known < hotkey).is_some() {}
        let is_registered = known.peek() == Some(&hotkey);
        if reward > 0.0 && !is_registered {
            gone.push(*hotkey);
        }
        is_registered
    });
    Ok((rewards, gone))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hotkey(n: u8) -> Hotkey {
        Hotkey::from_bytes([n; 32])
    }

    #[test]
    fn those_that_left_get_nothing_and_are_named() {
        let uids = BTreeMap::from([(hotkey(1), 0), (hotkey(2), 1)]);
        let rewards = Weights::from_iter([(hotkey(1), 0.5), (hotkey(8), 0.0), (hotkey(9), 2.0)]);
        let (kept, gone) = registered(rewards, &uids).unwrap();
        assert_eq!(kept, Weights::from_iter([(hotkey(1), 0.5)]));
        assert_eq!(gone, [hotkey(9)], "who got nothing anyway is not worth a word");
    }

    #[test]
    fn what_is_no_reward_is_named() {
        for bad in [f64::NAN, f64::INFINITY, -1.0] {
            let error = registered(Weights::from_iter([(hotkey(2), bad)]), &BTreeMap::new()).unwrap_err();
            assert_eq!(error.hotkey, hotkey(2));
            assert!(error.to_string().contains("finite"), "{error}");
        }
    }
}
