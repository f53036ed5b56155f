//! States of the chain to go back to.

use std::collections::BTreeMap;

use crate::history::Chain;

/// The newest snapshots, by id.
#[derive(Debug)]
pub(crate) struct Snapshots {
    last_id: u64,
    most: usize,
    kept: BTreeMap<u64, Snapshot>,
}

#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) chain: Chain,
    /// Time of the chain's head.
    pub(crate) head_ms: u64,
}

impl Snapshots {
    pub(crate) const fn new(most: usize) -> Self {
        Self { last_id: 0, most, kept: BTreeMap::new() }
    }

    /// Keeps a snapshot, the oldest giving way if there are too many.
    pub(crate) fn take(&mut self, snapshot: Snapshot) -> u64 {
        self.last_id += 1;
        self.kept.insert(self.last_id, snapshot);
        while self.kept.len() > self.most {
            self.kept.pop_first();
        }
        self.last_id
    }

    /// Gives a snapshot back, and forgets it and those taken after it, whose future will not come.
    pub(crate) fn give_back(&mut self, id: u64) -> Option<Snapshot> {
        let snapshot = self.kept.remove(&id)?;
        self.kept.split_off(&id);
        Some(snapshot)
    }
}
