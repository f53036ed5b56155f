//! What a request's headers claim, and proving it.

use std::time::Duration;

use super::{hash::BodyHash, headers::Received};
use crate::{
    AccountId, Scheme, SignatureCheck,
    btauth::{
        Attempt, AuthError,
        AuthErrorKind::{BadSignature, MalformedAuth, StaleRequest},
        Fingerprint, Policy, judge_freshness, parse_address, parse_nonce, signature_digits,
    },
    signature,
};

/// SDK 10 grants a request this much age beyond the timeout that the caller names.
const GRACE: Duration = Duration::from_secs(4);
/// Longest accepted name of a client object; Python's are UUIDs of 36 characters.
const MAX_UUID: usize = 64;
/// A longer wait is as good as this one.
const MAX_TIMEOUT_SECONDS: f64 = 86_400.0;

/// What the headers of a request claim. Nothing is proved before [`Claims::verify`] returned `Ok`, and nothing of the
/// body before [`Claims::verify_body`] did.
#[derive(Clone, Debug)]
pub struct Claims {
    /// Who claims to have sent the request.
    pub sender: AccountId,
    /// When it was signed: Unix time in nanoseconds.
    pub nonce: u128,
    /// The client object that claims to have made it.
    pub uuid: String,
    /// The hash of the body's hashed fields that was signed.
    pub body_hash: BodyHash,
    /// How long the caller says it waits; `None` if it does not say. Not signed.
    pub timeout: Option<Duration>,
    signature: [u8; 64],
}

/// Reads and judges the headers of a request: their shape, freshness, the signature's shape; in this order. Needs
/// neither the body nor any cryptography.
///
/// Of the policy only its window counts: whom the request is meant for shows in the signature alone, and there is one
/// scheme, sr25519.
pub fn parse<'h>(
    headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
    policy: &Policy,
    now_ns: u128,
) -> Result<Claims, AuthError> {
    let received = Received::collect(headers)?;
    let sender = received.hotkey.and_then(parse_address).ok_or_else(|| {
        malformed("bt_header_dendrite_hotkey is missing or no Bittensor ss58 address (prefix 42)")
    })?;
    let expected = policy.schemes.get(&sender).copied().or(policy.expected_scheme);
    if expected.is_some_and(|expected| expected != Scheme::Sr25519) {
        let message =
            "requests of SDK 10 are signed with sr25519, which this server does not expect of the sender";
        return Err(malformed(message));
    }
    let nonce = received.nonce.and_then(parse_nonce).ok_or_else(|| {
        malformed("bt_header_dendrite_nonce is missing or not decimal digits without leading zeros")
    })?;
    let uuid = received.uuid.and_then(parse_uuid).ok_or_else(|| {
        malformed("bt_header_dendrite_uuid is missing or not 1 to 64 letters, digits and hyphens")
    })?;
    let body_hash = received
        .body_hash
        .and_then(BodyHash::parse)
        .ok_or_else(|| malformed("computed_body_hash is missing or not 64 lower-case hexadecimal digits"))?;
    let timeout = match received.timeout {
        None => None,
        Some(text) => {
            Some(parse_timeout(text).ok_or_else(|| malformed("timeout has to be a number of seconds"))?)
        }
    };

    judge_freshness(nonce, policy, now_ns)?;
    // The SDK's own window, which can be the narrower one; the caller can't widen this server's with it.
    let limit = GRACE.saturating_add(timeout.unwrap_or_default());
    if now_ns.saturating_sub(nonce) >= limit.as_nanos() {
        return Err(AuthError::new(StaleRequest, format!("the nonce is {limit:?} old or older; sign again")));
    }

    let mut signature = [0u8; 64];
    received
        .signature
        .and_then(signature_digits)
        .and_then(|digits| hex::decode_to_slice(digits, &mut signature).ok())
        .ok_or_else(|| {
            malformed(
                "bt_header_dendrite_signature is missing or not 0x and 128 lower-case hexadecimal digits",
            )
        })?;
    Ok(Claims { sender, nonce, uuid, body_hash, timeout, signature })
}

impl Claims {
    /// The text that the signature must cover for a request to `own`.
    #[must_use]
    pub fn message(&self, own: &AccountId) -> String {
        request_message(self.nonce, &self.sender, own, &self.uuid, &self.body_hash)
    }

    /// What is left to verify, over this [message](Self::message): for those who verify in batches.
    #[must_use]
    pub const fn check<'a>(&'a self, message: &'a str) -> SignatureCheck<'a> {
        SignatureCheck {
            scheme: Scheme::Sr25519,
            account: self.sender,
            message: message.as_bytes(),
            signature: &self.signature,
        }
    }

    /// What to look up in a [memory of nonces](crate::btauth::NonceMemory), and to record there once signature and body
    /// are verified.
    #[must_use]
    pub fn attempt(&self, message: &str) -> Attempt {
        let fingerprint = Fingerprint::of(message.as_bytes(), &self.signature);
        Attempt { sender: self.sender, nonce: self.nonce, fingerprint }
    }

    /// The signature as received.
    #[must_use]
    pub const fn signature(&self) -> &[u8; 64] {
        &self.signature
    }

    /// Proves that the sender signed these claims for `own`.
    pub fn verify(&self, own: &AccountId) -> Result<(), AuthError> {
        if signature::verify(Scheme::Sr25519, &self.sender, self.message(own).as_bytes(), &self.signature) {
            Ok(())
        } else {
            let message = "the signature is not the sender's signature of this request to this server";
            Err(AuthError::new(BadSignature, message))
        }
    }

    /// Proves that the body's hashed fields are those that were signed.
    pub fn verify_body(&self, hash: &BodyHash) -> Result<(), AuthError> {
        if *hash == self.body_hash {
            Ok(())
        } else {
            let message = "the hashed fields of the body are not those that were signed";
            Err(AuthError::new(BadSignature, message))
        }
    }
}

/// The text that a dendrite signs. Its parts can't move into one another: none but the UUID has a free form, and that
/// one holds no dot.
pub(super) fn request_message(
    nonce: u128,
    dendrite: &AccountId,
    axon: &AccountId,
    uuid: &str,
    body_hash: &BodyHash,
) -> String {
    format!("{nonce}.{dendrite}.{axon}.{uuid}.{body_hash}")
}

fn malformed(message: &'static str) -> AuthError {
    AuthError::new(MalformedAuth, message)
}

fn parse_uuid(value: &[u8]) -> Option<String> {
    let in_alphabet = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    let valid = (1..=MAX_UUID).contains(&value.len()) && value.iter().all(in_alphabet);
    valid.then(|| String::from_utf8_lossy(value).into_owned())
}

fn parse_timeout(value: &[u8]) -> Option<Duration> {
    let plain = value.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    let seconds: f64 = std::str::from_utf8(value).ok().filter(|_| plain)?.parse().ok()?;
    Duration::try_from_secs_f64(seconds.min(MAX_TIMEOUT_SECONDS)).ok()
}
