//! The client side of a subnet's requests: signs, sends, and classifies what comes back.
//!
//! A signature covers one attempt, so nothing below this file may repeat, redirect or re-encode a request: retries of
//! the HTTP library, redirects, proxies and decompression are off, and a repeated attempt is signed anew.

mod egress;
mod reply;

pub use egress::{EgressError, check_egress};

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use reqwest::redirect::Policy;
use subnetkit_protocol::btauth::{self, NonceClock};
use subnetkit_protocol::{Hotkey, Keypair, Synapse};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::answer::Outcome;

/// Idle connections are dropped before the usual keep-alive limits of servers, which would close them under a request.
const POOL_IDLE: Duration = Duration::from_secs(4);

/// The bounds of outgoing requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DendriteLimits {
    /// Longest wait for a whole answer.
    pub timeout: Duration,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Attempts per request. Only one that never reached the miner is repeated.
    pub attempts: u32,
    /// Most requests in flight.
    pub concurrency: usize,
    /// Largest answer read.
    pub max_response_bytes: usize,
    /// Whether private and loopback addresses are dialled.
    pub allow_private_addresses: bool,
}

/// Asks miners. One client, with pooled connections, for the whole process.
#[derive(Debug)]
pub struct Dendrite {
    client: reqwest::Client,
    hotkey: Keypair,
    nonces: NonceClock,
    slots: Semaphore,
    limits: DendriteLimits,
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
        source: reqwest::Error,
    },
    /// The HTTP client could not be set up.
    #[error("the HTTP client cannot be set up: {0}")]
    Client(#[source] reqwest::Error),
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
}

impl Dendrite {
    /// A client that signs with `hotkey`.
    pub fn new(hotkey: Keypair, limits: DendriteLimits) -> Result<Self, AskError> {
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .http1_only()
            .tcp_nodelay(true)
            .pool_idle_timeout(POOL_IDLE)
            .pool_max_idle_per_host(1)
            .connect_timeout(limits.connect_timeout)
            .user_agent(concat!("subnetkit/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(AskError::Client)?;
        let slots = Semaphore::new(limits.concurrency.clamp(1, Semaphore::MAX_PERMITS));
        Ok(Self { client, hotkey, nonces: NonceClock::new(), slots, limits })
    }

    /// Asks one miner and says what happened. `timeout` replaces the configured one; it starts when the request
    /// leaves the queue, so a miner is not charged for this side's limit on concurrency.
    pub async fn ask<S: Synapse>(
        &self,
        receiver: &Hotkey,
        axon: SocketAddr,
        request: &EncodedRequest,
        timeout: Option<Duration>,
    ) -> Result<Outcome<S::Response>, AskError> {
        if let Err(refused) = check_egress(axon, self.limits.allow_private_addresses) {
            return Ok(Outcome::NotServing { reason: refused.to_string() });
        }
        // The semaphore lives as long as `self` and is never closed.
        let _slot = self.slots.acquire().await.ok();
        let timeout = timeout.unwrap_or(self.limits.timeout);
        let deadline = Instant::now() + timeout;
        let mut attempt = 1;
        loop {
            let started = Instant::now();
            let sending = self.send::<S>(receiver, axon, request)?;
            let Ok(sent) = timeout_at(deadline, sending).await else {
                return Ok(Outcome::TimedOut { after: timeout });
            };
            match sent {
                Ok(response) => {
                    let reading =
                        reply::read::<S::Response>(response, started, self.limits.max_response_bytes);
                    return Ok(timeout_at(deadline, reading)
                        .await
                        .unwrap_or(Outcome::TimedOut { after: timeout }));
                }
                Err(error) if error.is_connect() && attempt < self.limits.attempts => attempt += 1,
                Err(error) => return Ok(Outcome::Unreachable { reason: reply::causes(&error) }),
            }
        }
    }

    /// Signs and starts one attempt.
    fn send<S: Synapse>(
        &self,
        receiver: &Hotkey,
        axon: SocketAddr,
        request: &EncodedRequest,
    ) -> Result<impl Future<Output = Result<reqwest::Response, reqwest::Error>> + use<S>, AskError> {
        let target = S::path();
        let unsigned = btauth::Unsigned {
            method: "POST",
            target: &target,
            body: &request.0,
            receiver: Some(receiver),
            nonce: self.nonces.next(),
        };
        let headers = btauth::sign(&self.hotkey, &unsigned)
            .map_err(|error| AskError::Sign { synapse: S::NAME, reason: error.to_string() })?;
        let mut builder = self
            .client
            .post(format!("http://{axon}{target}"))
            .header(reqwest::header::CONTENT_TYPE, "application/json")
            .header(reqwest::header::ACCEPT, "application/json")
            .body(request.0.clone());
        for (name, value) in headers {
            builder = builder.header(name, value);
        }
        let request = builder.build().map_err(|source| AskError::Build { synapse: S::NAME, source })?;
        Ok(self.client.execute(request))
    }
}
