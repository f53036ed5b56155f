//! Authentication: the layer that turns a request into a proven caller and the bytes that caller signed.
//!
//! What costs least is asked first: size, headers, and whether the claimed hotkey is served at all, before a byte of the
//! body is read; the signature over the raw body, before anything parses it. A nonce is recorded only for a request that
//! proved itself and whose caller is admitted: keys are free to make, so a memory that strangers could write to would be
//! theirs to fill.

use std::{sync::Arc, time::Duration};

use axum::{
    body::Body,
    extract::{Request, State},
    http::request::Parts,
    middleware::Next,
    response::{IntoResponse, Response},
};
use subnetkit_protocol::{
    Hotkey,
    btauth::{
        AuthError, AuthErrorKind, Claims, ConfigError, Policy, ReplaySettings, ReplayStore, Verifier, now_ns,
    },
};
use tokio::time::Instant;

use crate::{
    MinerConfig,
    body::{BodyReader, ReadBody},
    limit::{Admitted, Doorkeeper},
    rejection::{Outcome, Rejection},
};

/// Who sent the request, by its signature, and by when an answer is due. The layers behind find it in the extensions.
#[derive(Clone, Copy)]
pub(crate) struct Proven {
    pub(crate) caller: Hotkey,
    pub(crate) deadline: Instant,
    /// When the caller signed: Unix time in nanoseconds.
    #[allow(dead_code, reason = "for the layers that sign answers")]
    pub(crate) nonce: u128,
    /// The signature that proved it.
    pub(crate) signature: [u8; 64],
}

pub(crate) struct Authenticator {
    pub(crate) verifier: Verifier,
    pub(crate) door: Doorkeeper,
    pub(crate) bodies: BodyReader,
    pub(crate) request_timeout: Duration,
}

/// The bounds of a memory of nonces.
pub(crate) fn replay_settings(config: &MinerConfig) -> ReplaySettings {
    ReplaySettings {
        // A nonce is judged before the body is read and recorded after it.
        retention: config.signature_max_age + config.signature_allowed_skew + config.body_timeout,
        max_entries: config.replay_capacity,
        max_entries_per_sender: config.replay_capacity_per_hotkey,
        not_before_ns: (!config.accept_signed_before_start).then(now_ns),
    }
}

impl Authenticator {
    pub(crate) fn new(own: Hotkey, door: Doorkeeper, config: &MinerConfig) -> Result<Self, ConfigError> {
        let policy = Policy {
            max_age: config.signature_max_age,
            allowed_skew: config.signature_allowed_skew,
            ..Policy::new(own)
        };
        let replay = ReplayStore::new(replay_settings(config))?;
        Ok(Self {
            verifier: Verifier::new(policy, replay)?,
            door,
            bodies: BodyReader::new(config),
            request_timeout: config.request_timeout,
        })
    }

    /// What can be known without the body: that its declared size is bearable, that the headers make a fresh claim
    /// addressed to this axon, and that the hotkey they claim is one this miner serves.
    fn judge_head(&self, parts: &Parts, body: &Body) -> Result<(Claims, String, Admitted), Rejection> {
        // The target as it came over the wire: routers decode it, and the caller signed it undecoded.
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        if !target.bytes().all(|byte| byte.is_ascii_graphic()) {
            let message = "the request target has bytes outside printable ASCII; percent-encode them";
            return Err(Rejection::new(Outcome::MalformedTarget, message));
        }
        self.bodies.judge_declared_size(body)?;
        let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let claims = self.verifier.parse(headers, now_ns()).map_err(|error| refused(&error))?;
        let admitted = self.door.admit(&claims.sender)?;
        Ok((claims, target.to_owned(), admitted))
    }

    async fn prove(&self, parts: &mut Parts, body: &mut Body) -> Result<(), Rejection> {
        let (claims, target, admitted) = self.judge_head(parts, body)?;
        let body = self.bodies.read(body).await?;
        self.verifier
            .prove(&claims, parts.method.as_str(), &target, &body.digest, now_ns())
            .map_err(|error| refused(&error))?;
        let deadline = Instant::now() + self.request_timeout;
        let proven =
            Proven { caller: claims.sender, deadline, nonce: claims.nonce, signature: *claims.signature() };
        parts.extensions.insert(proven);
        parts.extensions.insert(admitted);
        parts.extensions.insert::<ReadBody>(body);
        Ok(())
    }
}

/// The layer.
pub(crate) async fn authenticate(
    State(authenticator): State<Arc<Authenticator>>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, mut body) = request.into_parts();
    match authenticator.prove(&mut parts, &mut body).await {
        Ok(()) => next.run(Request::from_parts(parts, Body::empty())).await,
        Err(rejection) => {
            authenticator.bodies.linger(body);
            rejection.into_response()
        }
    }
}

/// Behind [`authenticate`] the caller is always known; a stack assembled without that layer refuses everybody.
pub(crate) fn proven(request: &Request) -> Result<Proven, Rejection> {
    request
        .extensions()
        .get::<Proven>()
        .copied()
        .ok_or_else(|| Rejection::new(Outcome::Unauthenticated, "the request was not authenticated"))
}

pub(crate) fn refused(error: &AuthError) -> Rejection {
    let (outcome, retry_after) = match error.kind() {
        AuthErrorKind::MalformedAuth => (Outcome::MalformedAuth, None),
        AuthErrorKind::WrongReceiver => (Outcome::WrongReceiver, None),
        AuthErrorKind::StaleRequest => (Outcome::StaleRequest, None),
        AuthErrorKind::BadSignature => (Outcome::BadSignature, None),
        AuthErrorKind::ReplayedRequest => (Outcome::ReplayedRequest, None),
        AuthErrorKind::SenderFlooding => (Outcome::RateLimited, Some(MEMORY_FULL_RETRY)),
        AuthErrorKind::ReplayStoreFull => (Outcome::Busy, Some(MEMORY_FULL_RETRY)),
        _ => (Outcome::Unauthenticated, None),
    };
    let rejection = Rejection::new(outcome, error.to_string());
    match retry_after {
        Some(wait) => rejection.retry_after(wait),
        None => rejection,
    }
}

/// Nonces are forgotten one by one, so there is soon a little room again.
const MEMORY_FULL_RETRY: Duration = Duration::from_secs(1);
