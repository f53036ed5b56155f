//! All steps of verification in order.

use std::{fmt, sync::Arc};

use super::{
    claims::{Claims, parse},
    error::{AuthError, ConfigError},
    payload::BodyDigest,
    policy::Policy,
    replay::ReplayStore,
};

/// A server's policy and its memory of nonces. Cheap to clone; clones share the memory.
#[derive(Clone)]
pub struct Verifier {
    policy: Policy,
    store: Arc<ReplayStore>,
}

impl Verifier {
    /// Joins a policy and a store, which must remember nonces at least as long as the policy finds them fresh.
    pub fn new(policy: Policy, store: impl Into<Arc<ReplayStore>>) -> Result<Self, ConfigError> {
        let store = store.into();
        let needed = policy.max_age.saturating_add(policy.allowed_skew);
        let retention = store.settings().retention;
        if retention < needed {
            return Err(ConfigError::RetentionTooShort {
                retention_ms: retention.as_millis(),
                needed_ms: needed.as_millis(),
            });
        }
        Ok(Self { policy, store })
    }

    /// The policy in force.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The memory of nonces.
    #[must_use]
    pub fn store(&self) -> &ReplayStore {
        &self.store
    }

    /// Verifies a complete request: headers, signature, replay. `Ok` names the proven sender, once per nonce.
    pub fn verify<'h>(
        &self,
        method: &str,
        target: &str,
        headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
        body: &[u8],
        now_ns: u128,
    ) -> Result<Claims, AuthError> {
        let claims = self.parse(headers, now_ns)?;
        self.prove(&claims, method, target, &BodyDigest::of(body), now_ns)?;
        Ok(claims)
    }

    /// The first half of [`verify`](Self::verify), before the body is read: everything that needs no cryptography.
    pub fn parse<'h>(
        &self,
        headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
        now_ns: u128,
    ) -> Result<Claims, AuthError> {
        parse(headers, &self.policy, now_ns)
    }

    /// The second half of [`verify`](Self::verify): checks the signature and accepts the nonce.
    ///
    /// `now_ns` is the time now, not the time of the first half: the store refuses a nonce that became older than its
    /// memory while the body arrived. An exact copy of an accepted request is refused without looking at its signature.
    pub fn prove(
        &self,
        claims: &Claims,
        method: &str,
        target: &str,
        body: &BodyDigest,
        now_ns: u128,
    ) -> Result<(), AuthError> {
        let payload = claims.payload(method, target, body).ok_or_else(AuthError::bad_signature)?;
        let attempt = claims.attempt(&payload);
        if self.store.holds(&attempt) {
            return Err(AuthError::replayed());
        }
        claims.verify_payload(&payload)?;
        self.store.insert(&attempt, now_ns)
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("policy", &self.policy)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}
