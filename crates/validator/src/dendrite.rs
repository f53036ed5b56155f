//! The client side of a subnet's requests: signs, sends, and classifies what comes back.
//!
//! A signature covers one attempt, so nothing below this file may repeat, redirect or re-encode a request: the HTTP client
//! knows no redirects, proxies or decompression, its retries are off, and a repeated attempt is signed anew.
//!
//! With the feature `axon-v10` it asks axons of Bittensor SDK 10 as well (`v10.rs`), the same way but for what is signed.
//!
//! On a request's way: the address is judged (`egress.rs`); a slot of the miner's host and one of the whole are awaited
//! (`host_slots.rs`); the request is signed (`attempt.rs`) and sent (`http.rs`, `connector.rs`, `pin.rs`), again only if
//! it cannot have reached the miner; the answer is read within its bounds (`reply.rs`, `stream.rs`, `pieces.rs`), its signature verified
//! beside those of others (`verification.rs`), and only then decoded.

mod answers;
mod attempt;
mod clock;
mod connector;
mod egress;
mod endpoint;
mod host_slots;
mod http;
mod pieces;
mod pin;
mod raw;
mod reply;
mod settings;
mod stream;
#[cfg(feature = "axon-v10")]
mod v10;
mod verification;
mod wire;

pub use answers::Answers;
pub(crate) use connector::dial;
pub use egress::{EgressError, check_egress};
pub use endpoint::Endpoint;
pub(crate) use pieces::read_pieces;
pub use raw::{RawAnswer, RawRequest};
pub use settings::{DendriteSettings, MinerSchemes};
pub use stream::{StreamEnd, Streamed};

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::{HeaderMap, Response, http::Error as HttpError};
#[cfg(feature = "axon-v10")]
use subnetkit_protocol::axon_v10;
use subnetkit_protocol::btauth::{BodyDigest, NonceClock, SignError};
use subnetkit_protocol::{EncodeError, Encoding, Keypair, Synapse};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use self::attempt::Attempt;
use self::clock::Clock;
use self::connector::Route;
use self::host_slots::{HostSlot, HostSlots};
use self::http::{HttpClient, MAX_HEAD_BYTES, SendFailure};
use self::reply::{Demands, Failed, Reply};
use self::verification::Verification;
use self::wire::Wire;
use crate::answer::{Answer, Outcome, Timing};

/// Asks miners. One client, with pooled connections, for the whole process.
#[derive(Debug)]
pub struct Dendrite {
    http: HttpClient,
    hotkey: Keypair,
    nonces: NonceClock,
    slots: Arc<Semaphore>,
    hosts: Arc<HostSlots>,
    verification: Arc<Verification>,
    settings: DendriteSettings,
    #[cfg(feature = "axon-v10")]
    identities: Arc<v10::Identities>,
}

/// A request that could not be sent for reasons of this side; it says nothing about the miner.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// The request does not fit the synapse's encoding.
    #[error("the request of synapse {synapse:?} cannot be sent: {source}")]
    Encode {
        /// The synapse's name.
        synapse: &'static str,
        /// The cause.
        source: EncodeError,
    },
    /// The request cannot be signed.
    #[error(
        "the request to /{synapse} cannot be signed: {source}; a synapse name is letters, digits, `-` and `_`"
    )]
    Sign {
        /// The synapse's name.
        synapse: String,
        /// The cause.
        source: SignError,
    },
    /// The HTTP client refused the request before sending it.
    #[error("the request to /{synapse} cannot be built: {source}")]
    Build {
        /// The synapse's name.
        synapse: String,
        /// The cause.
        source: HttpError,
    },
    /// The request does not write itself as the fields that its class declares.
    #[cfg(feature = "axon-v10")]
    #[error("the request of class {synapse} cannot be written: {source}")]
    Model {
        /// The class's name.
        synapse: &'static str,
        /// The cause.
        source: axon_v10::ModelError,
    },
    /// The hotkey can't sign requests of SDK 10.
    #[cfg(feature = "axon-v10")]
    #[error("the request of class {synapse} cannot be signed: {source}")]
    SignV10 {
        /// The class's name.
        synapse: &'static str,
        /// The cause.
        source: axon_v10::SignError,
    },
}

/// A request in its wire form, ready to be signed for any number of receivers.
#[derive(Debug, Clone)]
pub struct EncodedRequest {
    bytes: Bytes,
    digest: BodyDigest,
}

impl EncodedRequest {
    /// Writes a request in its synapse's encoding.
    pub fn new<S: Synapse>(request: &S::Request) -> Result<Self, AskError> {
        let bytes =
            S::ENCODING.encode(request).map_err(|source| AskError::Encode { synapse: S::NAME, source })?;
        Ok(Self::of_bytes(bytes))
    }

    fn of_bytes(bytes: Bytes) -> Self {
        Self { digest: BodyDigest::of(&bytes), bytes }
    }

    /// The bytes that are sent, and signed by their hash.
    #[must_use]
    pub const fn bytes(&self) -> &Bytes {
        &self.bytes
    }
}

/// A request whose answer has begun, with what its attempt demands of it.
#[derive(Debug)]
struct Begun<A = Attempt> {
    attempt: A,
    response: Response<Incoming>,
    clock: Clock,
    _slots: Slots,
}

/// What a request holds while it is in flight.
type Slots = (HostSlot, Option<OwnedSemaphorePermit>);

/// A request that ended before an answer began.
#[derive(Debug)]
struct Ended {
    failed: Failed,
    timing: Timing,
}

/// What the bytes of an answer are worth as this synapse's response.
pub(crate) fn read_answer<S: Synapse>(body: &[u8], elapsed: Duration) -> Outcome<S::Response> {
    match S::RESPONSE_ENCODING.decode(body) {
        Ok(response) => Outcome::Answered { response, elapsed },
        Err(error) => Outcome::Malformed { reason: reply::one_line(&error.to_string()) },
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
            slots: Arc::new(Semaphore::new(settings.concurrency.clamp(1, Semaphore::MAX_PERMITS))),
            hosts: HostSlots::new(settings.concurrency_per_host),
            verification: Verification::new(),
            settings,
            #[cfg(feature = "axon-v10")]
            identities: Arc::default(),
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
        let hotkey = endpoint.hotkey;
        let Begun { attempt, response, clock, _slots } =
            match self.begin(&Wire::of::<S>(), endpoint, request, timeout).await? {
                Ok(begun) => begun,
                Err(Ended { failed, timing }) => {
                    let outcome = failed.map(|never| match never {});
                    return Ok(Answer { timing, ..Answer::new(hotkey, outcome) });
                }
            };
        let receiving = reply::receive(response, self.settings.max_response_bytes);
        let received = timeout_at(clock.deadline, receiving).await.unwrap_or_else(|_| Err(clock.timed_out()));
        // What follows is this side's work, and not charged.
        let timing = clock.timing();
        let Reply { content, evidence } = match received {
            Ok(received) => reply::judge(received, &attempt, &self.demands(S::RESPONSE_ENCODING)).await,
            Err(failed) => Reply { content: Err(failed), evidence: None },
        };
        let (outcome, body) = match content {
            Err(failed) => (failed.map(|never| match never {}), Bytes::new()),
            Ok(body) => (read_answer::<S>(&body, timing.answering), body),
        };
        Ok(Answer { timing, body, evidence, ..Answer::new(hotkey, outcome) })
    }

    fn demands(&self, encoding: Encoding) -> Demands {
        Demands {
            verification: Arc::clone(&self.verification),
            limit_bytes: self.settings.max_response_bytes,
            signature: self.settings.require_signed_responses,
            encoding,
        }
    }

    async fn begin(
        &self,
        wire: &Wire,
        endpoint: &Endpoint,
        request: &EncodedRequest,
        timeout: Option<Duration>,
    ) -> Result<Result<Begun, Ended>, AskError> {
        let scheme = self.settings.schemes.of(&endpoint.hotkey);
        let sign = |clock: &Clock| {
            let synapse = || wire.name().to_owned();
            let (nonce, target) = (self.nonces.next(), wire.target.clone());
            let attempt = Attempt::sign(&self.hotkey, target, request.digest, nonce, endpoint.hotkey, scheme)
                .map_err(|source| AskError::Sign { synapse: synapse(), source })?;
            let headers = attempt
                .headers(wire.sent, wire.wanted, clock.left().as_millis())
                .map_err(|source| AskError::Build { synapse: synapse(), source })?;
            Ok((attempt, wire.finish(headers), request.bytes.clone()))
        };
        self.begin_with(wire.name(), &wire.target, endpoint, timeout, sign).await
    }

    /// Waits for its turn, then sends until an attempt has reached the miner, or attempts or time run out. Every attempt
    /// is made by `sign`.
    async fn begin_with<A>(
        &self,
        synapse: &str,
        target: &str,
        endpoint: &Endpoint,
        timeout: Option<Duration>,
        sign: impl Fn(&Clock) -> Result<(A, HeaderMap, Bytes), AskError>,
    ) -> Result<Result<Begun<A>, Ended>, AskError> {
        let asked = Instant::now();
        let route = match endpoint.route(self.settings.allow_private_addresses) {
            Ok(route) => route,
            Err(reason) => {
                let failed = Outcome::NotServing { reason };
                return Ok(Err(Ended { failed, timing: Timing::default() }));
            }
        };
        // The host's slot first: who waits for a busy host holds nothing that others need.
        let host = self.hosts.acquire(route.address.ip()).await;
        // This semaphore is never closed.
        let slot = Arc::clone(&self.slots).acquire_owned().await.ok();
        let mut clock = Clock::start(asked, timeout.unwrap_or(self.settings.timeout));
        Ok(match self.send(synapse, target, &route, sign, &mut clock).await? {
            Ok((attempt, response)) => Ok(Begun { attempt, response, clock, _slots: (host, slot) }),
            Err(failed) => Err(Ended { failed, timing: clock.timing() }),
        })
    }

    async fn send<A>(
        &self,
        synapse: &str,
        target: &str,
        route: &Route,
        sign: impl Fn(&Clock) -> Result<(A, HeaderMap, Bytes), AskError>,
        clock: &mut Clock,
    ) -> Result<Result<(A, Response<Incoming>), Failed>, AskError> {
        let mut attempts = 1;
        loop {
            clock.ready = None;
            let (attempt, headers, body) = sign(clock)?;
            let sending = self.http.post(route, target, headers, body, &mut clock.ready);
            let failure = match timeout_at(clock.deadline, sending).await {
                Ok(Ok(response)) => return Ok(Ok((attempt, response))),
                Ok(Err(failure)) => failure,
                Err(_) => return Ok(Err(clock.timed_out())),
            };
            return Ok(Err(match failure {
                SendFailure::NotSent(_) if attempts < self.settings.attempts => {
                    attempts += 1;
                    continue;
                }
                SendFailure::NotSent(reason) | SendFailure::Broken(reason) => Outcome::Unreachable { reason },
                SendFailure::WrongKey(reason) => Outcome::Forged { reason },
                SendFailure::Malformed(reason) => Outcome::Malformed { reason },
                SendFailure::HeadTooLarge => Outcome::TooLarge { limit_bytes: MAX_HEAD_BYTES },
                SendFailure::Build(source) => {
                    return Err(AskError::Build { synapse: synapse.to_owned(), source });
                }
            }));
        }
    }
}
