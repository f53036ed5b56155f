//! What a request's headers claim, and proving it.

use std::time::Duration;

use super::{
    error::{
        AuthError,
        AuthErrorKind::{MalformedAuth, StaleRequest, WrongReceiver},
    },
    headers::Received,
    memory::{Attempt, Fingerprint},
    payload::{self, BodyDigest},
    policy::Policy,
};
use crate::{AccountId, Scheme, SignatureCheck, signature, ss58};

/// Python, whose servers share these wires, reads no integer of more digits. Longer numbers than a `u128` are
/// saturated: they are too far in the future either way.
const MAX_NONCE_DIGITS: usize = 4300;

/// What the headers of a request claim. Nothing is proved before [`Claims::verify`] returned `Ok`, and nothing is
/// protected against replays before the nonce is in a [`ReplayStore`](super::ReplayStore).
#[derive(Clone, Debug)]
pub struct Claims {
    /// Who claims to have sent the request.
    pub sender: AccountId,
    /// The scheme the signature is said to be of.
    pub scheme: Scheme,
    /// When it was signed: Unix time in nanoseconds.
    pub nonce: u128,
    /// The receiver the sender named: the server's own hotkey, or nobody.
    pub receiver: Option<AccountId>,
    signature: [u8; 64],
    sender_text: AddressText,
    /// Of no meaning without a receiver.
    receiver_text: AddressText,
}

/// An address of prefix 42 has 48 characters, whatever the key.
type AddressText = [u8; 48];

/// Reads and judges the headers of a request: their shape, the receiver, freshness, the sender's address; in this
/// order, which decides the error of a request with several faults. Needs neither the body nor any cryptography.
///
/// Header names may be in any case; headers of other names are ignored.
pub fn parse<'h>(
    headers: impl IntoIterator<Item = (&'h str, &'h [u8])>,
    policy: &Policy,
    now_ns: u128,
) -> Result<Claims, AuthError> {
    let received = Received::collect(headers)?;
    if received.version != Some(b"1") {
        return Err(malformed("X-Bittensor-Version is missing or not 1"));
    }
    let hotkey = received.hotkey.filter(|hotkey| !hotkey.is_empty());
    let hotkey = hotkey.ok_or_else(|| malformed("X-Bittensor-Hotkey is missing"))?;
    let nonce = received.nonce.ok_or_else(|| malformed("X-Bittensor-Nonce is missing"))?;
    let nonce = parse_nonce(nonce)
        .ok_or_else(|| malformed("X-Bittensor-Nonce must be decimal digits without leading zeros"))?;
    let scheme = parse_scheme(received.crypto)
        .ok_or_else(|| malformed("X-Bittensor-Crypto must be sr25519 or ed25519"))?;
    if expected_scheme(hotkey, policy).is_some_and(|expected| expected != scheme) {
        return Err(malformed("X-Bittensor-Crypto is not the scheme this server expects of the sender"));
    }
    let digits = received.signature.ok_or_else(|| malformed("X-Bittensor-Signature is missing"))?;
    let digits = signature_digits(digits)
        .ok_or_else(|| malformed("X-Bittensor-Signature must be 0x and lower-case hexadecimal digits"))?;

    let (receiver, receiver_text) = judge_receiver(received.receiver, policy)?;
    judge_freshness(nonce, policy, now_ns)?;

    let (sender, sender_text) = parse_spelt_address(hotkey)
        .ok_or_else(|| malformed("X-Bittensor-Hotkey must be a Bittensor ss58 address (prefix 42)"))?;
    let mut signature = [0u8; 64];
    hex::decode_to_slice(digits, &mut signature)
        .map_err(|_| malformed("X-Bittensor-Signature must have 64 bytes"))?;
    Ok(Claims { sender, scheme, nonce, receiver, signature, sender_text, receiver_text })
}

impl Claims {
    /// Proves the claims for a request with this method, target and body.
    pub fn verify(&self, method: &str, target: &str, body: &[u8]) -> Result<(), AuthError> {
        self.verify_digest(method, target, &BodyDigest::of(body))
    }

    /// Proves the claims for a request whose body has this hash.
    ///
    /// `method` and `target` come from the request line as received; the target must not have been percent-decoded by
    /// a router.
    pub fn verify_digest(&self, method: &str, target: &str, body: &BodyDigest) -> Result<(), AuthError> {
        let payload = self.payload(method, target, body).ok_or_else(AuthError::bad_signature)?;
        self.verify_payload(&payload)
    }

    pub(super) fn verify_payload(&self, payload: &[u8]) -> Result<(), AuthError> {
        if signature::verify(self.scheme, &self.sender, payload, &self.signature) {
            Ok(())
        } else {
            Err(AuthError::bad_signature())
        }
    }

    /// The bytes the signature must cover, for verifiers that work on batches; `None` if method or target are not
    /// [signable](super::is_signable), so that no signature can be right.
    #[must_use]
    pub fn payload(&self, method: &str, target: &str, body: &BodyDigest) -> Option<Vec<u8>> {
        // Both addresses were in their one accepted spelling, so there is no need to make it again.
        let sender = std::str::from_utf8(&self.sender_text).ok()?;
        let receiver = match &self.receiver {
            None => None,
            Some(_) => Some(std::str::from_utf8(&self.receiver_text).ok()?),
        };
        payload::lines(self.scheme, method, target, body, self.nonce, sender, receiver)
    }

    /// What is left to verify, over these [payload](Self::payload) bytes: for those who verify in batches.
    #[must_use]
    pub const fn check<'a>(&'a self, payload: &'a [u8]) -> SignatureCheck<'a> {
        SignatureCheck {
            scheme: self.scheme,
            account: self.sender,
            message: payload,
            signature: &self.signature,
        }
    }

    /// What to look up in a [memory of nonces](super::NonceMemory), and to record there once the signature is verified.
    #[must_use]
    pub fn attempt(&self, payload: &[u8]) -> Attempt {
        let fingerprint = Fingerprint::of(payload, &self.signature);
        Attempt { sender: self.sender, nonce: self.nonce, fingerprint }
    }

    /// The signature as received.
    #[must_use]
    pub const fn signature(&self) -> &[u8; 64] {
        &self.signature
    }
}

fn malformed(message: &'static str) -> AuthError {
    AuthError::new(MalformedAuth, message)
}

/// A claimed address is enough to look up a pin: who claims another's breaks the pin or the signature.
fn expected_scheme(hotkey: &[u8], policy: &Policy) -> Option<Scheme> {
    let pinned = if policy.schemes.is_empty() {
        None
    } else {
        parse_address(hotkey).and_then(|sender| policy.schemes.get(&sender).copied())
    };
    pinned.or(policy.expected_scheme)
}

pub(crate) fn parse_nonce(value: &[u8]) -> Option<u128> {
    let canonical = match value {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit) && value.len() <= MAX_NONCE_DIGITS,
        _ => false,
    };
    let append = |nonce: u128, digit: &u8| nonce.saturating_mul(10).saturating_add(u128::from(digit - b'0'));
    canonical.then(|| value.iter().fold(0, append))
}

fn parse_scheme(value: Option<&[u8]>) -> Option<Scheme> {
    match value {
        None => Some(Scheme::Sr25519),
        Some(name) => std::str::from_utf8(name).ok()?.parse().ok(),
    }
}

/// The number of digits is judged later, after receiver and freshness.
pub(crate) fn signature_digits(value: &[u8]) -> Option<&[u8]> {
    let digits = value.strip_prefix(b"0x")?;
    let lower_hex = digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    (lower_hex && digits.len().is_multiple_of(2)).then_some(digits)
}

pub(crate) fn parse_address(value: &[u8]) -> Option<AccountId> {
    parse_spelt_address(value).map(|(account, _)| account)
}

fn parse_spelt_address(value: &[u8]) -> Option<(AccountId, AddressText)> {
    let text = value.try_into().ok()?;
    let account = ss58::decode_bittensor(std::str::from_utf8(value).ok()?).ok()?;
    Some((AccountId::from_bytes(account), text))
}

/// Compared as text, like everyone on this protocol does: another prefix of the right key is another receiver. An
/// address that can be read at all has one spelling, so reading it compares the text.
fn judge_receiver(
    value: Option<&[u8]>,
    policy: &Policy,
) -> Result<(Option<AccountId>, AddressText), AuthError> {
    let wrong = |message| Err(AuthError::new(WrongReceiver, message));
    match value {
        None if policy.require_receiver => wrong("X-Bittensor-Receiver is missing; this server requires it"),
        None => Ok((None, [b'-'; 48])),
        Some(receiver) => match parse_spelt_address(receiver) {
            Some((receiver, text)) if receiver == policy.own => Ok((Some(receiver), text)),
            _ => wrong("the request was signed for another receiver"),
        },
    }
}

pub(crate) fn judge_freshness(nonce: u128, policy: &Policy, now_ns: u128) -> Result<(), AuthError> {
    let stale = |direction: &str, limit: Duration| {
        AuthError::new(StaleRequest, format!("the nonce is more than {limit:?} {direction}; check the clock"))
    };
    if now_ns.saturating_sub(nonce) > policy.max_age.as_nanos() {
        return Err(stale("old", policy.max_age));
    }
    if nonce.saturating_sub(now_ns) > policy.allowed_skew.as_nanos() {
        return Err(stale("in the future", policy.allowed_skew));
    }
    Ok(())
}
