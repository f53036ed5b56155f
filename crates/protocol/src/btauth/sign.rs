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
    if !super::is_signable(request.method) {
        return Err(SignError::Method);
    }
    let bytes = payload.to_bytes().ok_or(SignError::Target)?;
    if !request.target.starts_with('/') {
        return Err(SignError::TargetForm);
    }

    let mut signed = vec![
        (headers::VERSION, "1".to_owned()),
        (headers::HOTKEY, payload.sender.to_ss58()),
        (headers::NONCE, request.nonce.to_string()),
        (headers::SIGNATURE, format!("0x{}", hex::encode(keypair.sign(&bytes)))),
    ];
    if keypair.scheme() != Scheme::Sr25519 {
        signed.push((headers::CRYPTO, keypair.scheme().to_string()));
    }
    if let Some(receiver) = request.receiver {
        signed.push((headers::RECEIVER, receiver.to_ss58()));
    }
    Ok(signed)
}
