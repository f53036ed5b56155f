//! When the chain was within the validator's reach: what the verdict excuses rests on this and on nothing else.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::plan::Trouble;
use crate::stage::validator::Life;

/// How long the validator may take to be itself again.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Allowances {
    /// From the start of its process.
    pub(crate) restart: Duration,
    /// From the end of a disturbance that shows itself.
    pub(crate) reconnect: Duration,
    /// From the end of one that only time shows.
    pub(crate) watchdog: Duration,
    /// Blocks in a row, undisturbed, within which weights have to land.
    pub(crate) blocks: u64,
}

impl Allowances {
    /// So many times as much of everything.
    pub(crate) fn times(self, factor: u32) -> Self {
        Self {
            restart: self.restart.saturating_mul(factor),
            reconnect: self.reconnect.saturating_mul(factor),
            watchdog: self.watchdog.saturating_mul(factor),
            blocks: self.blocks * u64::from(factor),
        }
    }

    /// A validator sends one transaction at a time, so that each mechanism's come after the one's before.
    pub(crate) fn for_mechanisms(self, mechanisms: u8) -> Self {
        Self { blocks: self.blocks * u64::from(mechanisms), ..self }
    }
}

/// A disturbance that was.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) from: Instant,
    pub(crate) until: Instant,
    pub(crate) what: Trouble,
}

/// Everything that was in the way.
#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    pub(crate) allowances: Allowances,
    /// Number of the first block, and when each was made from there on.
    pub(crate) blocks: (u64, Vec<Instant>),
    pub(crate) disturbances: Vec<Span>,
    pub(crate) lives: Vec<Life>,
}

impl Timeline {
    /// Whether weights had to land while these blocks were the head, first and last included; if not, why not.
    pub(crate) fn had_a_chance(&self, first: u64, last: u64) -> Result<(), Vec<&'static str>> {
        let (mut calm, mut excuses) = (0, Vec::new());
        for block in first..=last {
            match self.obstacle(block) {
                None => calm += 1,
                Some(obstacle) => {
                    calm = 0;
                    if !excuses.contains(&obstacle) {
                        excuses.push(obstacle);
                    }
                }
            }
            if calm >= self.allowances.blocks {
                return Ok(());
            }
        }
        Err(excuses)
    }

    /// Whether nothing was in the way for as long as a process lived.
    pub(crate) fn was_calm(&self, life: &Life) -> bool {
        let ended = life.ended.unwrap_or_else(Instant::now);
        !self
            .disturbances
            .iter()
            .any(|span| span.from < ended && span.until + self.recovery(span.what) > life.started)
    }

    const fn recovery(&self, of: Trouble) -> Duration {
        if of.shows() { self.allowances.reconnect } else { self.allowances.watchdog }
    }

    /// What was in the way while a block was the head.
    fn obstacle(&self, block: u64) -> Option<&'static str> {
        let (first, times) = &self.blocks;
        let index = usize::try_from(block.checked_sub(*first)?).ok()?;
        let (from, until) = (*times.get(index)?, *times.get(index + 1)?);
        let disturbed = self.disturbances.iter().find(|span| {
            !span.what.leaves_the_chain_usable()
                && span.from < until
                && span.until + self.recovery(span.what) > from
        });
        if let Some(span) = disturbed {
            return Some(span.what.kind());
        }
        let up = |life: &Life| {
            life.started + self.allowances.restart <= from && life.ended.is_none_or(|ended| ended >= until)
        };
        (!self.lives.iter().any(up)).then_some("killed and starting")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::proxy::Passage;

    const BLOCK: Duration = Duration::from_millis(100);

    fn timeline(disturbances: &[(u32, u32, Trouble)], lives: &[(u32, Option<u32>)]) -> Timeline {
        let start = Instant::now();
        let at = |block: u32| start + BLOCK * block;
        Timeline {
            allowances: Allowances {
                restart: BLOCK * 5,
                reconnect: BLOCK * 3,
                watchdog: BLOCK * 10,
                blocks: 4,
            },
            blocks: (0, (0..200).map(at).collect()),
            disturbances: disturbances
                .iter()
                .map(|(from, until, what)| Span { from: at(*from), until: at(*until), what: *what })
                .collect(),
            lives: lives
                .iter()
                .map(|(started, ended)| Life {
                    started: at(*started),
                    ready: None,
                    ended: ended.map(at),
                    by_itself: None,
                })
                .collect(),
        }
    }

    #[test]
    fn a_stretch_of_calm_blocks_is_a_chance_and_less_is_none() {
        let cut = timeline(&[(50, 51, Trouble::Cut)], &[(0, None)]);
        assert!(cut.had_a_chance(46, 60).is_ok(), "before the cut");
        assert!(cut.had_a_chance(49, 58).is_ok(), "after it and the reconnection");
        assert_eq!(cut.had_a_chance(49, 56), Err(vec!["connections cut"]));
        let silent = timeline(&[(50, 51, Trouble::Passage(Passage::Silent))], &[(0, None)]);
        assert!(silent.had_a_chance(49, 63).is_err(), "a watchdog needs longer");
        assert!(silent.had_a_chance(49, 65).is_ok());
    }

    #[test]
    fn a_process_has_to_have_been_up_for_a_while() {
        let killed = timeline(&[], &[(0, Some(50)), (50, None)]);
        assert!(killed.had_a_chance(40, 49).is_ok());
        assert_eq!(killed.had_a_chance(48, 57), Err(vec!["killed and starting"]));
        assert!(killed.had_a_chance(48, 58).is_ok());
        let gentle = timeline(&[(0, 200, Trouble::SubmissionsRefused(-32005, 2))], &[(0, None)]);
        assert!(gentle.had_a_chance(10, 20).is_ok(), "a refused submission is no excuse");
    }
}
