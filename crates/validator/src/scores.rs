//! Scores and rewards: numbers that belong to hotkeys, never to uids.

use std::collections::BTreeMap;

use subnetkit_protocol::Hotkey;

/// The scores of one round, by hotkey.
///
/// A score is a finite number from 0 up, in the subnet's own unit. Zero says *worthless*; absence says *unknown*, for good or,
/// in [`Scores::later`], for now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scores {
    entries: BTreeMap<Hotkey, f64>,
    later: bool,
}

/// What each hotkey deserves, before it is fitted to the subnet's rules. A reward is a finite number from 0 up.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Weights {
    entries: BTreeMap<Hotkey, f64>,
}

impl Scores {
    /// No scores yet: the round stays open, and [`Score::settle`](crate::Score::settle) is asked for them at the start of
    /// each later round. Scores that are known already may be [set](Self::set), and count at once.
    #[must_use]
    pub const fn later() -> Self {
        Self { entries: BTreeMap::new(), later: true }
    }

    /// These scores, and more later.
    #[must_use]
    pub fn and_later(mut self) -> Self {
        self.later = true;
        self
    }

    /// These with what came later: a hotkey that had a score has the new one.
    pub(crate) fn settled_by(mut self, more: Self) -> Self {
        self.entries.extend(more.entries);
        self.later = more.later;
        self
    }

    /// Whether the round stays open for more.
    #[must_use]
    pub const fn is_later(&self) -> bool {
        self.later
    }
}

macro_rules! map_of_hotkeys {
    ($name:ident, $value:literal $(, $flag:ident)?) => {
        impl $name {
            /// An empty map.
            #[must_use]
            pub const fn new() -> Self {
                Self { entries: BTreeMap::new() $(, $flag: false)? }
            }

            #[doc = concat!("Sets the ", $value, " of a hotkey, replacing an earlier one.")]
            pub fn set(&mut self, hotkey: Hotkey, value: f64) {
                self.entries.insert(hotkey, value);
            }

            #[doc = concat!("The ", $value, " of a hotkey, if it has one.")]
            #[must_use]
            pub fn get(&self, hotkey: &Hotkey) -> Option<f64> {
                self.entries.get(hotkey).copied()
            }

            /// All entries, in the order of the hotkeys' bytes.
            pub fn iter(&self) -> impl Iterator<Item = (Hotkey, f64)> + '_ {
                self.entries.iter().map(|(hotkey, value)| (*hotkey, *value))
            }

            /// How many hotkeys have an entry.
            #[must_use]
            pub fn len(&self) -> usize {
                self.entries.len()
            }

            /// Whether no hotkey has an entry.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.entries.is_empty()
            }

            pub(crate) fn retain(&mut self, mut keep: impl FnMut(&Hotkey, f64) -> bool) {
                self.entries.retain(|hotkey, value| keep(hotkey, *value));
            }
        }

        impl FromIterator<(Hotkey, f64)> for $name {
            fn from_iter<I: IntoIterator<Item = (Hotkey, f64)>>(entries: I) -> Self {
                Self { entries: entries.into_iter().collect() $(, $flag: false)? }
            }
        }

        impl IntoIterator for $name {
            type Item = (Hotkey, f64);
            type IntoIter = std::collections::btree_map::IntoIter<Hotkey, f64>;

            fn into_iter(self) -> Self::IntoIter {
                self.entries.into_iter()
            }
        }
    };
}

map_of_hotkeys!(Scores, "score", later);
map_of_hotkeys!(Weights, "reward");
