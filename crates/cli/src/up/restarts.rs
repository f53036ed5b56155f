//! When a process that died is started again, and when it is of no use.

use std::time::Duration;

/// The first wait, doubled after every death in a row.
const FIRST: Duration = Duration::from_millis(250);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(30);
/// A process that lived this long had come up: its death is no sign that it never will.
const STEADY: Duration = Duration::from_secs(10);
/// Deaths in a row, none of them after a steady life, after which it is given up.
pub(super) const MOST_DEATHS: u32 = 5;

/// The deaths of one process so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Restarts {
    deaths: u32,
}

/// What to do after a death.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Start it again after this wait.
    After(Duration),
    /// It dies whenever it is started.
    GiveUp,
}

impl Restarts {
    /// It died after having lived so long.
    pub(super) fn died(&mut self, lived: Duration) -> Next {
        if lived >= STEADY {
            self.deaths = 0;
        }
        self.deaths += 1;
        if self.deaths >= MOST_DEATHS {
            return Next::GiveUp;
        }
        Next::After(FIRST.saturating_mul(1 << (self.deaths - 1)).min(LONGEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_until_it_is_given_up() {
        let mut restarts = Restarts::default();
        let at_once = Duration::from_millis(20);
        let waits: Vec<_> = (1..MOST_DEATHS).map(|_| restarts.died(at_once)).collect();
        assert_eq!(waits, [250, 500, 1000, 2000].map(|ms| Next::After(Duration::from_millis(ms))));
        assert_eq!(restarts.died(at_once), Next::GiveUp);
    }

    #[test]
    fn a_steady_life_forgives_earlier_deaths() {
        let mut restarts = Restarts::default();
        for _ in 0..100 {
            assert_eq!(restarts.died(STEADY), Next::After(FIRST));
        }
        assert_eq!(restarts.died(Duration::ZERO), Next::After(FIRST * 2));
    }
}
