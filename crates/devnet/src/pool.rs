//! The transaction pool: what was submitted and is in no block yet.
//!
//! Answers follow the real node's: which refusals there are, in which order they are looked for, and what bans a hash.

pub(crate) mod queue;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sp_core::H256;
use tokio::sync::mpsc;

use self::queue::{Change, InsertError, Place, Queue, Transaction};
use crate::{
    config::PoolLimits,
    runtime::Trap,
    validity::{Invalid, Refusal, Tag, Unknown, Validity},
};

/// Statuses that a watcher may fall behind before it is cut off. A transaction rarely sees more than five.
const WATCHER_BUFFER: usize = 64;

/// How often a submission is checked again because a block came in between.
const MAX_RECHECKS: usize = 3;

/// Why a submission was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SubmitError {
    BadFormat(String),
    Trap(String),
    Invalid(Invalid),
    Unknown(Unknown),
    Banned,
    AlreadyImported(H256),
    TooLowPriority { old: u64, new: u64 },
    ImmediatelyDropped,
    NoTags,
}

/// What becomes of a watched transaction. The last four end the watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    Future,
    Ready,
    InBlock(H256),
    Finalized(H256),
    Usurped(H256),
    Dropped,
    Invalid,
}

impl Status {
    pub(crate) const fn is_last(self) -> bool {
        !matches!(self, Self::Future | Self::Ready | Self::InBlock(_))
    }
}

/// Asks the runtime about a transaction, on the state of the head whose number is returned with the answer.
pub(crate) trait Judge {
    fn head(&self) -> u32;
    fn judge(&self, bytes: &[u8]) -> Result<(u32, Validity), Trap>;
}

#[derive(Debug)]
pub(crate) struct Pool {
    limits: PoolLimits,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    queue: Queue,
    bans: HashSet<H256>,
    /// In order of the ban, with the block at which it ends.
    ban_ends: VecDeque<(u32, H256)>,
    watchers: HashMap<H256, Vec<mpsc::Sender<Status>>>,
}

impl Pool {
    pub(crate) fn new(limits: PoolLimits) -> Self {
        Self { limits, inner: Mutex::default() }
    }

    /// A panic while the lock was held leaves at worst a watcher untold.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a transaction in. With `watch`, its statuses are sent there, beginning with the first.
    pub(crate) fn submit(
        &self,
        bytes: &[u8],
        judge: &dyn Judge,
        watch: bool,
    ) -> Result<(H256, Option<mpsc::Receiver<Status>>), SubmitError> {
        let hash = H256::from(sp_core::blake2_256(bytes));
        let mut rechecks = 0;
        loop {
            self.lock().check_unknown(hash)?;
            let (checked_at, validity) =
                judge.judge(bytes).map_err(|trap| SubmitError::Trap(trap.to_string()))?;
            let mut inner = self.lock();
            if judge.head() != checked_at && rechecks < MAX_RECHECKS {
                rechecks += 1;
                continue;
            }
            inner.check_unknown(hash)?;
            let validity = match validity {
                Ok(validity) => validity,
                Err(refusal) => {
                    inner.ban(hash, checked_at, &self.limits);
                    return Err(match refusal {
                        Refusal::Invalid(invalid) => SubmitError::Invalid(invalid),
                        Refusal::Unknown(unknown) => SubmitError::Unknown(unknown),
                    });
                }
            };
            if validity.provides.is_empty() {
                return Err(SubmitError::NoTags);
            }
            let expires_at = u64::from(checked_at).saturating_add(validity.longevity);
            let transaction = Transaction { hash, bytes: bytes.into(), validity, expires_at, checked_at };
            let place = inner.insert(transaction, &self.limits).map_err(|error| match error {
                InsertError::TooLowPriority { old, new } => SubmitError::TooLowPriority { old, new },
                InsertError::Full => SubmitError::ImmediatelyDropped,
            })?;
            let receiver = watch.then(|| {
                let (sender, receiver) = mpsc::channel(WATCHER_BUFFER);
                inner.watchers.entry(hash).or_default().push(sender);
                receiver
            });
            inner.tell(hash, place.into());
            return Ok((hash, receiver));
        }
    }

    pub(crate) fn has_ready(&self) -> bool {
        self.lock().queue.has_ready()
    }

    /// Whether a ready transaction provides `tag`.
    pub(crate) fn provides(&self, tag: &[u8]) -> bool {
        self.lock().queue.provides(tag)
    }

    /// Ready transactions in the order in which a block takes them.
    pub(crate) fn in_order(&self) -> Vec<Arc<Transaction>> {
        self.lock().queue.in_order()
    }

    /// Takes transactions out on request. Returns those that were there, with their dependents.
    pub(crate) fn remove(&self, hashes: &[H256]) -> Vec<H256> {
        let mut inner = self.lock();
        let removed: Vec<H256> =
            hashes.iter().flat_map(|hash| inner.queue.remove_with_dependents(hash)).collect();
        for hash in &removed {
            inner.tell(*hash, Status::Dropped);
        }
        removed
    }

    /// Drops everything and forgets every ban: the chain is another one now.
    pub(crate) fn clear(&self) {
        let mut inner = self.lock();
        for transaction in inner.queue.by_age_of_check() {
            inner.tell(transaction.hash, Status::Dropped);
        }
        inner.queue = Queue::default();
        inner.bans.clear();
        inner.ban_ends.clear();
    }

    /// Tells the pool of a new head: `included` are in it, `refused` turned out invalid while it was made.
    pub(crate) fn block_made(
        &self,
        number: u32,
        block: H256,
        included: &[H256],
        refused: &[H256],
        judge: &dyn Judge,
    ) {
        {
            let mut inner = self.lock();
            inner.end_bans(number);
            for hash in refused {
                inner.reject(*hash, number, &self.limits);
            }
            let mut tags: HashSet<Tag> = HashSet::new();
            for hash in included {
                if let Some(transaction) = inner.queue.take(hash) {
                    tags.extend(transaction.validity.provides.iter().cloned());
                }
                inner.ban(*hash, number, &self.limits);
                inner.tell(*hash, Status::InBlock(block));
                inner.tell(*hash, Status::Finalized(block));
            }
            let mut changes = Vec::new();
            inner.queue.satisfy(&tags, &mut changes);
            inner.tell_all(changes);
        }
        self.revalidate(number, judge);
    }

    /// Asks again about the transactions checked longest ago, and removes what has expired.
    fn revalidate(&self, number: u32, judge: &dyn Judge) {
        let oldest = self.lock().queue.by_age_of_check();
        let (expired, alive): (Vec<_>, Vec<_>) =
            oldest.into_iter().partition(|transaction| transaction.expires_at <= u64::from(number));
        for transaction in expired {
            self.lock().reject(transaction.hash, number, &self.limits);
        }
        for transaction in alive.into_iter().take(self.limits.revalidated_per_block) {
            let hash = transaction.hash;
            let verdict = judge.judge(&transaction.bytes);
            let mut inner = self.lock();
            match verdict {
                Ok((checked_at, Ok(validity))) => {
                    let expires_at = u64::from(checked_at).saturating_add(validity.longevity);
                    let bytes = Arc::clone(&transaction.bytes);
                    let renewed = Transaction { hash, bytes, validity, expires_at, checked_at };
                    if inner.queue.renew(&renewed) {
                        continue;
                    }
                    if inner.queue.take(&hash).is_some() {
                        let status =
                            inner.insert(renewed, &self.limits).map_or(Status::Dropped, Status::from);
                        inner.tell(hash, status);
                    }
                }
                Ok((_, Err(_))) | Err(_) => inner.reject(hash, number, &self.limits),
            }
        }
    }
}

impl From<Place> for Status {
    fn from(place: Place) -> Self {
        match place {
            Place::Ready => Self::Ready,
            Place::Future => Self::Future,
        }
    }
}

impl Inner {
    fn check_unknown(&self, hash: H256) -> Result<(), SubmitError> {
        if self.bans.contains(&hash) {
            return Err(SubmitError::Banned);
        }
        if self.queue.contains(&hash) {
            return Err(SubmitError::AlreadyImported(hash));
        }
        Ok(())
    }

    fn insert(&mut self, transaction: Transaction, limits: &PoolLimits) -> Result<Place, InsertError> {
        let mut changes = Vec::new();
        let place = self.queue.insert(transaction, limits, &mut changes);
        self.tell_all(changes);
        place
    }

    /// Removes a transaction that can never be included, and what depends on it.
    fn reject(&mut self, hash: H256, number: u32, limits: &PoolLimits) {
        for hash in self.queue.remove_with_dependents(&hash) {
            self.ban(hash, number, limits);
            self.tell(hash, Status::Invalid);
        }
    }

    fn ban(&mut self, hash: H256, number: u32, limits: &PoolLimits) {
        if self.bans.insert(hash) {
            self.ban_ends.push_back((number.saturating_add(limits.ban_blocks), hash));
        }
        while self.ban_ends.len() > limits.banned_transactions {
            if let Some((_, hash)) = self.ban_ends.pop_front() {
                self.bans.remove(&hash);
            }
        }
    }

    fn end_bans(&mut self, number: u32) {
        while let Some((end, hash)) = self.ban_ends.front().copied()
            && end <= number
        {
            self.ban_ends.pop_front();
            self.bans.remove(&hash);
        }
    }

    fn tell_all(&mut self, changes: Vec<(H256, Change)>) {
        for (hash, change) in changes {
            let status = match change {
                Change::Ready => Status::Ready,
                Change::Usurped(by) => Status::Usurped(by),
                Change::Dropped => Status::Dropped,
            };
            self.tell(hash, status);
        }
    }

    fn tell(&mut self, hash: H256, status: Status) {
        let Some(watchers) = self.watchers.get_mut(&hash) else { return };
        watchers.retain(|watcher| watcher.try_send(status).is_ok());
        if status.is_last() || watchers.is_empty() {
            self.watchers.remove(&hash);
        }
    }
}
