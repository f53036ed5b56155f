//! Scores and rewards: numbers that belong to hotkeys, never to uids.

use std::collections::BTreeMap;

use subnetkit_protocol::Hotkey;

/// The scores of one round, by hotkey.
///
/// A score is a finite number from 0 up, in the subnet's own unit. Zero says *worthless*; absence says *unknown*.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scores(BTreeMap<Hotkey, f64>);

/// What each hotkey deserves, before it is fitted to the subnet's rules. A reward is a finite number from 0 up.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Weights(BTreeMap<Hotkey, f64>);

macro_rules! map_of_hotkeys {
    ($name:ident, $value:literal) => {
        impl $name {
            /// An empty map.
            #[must_use]
            pub const fn new() -> Self {
                Self(BTreeMap::new())
            }

            #[doc = concat!("Sets the ", $value, " of a hotkey, replacing an earlier one.")]
            pub fn set(&mut self, hotkey: Hotkey, value: f64) {
                self.0.insert(hotkey, value);
            }

            #[doc = concat!("The ", $value, " of a hotkey, if it has one.")]
            #[must_use]
            pub fn get(&self, hotkey: &Hotkey) -> Option<f64> {
                self.0.get(hotkey).copied()
            }

            /// All entries, in the order of the hotkeys' bytes.
            pub fn iter(&self) -> impl Iterator<Item = (Hotkey, f64)> + '_ {
                self.0.iter().map(|(hotkey, value)| (*hotkey, *value))
            }

            /// How many hotkeys have an entry.
            #[must_use]
            pub fn len(&self) -> usize {
                self.0.len()
            }

            /// Whether no hotkey has an entry.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.0.is_empty()
            }

            pub(crate) fn retain(&mut self, mut keep: impl FnMut(&Hotkey, f64) -> bool) {
                self.0.retain(|hotkey, value| keep(hotkey, *value));
            }
        }

        impl FromIterator<(Hotkey, f64)> for $name {
            fn from_iter<I: IntoIterator<Item = (Hotkey, f64)>>(entries: I) -> Self {
                Self(entries.into_iter().collect())
            }
        }

        impl IntoIterator for $name {
            type Item = (Hotkey, f64);
            type IntoIter = std::collections::btree_map::IntoIter<Hotkey, f64>;

            fn into_iter(self) -> Self::IntoIter {
                self.0.into_iter()
            }
        }
    };
}

map_of_hotkeys!(Scores, "score");
map_of_hotkeys!(Weights, "reward");
