//! The body hash: SHA3-256 over the hashes of Python's texts.

use std::fmt;

use sha3::{Digest, Sha3_256};

use super::{python, value::Value};

/// What the caller's signature covers of a body: the fields the synapse declares as hashed, and nothing else.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct BodyHash([u8; 32]);

impl BodyHash {
    /// Hashes the values of the hashed fields, in the order in which the synapse lists them.
    #[must_use]
    pub fn of<'v>(values: impl IntoIterator<Item = &'v Value>) -> Self {
        let mut all = Sha3_256::new();
        for value in values {
            all.update(hex::encode(Sha3_256::digest(python::str(value))));
        }
        Self(all.finalize().into())
    }

    /// From its 64 lower-case hexadecimal digits.
    pub(super) fn parse(digits: &[u8]) -> Option<Self> {
        let lower_hex = digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        let mut hash = [0u8; 32];
        (lower_hex && hex::decode_to_slice(digits, &mut hash).is_ok()).then_some(Self(hash))
    }
}

impl fmt::Display for BodyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex::encode(self.0))
    }
}

impl fmt::Debug for BodyHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
