//! The thread that makes blocks, and how others ask it for one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel},
    },
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use crate::{
    author::{Author, AuthorError, Made},
    config::BlockProduction,
};

/// Requests waiting for the thread. It takes them one by one, so more would only wait longer.
const WAITING_REQUESTS: usize = 256;

/// How soon to try again when the chain cannot tell how long its slots are.
const RETRY: Duration = Duration::from_secs(1);

type Task = Box<dyn FnOnce(&mut Author, &Shared) + Send>;

/// A request to the thread.
enum Request {
    /// Something to do with the chain.
    Task(Task),
    /// Something changed: a transaction became ready, production was resumed, or the end has come.
    Wake,
}

/// Why a request was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProduceError {
    #[error("The chain is stopping")]
    Stopping,
    #[error("Too many requests for blocks are waiting; ask again when some are answered")]
    Busy,
}

/// The asking side.
#[derive(Clone)]
pub(crate) struct Producer {
    requests: SyncSender<Request>,
    shared: Arc<Shared>,
}

/// Flags that both sides see.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    stopping: AtomicBool,
    /// Blocks come only on request, whatever the mode.
    paused: AtomicBool,
    /// Set by a submission, so that none is missed when the queue of requests is full.
    ready: AtomicBool,
}

/// The thread's side, before it runs.
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
    /// Has the thread that owns the chain do `task` between two blocks, and returns what it gives. A long task looks
    /// now and then whether the chain is [stopping](Shared::is_stopping).
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        task: impl FnOnce(&mut Author, &Shared) -> T + Send + 'static,
    ) -> Result<T, ProduceError> {
        let (reply, answer) = oneshot::channel();
        let task: Task = Box::new(move |author, shared| {
            // Whoever asked may be gone; what was done stays done.
            let _ = reply.send(task(author, shared));
        });
        self.requests.try_send(Request::Task(task)).map_err(|error| match error {
            TrySendError::Full(_) => ProduceError::Busy,
            TrySendError::Disconnected(_) => ProduceError::Stopping,
        })?;
        answer.await.map_err(|_| ProduceError::Stopping)
    }

    /// Tells that the pool has something for a block.
    pub(crate) fn transaction_ready(&self) {
        self.shared.ready.store(true, Ordering::Release);
        self.wake();
    }

    /// Stops blocks from being made by themselves, or lets them come again.
    pub(crate) fn pause(&self, paused: bool) {
        self.shared.paused.store(paused, Ordering::Release);
        if !paused {
            self.transaction_ready();
        }
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.shared.is_paused()
    }

    /// Ends the thread after the block it is making.
    pub(crate) fn stop(&self) {
        self.shared.stopping.store(true, Ordering::Release);
        self.wake();
    }

    fn wake(&self) {
        // If the queue is full the thread is awake, and looks at the flags after every request. A closed one means that
        // the chain is stopping.
        let _ = self.requests.try_send(Request::Wake);
    }
}

impl Shared {
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Acquire)
    }

    fn is_paused(&self) -> bool {
        self.paused.load(Ordering::Acquire)
    }
}

/// Makes blocks until told to stop.
pub(crate) fn run(mode: BlockProduction, mut author: Author, queue: &Queue) {
    let shared = &queue.shared;
    let mut due = first_due(mode, &author);
    while !shared.is_stopping() {
        match queue.next(due) {
            Next::Request(Request::Task(task)) => task(&mut author, shared),
            Next::Request(Request::Wake) => {}
            Next::Due => {
                if !shared.is_paused()
                    && let Err(error) = author.make_block()
                {
                    tracing::error!(%error, "no block was made");
                }
                due = next_due(mode, due, &author);
            }
            Next::Nobody => return,
        }
        if mode == BlockProduction::OnSubmit
            && !shared.is_paused()
            && shared.ready.swap(false, Ordering::AcqRel)
        {
            empty_pool(&mut author, shared);
        }
    }
}

enum Next {
    Request(Request),
    /// A block is due.
    Due,
    /// Nobody can ask any more.
    Nobody,
}

impl Queue {
    fn next(&self, due: Option<Instant>) -> Next {
        let Some(due) = due else {
            return self.requests.recv().map_or(Next::Nobody, Next::Request);
        };
        // Also when requests come without end, blocks come on time.
        let left = due.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Next::Due;
        }
        match self.requests.recv_timeout(left) {
            Ok(request) => Next::Request(request),
            Err(RecvTimeoutError::Timeout) => Next::Due,
            Err(RecvTimeoutError::Disconnected) => Next::Nobody,
        }
    }
}

fn first_due(mode: BlockProduction, author: &Author) -> Option<Instant> {
    match mode {
        BlockProduction::Interval(_) if author.clock.is_real() => next_due(mode, None, author),
        BlockProduction::Interval(period) => Instant::now().checked_add(period),
        BlockProduction::OnSubmit | BlockProduction::OnDemand => None,
    }
}

/// Keeps the beat; a chain that fell behind by more than a period does not make up for it.
fn next_due(mode: BlockProduction, due: Option<Instant>, author: &Author) -> Option<Instant> {
    let BlockProduction::Interval(period) = mode else { return None };
    let now = Instant::now();
    if author.clock.is_real() {
        let wait = author.slot_ms().map_or(RETRY, |slot_ms| author.clock.until_next_slot(slot_ms));
        return now.checked_add(wait);
    }
    let next = due.and_then(|due| due.checked_add(period));
    if next.is_some_and(|next| next >= now) { next } else { now.checked_add(period) }
}

/// Makes `count` blocks, at least one, and returns the last.
///
/// # Errors
/// As soon as one cannot be made; those before stay.
pub(crate) fn make_blocks(author: &mut Author, count: u32, shared: &Shared) -> Result<Made, MakeError> {
    let mut last = author.make_block()?;
    for _ in 1..count {
        if shared.is_stopping() {
            return Err(ProduceError::Stopping.into());
        }
        last = author.make_block()?;
    }
    Ok(last)
}

/// Why blocks were not made.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum MakeError {
    #[error(transparent)]
    Author(#[from] AuthorError),
    #[error(transparent)]
    Produce(#[from] ProduceError),
}

/// Makes blocks as long as they take something out of the pool.
fn empty_pool(author: &mut Author, shared: &Shared) {
    while author.node().pool.has_ready() && !shared.is_stopping() {
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
