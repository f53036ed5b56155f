//! Transactions in blocks: looking for one, and what came of it.

use crate::{
    Chain, CodecError, Head, Included, ReadError, Refusal,
    extrinsic::{SignedExtrinsic, hash_of},
    pinned::Pinned,
    surface,
};
use std::collections::HashMap;
use subxt::config::substrate::H256;

/// Blocks whose bodies are asked for at once.
const BLOCKS_AT_ONCE: u64 = 16;

/// A transaction that is in a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The block.
    pub block: Head,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a transaction that is in a block.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// It did what it was to do.
    Succeeded(Included),
    /// The chain refused it there, or a call inside it.
    Refused(Refusal),
    /// Its nonce is used up, but the node does not know the block's events any more.
    Pruned {
        /// What the node said.
        reason: String,
    },
}

/// A block's body, with the block before it, whose runtime made it.
pub(crate) struct Block {
    pub(crate) head: Head,
    parent: H256,
    extrinsics: Vec<Vec<u8>>,
}

impl Block {
    /// The position of a transaction in it.
    pub(crate) fn position(&self, hash: [u8; 32]) -> Option<u32> {
        let position = self.extrinsics.iter().position(|extrinsic| hash_of(extrinsic).0 == hash)?;
        u32::try_from(position).ok()
    }
}

impl Chain {
    /// Looks for a transaction in the blocks from `from_block` to `to`, as far as its era allows it to be there, the newest
    /// first; `None` says that it is in none of them. However long ago it was signed, there are no more blocks to search
    /// than its era has: two round trips for each 16 of them, one request for each body.
    ///
    /// # Errors
    /// See [`ReadError`]; a body that no node has any more is an error, since the transaction may be in it.
    pub async fn find_extrinsic(
        &self,
        extrinsic: &SignedExtrinsic,
        from_block: u64,
        to: &Pinned,
    ) -> Result<Option<Found>, ReadError> {
        let from_block = from_block.max(extrinsic.birth_block);
        self.search(extrinsic.hash, from_block, extrinsic.death_block(), to).await
    }

    /// Searches the blocks of `from..end` among those up to `to`.
    async fn search(
        &self,
        hash: [u8; 32],
        from: u64,
        end: u64,
        to: &Pinned,
    ) -> Result<Option<Found>, ReadError> {
        let head = to.head();
        let last = head.number.min(end.saturating_sub(1));
        if last < from {
            return Ok(None);
        }
        let mut ready = HashMap::new();
        // Every step follows the parent's hash, so that all blocks belong to one chain; asking by number only makes
        // bodies ready ahead, and one of another fork is never used.
        let mut next = if last == head.number { H256(head.hash) } else { self.hash_of_block(last).await? };
        for number in (from..=last).rev() {
            if ready.is_empty() {
                ready =
                    self.bodies(from.max(number.saturating_sub(BLOCKS_AT_ONCE - 1))..number, next).await?;
            }
            let block = match ready.remove(&next) {
                Some(block) => block,
                None => self.body(next).await?,
            };
            if let Some(position) = block.position(hash) {
                return Ok(Some(self.found(&block, position, hash).await?));
            }
            next = block.parent;
        }
        Ok(None)
    }

    /// The bodies of some blocks by number and of one by hash, in two round trips.
    async fn bodies(
        &self,
        numbers: std::ops::Range<u64>,
        and: H256,
    ) -> Result<HashMap<H256, Block>, ReadError> {
        let mut hashes =
            futures::future::try_join_all(numbers.map(|number| self.hash_of_block(number))).await?;
        hashes.push(and);
        let bodies = futures::future::try_join_all(hashes.iter().map(|hash| self.body(*hash))).await?;
        Ok(hashes.into_iter().zip(bodies).collect())
    }

    pub(crate) async fn hash_of_block(&self, number: u64) -> Result<H256, ReadError> {
        let hash = self.inner().rpc.find_at(number, "chain_getBlockHash", |rpc| async move {
            rpc.chain_get_block_hash(Some(number.into())).await
        });
        hash.await
    }

    pub(crate) async fn body(&self, hash: H256) -> Result<Block, ReadError> {
        let rpc = &self.inner().rpc;
        let block =
            rpc.find_at(hash, "chain_getBlock", |rpc| async move { rpc.chain_get_block(Some(hash)).await });
        let block = block.await?.block;
        Ok(Block {
            head: Head { number: block.header.number, hash: hash.0 },
            parent: block.header.parent_hash,
            extrinsics: block.extrinsics.into_iter().map(|extrinsic| extrinsic.0).collect(),
        })
    }

    async fn found(&self, block: &Block, position: u32, hash: [u8; 32]) -> Result<Found, ReadError> {
        let outcome = match self.outcome(block, position, hash).await {
            // The node has the body but not the state: it keeps states for a shorter time than bodies.
            Err(error @ ReadError::Pruned { .. }) => Outcome::Pruned { reason: error.to_string() },
            outcome => outcome?,
        };
        Ok(Found { block: block.head, outcome })
    }

    /// What the events of a block say of the transaction at a position.
    pub(crate) async fn outcome(
        &self,
        block: &Block,
        position: u32,
        hash: [u8; 32],
    ) -> Result<Outcome, ReadError> {
        // A block is made by the runtime in its parent's state; an upgrade inside it takes effect after it.
        let runtime = self.runtime_at(block.parent).await?;
        let key = surface::SYSTEM_EVENTS.at([]).key(&runtime)?;
        let at = H256(block.head.hash);
        let events = self.inner().rpc.read_at(at, "state_getStorage", |rpc| {
            let key = key.clone();
            async move { rpc.state_get_storage(&key, Some(at)).await }
        });
        let events = runtime.events(&events.await?.unwrap_or_default(), position)?;
        Ok(match runtime.refusal(&events, block.head.number)? {
            Some(refusal) => Outcome::Refused(refusal),
            None => {
                Outcome::Succeeded(Included { block: block.head, extrinsic_index: position, hash, events })
            }
        })
    }

    /// The block of this hash, and what came of the transaction in it.
    pub(crate) async fn outcome_in(&self, block: H256, hash: [u8; 32]) -> Result<Outcome, ReadError> {
        let block = self.body(block).await?;
        let position = block.position(hash).ok_or_else(|| CodecError::Field {
            item: format!("block {}", block.head.number),
            field: "the transaction".to_owned(),
        })?;
        self.outcome(&block, position, hash).await
    }
}
