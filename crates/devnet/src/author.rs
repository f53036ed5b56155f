//! Makes one block on top of the head: initialise, inherents, transactions, finalise.

use std::{collections::BTreeMap, sync::Arc};

use codec::{Decode, Encode};
use sp_core::H256;

use crate::{
    beacon::{self, Beacon},
    clock::Clock,
    header::{Block, DigestItem, Header, with_length},
    history::Chain,
    node::{CallError, Node, decode, next_header},
    runtime::Trap,
    snapshots::Snapshots,
    state::{Draft, TrieMismatch},
    trie::Trie,
    validity::{Applied, Invalid, Refusal},
};

const APPLY: &str = "BlockBuilder_apply_extrinsic";

/// The development runtime's method that tells which rounds of the beacon something waits for.
const AWAITED_ROUNDS: &str = "Dev_awaitedRounds";

/// The development runtime's method that tells a pallet's number.
const PALLET_NUMBER: &str = "Dev_palletNumber";

/// After so many transactions that did not fit, the block is taken to be full.
const MAX_SKIPPED: usize = 8;

/// Why no block was made. The chain stands as before.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum AuthorError {
    #[error("The runtime trapped in {method}: {reason}")]
    Trap { method: &'static str, reason: String },
    #[error("The runtime refused its own inherent extrinsic {index}: {refusal:?}")]
    Inherent { index: usize, refusal: Refusal },
    #[error("The runtime ended another block than the one it began: number {number}")]
    Header { number: u32 },
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("{0}")]
    Trie(String),
}

impl AuthorError {
    fn trap(method: &'static str, trap: &Trap) -> Self {
        Self::Trap { method, reason: trap.to_string() }
    }
}

impl From<TrieMismatch> for AuthorError {
    fn from(error: TrieMismatch) -> Self {
        Self::Trie(error.to_string())
    }
}

/// A block that was made.
#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) block: Arc<Block>,
    /// How many transactions of the pool it took.
    pub(crate) transactions: usize,
}

/// The only writer of the chain.
pub(crate) struct Author {
    node: Arc<Node>,
    trie: Trie,
    pub(crate) clock: Clock,
    pub(crate) snapshots: Snapshots,
    beacon: Beacon,
}

impl Author {
    /// `trie` must be the trie of the head's state.
    pub(crate) fn new(node: Arc<Node>, trie: Trie, clock: Clock) -> Self {
        let snapshots = Snapshots::new(node.config.snapshots);
        Self { node, trie, clock, snapshots, beacon: Beacon::new() }
    }

    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    /// Makes the next block of what the pool has, and tells history and pool of it.
    pub(crate) fn make_block(&mut self) -> Result<Made, AuthorError> {
        self.assemble(|_| Ok(()), true).map(|(made, ())| made)
    }

    /// Makes a block of its own for what `edit` does to the state after the block has begun; none if it fails.
    pub(crate) fn make_block_with<T, E: From<AuthorError>>(
        &mut self,
        edit: impl FnOnce(&mut Site<'_, '_>) -> Result<T, E>,
    ) -> Result<(Made, T), E> {
        self.assemble(edit, false)
    }

    fn assemble<T, E: From<AuthorError>>(
        &mut self,
        edit: impl FnOnce(&mut Site<'_, '_>) -> Result<T, E>,
        with_pool: bool,
    ) -> Result<(Made, T), E> {
        let node = Arc::clone(&self.node);
        let (parent, state) = node.history.newest();
        let slot_ms = self.slot_ms()?;
        let time_ms = self.clock.next_ms(slot_ms);
        let slot = time_ms / slot_ms;

        let mut site = Site { node: &node, draft: Draft::new(state, &self.trie), extrinsics: Vec::new() };
        let header = next_header(&parent, vec![DigestItem::slot(slot)]);
        let mode = site.call("Core_initialize_block", &header.encode())?;
        let edited = edit(&mut site)?;
        site.include_inherents(time_ms, slot)?;
        site.include_pulses(&self.beacon, parent.number(), time_ms)?;
        let mut outcome = Offered::default();
        // The runtime answers 1 when it wants only inherents, for example during a migration.
        if with_pool && mode.first() != Some(&1) {
            outcome = site.offer_pool();
        }
        let output = site.call("BlockBuilder_finalize_block", &[])?;
        let header: Header = decode("BlockBuilder_finalize_block", &output).map_err(AuthorError::from)?;
        let Site { draft, extrinsics, .. } = site;
        if header.parent_hash != parent.hash || Some(header.number) != parent.number().checked_add(1) {
            return Err(AuthorError::Header { number: header.number }.into());
        }
        let sealed = draft.seal().map_err(AuthorError::from)?;
        let block = Block::new(header, extrinsics);
        self.trie.apply(sealed.staged);
        self.clock.made(time_ms);
        let block = node.history.extend(block, sealed.storage);
        node.pool.block_made(block.number(), block.hash, &outcome.included, &outcome.refused, &*node);
        Ok((Made { block, transactions: outcome.included.len() }, edited))
    }

    /// Milliseconds of one slot, at least one.
    pub(crate) fn slot_ms(&self) -> Result<u64, AuthorError> {
        let slot_ms: u64 = self.node.query(None, "AuraApi_slot_duration", &[])?;
        Ok(slot_ms.max(1))
    }

    /// Puts another chain in place of this one; what waits in the pool was meant for the old one and is dropped.
    pub(crate) fn replace_chain(&mut self, chain: Chain, head_ms: u64) -> Result<Arc<Block>, AuthorError> {
        let trie = chain.state().build_trie()?;
        self.trie = trie;
        self.clock = self.clock.at(head_ms);
        self.node.pool.clear();
        Ok(self.node.history.replace(chain))
    }
}

/// What became of the pool's transactions.
#[derive(Debug, Default)]
struct Offered {
    included: Vec<H256>,
    refused: Vec<H256>,
}

/// A block under construction.
pub(crate) struct Site<'n, 't> {
    node: &'n Node,
    draft: Draft<'t>,
    extrinsics: Vec<Vec<u8>>,
}

impl Site<'_, '_> {
    pub(crate) fn call(&mut self, method: &'static str, input: &[u8]) -> Result<Vec<u8>, AuthorError> {
        self.draft.call(&*self.node.runtime, method, input).map_err(|trap| AuthorError::trap(method, &trap))
    }

    /// Writes entries as they are.
    pub(crate) fn write(&mut self, entries: Vec<(Vec<u8>, Option<Vec<u8>>)>) {
        self.draft.keep(entries);
    }

    fn apply(&mut self, extrinsic: &[u8]) -> Result<Applied, Trap> {
        let accept = |output: &[u8]| matches!(Applied::decode(output), Ok(Applied::Included));
        let (method, input) = self.node.of_extrinsic(APPLY, extrinsic);
        let output = self.draft.call_if(&*self.node.runtime, method, &input, accept)?;
        let applied = Applied::decode(&output).map_err(|error| Trap::Panicked(error.to_string()))?;
        if applied == Applied::Included {
            self.extrinsics.push(extrinsic.to_vec());
        }
        Ok(applied)
    }

    fn include_inherents(&mut self, time_ms: u64, slot: u64) -> Result<(), AuthorError> {
        const METHOD: &str = "BlockBuilder_inherent_extrinsics";
        let data: BTreeMap<[u8; 8], Vec<u8>> =
            [(*b"timstap0", time_ms.encode()), (*b"auraslot", slot.encode())].into();
        let output = self.call(METHOD, &data.encode())?;
        let bodies = decode::<Vec<Vec<u8>>>(METHOD, &output)?;
        for (index, body) in bodies.iter().enumerate() {
            let applied = self.apply(&with_length(body)).map_err(|trap| AuthorError::trap(APPLY, &trap))?;
            if let Applied::Refused(refusal) = applied {
                return Err(AuthorError::Inherent { index, refusal });
            }
        }
        Ok(())
    }

    /// Writes the beacon's rounds that have come; one that the chain refuses is left out with those after it.
    fn include_pulses(&mut self, beacon: &Beacon, parent: u32, time_ms: u64) -> Result<(), AuthorError> {
        let awaited = || {
            let answer = self.node.runtime.call(AWAITED_ROUNDS, &[], &self.draft);
            let rounds = answer.map(|outcome| decode(AWAITED_ROUNDS, &outcome.output));
            // A runtime that was not made for this has no such method, and then nothing waits.
            rounds.ok().and_then(Result::ok).unwrap_or_default()
        };
        let number = || {
            let answer = self.node.runtime.call(PALLET_NUMBER, &beacon::PALLET.encode(), &self.draft);
            decode::<Option<u8>>(PALLET_NUMBER, &answer.ok()?.output).ok()?
        };
        for pulse in beacon.pulses(&self.draft, parent, time_ms, awaited, number) {
            let applied = self.apply(&pulse).map_err(|trap| AuthorError::trap(APPLY, &trap))?;
            if let Applied::Refused(refusal) = applied {
                tracing::warn!(?refusal, "the chain refused a pulse of its own beacon");
                break;
            }
        }
        Ok(())
    }

    fn offer_pool(&mut self) -> Offered {
        let mut offered = Offered::default();
        let mut skipped = 0;
        for transaction in self.node.pool.in_order() {
            match self.apply(&transaction.bytes) {
                Ok(Applied::Included) => offered.included.push(transaction.hash),
                Ok(Applied::Refused(Refusal::Invalid(Invalid::ExhaustsResources))) => {
                    skipped += 1;
                    if skipped >= MAX_SKIPPED {
                        break;
                    }
                }
                Ok(Applied::Refused(refusal)) => {
                    tracing::debug!(hash = ?transaction.hash, ?refusal, "a transaction became invalid");
                    offered.refused.push(transaction.hash);
                }
                Err(trap) => {
                    tracing::error!(hash = ?transaction.hash, %trap, "the runtime trapped in a transaction; it is skipped");
                    offered.refused.push(transaction.hash);
                }
            }
        }
        offered
    }
}

/// Reads an extrinsic as a client sends it: a length prefix and so many bytes.
///
/// # Errors
/// If there are fewer bytes than the prefix says.
pub(crate) fn read_extrinsic(mut bytes: &[u8]) -> Result<Vec<u8>, codec::Error> {
    Vec::<u8>::decode(&mut bytes).map(|body| with_length(&body))
}
