//! From hotkeys to the uids they hold, and the guard that both still belong together later.

use std::collections::BTreeMap;

use subnetkit_protocol::Hotkey;

use crate::ledger::WeightRecord;
use crate::scores::Weights;

/// Rewards above zero by uid, ascending: the chain stores the order it is given, and parts of its consensus walk rows in
/// ascending order.
#[must_use]
pub fn by_uid(rewards: &Weights, uids: &BTreeMap<Hotkey, u16>) -> BTreeMap<u16, (Hotkey, f64)> {
    // Both are in the order of hotkeys, so one walk beside the other finds them all.
    let mut known = uids.iter().peekable();
    let rewarded = rewards.iter().filter(|(_, reward)| *reward > 0.0);
    let of_uid = |(hotkey, reward)| {
        while known.next_if(|(known, _)| **known < hotkey).is_some() {}
        let (_, uid) = known.next_if(|(known, _)| **known == hotkey)?;
        Some((*uid, (hotkey, reward)))
    };
    rewarded.filter_map(of_uid).collect()
}

/// A uid that had one hotkey when weights were made and has another now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reassigned {
    /// The uid.
    pub uid: u16,
    /// Who was to get the weight.
    pub was: Hotkey,
    /// Who would get it; `None`: nobody holds the uid.
    pub is: Option<Hotkey>,
}

impl std::fmt::Display for Reassigned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "uid {} belonged to {} when the weights were made and ", self.uid, self.was)?;
        match self.is {
            Some(is) => write!(f, "belongs to {is} now"),
            None => f.write_str("belongs to nobody now"),
        }
    }
}

/// The weights whose uid has passed to another hotkey. `neurons` are the subnet's hotkeys, position is uid.
pub fn reassigned<'a>(
    weights: &'a [WeightRecord],
    neurons: &'a [Hotkey],
) -> impl Iterator<Item = Reassigned> + 'a {
    weights.iter().filter_map(|weight| {
        let is = neurons.get(usize::from(weight.uid)).copied();
        (is != Some(weight.hotkey)).then_some(Reassigned { uid: weight.uid, was: weight.hotkey, is })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hotkey(n: u8) -> Hotkey {
        Hotkey::from_bytes([n; 32])
    }

    #[test]
    fn rewards_are_ordered_by_uid_and_zeros_left_out() {
        let uids = BTreeMap::from([(hotkey(1), 7), (hotkey(2), 3), (hotkey(3), 5)]);
        let rewards =
            Weights::from_iter([(hotkey(1), 0.5), (hotkey(2), 1.5), (hotkey(3), 0.0), (hotkey(4), 9.0)]);
        let found: Vec<_> = by_uid(&rewards, &uids).into_iter().collect();
        assert_eq!(found, [(3, (hotkey(2), 1.5)), (7, (hotkey(1), 0.5))]);
    }

    #[test]
    fn a_uid_that_changed_hands_is_named_with_both() {
        let weight = |n, uid| WeightRecord { hotkey: hotkey(n), uid, value: 1, reward: 1.0 };
        let weights = [weight(1, 0), weight(2, 1), weight(3, 2)];
        let found: Vec<_> = reassigned(&weights, &[hotkey(1), hotkey(9)]).collect();
        assert_eq!(
            found,
            [
                Reassigned { uid: 1, was: hotkey(2), is: Some(hotkey(9)) },
                Reassigned { uid: 2, was: hotkey(3), is: None }
            ]
        );
        let sentence = found[0].to_string();
        assert!(sentence.contains(&hotkey(2).to_string()) && sentence.contains(&hotkey(9).to_string()));
        assert_eq!(reassigned(&weights, &[hotkey(1), hotkey(2), hotkey(3), hotkey(4)]).count(), 0);
    }
}
