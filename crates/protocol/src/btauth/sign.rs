//! Signing a request.

use thiserror::Error;

use super::{
    headers,
    payload::{BodyDigest, Payload},
};
use crate::{AccountId, Keypair, Scheme};

/// A request to sign.
#[derive(Clone, Copy, Debug)]
pub struct Unsigned<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// Path and query exactly as they will stand in the request line.
    pub target: &'a str,
    /// The raw body bytes; empty if there is none.
    pub body: &'a [u8],
    /// The hotkey the request is meant for. Servers refuse requests without one by default.
    pub receiver: Option<&'a AccountId>,
    /// Unix time in nanoseconds, new for every attempt: take it from [`NonceClock`](super::NonceClock).
    pub nonce: u64,
}

/// Why a request cannot be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SignError {
    /// The method is empty or holds a byte outside 0x21..=0x7E.
    #[error("the HTTP method must be a word of printable ASCII characters")]
    Method,
    /// The target is empty or holds a byte outside 0x21..=0x7E.
    #[error("the request target must be printable ASCII without blanks; percent-encode everything else")]
    Target,
    /// The target is not in origin form.
    #[error("the request target must start with a slash: sign path and query, not scheme and host")]
    TargetForm,
}

/// Signs a request and returns the headers to put on it, names in lower case.
pub fn sign(keypair: &Keypair, request: &Unsigned<'_>) -> Result<Vec<(&'static str, String)>, SignError> {
    let payload = Payload {
        scheme: keypair.scheme(),
        method: request.method,
        target: request.target,
        body: BodyDigest::of(request.body),
        nonce: u128::from(request.nonce),
        sender: keypair.account(),
        receiver: request.receiver.copied(),
    };
    let signature = payload.sign(keypair)?;
    Ok(payload.headers(&signature))
}

impl Payload<'_> {
    /// Signs it, for callers that have hashed the body already or keep the signature. Scheme and sender must be those of
    /// the key pair.
    pub fn sign(&self, keypair: &Keypair) -> Result<[u8; 64], SignError> {
        if !super::is_signable(self.method) {
            return Err(SignError::Method);
        }
        let bytes = self.to_bytes().ok_or(SignError::Target)?;
        if !self.target.starts_with('/') {
            return Err(SignError::TargetForm);
        }
        Ok(keypair.sign(&bytes))
    }

    /// The headers to put on the request, names in lower case.
    #[must_use]
    pub fn headers(&self, signature: &[u8; 64]) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            (headers::VERSION, "1".to_owned()),
            (headers::HOTKEY, self.sender.to_ss58()),
            (headers::NONCE, self.nonce.to_string()),
            (headers::SIGNATURE, format!("0x{}", hex::encode(signature))),
        ];
        if self.scheme != Scheme::Sr25519 {
            headers.push((headers::CRYPTO, self.scheme.to_string()));
        }
        if let Some(receiver) = self.receiver {
            headers.push((headers::RECEIVER, receiver.to_ss58()));
        }
        headers
    }
}
