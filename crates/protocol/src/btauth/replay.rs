//! The memory of accepted nonces within one process.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;

use super::{
    error::{
        AuthError,
        AuthErrorKind::{ReplayStoreFull, SenderFlooding, StaleRequest},
        ConfigError,
    },
    memory::{Attempt, Fingerprint, NonceMemory},
};
use crate::AccountId;

/// The bounds of a [`ReplayStore`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplaySettings {
    /// How long after its own time a nonce is remembered. At least max_age plus allowed_skew of the policy; what is
    /// above that is the time a request may take between its headers and the end of its body.
    pub retention: Duration,
    /// The most nonces held at once.
    pub max_entries: usize,
    /// The most nonces held at once for one sender.
    pub max_entries_per_sender: usize,
    /// Refuse nonces older than this Unix time in nanoseconds. A store that starts empty should set it to the time of
    /// its start: it cannot know what was accepted before. A predecessor may have accepted nonces up to allowed_skew
    /// ahead of its clock; add allowed_skew where a restart must not reopen even those.
    pub not_before_ns: Option<u128>,
}

impl Default for ReplaySettings {
    /// 60 s, 262 144 nonces in all, 8 192 per sender (about 136 requests per second), any age.
    fn default() -> Self {
        Self {
            retention: Duration::from_secs(60),
            max_entries: 262_144,
            max_entries_per_sender: 8_192,
            not_before_ns: None,
        }
    }
}

/// Senders are spread over this many locks.
const SHARDS: usize = 16;

/// Nonces that nobody asks about any more are looked for this often, by the clock that callers pass in.
const SWEEP_EVERY_NS: u64 = 1_000_000_000;

/// A sender with up to a 2048th of all nonces has few. The nonces of the others, as far as they go beyond that, fill half
/// of the store at most, so that those with few find room whatever the others do.
const FEW: usize = 2_048;

/// Accepted (sender, nonce) pairs, each accepted once.
///
/// Pairs are forgotten by their own time, never to make room: when a bound is reached the newcomer is refused, and one
/// half of the room is kept for senders with few nonces. Senders are told apart by their public key bytes. The store
/// belongs to one process; several servers behind one hotkey need a shared [memory](NonceMemory). A pair takes some 35
/// bytes.
pub struct ReplayStore {
    settings: ReplaySettings,
    shards: [Mutex<Shard>; SHARDS],
    held: AtomicUsize,
    /// Of those, the ones beyond what is few for their sender.
    beyond_few: AtomicUsize,
    /// When all shards were last rid of expired nonces because there was no room.
    swept_ns: AtomicU64,
}

#[derive(Default)]
struct Shard {
    /// Ordered by nonce, so that the expired ones are in front.
    senders: HashMap<AccountId, BTreeMap<u64, Fingerprint>>,
    /// The newest nonce forgotten so far. Everything up to it counts as expired for good, so that a clock that steps
    /// back does not reopen what was forgotten.
    forgotten: Option<u64>,
    swept_ns: u64,
}

impl ReplayStore {
    /// An empty store.
    pub fn new(settings: ReplaySettings) -> Result<Self, ConfigError> {
        if settings.max_entries == 0 {
            return Err(ConfigError::ZeroBound { setting: "max_entries" });
        }
        if settings.max_entries_per_sender == 0 {
            return Err(ConfigError::ZeroBound { setting: "max_entries_per_sender" });
        }
        Ok(Self {
            settings,
            shards: Default::default(),
            held: AtomicUsize::new(0),
            beyond_few: AtomicUsize::new(0),
            swept_ns: AtomicU64::new(0),
        })
    }

    /// The bounds in force.
    #[must_use]
    pub const fn settings(&self) -> &ReplaySettings {
        &self.settings
    }

    /// Accepts a sender's nonce the first time, and refuses it from then on: a test and set in one step.
    ///
    /// Call it last, after the signature is verified: a forged request must not use up a nonce. `now_ns` is the Unix
    /// time in nanoseconds.
    pub fn insert(&self, attempt: &Attempt, now_ns: u128) -> Result<(), AuthError> {
        match self.try_insert(attempt, now_ns) {
            Err(error) if error.is_for_want_of_room() && self.sweep(now_ns) => {
                self.try_insert(attempt, now_ns)
            }
            done => done,
        }
    }

    /// Whether exactly this request was accepted and is still remembered.
    #[must_use]
    pub fn holds(&self, attempt: &Attempt) -> bool {
        u64::try_from(attempt.nonce).is_ok_and(|nonce| {
            let shard = self.shard(&attempt.sender);
            let accepted = shard.senders.get(&attempt.sender).and_then(|nonces| nonces.get(&nonce));
            accepted == Some(&attempt.fingerprint)
        })
    }

    /// The number of nonces held; those that expired are among them for up to a second of their sender's silence.
    #[must_use]
    pub fn len(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// Whether no nonce is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn try_insert(&self, attempt: &Attempt, now_ns: u128) -> Result<(), AuthError> {
        let Attempt { sender, nonce, fingerprint } = attempt;
        let retention = self.settings.retention.as_nanos();
        let too_early = || {
            let message = "the nonce is too far in the future; check the clock";
            Err(AuthError::new(StaleRequest, message))
        };
        if *nonce > now_ns.saturating_add(retention) {
            return too_early();
        }
        // A nonce of the year 2554.
        let Ok(nonce) = u64::try_from(*nonce) else { return too_early() };
        let (now, cutoff) = (saturate(now_ns), self.cutoff(now_ns));

        let mut shard = self.shard(sender);
        if now.abs_diff(shard.swept_ns) >= SWEEP_EVERY_NS {
            self.forget(&mut shard, cutoff);
            shard.swept_ns = now;
        } else {
            self.forget_of(&mut shard, sender, cutoff);
        }

        let too_old = nonce < cutoff
            || shard.forgotten.is_some_and(|forgotten| nonce <= forgotten)
            || self.settings.not_before_ns.is_some_and(|not_before| u128::from(nonce) < not_before);
        if too_old {
            let message = "the nonce is older than this server's memory of nonces; sign the request again";
            return Err(AuthError::new(StaleRequest, message));
        }
        let own = shard.senders.get(sender);
        if own.is_some_and(|nonces| nonces.contains_key(&nonce)) {
            return Err(AuthError::replayed());
        }
        self.reserve(own.map_or(0, BTreeMap::len))?;
        shard.senders.entry(*sender).or_default().insert(nonce, *fingerprint);
        Ok(())
    }

    /// Takes room for one more nonce of a sender that holds `own`.
    fn reserve(&self, own: usize) -> Result<(), AuthError> {
        let ReplaySettings { max_entries, max_entries_per_sender, .. } = self.settings;
        let take_below = |count: &AtomicUsize, bound: usize| {
            let below = |held: usize| (held < bound).then_some(held + 1);
            count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, below).is_ok()
        };
        let is_beyond_few = own >= self.few();
        if own >= max_entries_per_sender || is_beyond_few && !take_below(&self.beyond_few, max_entries / 2) {
            return Err(AuthError::new(SenderFlooding, "the sender makes too many requests; slow down"));
        }
        if !take_below(&self.held, max_entries) {
            self.beyond_few.fetch_sub(usize::from(is_beyond_few), Ordering::Relaxed);
            let message = "this server remembers as many requests as it can; try again later";
            return Err(AuthError::new(ReplayStoreFull, message));
        }
        Ok(())
    }

    /// Gives back the room of a sender that held `before` nonces and holds `after`.
    fn release(&self, before: usize, after: usize) {
        let few = self.few();
        let beyond = before.saturating_sub(few) - after.saturating_sub(few);
        self.held.fetch_sub(before - after, Ordering::Relaxed);
        self.beyond_few.fetch_sub(beyond, Ordering::Relaxed);
    }

    fn few(&self) -> usize {
        (self.settings.max_entries / FEW).max(1)
    }

    /// Forgets what is expired in all shards, unless that was done just now; then there is nothing to gain.
    fn sweep(&self, now_ns: u128) -> bool {
        let (now, cutoff) = (saturate(now_ns), self.cutoff(now_ns));
        let due = |last: u64| (now.abs_diff(last) >= SWEEP_EVERY_NS).then_some(now);
        if self.swept_ns.fetch_update(Ordering::Relaxed, Ordering::Relaxed, due).is_err() {
            return false;
        }
        for shard in &self.shards {
            self.forget(&mut lock(shard), cutoff);
        }
        true
    }

    /// Drops the sender's nonces below `cutoff`.
    fn forget_of(&self, shard: &mut Shard, sender: &AccountId, cutoff: u64) {
        let Some(nonces) = shard.senders.get_mut(sender) else { return };
        let before = nonces.len();
        drop_below(nonces, cutoff, &mut shard.forgotten);
        self.release(before, nonces.len());
        if nonces.is_empty() {
            shard.senders.remove(sender);
        }
    }

    /// Drops everybody's nonces below `cutoff`.
    fn forget(&self, shard: &mut Shard, cutoff: u64) {
        let Shard { senders, forgotten, .. } = shard;
        senders.retain(|_, nonces| {
            let before = nonces.len();
            drop_below(nonces, cutoff, forgotten);
            self.release(before, nonces.len());
            !nonces.is_empty()
        });
    }

    /// Nonces below this are expired.
    fn cutoff(&self, now_ns: u128) -> u64 {
        saturate(now_ns.saturating_sub(self.settings.retention.as_nanos()))
    }

    fn shard(&self, sender: &AccountId) -> MutexGuard<'_, Shard> {
        // Keys can be made to land in one shard. That costs their owners waiting for each other, and nobody's room.
        let [.., last] = sender.as_bytes();
        let [first, ..] = &self.shards;
        lock(self.shards.get(usize::from(*last) % SHARDS).unwrap_or(first))
    }
}

/// No code that holds a lock can panic half-way through a change, so a poisoned shard is still consistent.
fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

fn saturate(nanoseconds: u128) -> u64 {
    u64::try_from(nanoseconds).unwrap_or(u64::MAX)
}

fn drop_below(nonces: &mut BTreeMap<u64, Fingerprint>, cutoff: u64, forgotten: &mut Option<u64>) {
    while let Some(entry) = nonces.first_entry()
        && *entry.key() < cutoff
    {
        *forgotten = (*forgotten).max(Some(entry.remove_entry().0));
    }
}

#[async_trait]
impl NonceMemory for ReplayStore {
    fn is_copy(&self, attempt: &Attempt) -> bool {
        self.holds(attempt)
    }

    async fn record(&self, attempt: &Attempt, now_ns: u128) -> Result<(), AuthError> {
        self.insert(attempt, now_ns)
    }
}

impl fmt::Debug for ReplayStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayStore")
            .field("settings", &self.settings)
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}
