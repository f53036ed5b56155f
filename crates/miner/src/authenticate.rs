//! Authentication: the step that turns a request into a proven caller and the bytes that caller signed.
//!
//! What costs least is asked first: size, headers, and whether the claimed hotkey is served at all, before a byte of the
//! body is read; the signature over the raw body, before anything parses it. A nonce is recorded only for a request that
//! proved itself and whose caller is admitted: keys are free to make, so a memory that strangers could write to would be
//! theirs to fill.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, request::Parts},
    response::Response,
};
use subnetkit_protocol::{
    Hotkey, Scheme,
    btauth::{self, AuthError, AuthErrorKind, NonceMemory, Policy, now_ns},
};
use tokio::time::Instant;

use crate::{
    BindError, MinerConfig,
    body::{BodyReader, ReadBody},
    doorstep::Doorstep,
    limit::Doorkeeper,
    proven::Proven,
    rejection::{Outcome, Rejection},
    replay,
    step::{Next, Step},
    verification::Signed,
};

/// What is asked of every request before anything is done for it. The steps that protocols share are fields of their own.
pub(crate) struct Authenticator {
    pub(crate) policy: Policy,
    pub(crate) doorstep: Doorstep,
    pub(crate) door: Doorkeeper,
    pub(crate) bodies: BodyReader,
    pub(crate) request_timeout: Duration,
    memory: Arc<dyn NonceMemory>,
}

impl Authenticator {
    pub(crate) async fn new(own: Hotkey, door: Doorkeeper, config: &MinerConfig) -> Result<Self, BindError> {
        let other = match config.caller_scheme {
            Scheme::Sr25519 => Scheme::Ed25519,
            Scheme::Ed25519 => Scheme::Sr25519,
        };
        let policy = Policy {
            max_age: config.signature_max_age,
            allowed_skew: config.signature_allowed_skew,
            expected_scheme: Some(config.caller_scheme),
            schemes: config.callers_of_other_scheme.iter().map(|hotkey| (*hotkey, other)).collect(),
            ..Policy::new(own)
        };
        Ok(Self {
            policy,
            doorstep: Doorstep::new(config).map_err(BindError::Threads)?,
            door,
            bodies: BodyReader::new(config),
            request_timeout: config.request_timeout,
            memory: replay::memory(&own, "btauth", config).await?,
        })
    }

    /// What costs least is asked first, and nothing is remembered of a request before its signature holds. Requests with
    /// several faults are told the first in the protocol's own order, so of a used nonce only an exact copy is told before
    /// the signature is looked at: its signature holds.
    async fn prove(&self, parts: &mut Parts, body: &mut Body) -> Result<(), Rejection> {
        // The target as it came over the wire: routers decode it, and the caller signed it undecoded.
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        if !btauth::is_signable(target) {
            let message = "the request target has bytes outside printable ASCII; percent-encode them";
            return Err(Rejection::new(Outcome::MalformedTarget, message));
        }
        self.bodies.judge_declared_size(body)?;
        let is_served = |hotkey: &Hotkey| self.door.admit(hotkey).is_ok();
        let visit = self.doorstep.enter(&parts.extensions, || claimed(&parts.headers), is_served)?;
        let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let claims = btauth::parse(headers, &self.policy, now_ns()).map_err(|error| refused(&error))?;
        let admitted = self.door.admit(&claims.sender)?;
        let visitor = self.doorstep.recognise(visit, claims.sender);

        let body = self.bodies.read(body, visitor.who).await?;
        let message = claims
            .payload(parts.method.as_str(), target, &body.digest)
            .ok_or_else(|| refused(&AuthError::bad_signature()))?;
        let attempt = claims.attempt(&message);
        if self.memory.is_copy(&attempt) {
            return Err(refused(&AuthError::replayed()));
        }
        let (caller, signature) = (claims.sender, *claims.signature());
        let signed = Signed { scheme: claims.scheme, account: caller, message, signature };
        if !self.doorstep.verify(&visitor, signed).await? {
            return Err(refused(&AuthError::bad_signature()));
        }
        self.memory.record(&attempt, now_ns()).await.map_err(|error| refused(&error))?;
        self.doorstep.welcome(visitor);

        let deadline = Instant::now() + self.request_timeout;
        parts.extensions.insert(Proven { caller, deadline, signature });
        parts.extensions.insert(admitted);
        parts.extensions.insert::<ReadBody>(body);
        Ok(())
    }
}

/// The hotkey that a request claims to be of, whatever else is wrong with it.
fn claimed(headers: &HeaderMap) -> Option<Hotkey> {
    headers.get(btauth::HOTKEY)?.to_str().ok()?.parse().ok()
}

impl Step for Authenticator {
    async fn pass(&self, request: Request, next: impl Next) -> Result<Response, Rejection> {
        let (mut parts, mut body) = request.into_parts();
        if let Err(rejection) = self.prove(&mut parts, &mut body).await {
            self.bodies.linger(body);
            return Err(rejection);
        }
        Ok(next.run(Request::from_parts(parts, Body::empty())).await)
    }
}

pub(crate) fn refused(error: &AuthError) -> Rejection {
    let (outcome, retry_after) = match error.kind() {
        AuthErrorKind::MalformedAuth => (Outcome::MalformedAuth, None),
        AuthErrorKind::WrongReceiver => (Outcome::WrongReceiver, None),
        AuthErrorKind::StaleRequest => (Outcome::StaleRequest, None),
        AuthErrorKind::BadSignature => (Outcome::BadSignature, None),
        AuthErrorKind::ReplayedRequest => (Outcome::ReplayedRequest, None),
        AuthErrorKind::SenderFlooding => (Outcome::RateLimited, Some(MEMORY_RETRY)),
        AuthErrorKind::ReplayStoreFull => (Outcome::Busy, Some(MEMORY_RETRY)),
        AuthErrorKind::MemoryUnavailable => (Outcome::MemoryUnavailable, Some(MEMORY_RETRY)),
        _ => (Outcome::Unauthenticated, None),
    };
    let rejection = Rejection::new(outcome, error.to_string());
    match retry_after {
        Some(wait) => rejection.retry_after(wait),
        None => rejection,
    }
}

/// Nonces are forgotten one by one, so there is soon a little room again; and what fails may work again any moment.
const MEMORY_RETRY: Duration = Duration::from_secs(1);
