//! How long blocks really take: the median of the last intervals between heads as they arrived here.
//!
//! The median of arrivals, because what is wanted is the time until a coming block by this machine's clock: one block that
//! came late, a burst after a hiccup, or a stretch without connection do not move it.

use std::{collections::VecDeque, time::Duration};
use tokio::time::Instant;

/// With fewer intervals than this nothing is said.
const LEAST_INTERVALS: usize = 3;

#[derive(Debug)]
pub(crate) struct BlockTimes {
    most: usize,
    last: Option<(u64, Instant)>,
    intervals: VecDeque<Duration>,
}

impl BlockTimes {
    /// Remembers so many intervals.
    pub(crate) fn new(most: usize) -> Self {
        Self { most: most.max(LEAST_INTERVALS), last: None, intervals: VecDeque::new() }
    }

    /// A block arrived. Over blocks that were skipped the time is shared out.
    pub(crate) fn arrived(&mut self, number: u64, at: Instant) {
        if let Some((before, then)) = self.last
            && let Some(blocks) = number.checked_sub(before).filter(|blocks| *blocks > 0)
        {
            let each = at.duration_since(then) / u32::try_from(blocks).unwrap_or(u32::MAX);
            self.intervals.push_back(each);
            while self.intervals.len() > self.most {
                self.intervals.pop_front();
            }
        }
        self.last = Some((number, at));
    }

    /// The next block is not to be measured from the last one: the connection is another.
    pub(crate) fn interrupted(&mut self) {
        self.last = None;
    }

    pub(crate) fn median(&self) -> Option<Duration> {
        if self.intervals.len() < LEAST_INTERVALS {
            return None;
        }
        let mut sorted: Vec<_> = self.intervals.iter().copied().collect();
        sorted.sort_unstable();
        sorted.get(sorted.len() / 2).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_a_bounded_window_of_arrivals() {
        let start = Instant::now();
        let mut times = BlockTimes::new(5);
        let millis = Duration::from_millis;
        let mut at = start;
        for number in 0..3 {
            times.arrived(number, at);
            at += millis(250);
        }
        assert_eq!(times.median(), None, "two intervals are not enough");
        times.arrived(3, at);
        assert_eq!(times.median(), Some(millis(250)));
        at += millis(9000);
        times.arrived(4, at);
        assert_eq!(times.median(), Some(millis(250)), "one late block");
        at += millis(500);
        times.arrived(6, at);
        assert_eq!(times.median(), Some(millis(250)), "two blocks in twice the time");
        times.interrupted();
        at += millis(60_000);
        times.arrived(400, at);
        for number in 401..406 {
            at += millis(1000);
            times.arrived(number, at);
        }
        assert_eq!(times.median(), Some(millis(1000)), "the old ones are forgotten");
        times.arrived(405, at + millis(1));
        times.arrived(400, at + millis(2));
        assert_eq!(times.intervals.len(), 5);
        assert_eq!(times.median(), Some(millis(1000)), "going back is no interval");
    }
}
