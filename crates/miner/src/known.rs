//! Who proved themselves lately, and from where.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use subnetkit_protocol::Hotkey;
use tokio::time::Instant;

use crate::peer::Origin;

/// The origins that hotkeys proved themselves from.
///
/// What a stranger sends from an address changes nothing for a hotkey that is known there. Only proven requests of
/// admitted hotkeys are written down, a few origins each, so that nobody pushes out another's.
pub(crate) struct KnownCallers {
    capacity: usize,
    hotkeys: Mutex<HashMap<Hotkey, Vec<Sighting>>>,
}

#[derive(Clone, Copy)]
struct Sighting {
    origin: Origin,
    at: Instant,
}

/// A caller that asks at all asks every epoch or so.
pub(crate) const KNOWN_FOR: Duration = Duration::from_secs(3600);
/// Origins remembered for one hotkey; a validator asks from one or two.
const ORIGINS: usize = 8;

impl KnownCallers {
    /// Remembers up to `capacity` hotkeys.
    pub(crate) fn new(capacity: usize) -> Self {
        Self { capacity, hotkeys: Mutex::default() }
    }

    pub(crate) fn knows(&self, hotkey: &Hotkey, origin: Origin, now: Instant) -> bool {
        let is_it = |seen: &Sighting| seen.origin == origin && seen.is_fresh(now);
        self.hotkeys().get(hotkey).is_some_and(|seen| seen.iter().any(is_it))
    }

    /// A request of the hotkey from there was proven.
    pub(crate) fn saw(&self, hotkey: &Hotkey, origin: Origin, now: Instant) {
        let mut hotkeys = self.hotkeys();
        if hotkeys.len() >= self.capacity && !hotkeys.contains_key(hotkey) {
            hotkeys.retain(|_, seen| seen.iter().any(|seen| seen.is_fresh(now)));
            if hotkeys.len() >= self.capacity {
                return;
            }
        }
        let seen = hotkeys.entry(*hotkey).or_default();
        seen.retain(|seen| seen.origin != origin);
        if seen.len() >= ORIGINS {
            // The first is the one not seen for longest.
            seen.remove(0);
        }
        seen.push(Sighting { origin, at: now });
    }

    fn hotkeys(&self) -> MutexGuard<'_, HashMap<Hotkey, Vec<Sighting>>> {
        // A panic can't leave more than one origin too few.
        self.hotkeys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sighting {
    fn is_fresh(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.at) < KNOWN_FOR
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::origin_of;

    fn hotkey(byte: u8) -> Hotkey {
        Hotkey::from_bytes([byte; 32])
    }

    fn origin(last: u8) -> Origin {
        origin_of([192, 0, 2, last])
    }

    #[test]
    fn a_hotkey_is_known_where_it_proved_itself_for_a_while() {
        let (known, start) = (KnownCallers::new(10), Instant::now());
        known.saw(&hotkey(1), origin(1), start);
        assert!(known.knows(&hotkey(1), origin(1), start));
        assert!(!known.knows(&hotkey(1), origin(2), start));
        assert!(!known.knows(&hotkey(2), origin(1), start));
        assert!(!known.knows(&hotkey(1), origin(1), start + KNOWN_FOR));
    }

    #[test]
    fn a_hotkey_on_the_move_forgets_its_own_origins_only() {
        let (known, start) = (KnownCallers::new(2), Instant::now());
        known.saw(&hotkey(1), origin(1), start);
        for last in 1..=20 {
            known.saw(&hotkey(2), origin(last), start);
        }
        assert!(known.knows(&hotkey(1), origin(1), start));
        assert!(known.knows(&hotkey(2), origin(20), start));
        assert!(!known.knows(&hotkey(2), origin(12), start));
        known.saw(&hotkey(3), origin(1), start);
        assert!(!known.knows(&hotkey(3), origin(1), start), "full");
        known.saw(&hotkey(3), origin(1), start + KNOWN_FOR);
        assert!(known.knows(&hotkey(3), origin(1), start + KNOWN_FOR), "the others are forgotten");
    }
}
