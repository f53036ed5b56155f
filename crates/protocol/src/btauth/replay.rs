//! The memory of accepted nonces.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use super::error::{
    AuthError,
    AuthErrorKind::{ReplayStoreFull, ReplayedRequest, SenderFlooding, StaleRequest},
    ConfigError,
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

/// Accepted (sender, nonce) pairs, each accepted once.
///
/// Pairs are forgotten by their own time, never to make room: when a bound is reached the newcomer is refused. Senders
/// are told apart by their public key bytes. The store belongs to one process; several servers behind one hotkey need
/// a shared one.
pub struct ReplayStore {
    settings: ReplaySettings,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// Ordered by nonce, so that the expired ones are in front.
    pairs: BTreeSet<(u128, AccountId)>,
    per_sender: HashMap<AccountId, usize>,
    /// The newest nonce forgotten so far. Everything up to it counts as expired for good, so that a clock that steps
    /// back does not reopen what was forgotten.
    forgotten: Option<u128>,
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
        Ok(Self { settings, seen: Mutex::default() })
    }

    /// The bounds in force.
    #[must_use]
    pub const fn settings(&self) -> &ReplaySettings {
        &self.settings
    }

    /// Accepts a pair the first time, and refuses it from then on: a test and set in one step.
    ///
    /// Call it last, after the signature is verified: a forged request must not use up a nonce. `now_ns` is the Unix
    /// time in nanoseconds.
    pub fn insert(&self, sender: &AccountId, nonce: u128, now_ns: u128) -> Result<(), AuthError> {
        let retention = self.settings.retention.as_nanos();
        let mut seen = self.lock();
        seen.forget_before(now_ns.saturating_sub(retention));

        let too_old = nonce < now_ns.saturating_sub(retention)
            || seen.forgotten.is_some_and(|forgotten| nonce <= forgotten)
            || self.settings.not_before_ns.is_some_and(|not_before| nonce < not_before);
        if too_old {
            let message = "the nonce is older than this server's memory of nonces; sign the request again";
            return Err(AuthError::new(StaleRequest, message));
        }
        if nonce > now_ns.saturating_add(retention) {
            return Err(AuthError::new(StaleRequest, "the nonce is too far in the future; check the clock"));
        }
        if seen.pairs.contains(&(nonce, *sender)) {
            return Err(AuthError::new(ReplayedRequest, "this nonce was accepted from this sender before"));
        }
        let held = seen.per_sender.get(sender).copied().unwrap_or(0);
        if held >= self.settings.max_entries_per_sender {
            return Err(AuthError::new(SenderFlooding, "the sender makes too many requests; slow down"));
        }
        if seen.pairs.len() >= self.settings.max_entries {
            let message = "this server remembers as many requests as it can; try again later";
            return Err(AuthError::new(ReplayStoreFull, message));
        }
        seen.pairs.insert((nonce, *sender));
        seen.per_sender.insert(*sender, held + 1);
        Ok(())
    }

    /// The number of nonces held, expired ones included until the next insertion.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().pairs.len()
    }

    /// Whether no nonce is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// No code that holds the lock can panic half-way through a change, so a poisoned store is still consistent.
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn forget_before(&mut self, cutoff: u128) {
        while let Some(&(nonce, sender)) = self.pairs.first()
            && nonce < cutoff
        {
            self.pairs.pop_first();
            self.forgotten = self.forgotten.max(Some(nonce));
            if let Some(held) = self.per_sender.get_mut(&sender) {
                *held -= 1;
                if *held == 0 {
                    self.per_sender.remove(&sender);
                }
            }
        }
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
