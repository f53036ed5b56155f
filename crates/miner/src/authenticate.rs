//! Authentication: the layer that turns a request into a proven caller and the bytes that caller signed.
//!
//! Size and headers are judged before a byte of the body is read; the signature is checked over the raw body before
//! anything parses it. A nonce is recorded only for a request that proved itself and whose caller is admitted: keys are
//! free to make, so a memory that strangers could write to would be theirs to fill.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, HttpBody},
    extract::{Request, State},
    http::request::Parts,
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use subnetkit_protocol::{
    Hotkey,
    btauth::{
        AuthError, AuthErrorKind, BodyDigest, Claims, ConfigError, Policy, ReplaySettings, ReplayStore,
        Verifier, now_ns,
    },
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};

use crate::{
    MinerConfig,
    rejection::{Outcome, Rejection},
};

/// Who sent the request, by its signature, and by when an answer is due. The layers behind find it in the extensions.
#[derive(Clone, Copy)]
pub(crate) struct Proven {
    pub(crate) caller: Hotkey,
    pub(crate) deadline: Instant,
    nonce: u128,
}

/// The body that was signed, with its share of the memory budget.
#[derive(Clone)]
pub(crate) struct SignedBody {
    pub(crate) bytes: Bytes,
    _memory: Arc<Option<OwnedSemaphorePermit>>,
}

pub(crate) struct Authenticator {
    verifier: Verifier,
    body_limit: usize,
    body_timeout: Duration,
    body_memory: Arc<Semaphore>,
    linger_bytes: usize,
    linger_timeout: Duration,
    request_timeout: Duration,
}

impl Authenticator {
    pub(crate) fn new(own: Hotkey, config: &MinerConfig) -> Result<Self, ConfigError> {
        let policy = Policy {
            max_age: config.signature_max_age,
            allowed_skew: config.signature_allowed_skew,
            ..Policy::new(own)
        };
        let replay = ReplayStore::new(ReplaySettings {
            // A nonce is judged before the body is read and recorded after it.
            retention: policy.max_age + policy.allowed_skew + config.body_timeout,
            max_entries: config.replay_capacity,
            max_entries_per_sender: config.replay_capacity_per_hotkey,
            not_before_ns: (!config.accept_signed_before_start).then(now_ns),
        })?;
        Ok(Self {
            verifier: Verifier::new(policy, replay)?,
            body_limit: config.body_limit,
            body_timeout: config.body_timeout,
            body_memory: Arc::new(Semaphore::new(config.body_memory)),
            linger_bytes: config.linger_bytes,
            linger_timeout: config.linger_timeout,
            request_timeout: config.request_timeout,
        })
    }

    /// What can be known without the body: that its declared size is bearable and that the headers make a fresh claim
    /// addressed to this axon.
    fn judge_head(&self, parts: &Parts, body: &Body) -> Result<(Claims, String), Rejection> {
        // The target as it came over the wire: routers decode it, and the caller signed it undecoded.
        let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
        if !target.bytes().all(|byte| byte.is_ascii_graphic()) {
            let message = "the request target has bytes outside printable ASCII; percent-encode them";
            return Err(Rejection::new(Outcome::MalformedTarget, message));
        }
        if body.size_hint().lower() > self.body_limit as u64 {
            return Err(self.too_large());
        }
        let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let claims = self.verifier.parse(headers, now_ns()).map_err(|error| refused(&error))?;
        Ok((claims, target.to_owned()))
    }

    /// Reads the body, within the limits of one body, of all bodies together and of time.
    async fn read(&self, body: &mut Body) -> Result<SignedBody, Rejection> {
        match timeout(self.body_timeout, self.collect(body)).await {
            Ok(read) => read,
            Err(_) => {
                let message = format!("the request body did not arrive within {:?}", self.body_timeout);
                Err(Rejection::new(Outcome::BodyTimeout, message))
            }
        }
    }

    async fn collect(&self, body: &mut Body) -> Result<SignedBody, Rejection> {
        let mut bytes = BytesMut::new();
        let mut memory: Option<OwnedSemaphorePermit> = None;
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| {
                Rejection::new(Outcome::MalformedBody, "the request body broke off before its end")
            })?;
            let Ok(chunk) = frame.into_data() else { continue };
            if bytes.len() + chunk.len() > self.body_limit {
                return Err(self.too_large());
            }
            let share = u32::try_from(chunk.len())
                .ok()
                .and_then(|length| Arc::clone(&self.body_memory).try_acquire_many_owned(length).ok())
                .ok_or_else(|| {
                    Rejection::new(
                        Outcome::Busy,
                        "this miner is reading as many requests as it has memory for",
                    )
                    .retry_after(Duration::from_secs(1))
                })?;
            match &mut memory {
                Some(memory) => memory.merge(share),
                None => memory = Some(share),
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(SignedBody { bytes: bytes.freeze(), _memory: Arc::new(memory) })
    }

    fn too_large(&self) -> Rejection {
        let message = format!("the request body is larger than {} bytes", self.body_limit);
        Rejection::new(Outcome::BodyTooLarge, message)
    }

    /// Reads on for a while after a refusal. A connection closed over unread bytes is reset, and the reset can
    /// overtake the response, so that the caller would see a broken connection in place of the reason.
    fn linger(&self, mut body: Body) {
        if body.is_end_stream() {
            return;
        }
        let (mut left, time) = (self.linger_bytes, self.linger_timeout);
        tokio::spawn(timeout(time, async move {
            while let Some(Ok(frame)) = body.frame().await {
                left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
                if left == 0 {
                    return;
                }
            }
        }));
    }

    async fn prove(&self, parts: &Parts, body: &mut Body) -> Result<(Proven, SignedBody), Rejection> {
        let (claims, target) = self.judge_head(parts, body)?;
        let body = self.read(body).await?;
        let digest = BodyDigest::of(&body.bytes);
        claims.verify_digest(parts.method.as_str(), &target, &digest).map_err(|error| refused(&error))?;
        let deadline = Instant::now() + self.request_timeout;
        Ok((Proven { caller: claims.sender, deadline, nonce: claims.nonce }, body))
    }
}

/// The layer.
pub(crate) async fn authenticate(
    State(authenticator): State<Arc<Authenticator>>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, mut body) = request.into_parts();
    match authenticator.prove(&parts, &mut body).await {
        Ok((proven, body)) => {
            parts.extensions.insert(proven);
            parts.extensions.insert(body);
            next.run(Request::from_parts(parts, Body::empty())).await
        }
        Err(rejection) => {
            authenticator.linger(body);
            rejection.into_response()
        }
    }
}

/// The layer behind admission: passes each proven nonce once.
pub(crate) async fn refuse_replays(
    State(authenticator): State<Arc<Authenticator>>,
    request: Request,
    next: Next,
) -> Result<Response, Rejection> {
    let proven = proven(&request)?;
    let store = authenticator.verifier.store();
    store.insert(&proven.caller, proven.nonce, now_ns()).map_err(|error| refused(&error))?;
    Ok(next.run(request).await)
}

/// Behind [`authenticate`] the caller is always known; a stack assembled without that layer refuses everybody.
pub(crate) fn proven(request: &Request) -> Result<Proven, Rejection> {
    request
        .extensions()
        .get::<Proven>()
        .copied()
        .ok_or_else(|| Rejection::new(Outcome::Unauthenticated, "the request was not authenticated"))
}

fn refused(error: &AuthError) -> Rejection {
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
