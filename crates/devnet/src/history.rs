//! The chain as it stands: blocks by number and hash, and the states still kept.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard},
};

use sp_core::H256;
use tokio::sync::watch;

use crate::{header::Block, state::Storage};

/// Why a block's state cannot be read. The wording is the real node's; clients look for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnknownBlock {
    #[error("UnknownBlock: Header was not found in the database: {0:?}")]
    NoHeader(H256),
    #[error("UnknownBlock: State already discarded for {0:?}")]
    Discarded(H256),
}

/// Blocks and states. One writer, the thread that makes blocks; any number of readers, who never wait for a block to be made.
#[derive(Debug)]
pub(crate) struct History {
    chain: RwLock<Chain>,
    head: watch::Sender<Arc<Block>>,
    genesis: Arc<Block>,
}

#[derive(Debug)]
struct Chain {
    /// The newest blocks, oldest first; never empty.
    blocks: VecDeque<Arc<Block>>,
    /// States of the newest of them; never empty.
    states: VecDeque<Storage>,
    numbers: HashMap<H256, u32>,
    kept_blocks: usize,
    kept_states: usize,
}

impl History {
    pub(crate) fn new(genesis: Block, storage: Storage, kept_blocks: u32, history_blocks: u32) -> Self {
        let genesis = Arc::new(genesis);
        let chain = Chain {
            blocks: VecDeque::from([Arc::clone(&genesis)]),
            states: VecDeque::from([storage]),
            numbers: HashMap::from([(genesis.hash, 0)]),
            // The head counts besides the blocks before it, and no state may outlive its block.
            kept_blocks: kept_blocks.max(history_blocks) as usize + 1,
            kept_states: history_blocks as usize + 1,
        };
        Self { chain: RwLock::new(chain), head: watch::Sender::new(Arc::clone(&genesis)), genesis }
    }

    /// Every write leaves the chain whole, so a panic elsewhere does not make it unreadable.
    fn read(&self) -> RwLockReadGuard<'_, Chain> {
        self.chain.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) const fn genesis(&self) -> &Arc<Block> {
        &self.genesis
    }

    pub(crate) fn head(&self) -> Arc<Block> {
        Arc::clone(&self.head.borrow())
    }

    /// Tells of new heads. A slow reader sees only the newest, and can read those between by number.
    pub(crate) fn heads(&self) -> watch::Receiver<Arc<Block>> {
        self.head.subscribe()
    }

    pub(crate) fn block_at(&self, number: u32) -> Option<Arc<Block>> {
        if number == 0 {
            return Some(Arc::clone(&self.genesis));
        }
        self.read().at(number).cloned()
    }

    pub(crate) fn block(&self, hash: &H256) -> Option<Arc<Block>> {
        if *hash == self.genesis.hash {
            return Some(Arc::clone(&self.genesis));
        }
        let chain = self.read();
        let number = *chain.numbers.get(hash)?;
        chain.at(number).cloned()
    }

    /// The head with the state after it.
    pub(crate) fn newest(&self) -> (Arc<Block>, Storage) {
        let chain = self.read();
        match (chain.blocks.back(), chain.states.back()) {
            (Some(block), Some(state)) => (Arc::clone(block), state.clone()),
            // Neither queue is ever emptied; an empty state at genesis would be the harmless reading.
            _ => (Arc::clone(&self.genesis), Storage::default()),
        }
    }

    /// A block with the state after it; the head's without a hash.
    pub(crate) fn state(&self, hash: Option<H256>) -> Result<(Arc<Block>, Storage), UnknownBlock> {
        let Some(hash) = hash else { return Ok(self.newest()) };
        let block = self.block(&hash).ok_or(UnknownBlock::NoHeader(hash))?;
        let chain = self.read();
        let newest = chain.blocks.back().map_or(0, |head| head.number());
        let state = newest
            .checked_sub(block.number())
            .and_then(|age| chain.states.len().checked_sub(age as usize + 1))
            .and_then(|index| chain.states.get(index))
            .cloned()
            .ok_or(UnknownBlock::Discarded(hash))?;
        drop(chain);
        Ok((block, state))
    }

    /// Adds a child of the head, forgets what is older than the bounds, and tells the readers.
    pub(crate) fn extend(&self, block: Block, storage: Storage) -> Arc<Block> {
        let block = Arc::new(block);
        let mut chain = self.chain.write().unwrap_or_else(PoisonError::into_inner);
        chain.numbers.insert(block.hash, block.number());
        chain.blocks.push_back(Arc::clone(&block));
        chain.states.push_back(storage);
        if chain.states.len() > chain.kept_states {
            chain.states.pop_front();
        }
        if chain.blocks.len() > chain.kept_blocks
            && let Some(forgotten) = chain.blocks.pop_front()
        {
            chain.numbers.remove(&forgotten.hash);
        }
        drop(chain);
        self.head.send_replace(Arc::clone(&block));
        block
    }
}

impl Chain {
    fn at(&self, number: u32) -> Option<&Arc<Block>> {
        let oldest = self.blocks.front()?.number();
        self.blocks.get(number.checked_sub(oldest)? as usize)
    }
}
