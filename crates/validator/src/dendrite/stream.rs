//! Streamed answers: chunks as they arrive, and at the end what they were worth.
//!
//! The signature follows the body, so nothing of a stream is proven before its end: whoever acts on chunks earlier acts
//! on somebody's word. A stream that breaks off, or ends in the middle of a chunk, is no answer.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::Stream;
use futures::stream::unfold;
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use serde::de::DeserializeOwned;
use subnetkit_protocol::btauth::{BodyHasher, Evidence};
use subnetkit_protocol::{ChunkError, ChunkReader, Encoding, Hotkey, Synapse};
use tokio::time::timeout_at;

use super::attempt::Attempt;
use super::http::causes;
use super::reply::{self, Failed};
use super::wire::Wire;
use super::{AskError, Begun, Clock, Dendrite, EncodedRequest, Ended, Endpoint};
use crate::answer::{Outcome, Timing};

/// One event of a streamed answer.
#[derive(Debug, Clone, PartialEq)]
pub enum Streamed<R> {
    /// A chunk, not proven yet.
    Chunk(R),
    /// The last event.
    Ended(StreamEnd),
}

/// How a streamed answer ended.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct StreamEnd {
    /// Who was asked.
    pub hotkey: Hotkey,
    /// What happened. [`Outcome::Answered`], with the number of chunks, says that the stream came to its end and that all
    /// chunks are the miner's.
    pub outcome: Outcome<u64>,
    /// When.
    pub timing: Timing,
    /// As for [`Answer::evidence`](crate::Answer::evidence); the body it is about are the bytes of the whole stream.
    pub evidence: Option<Box<Evidence>>,
}

/// Where a stream stands between two events.
enum Course {
    Unasked(Box<Unasked>),
    Reading(Box<Reading>),
    Over,
}

struct Unasked {
    dendrite: Arc<Dendrite>,
    wire: Wire,
    endpoint: Endpoint,
    request: EncodedRequest,
    timeout: Option<Duration>,
}

impl Dendrite {
    /// Asks one miner for a streamed answer. The whole of it has the `timeout` and the size that other answers have; the
    /// miner's slot is held until the last event. Nothing is sent before the stream is polled, and dropping it hangs up.
    pub fn ask_stream<S: Synapse>(
        self: &Arc<Self>,
        endpoint: Endpoint,
        request: EncodedRequest,
        timeout: Option<Duration>,
    ) -> impl Stream<Item = Result<Streamed<S::Response>, AskError>> + Send + 'static + use<S> {
        self.stream(Wire::of::<S>(), endpoint, request, timeout)
    }

    /// The same for chunks of any type.
    pub(super) fn stream<R: DeserializeOwned + Send + 'static>(
        self: &Arc<Self>,
        wire: Wire,
        endpoint: Endpoint,
        request: EncodedRequest,
        timeout: Option<Duration>,
    ) -> impl Stream<Item = Result<Streamed<R>, AskError>> + Send + 'static + use<R> {
        let unasked = Unasked { dendrite: Arc::clone(self), wire, endpoint, request, timeout };
        unfold(Course::Unasked(Box::new(unasked)), |course| async move {
            let mut reading = match course {
                Course::Over => return None,
                Course::Reading(reading) => reading,
                Course::Unasked(unasked) => {
                    let Unasked { dendrite, wire, endpoint, request, timeout } = *unasked;
                    match dendrite.begin_stream(&wire, &endpoint, &request, timeout).await {
                        Ok(Ok(reading)) => reading,
                        Ok(Err(unbegun)) => {
                            let ended = Streamed::Ended(unbegun.told(endpoint.hotkey));
                            return Some((Ok(ended), Course::Over));
                        }
                        Err(error) => return Some((Err(error), Course::Over)),
                    }
                }
            };
            Some(match reading.next().await {
                Ok(chunk) => (Ok(Streamed::Chunk(chunk)), Course::Reading(reading)),
                Err(finish) => {
                    (Ok(Streamed::Ended(finish.told(reading.hotkey, reading.count))), Course::Over)
                }
            })
        })
    }

    pub(super) async fn begin_stream(
        &self,
        wire: &Wire,
        endpoint: &Endpoint,
        request: &EncodedRequest,
        timeout: Option<Duration>,
    ) -> Result<Result<Box<Reading>, Unbegun>, AskError> {
        let hotkey = endpoint.hotkey;
        let demands = self.demands(wire.wanted);
        let ended = |timing, failed, evidence| Unbegun { failed, timing, evidence };
        let begun = match self.begin(wire, endpoint, request, timeout).await? {
            Ok(begun) => begun,
            Err(Ended { failed, timing }) => return Ok(Err(ended(timing, failed, None))),
        };
        let Begun { attempt, response, clock, _slots } = begun;
        if response.status() != StatusCode::OK {
            let receiving = reply::receive(response, demands.limit_bytes);
            let received =
                timeout_at(clock.deadline, receiving).await.unwrap_or_else(|_| Err(clock.timed_out()));
            let timing = clock.timing();
            let (failed, evidence) = match received {
                Err(failed) => (failed, None),
                Ok(received) => reply::judge_refusal(received, &attempt, &demands).await,
            };
            return Ok(Err(ended(timing, failed, evidence)));
        }
        let (head, body) = response.into_parts();
        let unusable = reply::check_packing(&head.headers)
            .and_then(|()| reply::check_framing(&head.headers, &body))
            .and_then(|()| {
                let named = |value: &str| Encoding::from_stream_content_type(value);
                reply::check_content_type(&head.headers, named, demands.encoding)
            });
        if let Err(failed) = unusable {
            return Ok(Err(ended(clock.timing(), failed, None)));
        }
        Ok(Ok(Box::new(Reading {
            hotkey,
            attempt,
            clock,
            body,
            chunks: ChunkReader::new(demands.encoding, demands.limit_bytes),
            hasher: BodyHasher::new(),
            fields: head.headers,
            demands,
            bytes: 0,
            count: 0,
            arrived: Duration::ZERO,
            kept: None,
            _slots,
        })))
    }
}

/// What came instead of a stream.
#[derive(Debug)]
pub(super) struct Unbegun {
    pub(super) failed: Failed,
    pub(super) timing: Timing,
    pub(super) evidence: Option<Box<Evidence>>,
}

impl Unbegun {
    fn told(self, hotkey: Hotkey) -> StreamEnd {
        let Self { failed, timing, evidence } = self;
        StreamEnd { hotkey, outcome: failed.map(|never| match never {}), timing, evidence }
    }
}

/// How a stream ended.
#[derive(Debug)]
pub(super) struct Finish {
    /// Whether it came to its end and is the miner's.
    pub(super) proven: Result<(), Failed>,
    pub(super) timing: Timing,
    pub(super) evidence: Option<Box<Evidence>>,
}

impl Finish {
    fn told(self, hotkey: Hotkey, chunks: u64) -> StreamEnd {
        let Self { proven, timing, evidence } = self;
        let outcome = match proven {
            Ok(()) => Outcome::Answered { response: chunks, elapsed: timing.answering },
            Err(failed) => failed.map(|never| match never {}),
        };
        StreamEnd { hotkey, outcome, timing, evidence }
    }
}

/// A stream that has begun.
pub(super) struct Reading {
    hotkey: Hotkey,
    attempt: Attempt,
    clock: Clock,
    body: Incoming,
    chunks: ChunkReader,
    hasher: BodyHasher,
    /// The head's, and from the end on the trailer's with them.
    fields: HeaderMap,
    demands: reply::Demands,
    bytes: usize,
    count: u64,
    /// When the newest bytes came.
    arrived: Duration,
    /// All bytes, for who wants them.
    kept: Option<BytesMut>,
    _slots: super::Slots,
}

impl Reading {
    /// Keeps the bytes from here on.
    pub(super) fn keep(&mut self) {
        self.kept.get_or_insert_default();
    }

    /// The bytes that were kept.
    pub(super) fn into_kept(self) -> Bytes {
        self.kept.unwrap_or_default().freeze()
    }

    /// When the bytes came that the newest chunk ends in, and where among all bytes it ends.
    pub(super) fn place(&self) -> (Duration, usize) {
        (self.arrived, self.bytes - self.chunks.unread())
    }

    /// The next chunk, or how it ended.
    pub(super) async fn next<R: DeserializeOwned>(&mut self) -> Result<R, Finish> {
        let deadline = self.clock.deadline;
        let read = match timeout_at(deadline, self.read()).await {
            Ok(read) => read,
            Err(_) => Err(self.clock.timed_out()),
        };
        // What follows is this side's work, and not charged.
        let timing = self.clock.timing();
        let proven = match read {
            Ok(Some(chunk)) => {
                self.count += 1;
                return Ok(chunk);
            }
            Ok(None) => self.finish().await,
            Err(failed) => Err(failed),
        };
        let (proven, evidence) = match proven {
            Ok(evidence) => (Ok(()), evidence),
            Err(failed) => (Err(failed), None),
        };
        Err(Finish { proven, timing, evidence })
    }

    /// An end that this side makes.
    pub(super) fn broken_off(&self, failed: Failed) -> Finish {
        Finish { proven: Err(failed), timing: self.clock.timing(), evidence: None }
    }

    /// `None` at the end of the body.
    async fn read<R: DeserializeOwned>(&mut self) -> Result<Option<R>, Failed> {
        loop {
            if let Some(chunk) = self.chunks.read().map_err(failed)? {
                return Ok(Some(chunk));
            }
            let Some(frame) = self.body.frame().await else { return Ok(None) };
            let frame = frame.map_err(|error| Outcome::Unreachable { reason: causes(&error) })?;
            match frame.into_data() {
                Ok(data) => {
                    self.bytes = self.bytes.saturating_add(data.len());
                    if self.bytes > self.demands.limit_bytes {
                        return Err(Outcome::TooLarge { limit_bytes: self.demands.limit_bytes });
                    }
                    self.hasher.update(&data);
                    self.chunks.push(&data);
                    self.arrived = self.clock.timing().answering;
                    if let Some(kept) = &mut self.kept {
                        kept.extend_from_slice(&data);
                    }
                }
                Err(frame) => {
                    if let Ok(trailers) = frame.into_trailers() {
                        // Beside each other: a signature in both places is one too many, and found to be so.
                        for (name, value) in &trailers {
                            self.fields.append(name, value.clone());
                        }
                    }
                }
            }
        }
    }

    async fn finish(&mut self) -> Result<Option<Box<Evidence>>, Failed> {
        self.chunks.finish().map_err(failed)?;
        let digest = std::mem::take(&mut self.hasher).finish();
        reply::prove(&self.attempt, &self.fields, digest, &self.demands).await
    }
}

fn failed(error: ChunkError) -> Failed {
    match error {
        ChunkError::TooLarge { limit } => Outcome::TooLarge { limit_bytes: limit },
        other => Outcome::Malformed { reason: reply::one_line(&other.to_string()) },
    }
}
