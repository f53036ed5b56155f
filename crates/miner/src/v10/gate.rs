//! Authentication of SDK 10's callers.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, request::Parts},
    response::Response,
};
use subnetkit_protocol::{
    Hotkey, Scheme,
    axon_v10::{self, Claims, ModelError},
    btauth::{AuthError, NonceMemory, now_ns},
};
use tokio::time::Instant;

use super::{Read, Served};
use crate::{
    BindError, MinerConfig,
    authenticate::{Authenticator, refused},
    body::ReadBody,
    deadline::Arrived,
    doorstep::Visitor,
    proven::{Admitted, Proven},
    rejection::{Outcome, Rejection},
    replay,
    step::{Next, Step},
    verification::Signed,
};

/// What all classes share: the axon's own authenticator, and a memory of nonces apart from it, for a nonce of the one
/// protocol says nothing about those of the other.
pub(crate) struct Gate {
    own: Hotkey,
    core: Arc<Authenticator>,
    memory: Arc<dyn NonceMemory>,
}

/// The gate as one class uses it.
pub(crate) struct Turnstile {
    gate: Arc<Gate>,
    class: &'static str,
    read: Read,
}

impl Gate {
    pub(crate) async fn new(
        own: Hotkey,
        core: Arc<Authenticator>,
        config: &MinerConfig,
    ) -> Result<Self, BindError> {
        Ok(Self { own, core, memory: replay::memory(&own, "v10", config).await? })
    }
}

impl Turnstile {
    pub(crate) fn new(gate: &Arc<Gate>, served: &Served) -> Self {
        Self { gate: Arc::clone(gate), class: served.class, read: served.read }
    }

    /// What can be known without the body.
    fn judge_head(&self, parts: &Parts, body: &Body) -> Result<(Visitor, Claims, Admitted), Rejection> {
        let core = &self.gate.core;
        core.bodies.judge_declared_size(body)?;
        let is_served = |hotkey: &Hotkey| core.door.admit(hotkey).is_ok();
        let visit = core.doorstep.enter(&parts.extensions, || claimed(&parts.headers), is_served)?;
        let headers = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        let claims = axon_v10::parse(headers, &core.policy, now_ns()).map_err(|error| refused(&error))?;
        let admitted = core.door.admit(&claims.sender)?;
        Ok((core.doorstep.recognise(visit, claims.sender), claims, admitted))
    }

    /// The signature covers no body but the hash of some fields, so both have to be right before the nonce is recorded:
    /// who copies a request's headers could otherwise use up its nonce with another body.
    async fn prove(&self, parts: &mut Parts, body: &mut Body) -> Result<(), Rejection> {
        let (visitor, claims, admitted) = self.judge_head(parts, body)?;
        let body = self.gate.core.bodies.read(body, visitor.who).await?;
        let message = claims.message(&self.gate.own);
        let attempt = claims.attempt(&message);
        if self.gate.memory.is_copy(&attempt) {
            return Err(refused(&AuthError::replayed()));
        }
        let (account, signature) = (claims.sender, *claims.signature());
        let signed = Signed { scheme: Scheme::Sr25519, account, message: message.into_bytes(), signature };
        if !self.gate.core.doorstep.verify(&visitor, signed).await? {
            return Err(refused(&AuthError::bad_signature()));
        }
        let hash = (self.read)(&body.bytes).map_err(|error| unreadable(self.class, &error))?;
        claims.verify_body(&hash).map_err(|error| refused(&error))?;
        self.gate.memory.record(&attempt, now_ns()).await.map_err(|error| refused(&error))?;
        self.gate.core.doorstep.welcome(visitor);

        let now = Instant::now();
        let own = now + self.gate.core.request_timeout;
        let arrived = parts.extensions.get::<Arrived>().map_or(now, |arrived| arrived.0);
        // SDK 10's client waits without end where its timeout is zero.
        let patience = claims.timeout.filter(|timeout| !timeout.is_zero());
        let wanted = patience.and_then(|patience| arrived.checked_add(patience));
        let deadline = wanted.map_or(own, |wanted| wanted.min(own));
        let proven = Proven { caller: claims.sender, deadline, signature };
        parts.extensions.insert(proven);
        parts.extensions.insert(admitted);
        parts.extensions.insert::<ReadBody>(body);
        Ok(())
    }
}

pub(super) fn unreadable(class: &'static str, error: &ModelError) -> Rejection {
    Rejection::new(Outcome::MalformedBody, format!("the body is not a `{class}`: {error}"))
}

/// The hotkey that a request claims to be of, whatever else is wrong with it.
fn claimed(headers: &HeaderMap) -> Option<Hotkey> {
    headers.get(axon_v10::HOTKEY)?.to_str().ok()?.parse().ok()
}

impl Step for Turnstile {
    async fn pass(&self, request: Request, next: impl Next) -> Result<Response, Rejection> {
        let (mut parts, mut body) = request.into_parts();
        if let Err(rejection) = self.prove(&mut parts, &mut body).await {
            self.gate.core.bodies.linger(body);
            return Err(rejection);
        }
        Ok(next.run(Request::from_parts(parts, Body::empty())).await)
    }
}
