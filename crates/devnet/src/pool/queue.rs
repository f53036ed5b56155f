//! Transactions in order: ready ones that can go into the next block, future ones that wait for a tag.
//!
//! A pure data structure: it knows neither runtime nor clock nor listeners. What happened is returned to the caller.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, BinaryHeap, HashMap, HashSet},
    sync::Arc,
};

use sp_core::H256;

use crate::{
    config::PoolLimits,
    validity::{Tag, ValidTransaction},
};

/// A transaction with what the runtime last said of it.
#[derive(Debug, Clone)]
pub(crate) struct Transaction {
    pub(crate) hash: H256,
    /// With its length prefix.
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) validity: ValidTransaction,
    /// The first block that it can no longer be in.
    pub(crate) expires_at: u64,
    /// The block on which it was last checked.
    pub(crate) checked_at: u32,
}

/// Where an inserted transaction went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Ready,
    Future,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InsertError {
    TooLowPriority { old: u64, new: u64 },
    Full,
}

/// Something that happened to a transaction other than the one inserted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// It waited and no longer does.
    Ready,
    /// Another one took its place.
    Usurped(H256),
    /// It had to make room.
    Dropped,
}

#[derive(Debug)]
struct Entry {
    transaction: Arc<Transaction>,
    /// Order of arrival.
    sequence: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Queue {
    ready: HashMap<H256, Entry>,
    /// Which ready transaction provides a tag.
    provided: HashMap<Tag, H256>,
    ready_bytes: usize,
    future: HashMap<H256, (Entry, HashSet<Tag>)>,
    future_bytes: usize,
    arrivals: u64,
}

impl Queue {
    pub(crate) fn contains(&self, hash: &H256) -> bool {
        self.ready.contains_key(hash) || self.future.contains_key(hash)
    }

    pub(crate) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    pub(crate) fn provides(&self, tag: &[u8]) -> bool {
        self.provided.contains_key(tag)
    }

    /// Adds a transaction; then whatever waited for it becomes ready too.
    pub(crate) fn insert(
        &mut self,
        transaction: Transaction,
        limits: &PoolLimits,
        changes: &mut Vec<(H256, Change)>,
    ) -> Result<Place, InsertError> {
        self.arrivals += 1;
        let entry = Entry { transaction: Arc::new(transaction), sequence: self.arrivals };
        let hash = entry.transaction.hash;
        let missing = self.missing(&entry.transaction);
        if missing.is_empty() {
            self.make_ready(entry, changes)?;
            self.settle(changes);
        } else {
            self.future_bytes += entry.transaction.bytes.len();
            self.future.insert(hash, (entry, missing));
        }
        self.enforce(limits, changes);
        if self.ready.contains_key(&hash) {
            Ok(Place::Ready)
        } else if self.future.contains_key(&hash) {
            Ok(Place::Future)
        } else {
            changes.retain(|(changed, _)| *changed != hash);
            Err(InsertError::Full)
        }
    }

    fn missing(&self, transaction: &Transaction) -> HashSet<Tag> {
        let requires = &transaction.validity.requires;
        requires.iter().filter(|tag| !self.provided.contains_key(*tag)).cloned().collect()
    }

    fn make_ready(&mut self, entry: Entry, changes: &mut Vec<(H256, Change)>) -> Result<(), InsertError> {
        let transaction = &entry.transaction;
        let rivals: BTreeSet<H256> =
            transaction.validity.provides.iter().filter_map(|tag| self.provided.get(tag).copied()).collect();
        if !rivals.is_empty() {
            let old = rivals
                .iter()
                .filter_map(|hash| self.ready.get(hash))
                .fold(0_u64, |sum, rival| sum.saturating_add(rival.transaction.validity.priority));
            let new = transaction.validity.priority;
            if old >= new {
                return Err(InsertError::TooLowPriority { old, new });
            }
            for rival in rivals {
                self.take_ready(&rival);
                changes.push((rival, Change::Usurped(transaction.hash)));
            }
        }
        for tag in &transaction.validity.provides {
            self.provided.insert(tag.clone(), transaction.hash);
        }
        self.ready_bytes += transaction.bytes.len();
        self.ready.insert(transaction.hash, entry);
        Ok(())
    }

    /// Moves waiting transactions whose tags are all provided now.
    fn settle(&mut self, changes: &mut Vec<(H256, Change)>) {
        loop {
            for (_, missing) in self.future.values_mut() {
                missing.retain(|tag| !self.provided.contains_key(tag));
            }
            let mut able: Vec<(u64, H256)> = self
                .future
                .values()
                .filter(|(_, missing)| missing.is_empty())
                .map(|(entry, _)| (entry.sequence, entry.transaction.hash))
                .collect();
            if able.is_empty() {
                return;
            }
            able.sort_unstable();
            for (_, hash) in able {
                let Some(entry) = self.take_future(&hash) else { continue };
                let change = match self.make_ready(entry, changes) {
                    Ok(()) => Change::Ready,
                    Err(_) => Change::Dropped,
                };
                changes.push((hash, change));
            }
        }
    }

    fn enforce(&mut self, limits: &PoolLimits, changes: &mut Vec<(H256, Change)>) {
        while self.ready.len() > limits.ready_transactions || self.ready_bytes > limits.ready_bytes {
            let worst = self
                .ready
                .values()
                .min_by_key(|entry| (entry.transaction.validity.priority, Reverse(entry.sequence)))
                .map(|entry| entry.transaction.hash);
            let Some(worst) = worst else { break };
            let removed = self.remove_with_dependents(&worst);
            changes.extend(removed.into_iter().map(|hash| (hash, Change::Dropped)));
        }
        while self.future.len() > limits.future_transactions || self.future_bytes > limits.future_bytes {
            let newest = self.future.values().max_by_key(|(entry, _)| entry.sequence);
            let Some(hash) = newest.map(|(entry, _)| entry.transaction.hash) else { break };
            self.take_future(&hash);
            changes.push((hash, Change::Dropped));
        }
    }

    fn take_ready(&mut self, hash: &H256) -> Option<Entry> {
        let entry = self.ready.remove(hash)?;
        self.ready_bytes -= entry.transaction.bytes.len();
        for tag in &entry.transaction.validity.provides {
            if self.provided.get(tag) == Some(hash) {
                self.provided.remove(tag);
            }
        }
        Some(entry)
    }

    fn take_future(&mut self, hash: &H256) -> Option<Entry> {
        let (entry, _) = self.future.remove(hash)?;
        self.future_bytes -= entry.transaction.bytes.len();
        Some(entry)
    }

    /// Replaces what is known of a transaction, which keeps its place. False if its tags are others now, or it is gone.
    pub(crate) fn renew(&mut self, renewed: &Transaction) -> bool {
        let waits = self.future.contains_key(&renewed.hash);
        let entry = match self.ready.get_mut(&renewed.hash) {
            Some(entry) => Some(entry),
            None => self.future.get_mut(&renewed.hash).map(|(entry, _)| entry),
        };
        let Some(entry) = entry else { return false };
        let (old, new) = (&entry.transaction.validity, &renewed.validity);
        // A ready one may require less than before: what it waited for is in the chain by now.
        let less = new.requires.iter().all(|tag| old.requires.contains(tag));
        if old.provides != new.provides || !less || (waits && new.requires != old.requires) {
            return false;
        }
        entry.transaction = Arc::new(renewed.clone());
        true
    }

    /// Takes one transaction out and leaves those that required it: it is in a block, or about to be put back.
    pub(crate) fn take(&mut self, hash: &H256) -> Option<Arc<Transaction>> {
        let entry = self.take_ready(hash).or_else(|| self.take_future(hash))?;
        Some(entry.transaction)
    }

    /// Takes a transaction out with everything ready that requires it. Returns the hashes removed.
    pub(crate) fn remove_with_dependents(&mut self, hash: &H256) -> Vec<H256> {
        let mut removed = Vec::new();
        let mut doomed = vec![*hash];
        while let Some(hash) = doomed.pop() {
            let Some(transaction) = self.take(&hash) else { continue };
            removed.push(hash);
            let provides = &transaction.validity.provides;
            let dependents = self
                .ready
                .values()
                .filter(|entry| entry.transaction.validity.requires.iter().any(|tag| provides.contains(tag)));
            doomed.extend(dependents.map(|entry| entry.transaction.hash));
        }
        removed
    }

    /// Tells that `tags` are provided by the chain itself now, and moves what waited only for them.
    pub(crate) fn satisfy(&mut self, tags: &HashSet<Tag>, changes: &mut Vec<(H256, Change)>) {
        for (_, missing) in self.future.values_mut() {
            missing.retain(|tag| !tags.contains(tag));
        }
        self.settle(changes);
    }

    /// Ready transactions, best first: by priority, then the sooner to expire, then the earlier to arrive;
    /// each after those it requires.
    pub(crate) fn in_order(&self) -> Vec<Arc<Transaction>> {
        let mut blocked: HashMap<H256, usize> = HashMap::new();
        let mut dependents: HashMap<H256, Vec<H256>> = HashMap::new();
        let mut heap = BinaryHeap::new();
        let rank = |entry: &Entry| {
            let transaction = &entry.transaction;
            (
                transaction.validity.priority,
                Reverse((transaction.expires_at, entry.sequence)),
                transaction.hash,
            )
        };
        for entry in self.ready.values() {
            let transaction = &entry.transaction;
            let needs: BTreeSet<H256> = transaction
                .validity
                .requires
                .iter()
                .filter_map(|tag| self.provided.get(tag).copied())
                .filter(|hash| *hash != transaction.hash)
                .collect();
            if needs.is_empty() {
                heap.push(rank(entry));
            } else {
                blocked.insert(transaction.hash, needs.len());
                for need in needs {
                    dependents.entry(need).or_default().push(transaction.hash);
                }
            }
        }
        let mut order = Vec::with_capacity(self.ready.len());
        while let Some((_, _, hash)) = heap.pop() {
            let Some(entry) = self.ready.get(&hash) else { continue };
            order.push(Arc::clone(&entry.transaction));
            for dependent in dependents.remove(&hash).unwrap_or_default() {
                let Some(count) = blocked.get_mut(&dependent) else { continue };
                *count -= 1;
                if *count == 0
                    && let Some(entry) = self.ready.get(&dependent)
                {
                    heap.push(rank(entry));
                }
            }
        }
        order
    }

    /// All transactions, those checked longest ago first.
    pub(crate) fn by_age_of_check(&self) -> Vec<Arc<Transaction>> {
        let mut all: Vec<(u32, u64, &Arc<Transaction>)> = self
            .ready
            .values()
            .chain(self.future.values().map(|(entry, _)| entry))
            .map(|entry| (entry.transaction.checked_at, entry.sequence, &entry.transaction))
            .collect();
        all.sort_unstable_by_key(|(checked_at, sequence, _)| (*checked_at, *sequence));
        all.into_iter().map(|(_, _, transaction)| Arc::clone(transaction)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transaction(id: u8, priority: u64, requires: &[u8], provides: &[u8]) -> Transaction {
        let tags = |ids: &[u8]| ids.iter().map(|id| vec![*id]).collect();
        Transaction {
            hash: H256::repeat_byte(id),
            bytes: vec![0; 10].into(),
            validity: ValidTransaction {
                priority,
                requires: tags(requires),
                provides: tags(provides),
                longevity: u64::MAX,
                propagate: true,
            },
            expires_at: u64::MAX,
            checked_at: 0,
        }
    }

    fn order(queue: &Queue) -> Vec<u8> {
        queue.in_order().iter().map(|transaction| transaction.hash[0]).collect()
    }

    #[test]
    fn order_is_priority_but_never_before_what_is_required() {
        let (mut queue, limits, mut changes) = (Queue::default(), PoolLimits::default(), Vec::new());
        for (id, priority, requires, provides) in
            [(1, 5, &[][..], &[10][..]), (3, 9, &[11], &[12]), (2, 1, &[10], &[11]), (4, 7, &[], &[20])]
        {
            queue.insert(transaction(id, priority, requires, provides), &limits, &mut changes).unwrap();
        }
        assert_eq!(order(&queue), [4, 1, 2, 3]);
        assert_eq!(changes, [(H256::repeat_byte(3), Change::Ready)], "3 arrived before 2, which it requires");
    }

    #[test]
    fn a_rival_needs_more_priority() {
        let (mut queue, limits, mut changes) = (Queue::default(), PoolLimits::default(), Vec::new());
        queue.insert(transaction(1, 5, &[], &[10]), &limits, &mut changes).unwrap();
        queue.insert(transaction(2, 5, &[10], &[11]), &limits, &mut changes).unwrap();
        assert_eq!(
            queue.insert(transaction(3, 5, &[], &[10]), &limits, &mut changes),
            Err(InsertError::TooLowPriority { old: 5, new: 5 })
        );
        queue.insert(transaction(4, 6, &[], &[10]), &limits, &mut changes).unwrap();
        assert_eq!(changes, [(H256::repeat_byte(1), Change::Usurped(H256::repeat_byte(4)))]);
        assert_eq!(order(&queue), [4, 2]);
    }

    #[test]
    fn the_worst_makes_room_with_its_dependents() {
        let limits = PoolLimits { ready_transactions: 2, future_transactions: 1, ..PoolLimits::default() };
        let (mut queue, mut changes) = (Queue::default(), Vec::new());
        queue.insert(transaction(1, 2, &[], &[10]), &limits, &mut changes).unwrap();
        queue.insert(transaction(2, 8, &[10], &[11]), &limits, &mut changes).unwrap();
        queue.insert(transaction(3, 5, &[], &[20]), &limits, &mut changes).unwrap();
        assert_eq!(order(&queue), [3]);
        queue.insert(transaction(4, 5, &[], &[21]), &limits, &mut changes).unwrap();
        assert_eq!(
            queue.insert(transaction(5, 1, &[], &[22]), &limits, &mut changes),
            Err(InsertError::Full)
        );
        assert_eq!(queue.insert(transaction(6, 1, &[99], &[]), &limits, &mut changes), Ok(Place::Future));
        assert_eq!(
            queue.insert(transaction(7, 1, &[98], &[]), &limits, &mut changes),
            Err(InsertError::Full)
        );
        assert_eq!((queue.ready.len(), queue.future.len()), (2, 1));
    }

    #[test]
    fn inclusion_satisfies_those_that_wait() {
        let (mut queue, limits, mut changes) = (Queue::default(), PoolLimits::default(), Vec::new());
        queue.insert(transaction(2, 1, &[10], &[11]), &limits, &mut changes).unwrap();
        assert!(!queue.has_ready());
        queue.satisfy(&HashSet::from([vec![10]]), &mut changes);
        assert_eq!(order(&queue), [2]);
    }
}
