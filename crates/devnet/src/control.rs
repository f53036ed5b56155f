//! Driving the chain: blocks on request, time, and going back. The handle and the `dev_*` methods of JSON-RPC share it.

mod dumps;
pub(crate) mod edits;
mod faults;

use std::{fmt, sync::Arc};

use crate::{
    author::Author,
    clock::TooEarly,
    faults::Faults,
    header::Block,
    interface::NameError,
    node::Node,
    production::{MakeError, ProduceError, Producer, Shared, make_blocks},
    snapshots::Snapshot,
    state_file::StateFileError,
};

/// Why a request to drive the chain was not fulfilled. The chain stands as before, except that blocks made meanwhile stay.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// The runtime failed while a block was made.
    #[error("No block was made: {0}")]
    Block(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The chain is being dropped.
    #[error("The chain is stopping")]
    Stopping,
    /// More requests wait than the chain keeps.
    #[error("Too many requests for blocks are waiting; ask again when some are answered")]
    Busy,
    /// More blocks were asked for than one request may make.
    #[error("One request makes 1 to {most} blocks (`blocks_per_request`), not {asked}")]
    TooManyBlocks {
        /// How many were asked for.
        asked: u64,
        /// How many there may be.
        most: u32,
    },
    /// The chain cannot go back in time.
    #[error(
        "The next block's time must be at least {earliest_ms} ms, a slot after the head; {asked_ms} ms is earlier"
    )]
    TooEarly {
        /// What was asked for.
        asked_ms: u64,
        /// The earliest possible time.
        earliest_ms: u64,
    },
    /// The chain keeps the real clock, which nobody can turn.
    #[error(
        "The chain keeps the real clock (`real_clock`, --strict): one block per slot, and none ahead of time"
    )]
    RealClock,
    /// There is no such snapshot.
    #[error(
        "There is no snapshot {0}: it was never taken, was reverted to or past, or gave way to newer ones (`snapshots`)"
    )]
    NoSnapshot(u64),
    /// What was named does not exist or does not fit.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A text names no account.
    #[error("{0} is neither an ss58 address nor 0x and 32 bytes")]
    NoAccount(String),
    /// The runtime is told of every impersonated account with each transaction.
    #[error("{0} accounts are impersonated already; stop impersonating one first")]
    TooManyImpersonated(usize),
    /// Each fault is looked at for every request.
    #[error("{0} faults wait already; clear them first")]
    TooManyFaults(usize),
    /// A subnet without a tempo never has an epoch.
    #[error("Subnet {netuid} has no epochs: its tempo is 0")]
    NoEpochs {
        /// The subnet.
        netuid: u16,
    },
    /// A chain cannot be dumped or loaded.
    #[error(transparent)]
    StateFile(StateFileError),
    /// The runtime refused, for this reason.
    #[error("The runtime refused: {0}")]
    Refused(String),
}

impl ControlError {
    /// Whether what was asked for can't be done on this chain as it stands, however often it is tried.
    pub const fn is_bad_request(&self) -> bool {
        !matches!(self, Self::Block(_) | Self::Stopping | Self::Busy)
    }
}

impl From<ProduceError> for ControlError {
    fn from(error: ProduceError) -> Self {
        match error {
            ProduceError::Stopping => Self::Stopping,
            ProduceError::Busy => Self::Busy,
        }
    }
}

impl From<crate::author::AuthorError> for ControlError {
    fn from(error: crate::author::AuthorError) -> Self {
        Self::Block(Box::new(error))
    }
}

impl From<MakeError> for ControlError {
    fn from(error: MakeError) -> Self {
        match error {
            MakeError::Author(error) => error.into(),
            MakeError::Produce(error) => error.into(),
        }
    }
}

/// A block by number and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Number of the block; 0 is genesis.
    pub number: u32,
    /// BLAKE2b-256 of its header.
    pub hash: [u8; 32],
}

impl From<&Block> for Head {
    fn from(block: &Block) -> Self {
        Self { number: block.number(), hash: block.hash.into() }
    }
}

/// What can be done to a running chain besides submitting transactions.
#[derive(Clone)]
pub struct Control {
    node: Arc<Node>,
    producer: Producer,
    faults: Arc<Faults>,
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").field("head", &self.head()).finish()
    }
}

impl Control {
    pub(crate) fn new(node: Arc<Node>, producer: Producer) -> Self {
        Self { node, producer, faults: Arc::new(Faults::new()) }
    }

    pub(crate) const fn node(&self) -> &Arc<Node> {
        &self.node
    }

    pub(crate) const fn producer(&self) -> &Producer {
        &self.producer
    }

    pub(crate) const fn faults(&self) -> &Arc<Faults> {
        &self.faults
    }

    /// The newest block.
    pub fn head(&self) -> Head {
        (&*self.node.history.head()).into()
    }

    /// Hash of block 0, by which clients tell networks apart.
    pub fn genesis_hash(&self) -> [u8; 32] {
        self.node.history.genesis().hash.into()
    }

    /// Makes `count` blocks now, also while production is paused, and returns the last.
    ///
    /// # Errors
    /// If there are too many or none, the chain keeps the real clock, the runtime fails outside an extrinsic, or the chain
    /// is stopping. Blocks made before stay.
    pub async fn mine(&self, count: u32) -> Result<Head, ControlError> {
        check_count(u64::from(count), self.node.config.rpc.blocks_per_request)?;
        self.run(move |author, shared| {
            not_by_real_clock(author)?;
            Ok((&*make_blocks(author, count, shared)?.block).into())
        })
        .await
    }

    /// Time of the head, in milliseconds since 1970; that of genesis is the configured one.
    ///
    /// # Errors
    /// If the chain is stopping or busy.
    pub async fn time_ms(&self) -> Result<u64, ControlError> {
        self.run(|author, _| Ok(author.clock.head_ms())).await
    }

    /// Gives the next block a time, in milliseconds since 1970. Blocks after it follow slot by slot.
    ///
    /// # Errors
    /// If that is less than a slot after the head, or the chain keeps the real clock.
    pub async fn set_time(&self, time_ms: u64) -> Result<(), ControlError> {
        self.run(move |author, _| {
            not_by_real_clock(author)?;
            let slot_ms = author.slot_ms()?;
            author
                .clock
                .ask(time_ms, slot_ms)
                .map_err(|TooEarly { earliest_ms }| ControlError::TooEarly { asked_ms: time_ms, earliest_ms })
        })
        .await
    }

    /// Makes blocks, slot by slot, until the head's time is `time_ms` or later; none if it is already.
    ///
    /// # Errors
    /// As [`mine`](Self::mine).
    pub async fn advance_to_time(&self, time_ms: u64) -> Result<Head, ControlError> {
        let most = self.node.config.rpc.blocks_per_request;
        self.run(move |author, shared| advance_to_time(author, shared, time_ms, most)).await
    }

    /// Keeps the chain as it is now, with its history and its time, and returns the id to [`revert`](Self::revert) to.
    ///
    /// # Errors
    /// If the chain is stopping or busy.
    pub async fn snapshot(&self) -> Result<u64, ControlError> {
        self.run(|author, _| {
            let chain = author.node().history.capture();
            let head_ms = author.clock.head_ms();
            Ok(author.snapshots.take(Snapshot { chain, head_ms }))
        })
        .await
    }

    /// Makes the chain what it was at a snapshot, and returns its head. The pool is emptied, and the snapshot is used up
    /// with those taken after it. Subscribers to heads are told of the old head.
    ///
    /// # Errors
    /// If there is no such snapshot.
    pub async fn revert(&self, id: u64) -> Result<Head, ControlError> {
        self.run(move |author, _| {
            let Snapshot { chain, head_ms } =
                author.snapshots.give_back(id).ok_or(ControlError::NoSnapshot(id))?;
            Ok((&*author.replace_chain(chain, head_ms)?).into())
        })
        .await
    }

    /// Stops blocks from being made by themselves; those asked for still are.
    pub fn pause(&self) {
        self.producer.pause(true);
    }

    /// Lets blocks come by themselves again.
    pub fn resume(&self) {
        self.producer.pause(false);
    }

    /// Whether production is paused.
    pub fn is_paused(&self) -> bool {
        self.producer.is_paused()
    }

    /// Does something between two blocks.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut Author, &Shared) -> Result<T, ControlError> + Send + 'static,
    ) -> Result<T, ControlError> {
        self.producer.run(task).await?
    }
}

fn check_count(asked: u64, most: u32) -> Result<u32, ControlError> {
    let count = u32::try_from(asked).ok().filter(|count| (1..=most).contains(count));
    count.ok_or(ControlError::TooManyBlocks { asked, most })
}

/// Makes blocks, at most `most`, until the head's time is `time_ms`; none if it is already.
pub(crate) fn advance_to_time(
    author: &mut Author,
    shared: &Shared,
    time_ms: u64,
    most: u32,
) -> Result<Head, ControlError> {
    let missing = time_ms.saturating_sub(author.clock.head_ms()).div_ceil(author.slot_ms()?);
    if missing == 0 {
        return Ok((&*author.node().history.head()).into());
    }
    not_by_real_clock(author)?;
    let count = check_count(missing, most)?;
    Ok((&*make_blocks(author, count, shared)?.block).into())
}

/// # Errors
/// If blocks cannot be had ahead of time.
pub(crate) const fn not_by_real_clock(author: &Author) -> Result<(), ControlError> {
    if author.clock.is_real() { Err(ControlError::RealClock) } else { Ok(()) }
}
