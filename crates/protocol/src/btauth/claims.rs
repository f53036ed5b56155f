//! What a request's headers claim, and proving it.

use std::time::Duration;

use super::{
    error::{
        AuthError,
        AuthErrorKind::{BadSignature, MalformedAuth, StaleRequest, WrongReceiver},
    },
    headers::Received,
    payload::{BodyDigest, Payload},
    policy::Policy,
};
use crate::{AccountId, Scheme, signature, ss58};

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
}

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
    if policy.expected_scheme.is_some_and(|expected| expected != scheme) {
        return Err(scheme_not_expected());
    }
    let digits = received.signature.ok_or_else(|| malformed("X-Bittensor-Signature is missing"))?;
    let digits = signature_digits(digits)
        .ok_or_else(|| malformed("X-Bittensor-Signature must be 0x and lower-case hexadecimal digits"))?;

    let receiver = judge_receiver(received.receiver, policy)?;
    judge_freshness(nonce, policy, now_ns)?;

    let sender = parse_address(hotkey)
        .ok_or_else(|| malformed("X-Bittensor-Hotkey must be a Bittensor ss58 address (prefix 42)"))?;
    let mut signature = [0u8; 64];
    hex::decode_to_slice(digits, &mut signature)
        .map_err(|_| malformed("X-Bittensor-Signature must have 64 bytes"))?;
    Ok(Claims { sender, scheme, nonce, receiver, signature })
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
        let proved = self
            .payload(method, target, body)
            .is_some_and(|payload| signature::verify(self.scheme, &self.sender, &payload, &self.signature));
        if proved {
            Ok(())
        } else {
            Err(AuthError::new(BadSignature, "the signature is not the sender's signature of this request"))
        }
    }

    /// Refuses the request unless it uses the scheme this sender is known to have.
    ///
    /// An address does not say which scheme its key belongs to, and a header is no evidence: a server that knows its
    /// senders should pin their schemes.
    pub fn expect_scheme(&self, expected: Scheme) -> Result<(), AuthError> {
        if self.scheme == expected { Ok(()) } else { Err(scheme_not_expected()) }
    }

    /// The bytes the signature must cover, for verifiers that work on batches; `None` if method or target are not
    /// [signable](super::is_signable), so that no signature can be right.
    #[must_use]
    pub fn payload(&self, method: &str, target: &str, body: &BodyDigest) -> Option<Vec<u8>> {
        let &Self { sender, scheme, nonce, receiver, .. } = self;
        Payload { scheme, method, target, body: *body, nonce, sender, receiver }.to_bytes()
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

fn scheme_not_expected() -> AuthError {
    malformed("X-Bittensor-Crypto is not the scheme this server expects of the sender")
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
    let text = std::str::from_utf8(value).ok()?;
    ss58::decode_bittensor(text).ok().map(AccountId::from_bytes)
}

/// Compared as text, like everyone on this protocol does: another prefix of the right key is another receiver.
fn judge_receiver(value: Option<&[u8]>, policy: &Policy) -> Result<Option<AccountId>, AuthError> {
    match value {
        None if policy.require_receiver => {
            Err(AuthError::new(WrongReceiver, "X-Bittensor-Receiver is missing; this server requires it"))
        }
        None => Ok(None),
        Some(receiver) if receiver == policy.own.to_ss58().as_bytes() => Ok(Some(policy.own)),
        Some(_) => Err(AuthError::new(WrongReceiver, "the request was signed for another receiver")),
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
