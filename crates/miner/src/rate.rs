//! How often one hotkey may ask: a token bucket each, larger with stake.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use subnetkit_protocol::Hotkey;
use tokio::time::Instant;

use crate::{Admit, MinerConfig, SharedRoster};

/// Token buckets by hotkey. Each hotkey has a rate that is the same for all, and beside it its share of a common rate, as
/// large as its part of the stake weight of all hotkeys that are admitted.
///
/// Full buckets are forgotten when room is needed, for they say nothing; at most `capacity` others are held.
pub(crate) struct RateLimit {
    floor: f64,
    shared: f64,
    burst: f64,
    capacity: usize,
    roster: SharedRoster,
    rule: Arc<dyn Admit>,
    buckets: Mutex<Buckets>,
}

#[derive(Default)]
struct Buckets {
    of: HashMap<Hotkey, Bucket>,
    /// The stake weight of all admitted hotkeys in rao, and the edition of the roster it was added up from.
    stake: Option<(u64, u128)>,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
    /// Tokens per second, and the most there can be.
    pace: Pace,
}

#[derive(Clone, Copy)]
struct Pace {
    per_second: f64,
    burst: f64,
}

impl Bucket {
    fn tokens_at(&self, now: Instant) -> f64 {
        let elapsed = now.saturating_duration_since(self.at).as_secs_f64();
        (self.tokens + elapsed * self.pace.per_second).min(self.pace.burst)
    }
}

impl RateLimit {
    pub(crate) fn new(config: &MinerConfig, roster: SharedRoster, rule: Arc<dyn Admit>) -> Self {
        Self {
            floor: config.rate_per_hotkey,
            shared: config.rate_shared_by_stake,
            burst: f64::from(config.burst_per_hotkey),
            capacity: config.max_tracked_hotkeys,
            roster,
            rule,
            buckets: Mutex::default(),
        }
    }

    /// Takes a token of the hotkey, which has this stake weight, or says how long until there is one.
    pub(crate) fn take(&self, hotkey: &Hotkey, stake_rao: u64, now: Instant) -> Result<(), Duration> {
        let mut buckets = self.buckets();
        let pace = self.pace(&mut buckets, stake_rao);
        let of = &mut buckets.of;
        if !of.contains_key(hotkey) && of.len() >= self.capacity {
            of.retain(|_, bucket| bucket.tokens_at(now) < bucket.pace.burst);
            if of.len() >= self.capacity {
                return Err(Duration::from_secs_f64(1.0 / pace.per_second));
            }
        }
        let bucket = of.entry(*hotkey).or_insert(Bucket { tokens: pace.burst, at: now, pace });
        let tokens = bucket.tokens_at(now).min(pace.burst);
        let taken = if tokens < 1.0 { 0.0 } else { 1.0 };
        *bucket = Bucket { tokens: tokens - taken, at: now, pace };
        if taken > 0.0 { Ok(()) } else { Err(Duration::from_secs_f64((1.0 - tokens) / pace.per_second)) }
    }

    fn pace(&self, buckets: &mut Buckets, stake_rao: u64) -> Pace {
        let edition = self.roster.edition();
        let total = match buckets.stake {
            Some((known, total)) if known == edition => total,
            _ => {
                let total =
                    self.roster.stake_of(|hotkey, standing| self.rule.admit(hotkey, Some(standing)).is_ok());
                buckets.stake = Some((edition, total));
                total
            }
        };
        // Sixty-four bits of rao are more than a float can tell apart, and far less than matters here.
        #[expect(clippy::cast_precision_loss, reason = "a share does not need the last rao")]
        let share = if total == 0 { 0.0 } else { (stake_rao as f64 / total as f64).min(1.0) };
        let per_second = self.floor + self.shared * share;
        Pace { per_second, burst: self.burst * (per_second / self.floor) }
    }

    fn buckets(&self) -> MutexGuard<'_, Buckets> {
        // A rule that panics does so before anything is changed, and a half-written bucket would still be a bucket.
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Roster, Standing, StandingRule};

    const SECOND: Duration = Duration::from_secs(1);

    fn hotkey(byte: u8) -> Hotkey {
        Hotkey::from_bytes([byte; 32])
    }

    fn limit(per_hotkey: f64, shared: f64, burst: u32, capacity: usize) -> RateLimit {
        let config = MinerConfig {
            rate_per_hotkey: per_hotkey,
            rate_shared_by_stake: shared,
            burst_per_hotkey: burst,
            max_tracked_hotkeys: capacity,
            ..MinerConfig::default()
        };
        RateLimit::new(&config, SharedRoster::new(), Arc::new(StandingRule::default()))
    }

    fn roster(stakes: &[u64]) -> Roster {
        let members = (1..).zip(stakes).map(|(number, stake)| {
            let standing = Standing { uid: number, validator_permit: true, stake_rao: *stake, owner: false };
            (hotkey(u8::try_from(number).unwrap()), standing)
        });
        Roster { block: 1, members: members.collect() }
    }

    #[test]
    fn a_burst_passes_and_the_rest_waits_for_the_rate() {
        let limit = limit(2.0, 0.0, 3, 8);
        let start = Instant::now();
        for _ in 0..3 {
            limit.take(&hotkey(1), 0, start).unwrap();
        }
        assert_eq!(limit.take(&hotkey(1), 0, start), Err(SECOND / 2));
        limit.take(&hotkey(2), 0, start).unwrap();
        limit.take(&hotkey(1), 0, start + SECOND / 2).unwrap();
        assert!(limit.take(&hotkey(1), 0, start + SECOND / 2).is_err());
    }

    #[test]
    fn a_full_table_forgets_rested_hotkeys_only() {
        let limit = limit(1.0, 0.0, 1, 2);
        let start = Instant::now();
        limit.take(&hotkey(1), 0, start).unwrap();
        limit.take(&hotkey(2), 0, start).unwrap();
        assert_eq!(limit.take(&hotkey(3), 0, start), Err(SECOND));
        limit.take(&hotkey(3), 0, start + SECOND).unwrap();
        assert_eq!(limit.buckets().of.len(), 1);
    }

    #[test]
    fn the_shared_rate_follows_the_stake_of_the_admitted() {
        let limit = limit(1.0, 8.0, 2, 8);
        limit.roster.publish(roster(&[3_000, 1_000, 0]));
        let start = Instant::now();
        let served = |number: u8, stake, at: Instant| {
            (0..100).take_while(|_| limit.take(&hotkey(number), stake, at).is_ok()).count()
        };
        assert_eq!(served(1, 3_000, start), 2 * 7);
        assert_eq!(served(2, 1_000, start), 2 * 3);
        assert_eq!(served(3, 0, start), 2);
        assert_eq!(served(1, 3_000, start + SECOND), 7);
        assert_eq!(served(3, 0, start + SECOND), 1);

        limit.roster.publish(roster(&[0, 1_000, 0]));
        assert_eq!(served(1, 0, start + 10 * SECOND), 2, "the stake is gone, and the rate with it");
        assert_eq!(
            served(2, 1_000, start + 10 * SECOND),
            2 * 3,
            "what there was is what the old rate filled"
        );
        assert_eq!(served(2, 1_000, start + 20 * SECOND), 2 * 9);
    }
}
