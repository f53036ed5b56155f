//! Requests without a synapse: any target, any body, as a person writes them by hand.
//!
//! They are signed, sent, bounded and judged as all others; only nobody knows what the bytes mean.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use subnetkit_protocol::btauth::Evidence;
use subnetkit_protocol::{Encoding, Hotkey};
use tokio::time::timeout_at;

use super::reply::{self, Reply};
use super::wire::{Seen, Wire};
use super::{AskError, Begun, Dendrite, EncodedRequest, Ended, Endpoint, Streamed};
use crate::answer::{Outcome, Timing};

/// A request whose meaning only its sender knows.
#[derive(Clone)]
#[must_use = "a request is sent by `Dendrite::ask_raw` or `Dendrite::stream_raw`"]
pub struct RawRequest {
    target: String,
    body: Bytes,
    sent: Encoding,
    wanted: Encoding,
    headers: Vec<(String, String)>,
    seen: Option<Seen>,
}

impl std::fmt::Debug for RawRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawRequest").field("target", &self.target).finish_non_exhaustive()
    }
}

impl RawRequest {
    /// A request to a target such as `/matmul`, whose body is these bytes in this encoding; the answer is wanted in the
    /// same.
    pub fn new(target: impl Into<String>, sent: Encoding, body: impl Into<Bytes>) -> Self {
        Self { target: target.into(), body: body.into(), sent, wanted: sent, headers: Vec::new(), seen: None }
    }

    /// Wants the answer in another encoding.
    pub const fn wanting(mut self, wanted: Encoding) -> Self {
        self.wanted = wanted;
        self
    }

    /// Sends another header, unsigned. It replaces none that the protocol has.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Shows the protocol's headers, by name and value, before every attempt. They hold no secret.
    pub fn seen_by(mut self, seen: impl Fn(&[(String, String)]) + Send + Sync + 'static) -> Self {
        self.seen = Some(Arc::new(move |headers| seen(&fields(headers))));
        self
    }

    fn into_wire(self) -> Result<(Wire, EncodedRequest), AskError> {
        let Self { target, body, sent, wanted, headers, seen } = self;
        let mut wire = Wire { target, sent, wanted, more: Vec::with_capacity(headers.len()), seen };
        for (name, value) in headers {
            let build = |source| AskError::Build { synapse: wire.name().to_owned(), source };
            let name = HeaderName::try_from(name).map_err(|error| build(error.into()))?;
            let value = HeaderValue::try_from(value).map_err(|error| build(error.into()))?;
            wire.more.push((name, value));
        }
        Ok((wire, EncodedRequest::of_bytes(body)))
    }
}

/// What came back from a [`RawRequest`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RawAnswer {
    /// Who was asked.
    pub hotkey: Hotkey,
    /// The HTTP status, if there was an answer at all.
    pub status: Option<u16>,
    /// The headers of that, by name and value; what is no text is shown as such.
    pub headers: Vec<(String, String)>,
    /// What happened. [`Outcome::Answered`] says that the bytes are the miner's, not that they mean anything.
    pub outcome: Outcome<()>,
    /// When.
    pub timing: Timing,
    /// The bytes of an answer; empty where there is none.
    pub body: Bytes,
    /// As for [`Answer::evidence`](crate::Answer::evidence).
    pub evidence: Option<Box<Evidence>>,
}

impl Dendrite {
    /// Asks one miner, as [`ask`](Self::ask) does.
    ///
    /// # Errors
    /// [`AskError`]: a target that can't be signed, or a header that can't be sent.
    pub async fn ask_raw(
        &self,
        endpoint: &Endpoint,
        request: RawRequest,
        timeout: Option<Duration>,
    ) -> Result<RawAnswer, AskError> {
        let hotkey = endpoint.hotkey;
        let (wire, encoded) = request.into_wire()?;
        let Begun { attempt, response, clock, _slots } =
            match self.begin(&wire, endpoint, &encoded, timeout).await? {
                Ok(begun) => begun,
                Err(Ended { failed, timing }) => {
                    let outcome = failed.map(|never| match never {});
                    let (body, headers) = (Bytes::new(), Vec::new());
                    return Ok(RawAnswer {
                        hotkey,
                        status: None,
                        headers,
                        outcome,
                        timing,
                        body,
                        evidence: None,
                    });
                }
            };
        let (status, headers) = (Some(response.status().as_u16()), fields(response.headers()));
        let receiving = reply::receive(response, self.settings.max_response_bytes);
        let received = timeout_at(clock.deadline, receiving).await.unwrap_or_else(|_| Err(clock.timed_out()));
        let timing = clock.timing();
        let Reply { content, evidence } = match received {
            Ok(received) => reply::judge(received, &attempt, &self.demands(wire.wanted)).await,
            Err(failed) => Reply { content: Err(failed), evidence: None },
        };
        let (outcome, body) = match content {
            Ok(body) => (Outcome::Answered { response: (), elapsed: timing.answering }, body),
            Err(failed) => (failed.map(|never| match never {}), Bytes::new()),
        };
        Ok(RawAnswer { hotkey, status, headers, outcome, timing, body, evidence })
    }

    /// Asks one miner for a streamed answer, as [`ask_stream`](Self::ask_stream) does, and reads its chunks as any type.
    ///
    /// # Errors
    /// As [`ask_raw`](Self::ask_raw), also for what is given by the stream.
    pub fn stream_raw<R: DeserializeOwned + Send + 'static>(
        self: &Arc<Self>,
        endpoint: Endpoint,
        request: RawRequest,
        timeout: Option<Duration>,
    ) -> Result<impl Stream<Item = Result<Streamed<R>, AskError>> + Send + 'static + use<R>, AskError> {
        let (wire, encoded) = request.into_wire()?;
        Ok(self.stream(wire, endpoint, encoded, timeout))
    }
}

fn fields(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect()
}
