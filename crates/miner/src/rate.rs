//! How often one hotkey may ask: a token bucket each.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use subnetkit_protocol::Hotkey;
use tokio::time::Instant;

/// Token buckets by hotkey. Full buckets are forgotten when room is needed, for they say nothing; at most `capacity`
/// others are held.
pub(crate) struct RateLimit {
    per_second: f64,
    burst: f64,
    capacity: usize,
    buckets: Mutex<HashMap<Hotkey, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    fn tokens_at(self, now: Instant, per_second: f64, burst: f64) -> f64 {
        (self.tokens + now.saturating_duration_since(self.at).as_secs_f64() * per_second).min(burst)
    }
}

impl RateLimit {
    pub(crate) fn new(per_second: f64, burst: u32, capacity: usize) -> Self {
        Self { per_second, burst: f64::from(burst), capacity, buckets: Mutex::default() }
    }

    /// Takes a token of the hotkey, or says how long until there is one.
    pub(crate) fn take(&self, hotkey: &Hotkey, now: Instant) -> Result<(), Duration> {
        let (per_second, burst) = (self.per_second, self.burst);
        let mut buckets = self.buckets();
        if !buckets.contains_key(hotkey) && buckets.len() >= self.capacity {
            buckets.retain(|_, bucket| bucket.tokens_at(now, per_second, burst) < burst);
            if buckets.len() >= self.capacity {
                return Err(Duration::from_secs_f64(1.0 / per_second));
            }
        }
        let bucket = buckets.entry(*hotkey).or_insert(Bucket { tokens: burst, at: now });
        let tokens = bucket.tokens_at(now, per_second, burst);
        if tokens < 1.0 {
            *bucket = Bucket { tokens, at: now };
            return Err(Duration::from_secs_f64((1.0 - tokens) / per_second));
        }
        *bucket = Bucket { tokens: tokens - 1.0, at: now };
        Ok(())
    }

    fn buckets(&self) -> MutexGuard<'_, HashMap<Hotkey, Bucket>> {
        // No code panics while holding it, and a half-written bucket would still be a bucket.
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn hotkey(byte: u8) -> Hotkey {
        Hotkey::from_bytes([byte; 32])
    }

    #[test]
    fn a_burst_passes_and_the_rest_waits_for_the_rate() {
        let limit = RateLimit::new(2.0, 3, 8);
        let start = Instant::now();
        for _ in 0..3 {
            limit.take(&hotkey(1), start).unwrap();
        }
        assert_eq!(limit.take(&hotkey(1), start), Err(SECOND / 2));
        limit.take(&hotkey(2), start).unwrap();
        limit.take(&hotkey(1), start + SECOND / 2).unwrap();
        assert!(limit.take(&hotkey(1), start + SECOND / 2).is_err());
    }

    #[test]
    fn a_full_table_forgets_rested_hotkeys_only() {
        let limit = RateLimit::new(1.0, 1, 2);
        let start = Instant::now();
        limit.take(&hotkey(1), start).unwrap();
        limit.take(&hotkey(2), start).unwrap();
        assert_eq!(limit.take(&hotkey(3), start), Err(SECOND));
        limit.take(&hotkey(3), start + SECOND).unwrap();
        assert_eq!(limit.buckets().len(), 1);
    }
}
