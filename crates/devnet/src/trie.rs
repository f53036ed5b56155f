//! The state trie of the newest block, kept so that a block's state root costs only what the block changed.
//!
//! Only the nodes of the head are held. Roots of older states are computed from scratch, which is rare.

use std::collections::HashMap;

use sp_core::{Blake2Hasher, H256};
use sp_trie::{
    DBValue, HashDBT, LayoutV1, TrieConfiguration, TrieDBBuilder, TrieError, delta_trie_root, prefixed_key,
};

type Layout = LayoutV1<Blake2Hasher>;
type Prefix<'p> = (&'p [u8], Option<u8>);

/// What an empty trie node is stored as.
const NULL_NODE: &[u8] = &[0];

/// The root of an empty trie.
pub(crate) fn empty_root() -> H256 {
    sp_core::blake2_256(NULL_NODE).into()
}

/// The root of a trie that holds exactly `entries`.
pub(crate) fn root_of<K: AsRef<[u8]> + Ord, V: AsRef<[u8]>>(
    entries: impl IntoIterator<Item = (K, V)>,
) -> H256 {
    Layout::trie_root(entries)
}

/// Nodes of one trie, keyed by their place and hash.
#[derive(Debug)]
pub(crate) struct Trie {
    nodes: HashMap<Vec<u8>, DBValue>,
    root: H256,
}

/// Changes worked out against a [`Trie`] but not yet made.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(crate) root: H256,
    nodes: HashMap<Vec<u8>, Option<DBValue>>,
}

impl Default for Trie {
    fn default() -> Self {
        Self { nodes: HashMap::new(), root: empty_root() }
    }
}

impl Trie {
    /// Works out the trie after `delta` (`None` removes), leaving this one as it is.
    ///
    /// # Errors
    /// If a node is missing, which means that this trie does not belong to the state it is used with.
    pub(crate) fn stage<'d>(
        &self,
        delta: impl IntoIterator<Item = (&'d [u8], Option<&'d [u8]>)>,
    ) -> Result<Staged, Box<TrieError<Layout>>> {
        let mut layer = Layer { base: &self.nodes, nodes: HashMap::new() };
        let root = delta_trie_root::<Layout, _, _, _, _, _>(&mut layer, self.root, delta, None, None)?;
        Ok(Staged { root, nodes: layer.nodes })
    }

    /// Makes the changes of `staged`, which must have been worked out against this trie as it is now.
    pub(crate) fn apply(&mut self, staged: Staged) {
        for (key, node) in staged.nodes {
            match node {
                Some(node) => self.nodes.insert(key, node),
                None => self.nodes.remove(&key),
            };
        }
        self.root = staged.root;
    }

    /// The trie nodes that prove the values, or the absence, of `keys`.
    ///
    /// # Errors
    /// If a node is missing, as for [`Trie::stage`].
    pub(crate) fn prove(&self, keys: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, Box<TrieError<Layout>>> {
        use sp_trie::Trie as _;
        let layer = Layer { base: &self.nodes, nodes: HashMap::new() };
        let nodes: &dyn HashDBT<Blake2Hasher, DBValue> = &layer;
        let mut recorder = sp_trie::Recorder::<Layout>::new();
        {
            let trie = TrieDBBuilder::<Layout>::new(&nodes, &self.root).with_recorder(&mut recorder).build();
            for key in keys {
                trie.get(key)?;
            }
        }
        Ok(recorder.drain().into_iter().map(|record| record.data).collect())
    }
}

/// A writable layer over the nodes of a trie. Keys hold the node's place in the trie besides its hash, so equal nodes in
/// two places are two entries and need no counting.
struct Layer<'b> {
    base: &'b HashMap<Vec<u8>, DBValue>,
    nodes: HashMap<Vec<u8>, Option<DBValue>>,
}

impl Layer<'_> {
    fn node(&self, key: &[u8]) -> Option<&DBValue> {
        self.nodes.get(key).map_or_else(|| self.base.get(key), Option::as_ref)
    }
}

impl HashDBT<Blake2Hasher, DBValue> for Layer<'_> {
    fn get(&self, key: &H256, prefix: Prefix<'_>) -> Option<DBValue> {
        if *key == empty_root() {
            return Some(NULL_NODE.to_vec());
        }
        self.node(&prefixed_key::<Blake2Hasher>(key, prefix)).cloned()
    }

    fn contains(&self, key: &H256, prefix: Prefix<'_>) -> bool {
        *key == empty_root() || self.node(&prefixed_key::<Blake2Hasher>(key, prefix)).is_some()
    }

    fn insert(&mut self, prefix: Prefix<'_>, value: &[u8]) -> H256 {
        let key = H256::from(sp_core::blake2_256(value));
        self.emplace(key, prefix, value.to_vec());
        key
    }

    fn emplace(&mut self, key: H256, prefix: Prefix<'_>, value: DBValue) {
        if value != NULL_NODE {
            self.nodes.insert(prefixed_key::<Blake2Hasher>(&key, prefix), Some(value));
        }
    }

    fn remove(&mut self, key: &H256, prefix: Prefix<'_>) {
        if *key != empty_root() {
            self.nodes.insert(prefixed_key::<Blake2Hasher>(key, prefix), None);
        }
    }
}

impl hash_db::AsHashDB<Blake2Hasher, DBValue> for Layer<'_> {
    fn as_hash_db(&self) -> &dyn HashDBT<Blake2Hasher, DBValue> {
        self
    }

    fn as_hash_db_mut<'a>(&'a mut self) -> &'a mut (dyn HashDBT<Blake2Hasher, DBValue> + 'a) {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// A small generator: the test needs many keys, not good randomness.
    fn bytes(seed: &mut u64, max: usize) -> Vec<u8> {
        let mut next = || {
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (*seed >> 33) as usize
        };
        let length = next() % max + 1;
        (0..length).map(|_| (next() % 7) as u8).collect()
    }

    #[test]
    fn incremental_root_equals_the_root_from_scratch() {
        let (mut trie, mut entries, mut seed) = (Trie::default(), BTreeMap::new(), 7);
        for _ in 0..60 {
            let delta: BTreeMap<_, _> = (0..40)
                .map(|_| {
                    let key = bytes(&mut seed, 6);
                    let value = bytes(&mut seed, 70);
                    let keep = !value.len().is_multiple_of(3);
                    (key, keep.then_some(value))
                })
                .collect();
            for (key, value) in &delta {
                match value {
                    Some(value) => entries.insert(key.clone(), value.clone()),
                    None => entries.remove(key),
                };
            }
            let staged = trie.stage(delta.iter().map(|(k, v)| (k.as_slice(), v.as_deref()))).unwrap();
            assert_eq!(staged.root, root_of(entries.iter()));
            trie.apply(staged);
        }
        let removal: Vec<_> = entries.keys().map(|key| (key.as_slice(), None)).collect();
        let staged = trie.stage(removal).unwrap();
        trie.apply(staged);
        assert_eq!(trie.root, empty_root());
        assert!(trie.nodes.is_empty(), "nodes of removed entries must not stay behind");
    }
}
