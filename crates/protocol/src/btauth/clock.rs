//! Nonces: the time in nanoseconds, never twice.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

/// The last nonce handed out by this process.
static LAST: AtomicU64 = AtomicU64::new(0);

/// Hands out nonces: Unix time in nanoseconds, strictly increasing within the process.
///
/// All clocks of a process share their state, so that two clients holding the same hotkey cannot collide.
#[derive(Clone, Copy, Debug, Default)]
pub struct NonceClock(());

impl NonceClock {
    /// A handle to the process's clock.
    #[must_use]
    pub const fn new() -> Self {
        Self(())
    }

    /// The next nonce.
    #[must_use]
    pub fn next(&self) -> u64 {
        advance(&LAST, u64::try_from(now_ns()).unwrap_or(u64::MAX))
    }
}

/// The current Unix time in nanoseconds; zero if the system clock stands before 1970.
#[must_use]
pub fn now_ns() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos())
}

/// Hosts may have coarse clocks, and clocks may step back: the last nonce plus one is the floor.
fn advance(last: &AtomicU64, now: u64) -> u64 {
    let next = |last: u64| now.max(last.saturating_add(1));
    match last.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last))) {
        Ok(last) | Err(last) => next(last),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_follow_the_clock_and_never_repeat() {
        let last = AtomicU64::new(0);
        assert_eq!(advance(&last, 100), 100);
        assert_eq!(advance(&last, 100), 101, "a clock that stands still");
        assert_eq!(advance(&last, 50), 102, "a clock that steps back");
        assert_eq!(advance(&last, 200), 200);
    }
}
