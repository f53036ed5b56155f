//! How often one address may send what proves nothing: a token bucket each.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::peer::Origin;

/// Whose requests a bucket is for. Anybody can claim anything, but who claims nothing of worth must not use up what is left
/// for those whose claim may be true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Purse {
    /// Everybody's.
    Common,
    /// Of those who claim to be a hotkey that is served, once the common one is empty.
    OfServed,
}

/// Token buckets by origin. A request takes a token when it comes and gives it back when its signature holds, so that
/// only what proves nothing is counted.
///
/// At most `capacity` origins have a bucket; full ones are forgotten when room is needed, for they say nothing. The
/// origins for which there is no room share one bucket of the size of all.
pub(crate) struct Unproven {
    per_second: f64,
    burst: f64,
    capacity: usize,
    table: Mutex<Table>,
}

struct Table {
    buckets: HashMap<(Origin, Purse), Bucket>,
    /// Of those without a bucket of their own.
    others: Bucket,
    /// When full buckets were last looked for.
    swept: Instant,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

/// Looking through all buckets for full ones more often than this would be work that strangers can ask for.
const SWEEP_EVERY: Duration = Duration::from_millis(100);

impl Unproven {
    pub(crate) fn new(per_second: f64, burst: u32, capacity: usize, now: Instant) -> Self {
        let burst = f64::from(burst);
        let others = Bucket { tokens: burst, at: now };
        let table = Table { buckets: HashMap::new(), others, swept: now };
        Self { per_second, burst, capacity, table: Mutex::new(table) }
    }

    /// Takes a token of the origin, or says how long until there is one.
    pub(crate) fn take(&self, origin: Origin, purse: Purse, now: Instant) -> Result<(), Duration> {
        let mut table = self.table();
        let bucket = self.bucket(&mut table, (origin, purse), now);
        if bucket.tokens < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - bucket.tokens) / self.per_second));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }

    /// Gives a token back: the request was proven.
    pub(crate) fn give_back(&self, origin: Origin, purse: Purse, now: Instant) {
        let mut table = self.table();
        let bucket = self.bucket(&mut table, (origin, purse), now);
        bucket.tokens = (bucket.tokens + 1.0).min(self.burst);
        if bucket.tokens >= self.burst {
            table.buckets.remove(&(origin, purse));
        }
    }

    /// The origin's bucket with what it has now.
    fn bucket<'t>(&self, table: &'t mut Table, of: (Origin, Purse), now: Instant) -> &'t mut Bucket {
        let Table { buckets, others, swept } = table;
        if buckets.len() >= self.capacity && !buckets.contains_key(&of) {
            if now.saturating_duration_since(*swept) >= SWEEP_EVERY {
                *swept = now;
                buckets.retain(|_, bucket| self.refilled(bucket, now).tokens < self.burst);
            }
            if buckets.len() >= self.capacity {
                *others = self.refilled(others, now);
                return others;
            }
        }
        let bucket = buckets.entry(of).or_insert(Bucket { tokens: self.burst, at: now });
        *bucket = self.refilled(bucket, now);
        bucket
    }

    fn refilled(&self, bucket: &Bucket, now: Instant) -> Bucket {
        let elapsed = now.saturating_duration_since(bucket.at).as_secs_f64();
        Bucket { tokens: (bucket.tokens + elapsed * self.per_second).min(self.burst), at: now }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // No code panics while holding it, and a half-written bucket would still be a bucket.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::origin_of;

    const SECOND: Duration = Duration::from_secs(1);

    fn origin(last: u8) -> Origin {
        origin_of([192, 0, 2, last])
    }

    #[test]
    fn what_proves_nothing_uses_up_the_burst_and_waits_for_the_rate() {
        let start = Instant::now();
        let limit = Unproven::new(2.0, 3, 8, start);
        for _ in 0..3 {
            limit.take(origin(1), Purse::Common, start).unwrap();
        }
        assert_eq!(limit.take(origin(1), Purse::Common, start), Err(SECOND / 2));
        limit.take(origin(2), Purse::Common, start).unwrap();
        limit.take(origin(1), Purse::Common, start + SECOND / 2).unwrap();
        assert!(limit.take(origin(1), Purse::Common, start + SECOND / 2).is_err());
    }

    #[test]
    fn a_purse_is_not_emptied_through_the_other() {
        let start = Instant::now();
        let limit = Unproven::new(1.0, 1, 8, start);
        limit.take(origin(1), Purse::Common, start).unwrap();
        limit.take(origin(1), Purse::Common, start).unwrap_err();
        limit.take(origin(1), Purse::OfServed, start).unwrap();
        limit.take(origin(1), Purse::OfServed, start).unwrap_err();
    }

    #[test]
    fn what_is_proven_costs_nothing_and_is_not_remembered() {
        let start = Instant::now();
        let limit = Unproven::new(1.0, 1, 8, start);
        for _ in 0..100 {
            limit.take(origin(1), Purse::Common, start).unwrap();
            limit.give_back(origin(1), Purse::Common, start);
        }
        assert!(limit.table().buckets.is_empty());
    }

    #[test]
    fn origins_beyond_the_table_share_a_bucket_until_others_rest() {
        let start = Instant::now();
        let limit = Unproven::new(1.0, 2, 2, start);
        for last in [1, 2, 3, 4] {
            limit.take(origin(last), Purse::Common, start).unwrap();
        }
        assert!(limit.take(origin(5), Purse::Common, start).is_err());
        limit.take(origin(1), Purse::Common, start).unwrap();
        limit.take(origin(5), Purse::Common, start + SECOND).unwrap();
        assert_eq!(limit.table().buckets.len(), 2, "the rested one made room");
    }
}
