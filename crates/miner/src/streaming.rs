//! Streamed answers on their way: one task pumps the handler's chunks into the body until the end, the deadline, or
//! until nobody reads any more.
//!
//! The pump is a task of its own because a body is asked for nothing while its caller does not read, and the deadline
//! has to reach the handler all the same.

use std::{
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    http::Version,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{FutureExt, StreamExt, stream::Fuse};
use hyper::body::Frame;
use subnetkit_protocol::{Encoding, Synapse};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, timeout_at},
};

use crate::{
    Call, Chunks, ForwardStream, MinerConfig,
    answer::{call, content_type, encode, refused, unwritable},
    rejection::{Outcome, Rejection},
};

/// The bounds of one streamed answer, in bytes.
#[derive(Clone, Copy)]
pub(crate) struct StreamBounds {
    chunk: usize,
    whole: usize,
}

impl StreamBounds {
    pub(crate) const fn new(config: &MinerConfig) -> Self {
        Self { chunk: config.stream_chunk_limit, whole: config.stream_limit }
    }

    /// Refuses a chunk that is too large by itself, or for what is left of the whole.
    fn judge<S: Synapse>(self, chunk: usize, left: usize) -> Result<(), Rejection> {
        if chunk <= self.chunk && chunk <= left {
            return Ok(());
        }
        tracing::error!(
            synapse = S::NAME,
            chunk,
            left,
            "a streamed answer is larger than `stream_chunk_limit` or `stream_limit` allows"
        );
        Err(Rejection::new(Outcome::Internal, "this miner's answer is larger than it may be"))
    }
}

/// Answers one request of the synapse with a stream.
pub(crate) async fn answer_stream<S: Synapse>(
    forward: Arc<dyn ForwardStream<S>>,
    bounds: StreamBounds,
    request: Request,
) -> Result<Response, Rejection> {
    check_version(&request)?;
    let (call, encoding) = call::<S>(request)?;
    stream_call(forward, bounds, call, encoding).await
}

/// Bodies of HTTP/1.0 end with the connection, so a breach would look like the end.
pub(crate) fn check_version(request: &Request) -> Result<(), Rejection> {
    if request.version() >= Version::HTTP_11 {
        return Ok(());
    }
    Err(Rejection::new(Outcome::VersionNotSupported, "streamed answers need HTTP/1.1"))
}

/// Streams the answer to one call. The head is sent with the first chunk, so that what happens before it has a status.
pub(crate) async fn stream_call<S: Synapse>(
    forward: Arc<dyn ForwardStream<S>>,
    bounds: StreamBounds,
    call: Call<S::Request>,
    encoding: Encoding,
) -> Result<Response, Rejection> {
    let deadline = call.deadline;
    let mut chunks = forward.stream(call).await.map_err(refused::<S>)?.fuse();
    let (encoding, first) = match chunks.next().await {
        Some(chunk) => {
            let chunk = chunk.map_err(refused::<S>)?;
            let (encoding, bytes) =
                encode(encoding, |encoding| encoding.encode_chunk(&chunk)).map_err(unwritable::<S>)?;
            bounds.judge::<S>(bytes.len(), bounds.whole)?;
            (encoding, Some(bytes))
        }
        None => (encoding, None),
    };
    let streaming = Streaming::default();
    let (sender, receiver) = mpsc::channel(1);
    let complete = Arc::new(AtomicBool::new(false));
    let pump = Pump::<S> {
        ended: Ended { streaming: streaming.clone(), outcome: Outcome::Abandoned },
        chunks,
        encoding,
        left: bounds.whole,
        bounds,
        sender,
        complete: Arc::clone(&complete),
    };
    let mut task = JoinSet::new();
    task.spawn(pump.run(first, deadline));
    let body = StreamBody { receiver, complete, flushed: false, _task: task };
    let mut response = ([content_type(encoding.stream_content_type())], Body::new(body)).into_response();
    response.extensions_mut().insert(streaming);
    Ok(response)
}

/// Marks a response whose body goes on after its head, and tells those who wait for its end.
#[derive(Clone, Default)]
pub(crate) struct Streaming(Arc<Mutex<Course>>);

type Listener = Box<dyn FnOnce(Outcome) + Send>;

enum Course {
    Running(Vec<Listener>),
    Ended(Outcome),
}

impl Default for Course {
    fn default() -> Self {
        Self::Running(Vec::new())
    }
}

impl Streaming {
    /// Calls back when the handler's work on the stream is over, at once if it is.
    pub(crate) fn on_end(&self, listener: impl FnOnce(Outcome) + Send + 'static) {
        // A panic elsewhere leaves either of the two values whole.
        let mut course = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *course {
            Course::Running(listeners) => listeners.push(Box::new(listener)),
            Course::Ended(outcome) => {
                let outcome = *outcome;
                drop(course);
                listener(outcome);
            }
        }
    }

    fn end(&self, outcome: Outcome) {
        let course = std::mem::replace(
            &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner),
            Course::Ended(outcome),
        );
        if let Course::Running(listeners) = course {
            for listener in listeners {
                listener(outcome);
            }
        }
    }
}

/// Ends the stream for its listeners in whatever way the pump ends; aborted, it was abandoned.
struct Ended {
    streaming: Streaming,
    outcome: Outcome,
}

impl Drop for Ended {
    fn drop(&mut self) {
        self.streaming.end(self.outcome);
    }
}

/// Field order is drop order: the handler's stream goes, then the slot is given on, and then the body ends.
struct Pump<S: Synapse> {
    chunks: Fuse<Chunks<S::Response>>,
    encoding: Encoding,
    bounds: StreamBounds,
    left: usize,
    ended: Ended,
    sender: mpsc::Sender<Bytes>,
    complete: Arc<AtomicBool>,
}

impl<S: Synapse> Pump<S> {
    async fn run(mut self, first: Option<Bytes>, deadline: Instant) {
        // What the handler's stream left half done is dropped below and never looked at again.
        let pumped = AssertUnwindSafe(timeout_at(deadline, self.pump(first))).catch_unwind().await;
        self.ended.outcome = match pumped {
            Ok(Ok(Ok(()))) => {
                self.complete.store(true, Ordering::Release);
                Outcome::Answered
            }
            Ok(Ok(Err(outcome))) => outcome,
            Ok(Err(_)) => {
                tracing::warn!(synapse = S::NAME, "a streamed answer was cut off at its deadline");
                Outcome::TimedOut
            }
            Err(_) => {
                tracing::error!(synapse = S::NAME, "a handler panicked amid its answer, which was cut off");
                Outcome::Panicked
            }
        };
    }

    async fn pump(&mut self, first: Option<Bytes>) -> Result<(), Outcome> {
        let mut next = first;
        loop {
            let bytes = match next.take() {
                Some(bytes) => bytes,
                None => match self.chunks.next().await {
                    None => return Ok(()),
                    Some(Ok(chunk)) => self
                        .encoding
                        .encode_chunk(&chunk)
                        .map_err(|error| unwritable::<S>(error).outcome())?,
                    Some(Err(refusal)) => {
                        tracing::warn!(synapse = S::NAME, cause = %refusal, "a streamed answer was cut off");
                        return Err(refused::<S>(refusal).outcome());
                    }
                },
            };
            self.bounds.judge::<S>(bytes.len(), self.left).map_err(|rejection| rejection.outcome())?;
            self.left -= bytes.len();
            self.sender.send(bytes).await.map_err(|_| Outcome::Abandoned)?;
        }
    }
}

/// What the connection reads. Dropped, it ends the pump.
struct StreamBody {
    receiver: mpsc::Receiver<Bytes>,
    /// The handler came to its end: an empty channel is the end of the body and not a breach.
    complete: Arc<AtomicBool>,
    /// The connection had an occasion to send what it has.
    flushed: bool,
    /// A set, because that ends its task when it is dropped.
    _task: JoinSet<()>,
}

/// Why a body broke off. HTTP has no way to tell the caller more than that.
#[derive(Debug, thiserror::Error)]
#[error("the streamed answer was cut off")]
struct CutOff;

impl HttpBody for StreamBody {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        Poll::Ready(match ready!(self.receiver.poll_recv(context)) {
            Some(bytes) => Some(Ok(Frame::data(bytes))),
            None if self.complete.load(Ordering::Acquire) => None,
            None if self.flushed => Some(Err(CutOff)),
            None => {
                // On an error hyper drops what it has not sent yet. While a body is pending it sends.
                self.flushed = true;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
        })
    }
}
