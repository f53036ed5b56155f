//! When rounds come.

/// The rounds of drand's quicknet, the beacon of the public chains.
pub const QUICKNET: Schedule = Schedule { genesis_time: 1_692_803_367, period: 3 };

/// A beacon's first round and the time between two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// When round 1 came, in seconds since 1970.
    pub genesis_time: u64,
    /// Seconds between two rounds.
    pub period: u64,
}

impl Schedule {
    /// The newest round at a time in milliseconds since 1970; 0 before the first.
    pub fn round_at(&self, unix_ms: u64) -> u64 {
        let genesis_ms = self.genesis_time.saturating_mul(1_000);
        let period_ms = self.period.max(1).saturating_mul(1_000);
        unix_ms.checked_sub(genesis_ms).map_or(0, |elapsed| (elapsed / period_ms).saturating_add(1))
    }

    /// When a round comes, in milliseconds since 1970.
    pub fn time_of(&self, round: u64) -> u64 {
        let elapsed = round.saturating_sub(1).saturating_mul(self.period);
        self.genesis_time.saturating_add(elapsed).saturating_mul(1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::QUICKNET;

    #[test]
    fn a_round_starts_at_its_time() {
        for round in [1, 2, 1_000, 14_300_000] {
            let start = QUICKNET.time_of(round);
            assert_eq!(QUICKNET.round_at(start), round);
            assert_eq!(QUICKNET.round_at(start + 2_999), round);
            assert_eq!(QUICKNET.round_at(start + 3_000), round + 1);
        }
        assert_eq!(QUICKNET.round_at(QUICKNET.time_of(1) - 1), 0);
        assert_eq!(QUICKNET.round_at(0), 0);
    }
}
