//! How long blocks really take, by the chain's own clock.

use std::collections::VecDeque;
use std::time::Duration;

/// Observations kept.
const MOST: usize = 64;

/// The times of the newest blocks seen. A chain that stood still for an hour once does not take an hour per block, and
/// neither does one whose clock was moved: the median tells.
#[derive(Debug, Default)]
pub(crate) struct BlockTimes(VecDeque<(u64, u64)>);

impl BlockTimes {
    /// Notes a block and its time in milliseconds since 1970. Blocks may be skipped; one that is not newer begins anew.
    pub(crate) fn observe(&mut self, block: u64, time_ms: u64) {
        match self.0.back() {
            Some((last, _)) if *last == block => return,
            Some((last, last_ms)) if *last > block || *last_ms > time_ms => self.0.clear(),
            _ => {}
        }
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back((block, time_ms));
    }

    /// The median time per block, or `nominal` if that is longer or nothing is known.
    pub(crate) fn at_least(&self, nominal: Duration) -> Duration {
        let mut per_block: Vec<u64> = self
            .0
            .iter()
            .zip(self.0.iter().skip(1))
            .map(|(earlier, later)| (later.1 - earlier.1) / (later.0 - earlier.0).max(1))
            .collect();
        per_block.sort_unstable();
        let median = per_block.get(per_block.len() / 2).copied().unwrap_or_default();
        nominal.max(Duration::from_millis(median))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOMINAL: Duration = Duration::from_secs(12);

    fn of(observed: &[(u64, u64)]) -> u64 {
        let mut times = BlockTimes::default();
        for (block, seconds) in observed {
            times.observe(*block, seconds * 1000);
        }
        times.at_least(NOMINAL).as_secs()
    }

    #[test]
    fn slower_blocks_count_and_faster_ones_do_not() {
        assert_eq!(of(&[]), 12);
        assert_eq!(of(&[(5, 100)]), 12);
        assert_eq!(of(&[(5, 100), (6, 106), (7, 112)]), 12);
        assert_eq!(of(&[(5, 100), (6, 115), (8, 145)]), 15, "a skipped block took its time as well");
    }

    #[test]
    fn a_pause_is_no_block_time() {
        assert_eq!(of(&[(1, 0), (2, 13), (3, 26), (4, 3626), (5, 3639)]), 13);
    }

    #[test]
    fn a_chain_that_goes_back_begins_anew() {
        assert_eq!(of(&[(10, 0), (11, 100), (3, 50), (3, 50)]), 12);
    }

    #[test]
    fn memory_is_bounded() {
        let mut times = BlockTimes::default();
        (0..1000).for_each(|block| times.observe(block, block));
        assert_eq!(times.0.len(), MOST);
    }
}
