//! Streamed answers of SDK 10: bytes as they come, in whatever form the subnet gave them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::Stream;
use futures::stream::unfold;
use http_body_util::BodyExt;
use hyper::StatusCode;
use hyper::body::Incoming;
use subnetkit_protocol::Hotkey;
use subnetkit_protocol::axon_v10::SynapseV10;
use tokio::time::timeout_at;

use super::identities::Identity;
use crate::answer::Outcome;
use crate::dendrite::http::causes;
use crate::dendrite::reply::{self, Failed};
use crate::dendrite::{AskError, Begun, Clock, Dendrite, Ended, Endpoint, Slots, StreamEnd, Streamed};

/// Where a stream stands between two events.
enum Course<S: SynapseV10> {
    Unasked { dendrite: Arc<Dendrite>, endpoint: Endpoint, request: S::Request, timeout: Option<Duration> },
    Reading(Box<Reading>),
    Over,
}

impl Dendrite {
    /// Asks one axon of SDK 10 for a streamed answer, as [`ask_stream`](Self::ask_stream) does others. The pieces are
    /// those the network made of it: neither they nor the end are proven by anybody, and a server of SDK 10 ends a
    /// stream that failed like any other.
    pub fn ask_stream_v10<S: SynapseV10>(
        self: &Arc<Self>,
        endpoint: Endpoint,
        request: S::Request,
        timeout: Option<Duration>,
    ) -> impl Stream<Item = Result<Streamed<Bytes>, AskError>> + Send + 'static + use<S> {
        let unasked = Course::<S>::Unasked { dendrite: Arc::clone(self), endpoint, request, timeout };
        unfold(unasked, |course| async move {
            let mut reading = match course {
                Course::Over => return None,
                Course::Reading(reading) => reading,
                Course::Unasked { dendrite, endpoint, request, timeout } => {
                    match dendrite.begin_stream_v10::<S>(&endpoint, &request, timeout).await {
                        Ok(Ok(reading)) => reading,
                        Ok(Err(ended)) => return Some((Ok(Streamed::Ended(ended)), Course::Over)),
                        Err(error) => return Some((Err(error), Course::Over)),
                    }
                }
            };
            Some(match reading.next().await {
                Ok(chunk) => (Ok(Streamed::Chunk(chunk)), Course::Reading(reading)),
                Err(failed) => (Ok(Streamed::Ended(reading.end(failed))), Course::Over),
            })
        })
    }

    async fn begin_stream_v10<S: SynapseV10>(
        &self,
        endpoint: &Endpoint,
        request: &S::Request,
        timeout: Option<Duration>,
    ) -> Result<Result<Box<Reading>, StreamEnd>, AskError> {
        let hotkey = endpoint.hotkey;
        let (identity, begun) = self.begin_v10::<S>(endpoint, request, timeout).await?;
        let Begun { response, clock, _slots, attempt: () } = match begun {
            Ok(begun) => begun,
            Err(Ended { failed, timing }) => {
                let outcome = failed.map(|never| match never {});
                return Ok(Err(StreamEnd { hotkey, outcome, timing, evidence: None }));
            }
        };
        let (head, body) = response.into_parts();
        let (left, identity) = (self.settings.max_response_bytes, Some(identity));
        let reading = Reading { hotkey, clock, body, left, limit: left, count: 0, identity, _slots };
        if head.status != StatusCode::OK {
            let Reading { body, clock, identity, .. } = reading;
            let refusing =
                async { reply::refused(head.status, &head.headers, &reply::beginning(body).await) };
            let failed = timeout_at(clock.deadline, refusing).await.unwrap_or_else(|_| clock.timed_out());
            identity.into_iter().for_each(Identity::give_back);
            let outcome = failed.map(|never| match never {});
            return Ok(Err(StreamEnd { hotkey, outcome, timing: clock.timing(), evidence: None }));
        }
        if let Err(failed) = reply::check_packing(&head.headers) {
            let outcome = failed.map(|never| match never {});
            return Ok(Err(StreamEnd { hotkey, outcome, timing: reading.clock.timing(), evidence: None }));
        }
        Ok(Ok(Box::new(reading)))
    }
}

/// A stream that has begun.
struct Reading {
    hotkey: Hotkey,
    clock: Clock,
    body: Incoming,
    left: usize,
    limit: usize,
    count: u64,
    identity: Option<Identity>,
    _slots: Slots,
}

impl Reading {
    /// The next piece; `Err(None)` at the end of the body.
    async fn next(&mut self) -> Result<Bytes, Option<Failed>> {
        loop {
            let frame = match timeout_at(self.clock.deadline, self.body.frame()).await {
                Err(_) => return Err(Some(self.clock.timed_out())),
                Ok(None) => return Err(None),
                Ok(Some(Err(error))) => return Err(Some(Outcome::Unreachable { reason: causes(&error) })),
                Ok(Some(Ok(frame))) => frame,
            };
            let Ok(data) = frame.into_data() else { continue };
            if data.is_empty() {
                continue;
            }
            let too_large = Outcome::TooLarge { limit_bytes: self.limit };
            self.left = self.left.checked_sub(data.len()).ok_or(Some(too_large))?;
            self.count += 1;
            return Ok(data);
        }
    }

    fn end(&mut self, failed: Option<Failed>) -> StreamEnd {
        let timing = self.clock.timing();
        let outcome = match failed {
            Some(failed) => failed.map(|never| match never {}),
            None => {
                self.identity.take().into_iter().for_each(Identity::give_back);
                Outcome::Answered { response: self.count, elapsed: timing.answering }
            }
        };
        StreamEnd { hotkey: self.hotkey, outcome, timing, evidence: None }
    }
}
