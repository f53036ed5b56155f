//! The client side of a subnet's requests: signs, sends, and classifies what comes back.
//!
//! A signature covers one attempt, so nothing below this file may repeat, redirect or re-encode a request: the HTTP client
//! knows no redirects, proxies or decompression, its retries are off, and a repeated attempt is signed anew.
//!
//! On a request's way: the address is judged (`egress.rs`), a slot of the miner's host and one of the whole are awaited,
//! the request is signed and sent (`http.rs`, `connector.rs`), the answer is read within its bounds (`reply.rs`).

mod answers;
mod connector;
mod egress;
mod endpoint;
mod host_slots;
mod http;
mod pin;
mod reply;
mod settings;

pub use answers::Answers;
pub use egress::{EgressError, check_egress};
pub use endpoint::Endpoint;
pub use pin::{Pin, PinError, PinTextError};
pub use settings::{DendriteSettings, MinerSchemes};

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Response, http::Error as HttpError};
use subnetkit_protocol::btauth::{self, NonceClock};
use subnetkit_protocol::{Keypair, Synapse};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use self::host_slots::HostSlots;
use self::http::{HttpClient, MAX_HEAD_BYTES, SendFailure};
use crate::answer::{Answer, Outcome, Timing};

/// What stands in for a deadline that the clock cannot express.
const FAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// Asks miners. One client, with pooled connections, for the whole process.
#[derive(Debug)]
pub struct Dendrite {
    http: HttpClient,
    hotkey: Keypair,
    nonces: NonceClock,
    slots: Semaphore,
    hosts: Arc<HostSlots>,
    settings: DendriteSettings,
}

/// A request that could not be sent for reasons of this side; it says nothing about the miner.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// The request has no JSON form.
    #[error("the request of synapse {synapse:?} cannot be written as JSON: {source}")]
    Encode {
        /// The synapse's name.
        synapse: &'static str,
        /// The cause.
        source: serde_json::Error,
    },
    /// The request cannot be signed.
    #[error(
        "the request to /{synapse} cannot be signed: {reason}; a synapse name is letters, digits, `-` and `_`"
    )]
    Sign {
        /// The synapse's name.
        synapse: &'static str,
        /// The cause.
        reason: String,
    },
    /// The HTTP client refused the request before sending it.
    #[error("the request to /{synapse} cannot be built: {source}")]
    Build {
        /// The synapse's name.
        synapse: &'static str,
        /// The cause.
        source: HttpError,
    },
}

/// A request in its wire form, ready to be signed for any number of receivers.
#[derive(Debug, Clone)]
pub struct EncodedRequest(Bytes);

impl EncodedRequest {
    /// Writes a request as JSON.
    pub fn new<S: Synapse>(request: &S::Request) -> Result<Self, AskError> {
        serde_json::to_vec(request)
            .map(|json| Self(json.into()))
            .map_err(|source| AskError::Encode { synapse: S::NAME, source })
    }

    /// The bytes that are sent, and signed by their hash.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.0
    }
}

/// The clock of one request.
#[derive(Debug)]
struct Clock {
    asked: Instant,
    /// When the request left this side's queues.
    started: Instant,
    ready: Option<Instant>,
    timeout: Duration,
    deadline: Instant,
}

impl Clock {
    fn start(asked: Instant, timeout: Duration) -> Self {
        let started = Instant::now();
        let deadline = started.checked_add(timeout).unwrap_or(started + FAR);
        Self { asked, started, ready: None, timeout, deadline }
    }

    /// The time up to now.
    fn timing(&self) -> Timing {
        let now = Instant::now();
        let ready = self.ready.unwrap_or(now);
        Timing { queued: self.started - self.asked, connecting: ready - self.started, answering: now - ready }
    }

    const fn timed_out<R>(&self) -> Outcome<R> {
        Outcome::TimedOut { after: self.timeout }
    }
}

impl Dendrite {
    /// A client that signs with `hotkey`.
    #[must_use]
    pub fn new(hotkey: Keypair, settings: DendriteSettings) -> Self {
        Self {
            http: HttpClient::new(settings.connect_timeout),
            hotkey,
            nonces: NonceClock::new(),
            slots: Semaphore::new(settings.concurrency.clamp(1, Semaphore::MAX_PERMITS)),
            hosts: HostSlots::new(settings.concurrency_per_host),
            settings,
        }
    }

    /// Asks one miner and says what happened. `timeout` replaces the configured one; it starts when the request
    /// leaves the queue, so a miner is not charged for this side's limits on concurrency.
    pub async fn ask<S: Synapse>(
        &self,
        endpoint: &Endpoint,
        request: &EncodedRequest,
        timeout: Option<Duration>,
    ) -> Result<Answer<S>, AskError> {
        let asked = Instant::now();
        let route = match endpoint.route(self.settings.allow_private_addresses) {
            Ok(route) => route,
            Err(reason) => return Ok(Answer::new(endpoint.hotkey, Outcome::NotServing { reason })),
        };
        // The host's slot first: who waits for a busy host holds nothing that others need.
        let _host = self.hosts.acquire(route.address.ip()).await;
        // The semaphore lives as long as `self` and is never closed.
        let _slot = self.slots.acquire().await.ok();
        let mut clock = Clock::start(asked, timeout.unwrap_or(self.settings.timeout));
        let read = match self.send::<S>(endpoint, &route, request, &mut clock).await? {
            Ok(response) => {
                let reading = reply::read(response, self.settings.max_response_bytes);
                timeout_at(clock.deadline, reading).await.unwrap_or_else(|_| Err(clock.timed_out()))
            }
            Err(failed) => Err(failed),
        };
        let timing = clock.timing();
        let outcome = match read {
            Err(failed) => failed.map(|never| match never {}),
            Ok(body) => match serde_json::from_slice(&body) {
                Ok(response) => Outcome::Answered { response, elapsed: timing.answering },
                Err(error) => Outcome::Malformed { reason: error.to_string() },
            },
        };
        Ok(Answer { hotkey: endpoint.hotkey, outcome, timing })
    }

    /// Signs and sends until an attempt has reached the miner, attempts or time run out; gives the head of the answer.
    async fn send<S: Synapse>(
        &self,
        endpoint: &Endpoint,
        route: &connector::Route,
        request: &EncodedRequest,
        clock: &mut Clock,
    ) -> Result<Result<Response<Incoming>, Outcome<Infallible>>, AskError> {
        let target = S::path();
        let mut attempt = 1;
        loop {
            clock.ready = None;
            let headers = self.sign::<S>(endpoint, &target, request)?;
            let sending = self.http.post(route, &target, headers, request.0.clone(), &mut clock.ready);
            let failure = match timeout_at(clock.deadline, sending).await {
                Ok(Ok(response)) => return Ok(Ok(response)),
                Ok(Err(failure)) => failure,
                Err(_) => return Ok(Err(clock.timed_out())),
            };
            return Ok(Err(match failure {
                SendFailure::NotSent(_) if attempt < self.settings.attempts => {
                    attempt += 1;
                    continue;
                }
                SendFailure::NotSent(reason) | SendFailure::Broken(reason) => Outcome::Unreachable { reason },
                SendFailure::WrongKey(reason) => Outcome::Forged { reason },
                SendFailure::Malformed(reason) => Outcome::Malformed { reason },
                SendFailure::HeadTooLarge => Outcome::TooLarge { limit_bytes: MAX_HEAD_BYTES },
                SendFailure::Build(source) => return Err(AskError::Build { synapse: S::NAME, source }),
            }));
        }
    }

    /// The headers of one attempt.
    fn sign<S: Synapse>(
        &self,
        endpoint: &Endpoint,
        target: &str,
        request: &EncodedRequest,
    ) -> Result<HeaderMap, AskError> {
        let unsigned = btauth::Unsigned {
            method: "POST",
            target,
            body: &request.0,
            receiver: Some(&endpoint.hotkey),
            nonce: self.nonces.next(),
        };
        let signed = btauth::sign(&self.hotkey, &unsigned)
            .map_err(|error| AskError::Sign { synapse: S::NAME, reason: error.to_string() })?;
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
        for (name, value) in signed {
            let value = HeaderValue::try_from(value)
                .map_err(|error| AskError::Build { synapse: S::NAME, source: error.into() })?;
            headers.insert(HeaderName::from_static(name), value);
        }
        Ok(headers)
    }
}
