//! The eight signed lines.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::{AccountId, Scheme};

const PROTOCOL: &str = "btauth/1";
/// Stands in the receiver's line when the request is bound to nobody.
const UNBOUND: &str = "-";

/// The SHA-256 of a raw request body: transfer framing removed, content encoding (gzip) still on.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BodyDigest([u8; 32]);

impl BodyDigest {
    /// Hashes a body; an absent body is an empty one.
    #[must_use]
    pub fn of(body: &[u8]) -> Self {
        Self(Sha256::digest(body).into())
    }

    /// A digest computed elsewhere, for instance while the body streamed in.
    #[must_use]
    pub const fn from_bytes(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The 32 digest bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for BodyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// Hashes a body while it streams.
#[derive(Clone, Default)]
pub struct BodyHasher(Sha256);

impl BodyHasher {
    /// Nothing hashed yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next bytes of the body.
    pub fn update(&mut self, chunk: &[u8]) {
        self.0.update(chunk);
    }

    /// The digest of everything taken.
    #[must_use]
    pub fn finish(self) -> BodyDigest {
        BodyDigest(self.0.finalize().into())
    }
}

impl fmt::Debug for BodyHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BodyHasher")
    }
}

/// Everything a signature covers.
#[derive(Clone, Copy, Debug)]
pub struct Payload<'a> {
    /// The sender's scheme.
    pub scheme: Scheme,
    /// The HTTP method, in any case.
    pub method: &'a str,
    /// The request target exactly as on the wire: path, and `?query` if there is a `?`.
    pub target: &'a str,
    /// The hash of the raw body.
    pub body: BodyDigest,
    /// Unix time in nanoseconds.
    pub nonce: u128,
    /// The sender.
    pub sender: AccountId,
    /// The receiving hotkey; none for an unbound request.
    pub receiver: Option<AccountId>,
}

impl Payload<'_> {
    /// The bytes to sign, or `None` if method or target are not [signable](is_signable).
    #[must_use]
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        let &Self { scheme, method, target, ref body, nonce, sender, receiver } = self;
        let receiver = receiver.map(|receiver| receiver.to_ss58());
        lines(scheme, method, target, body, nonce, &sender.to_ss58(), receiver.as_deref())
    }
}

/// The eight lines, from addresses as they are spelt.
pub(super) fn lines(
    scheme: Scheme,
    method: &str,
    target: &str,
    body: &BodyDigest,
    nonce: u128,
    sender: &str,
    receiver: Option<&str>,
) -> Option<Vec<u8>> {
    if !is_signable(method) || !is_signable(target) {
        return None;
    }
    let mut hash = [0; 64];
    hex::encode_to_slice(body.0, &mut hash).ok()?;
    let (nonce, receiver) = (nonce.to_string(), receiver.unwrap_or(UNBOUND));
    let mut bytes = Vec::with_capacity(256 + method.len() + target.len());
    bytes.extend_from_slice(PROTOCOL.as_bytes());
    bytes.push(b'\n');
    bytes.extend_from_slice(scheme.as_str().as_bytes());
    bytes.push(b'\n');
    bytes.extend(method.bytes().map(|byte| byte.to_ascii_uppercase()));
    for line in [target.as_bytes(), &hash, nonce.as_bytes(), sender.as_bytes(), receiver.as_bytes()] {
        bytes.push(b'\n');
        bytes.extend_from_slice(line);
    }
    Some(bytes)
}

/// Whether a method or target may stand in a payload: not empty, printable ASCII, no blank.
///
/// Lines are separated by newlines and nothing is escaped, so any other byte could move text between lines. A server
/// should answer 400 to a target that fails this.
#[must_use]
pub fn is_signable(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| matches!(byte, 0x21..=0x7E))
}
