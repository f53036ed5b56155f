//! The thread that makes blocks, and how others ask it for one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use crate::{
    author::{Author, AuthorError, Made},
    config::BlockProduction,
    header::Block,
    node::Node,
};

/// Requests waiting for the thread. It takes them one by one, so more would only wait longer.
const WAITING_REQUESTS: usize = 256;

/// A request to the thread.
enum Request {
    /// So many blocks, at least one; answered with the last.
    Blocks { count: u32, reply: oneshot::Sender<Result<Arc<Block>, ProduceError>> },
    /// A transaction became ready.
    Ready,
}

/// Why a request for blocks was not fulfilled.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum ProduceError {
    #[error(transparent)]
    Author(#[from] AuthorError),
    #[error("The chain is stopping")]
    Stopping,
    #[error("Too many requests for blocks are waiting; ask again when some are answered")]
    Busy,
}

/// The asking side.
#[derive(Debug, Clone)]
pub(crate) struct Producer {
    requests: SyncSender<Request>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    stopping: AtomicBool,
    /// Set by a submission, so that none is missed when the queue of requests is full.
    ready: AtomicBool,
}

/// The thread's side, before it runs.
#[derive(Debug)]
pub(crate) struct Queue {
    requests: Receiver<Request>,
    shared: Arc<Shared>,
}

pub(crate) fn channel() -> (Producer, Queue) {
    let (sender, receiver) = sync_channel(WAITING_REQUESTS);
    let shared = Arc::<Shared>::default();
    (Producer { requests: sender, shared: Arc::clone(&shared) }, Queue { requests: receiver, shared })
}

impl Producer {
    /// Has `count` blocks made now, whatever the mode. Zero is taken as one.
    pub(crate) async fn blocks(&self, count: u32) -> Result<Arc<Block>, ProduceError> {
        let (reply, answer) = oneshot::channel();
        self.requests.try_send(Request::Blocks { count, reply }).map_err(|error| match error {
            TrySendError::Full(_) => ProduceError::Busy,
            TrySendError::Disconnected(_) => ProduceError::Stopping,
        })?;
        answer.await.map_err(|_| ProduceError::Stopping)?
    }

    /// Tells that the pool has something for a block.
    pub(crate) fn transaction_ready(&self) {
        self.shared.ready.store(true, Ordering::Release);
        // A full queue is fine: the flag is looked at after every request. A closed one means that the chain is stopping.
        let _ = self.requests.try_send(Request::Ready);
    }

    /// Ends the thread after the block it is making.
    pub(crate) fn stop(&self) {
        self.shared.stopping.store(true, Ordering::Release);
        // Wakes the thread; if the queue is full it is awake.
        let _ = self.requests.try_send(Request::Ready);
    }
}

/// Makes blocks until told to stop.
pub(crate) fn run(node: &Node, mut author: Author, queue: &Queue) {
    let mode = node.config.block_production;
    let mut due = match mode {
        BlockProduction::Interval(period) => Instant::now().checked_add(period),
        BlockProduction::OnSubmit | BlockProduction::OnDemand => None,
    };
    while !queue.stopping() {
        match queue.next(due) {
            Some(Request::Blocks { count, reply }) => {
                // Whoever asked may be gone; the blocks are made all the same.
                let _ = reply.send(make_blocks(&mut author, count, queue));
            }
            Some(Request::Ready) => {}
            None if due.is_some() => {
                if let Err(error) = author.make_block() {
                    tracing::error!(%error, "no block was made");
                }
                if let BlockProduction::Interval(period) = mode {
                    due = next_due(due, period);
                }
            }
            None => return,
        }
        if queue.shared.ready.swap(false, Ordering::AcqRel) && mode == BlockProduction::OnSubmit {
            empty_pool(node, &mut author, queue);
        }
    }
}

impl Queue {
    fn stopping(&self) -> bool {
        self.shared.stopping.load(Ordering::Acquire)
    }

    /// The next request; none when a block is due or nobody can ask any more.
    fn next(&self, due: Option<Instant>) -> Option<Request> {
        let Some(due) = due else { return self.requests.recv().ok() };
        self.requests.recv_timeout(due.saturating_duration_since(Instant::now())).ok()
    }
}

/// Keeps the beat; a chain that fell behind by more than a period does not make up for it.
fn next_due(due: Option<Instant>, period: Duration) -> Option<Instant> {
    let now = Instant::now();
    let next = due.and_then(|due| due.checked_add(period));
    if next.is_some_and(|next| next >= now) { next } else { now.checked_add(period) }
}

fn make_blocks(author: &mut Author, count: u32, queue: &Queue) -> Result<Arc<Block>, ProduceError> {
    let mut last = author.make_block()?.block;
    for _ in 1..count {
        if queue.stopping() {
            return Err(ProduceError::Stopping);
        }
        last = author.make_block()?.block;
    }
    Ok(last)
}

/// Makes blocks as long as they take something out of the pool.
fn empty_pool(node: &Node, author: &mut Author, queue: &Queue) {
    while node.pool.has_ready() && !queue.stopping() {
        match author.make_block() {
            Ok(Made { block, transactions }) => {
                tracing::debug!(number = block.number(), transactions, "made a block");
                if transactions == 0 {
                    return;
                }
            }
            Err(error) => {
                tracing::error!(%error, "no block was made");
                return;
            }
        }
    }
}
