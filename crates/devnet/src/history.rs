//! The chain as it stands: blocks by number and hash, and the states still kept.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use imbl::{OrdMap, Vector};
use sp_core::H256;
use tokio::sync::watch;

use crate::{header::Block, state::Storage};

/// Why a block's state cannot be read. The wording is the real node's; clients look for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnknownBlock {
    #[error("Header was not found in the database: {0:?}")]
    NoHeader(H256),
    #[error("State already discarded for {0:?}")]
    Discarded(H256),
}

/// Blocks and states. One writer, the thread that makes blocks; any number of readers, who never wait for a block to be made.
#[derive(Debug)]
pub(crate) struct History {
    chain: RwLock<Chain>,
    head: watch::Sender<Arc<Block>>,
    bounds: Bounds,
}

/// How much of the past is kept.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    blocks: usize,
    states: usize,
}

/// Everything kept of the chain. Cloning shares what both have in common.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    genesis: Arc<Block>,
    /// The newest blocks, oldest first; never empty.
    blocks: Vector<Arc<Block>>,
    /// States of the newest of them; never empty.
    states: Vector<Storage>,
    numbers: OrdMap<H256, u32>,
}

impl History {
    pub(crate) fn new(chain: Chain, kept_blocks: u32, history_blocks: u32) -> Self {
        // The head counts besides the blocks before it, and no state may outlive its block.
        let blocks = kept_blocks.max(history_blocks) as usize + 1;
        let head = watch::Sender::new(Arc::clone(chain.head()));
        Self {
            chain: RwLock::new(chain),
            head,
            bounds: Bounds { blocks, states: history_blocks as usize + 1 },
        }
    }

    /// Every write leaves the chain whole, so a panic elsewhere does not make it unreadable.
    fn read(&self) -> RwLockReadGuard<'_, Chain> {
        self.chain.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn genesis(&self) -> Arc<Block> {
        Arc::clone(&self.read().genesis)
    }

    pub(crate) fn head(&self) -> Arc<Block> {
        Arc::clone(&self.head.borrow())
    }

    /// Tells of new heads. A slow reader sees only the newest, and can read those between by number.
    pub(crate) fn heads(&self) -> watch::Receiver<Arc<Block>> {
        self.head.subscribe()
    }

    pub(crate) fn block_at(&self, number: u32) -> Option<Arc<Block>> {
        let chain = self.read();
        if number == 0 { Some(Arc::clone(&chain.genesis)) } else { chain.at(number).cloned() }
    }

    pub(crate) fn block(&self, hash: &H256) -> Option<Arc<Block>> {
        let chain = self.read();
        if *hash == chain.genesis.hash {
            return Some(Arc::clone(&chain.genesis));
        }
        chain.at(*chain.numbers.get(hash)?).cloned()
    }

    /// The head with the state after it.
    pub(crate) fn newest(&self) -> (Arc<Block>, Storage) {
        let chain = self.read();
        (Arc::clone(chain.head()), chain.state())
    }

    /// A block with the state after it; the head's without a hash.
    pub(crate) fn state(&self, hash: Option<H256>) -> Result<(Arc<Block>, Storage), UnknownBlock> {
        let Some(hash) = hash else { return Ok(self.newest()) };
        let block = self.block(&hash).ok_or(UnknownBlock::NoHeader(hash))?;
        let chain = self.read();
        let newest = chain.head().number();
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
        chain.push(Arc::clone(&block), storage);
        while chain.states.len() > self.bounds.states {
            chain.states.pop_front();
        }
        // More than one if a longer chain was put in place of the one kept within the bounds.
        while chain.blocks.len() > self.bounds.blocks
            && let Some(forgotten) = chain.blocks.pop_front()
        {
            chain.numbers.remove(&forgotten.hash);
        }
        drop(chain);
        self.head.send_replace(Arc::clone(&block));
        block
    }

    /// The chain as it is now, to be put back later.
    pub(crate) fn capture(&self) -> Chain {
        self.read().clone()
    }

    /// Puts another chain in place of this one, and tells the readers of its head.
    pub(crate) fn replace(&self, chain: Chain) -> Arc<Block> {
        let head = Arc::clone(chain.head());
        *self.chain.write().unwrap_or_else(PoisonError::into_inner) = chain;
        self.head.send_replace(Arc::clone(&head));
        head
    }
}

impl Chain {
    pub(crate) fn new(genesis: Block, storage: Storage) -> Self {
        let genesis = Arc::new(genesis);
        Self {
            blocks: Vector::unit(Arc::clone(&genesis)),
            states: Vector::unit(storage),
            numbers: OrdMap::unit(genesis.hash, 0),
            genesis,
        }
    }

    /// A chain of which only the head's state is known.
    pub(crate) fn with_past(
        genesis: Block,
        past: impl IntoIterator<Item = Block>,
        head_state: Storage,
    ) -> Self {
        let mut chain = Self::new(genesis, Storage::default());
        for block in past {
            chain.push(Arc::new(block), Storage::default());
        }
        chain.states = Vector::unit(head_state);
        chain
    }

    fn push(&mut self, block: Arc<Block>, storage: Storage) {
        self.numbers.insert(block.hash, block.number());
        // Blocks are found by their distance from the oldest one: a gap leaves only what comes after it.
        if self.head().number().checked_add(1) != Some(block.number()) {
            self.blocks.clear();
            self.states.clear();
        }
        self.blocks.push_back(block);
        self.states.push_back(storage);
    }

    fn at(&self, number: u32) -> Option<&Arc<Block>> {
        let oldest = self.blocks.front()?.number();
        self.blocks.get(number.checked_sub(oldest)? as usize)
    }

    pub(crate) const fn genesis(&self) -> &Arc<Block> {
        &self.genesis
    }

    /// The newest block; genesis if there were none, which never is.
    pub(crate) fn head(&self) -> &Arc<Block> {
        self.blocks.last().unwrap_or(&self.genesis)
    }

    /// The state after the head.
    pub(crate) fn state(&self) -> Storage {
        self.states.last().cloned().unwrap_or_default()
    }

    /// The kept blocks, oldest first.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &Arc<Block>> {
        self.blocks.iter()
    }
}
