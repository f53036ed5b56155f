//! The key-value state after a block: a persistent map, so that keeping one per block costs only the differences.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    ops::Bound::{Excluded, Included, Unbounded},
    sync::Arc,
};

use imbl::OrdMap;
use sp_core::H256;

use crate::{
    runtime::{Outcome, Runtime, State, Trap},
    trie::{self, Staged, Trie},
};

/// Keys with their new values; `None` removes.
pub(crate) type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// All entries at one point of the chain. Cloning is O(1).
#[derive(Debug, Clone, Default)]
pub(crate) struct Storage {
    entries: OrdMap<Arc<[u8]>, Arc<[u8]>>,
}

impl Storage {
    pub(crate) fn value(&self, key: &[u8]) -> Option<&[u8]> {
        self.entries.get(key).map(|value| &**value)
    }

    /// Entries whose key starts with `prefix`, in key order, from the first one after `after`.
    pub(crate) fn entries<'s>(
        &'s self,
        prefix: &'s [u8],
        after: Option<&[u8]>,
    ) -> impl Iterator<Item = (&'s [u8], &'s [u8])> {
        let from = match after {
            Some(after) if after >= prefix => Excluded(after),
            _ => Included(prefix),
        };
        self.entries
            .range::<_, [u8]>((from, Unbounded))
            .map(|(key, value)| (&**key, &**value))
            .take_while(move |(key, _)| key.starts_with(prefix))
    }

    pub(crate) fn apply<'c>(
        &mut self,
        changes: impl IntoIterator<Item = (&'c Vec<u8>, &'c Option<Vec<u8>>)>,
    ) {
        for (key, value) in changes {
            match value {
                Some(value) => self.entries.insert(key.as_slice().into(), value.as_slice().into()),
                None => self.entries.remove(key.as_slice()),
            };
        }
    }

    /// Adds entries one by one.
    pub(crate) fn fill(&mut self, entries: impl IntoIterator<Item = (Vec<u8>, Vec<u8>)>) {
        for (key, value) in entries {
            self.entries.insert(key.into(), value.into());
        }
    }

    /// The state root, computed from scratch.
    pub(crate) fn full_root(&self) -> H256 {
        trie::root_of(self.entries.iter())
    }

    /// The state trie, built from scratch.
    ///
    /// # Errors
    /// Never in practice: an empty trie has no node that could be missing.
    pub(crate) fn build_trie(&self) -> Result<Trie, TrieMismatch> {
        let mut trie = Trie::default();
        let staged = trie
            .stage(self.entries.iter().map(|(key, value)| (&**key, Some(&**value))))
            .map_err(|error| TrieMismatch(error.to_string()))?;
        trie.apply(staged);
        Ok(trie)
    }
}

/// The trie does not belong to the state it was used with.
#[derive(Debug, thiserror::Error)]
#[error("The state trie lacks a node of its own state ({0}); restart the chain")]
pub(crate) struct TrieMismatch(String);

impl State for Storage {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.value(key).map(<[u8]>::to_vec)
    }

    fn next_key(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.entries.range::<_, [u8]>((Excluded(key), Unbounded)).next().map(|(key, _)| key.to_vec())
    }

    fn root(&self, changes: &[(Vec<u8>, Option<Vec<u8>>)]) -> [u8; 32] {
        let mut after = self.clone();
        after.apply(changes.iter().map(|(key, value)| (key, value)));
        after.full_root().into()
    }
}

/// The state of a block under construction, on top of the head.
#[derive(Debug)]
pub(crate) struct Draft<'t> {
    storage: Storage,
    changes: Changes,
    trie: &'t Trie,
    /// What the parent's state has: a block is made by one runtime, also if it brings another.
    code: Option<Vec<u8>>,
    /// The last root asked for. The runtime asks once, at the very end, so the block is then sealed without a second computation.
    staged: RefCell<Option<(Changes, Staged)>>,
}

/// A finished block's state.
#[derive(Debug)]
pub(crate) struct Sealed {
    pub(crate) storage: Storage,
    pub(crate) staged: Staged,
}

impl<'t> Draft<'t> {
    /// `trie` must be the trie of `storage`.
    pub(crate) fn new(storage: Storage, trie: &'t Trie) -> Self {
        let code = storage.code();
        Self { storage, changes: Changes::new(), trie, code, staged: RefCell::new(None) }
    }

    /// Calls the runtime and keeps what it changed.
    pub(crate) fn call(
        &mut self,
        runtime: &dyn Runtime,
        method: &str,
        input: &[u8],
    ) -> Result<Vec<u8>, Trap> {
        let outcome = runtime.call(method, input, self)?;
        let Outcome { output, changes } = outcome;
        self.keep(changes);
        Ok(output)
    }

    /// Calls the runtime and keeps what it changed only if `keep` says so of the output.
    pub(crate) fn call_if(
        &mut self,
        runtime: &dyn Runtime,
        method: &str,
        input: &[u8],
        keep: impl FnOnce(&[u8]) -> bool,
    ) -> Result<Vec<u8>, Trap> {
        let Outcome { output, changes } = runtime.call(method, input, self)?;
        if keep(&output) {
            self.keep(changes);
        }
        Ok(output)
    }

    /// Keeps changes as they are.
    pub(crate) fn keep(&mut self, changes: Vec<(Vec<u8>, Option<Vec<u8>>)>) {
        self.storage.apply(changes.iter().map(|(key, value)| (key, value)));
        self.changes.extend(changes);
    }

    /// Ends the block.
    pub(crate) fn seal(self) -> Result<Sealed, TrieMismatch> {
        let staged = match self.staged.into_inner() {
            Some((changes, staged)) if changes == self.changes => staged,
            _ => stage(self.trie, &self.changes)?,
        };
        Ok(Sealed { storage: self.storage, staged })
    }
}

fn stage(trie: &Trie, changes: &Changes) -> Result<Staged, TrieMismatch> {
    trie.stage(changes.iter().map(|(key, value)| (key.as_slice(), value.as_deref())))
        .map_err(|error| TrieMismatch(error.to_string()))
}

impl State for Draft<'_> {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.storage.get(key)
    }

    fn code(&self) -> Option<Vec<u8>> {
        self.code.clone()
    }

    fn next_key(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.storage.next_key(key)
    }

    fn root(&self, changes: &[(Vec<u8>, Option<Vec<u8>>)]) -> [u8; 32] {
        let mut all = self.changes.clone();
        // What a call sets to what it was already is not kept of it either.
        let real = changes.iter().filter(|(key, value)| self.storage.value(key) != value.as_deref());
        all.extend(real.cloned());
        match stage(self.trie, &all) {
            Ok(staged) => {
                let root = staged.root;
                self.staged.replace(Some((all, staged)));
                root.into()
            }
            // Sealing meets the same mismatch and reports it; the root must be right meanwhile.
            Err(_) => self.storage.root(changes),
        }
    }
}
