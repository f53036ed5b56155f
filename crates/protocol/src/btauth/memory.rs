//! What a server has to remember of the requests it accepted.

use std::fmt;

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::error::AuthError;
use crate::AccountId;

/// One signed request, as memories of nonces know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// Who signed it.
    pub sender: AccountId,
    /// When: Unix time in nanoseconds.
    pub nonce: u128,
    /// What was signed, and the signature.
    pub fingerprint: Fingerprint,
}

/// Tells an exact copy of a request from another one with the same nonce: 64 bits of a SHA-256.
///
/// The worst that two equal fingerprints can do is to give a request whose nonce is used up the wrong name of two.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(u64);

impl Fingerprint {
    /// Of the signed bytes and the signature over them.
    #[must_use]
    pub fn of(payload: &[u8], signature: &[u8; 64]) -> Self {
        let digest = Sha256::new().chain_update(payload).chain_update(signature).finalize();
        Self(digest.iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte)))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// A memory of accepted nonces. [`ReplayStore`](super::ReplayStore) is one within a process; servers that answer for
/// one hotkey together need one that they share.
#[async_trait]
pub trait NonceMemory: Send + Sync + fmt::Debug {
    /// Whether exactly this request is known to have been accepted. Asked before the signature is verified, so that a
    /// copy costs no curve arithmetic: it must be cheap, and `false` may mean that this memory can't tell.
    fn is_copy(&self, attempt: &Attempt) -> bool;

    /// Accepts a sender's nonce the first time and refuses it from then on: a test and set in one step.
    ///
    /// Called last, after the signature is verified: a forged request must not use up a nonce. `now_ns` is the Unix
    /// time in nanoseconds. A memory that can't tell whether a nonce is new refuses it.
    async fn record(&self, attempt: &Attempt, now_ns: u128) -> Result<(), AuthError>;
}
