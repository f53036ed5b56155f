//! The time of blocks. One block per slot: slot numbers only rise, and a slot is a block's time divided by the slot duration.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// When the next block is, in milliseconds since 1970.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    /// Time of the head.
    head_ms: u64,
    /// Time asked for the next block.
    asked_ms: Option<u64>,
    /// Whether blocks carry the real time rather than one counted from genesis.
    real: bool,
}

/// The time asked for is not after the head's slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooEarly {
    pub(crate) earliest_ms: u64,
}

impl Clock {
    pub(crate) const fn new(genesis_ms: u64, real: bool) -> Self {
        Self { head_ms: if real { 0 } else { genesis_ms }, asked_ms: None, real }
    }

    pub(crate) const fn head_ms(&self) -> u64 {
        self.head_ms
    }

    pub(crate) const fn is_real(&self) -> bool {
        self.real
    }

    /// The clock of a chain that was read from elsewhere and whose head has this time.
    #[must_use]
    pub(crate) const fn at(&self, head_ms: u64) -> Self {
        Self { head_ms, asked_ms: None, real: self.real }
    }

    /// Time of the next block.
    pub(crate) fn next_ms(&self, slot_ms: u64) -> u64 {
        if self.real {
            return now_ms().max(self.next_slot_ms(slot_ms));
        }
        self.asked_ms.unwrap_or_else(|| self.head_ms.saturating_add(slot_ms))
    }

    /// How long until the slot after the head's begins on the real clock.
    pub(crate) fn until_next_slot(&self, slot_ms: u64) -> Duration {
        let now = now_ms();
        // A chain that is behind waits for the next slot to begin, as a node that was off does.
        let begins =
            self.next_slot_ms(slot_ms).max((now / slot_ms.max(1)).saturating_add(1).saturating_mul(slot_ms));
        Duration::from_millis(begins.saturating_sub(now))
    }

    /// The runtime also wants half a slot between two blocks, so the start of the next slot can be too early.
    fn next_slot_ms(&self, slot_ms: u64) -> u64 {
        let begins = (self.head_ms / slot_ms.max(1)).saturating_add(1).saturating_mul(slot_ms);
        begins.max(self.head_ms.saturating_add(slot_ms / 2))
    }

    /// Gives the next block a time; those after it follow slot by slot.
    ///
    /// # Errors
    /// If that is less than a slot after the head.
    pub(crate) fn ask(&mut self, time_ms: u64, slot_ms: u64) -> Result<(), TooEarly> {
        let earliest_ms = self.head_ms.saturating_add(slot_ms);
        if time_ms < earliest_ms {
            return Err(TooEarly { earliest_ms });
        }
        self.asked_ms = Some(time_ms);
        Ok(())
    }

    /// Notes that a block was made.
    pub(crate) const fn made(&mut self, time_ms: u64) {
        self.head_ms = time_ms;
        self.asked_ms = None;
    }
}

/// Milliseconds since 1970; 0 on a machine whose clock is before that.
fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_go_on_from_the_time_asked_for() {
        let mut clock = Clock::new(1_000, false);
        assert_eq!(clock.next_ms(250), 1_250);
        assert_eq!(clock.ask(1_249, 250), Err(TooEarly { earliest_ms: 1_250 }));
        clock.ask(90_001, 250).unwrap();
        assert_eq!(clock.next_ms(250), 90_001);
        clock.made(90_001);
        assert_eq!(clock.next_ms(250), 90_251);
    }

    #[test]
    fn the_real_clock_gives_each_block_a_slot_of_its_own() {
        let mut clock = Clock::new(0, true);
        let first = clock.next_ms(12_000);
        assert!(first >= now_ms().saturating_sub(1_000));
        clock.made(first);
        assert!(clock.next_ms(12_000) / 12_000 > first / 12_000);
        assert!(clock.until_next_slot(12_000) <= Duration::from_secs(18));
    }
}
