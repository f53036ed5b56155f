//! The key an axon must prove to hold when it is dialled over TLS, as its miner published it on chain.

use std::fmt;
use std::str::FromStr;

/// The DER of an Ed25519 `SubjectPublicKeyInfo` up to the 32 key bytes (RFC 8410).
const ED25519_SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// The DER of an uncompressed P-256 `SubjectPublicKeyInfo` up to the 64 coordinate bytes (RFC 5480).
const P256_SPKI: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00, 0x04,
];

/// A pinned public key: no authority vouches for it and no name is checked, the chain's word is all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Pin {
    /// Algorithm 1: the raw Ed25519 key.
    Ed25519([u8; 32]),
    /// Algorithm 2: the coordinates x and y of a key on P-256.
    P256([u8; 64]),
    /// Algorithm 3: SHA-256 of the whole `SubjectPublicKeyInfo`, for every other key.
    SpkiSha256([u8; 32]),
}

/// A published certificate that is no key to pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "its certificate on chain is of algorithm {algorithm} with {length} bytes, which is no key this version can pin: \
     1 is Ed25519 (32 bytes), 2 is P-256 (64), 3 is the SHA-256 of another key's SubjectPublicKeyInfo (32)"
)]
pub struct PinError {
    /// The algorithm byte.
    pub algorithm: u8,
    /// The bytes that came with it.
    pub length: usize,
}

impl Pin {
    /// From what `NeuronCertificates` holds.
    pub fn from_certificate(algorithm: u8, public_key: &[u8]) -> Result<Self, PinError> {
        let pin = match algorithm {
            1 => public_key.try_into().ok().map(Self::Ed25519),
            2 => public_key.try_into().ok().map(Self::P256),
            3 => public_key.try_into().ok().map(Self::SpkiSha256),
            _ => None,
        };
        pin.ok_or(PinError { algorithm, length: public_key.len() })
    }

    /// Whether this is the key of a certificate, given as the DER of its `SubjectPublicKeyInfo` and the SHA-256 of that.
    pub(super) fn matches(&self, spki: &[u8], spki_sha256: &[u8; 32]) -> bool {
        match self {
            Self::Ed25519(key) => spki.strip_prefix(&ED25519_SPKI) == Some(key.as_slice()),
            Self::P256(key) => spki.strip_prefix(&P256_SPKI) == Some(key.as_slice()),
            Self::SpkiSha256(digest) => digest == spki_sha256,
        }
    }

    const fn parts(&self) -> (u8, &[u8]) {
        match self {
            Self::Ed25519(key) => (1, key),
            Self::P256(key) => (2, key),
            Self::SpkiSha256(key) => (3, key),
        }
    }
}

/// The algorithm and the key in lower-case hexadecimal, made to stand in the authority of a URI.
impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (algorithm, key) = self.parts();
        write!(f, "{algorithm}-")?;
        key.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A text that [`Pin`]'s `Display` does not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a pin: write the algorithm's number, a dash and the key in lower-case hexadecimal")]
pub struct PinTextError;

impl FromStr for Pin {
    type Err = PinTextError;

    fn from_str(text: &str) -> Result<Self, PinTextError> {
        let (algorithm, key) = text.split_once('-').ok_or(PinTextError)?;
        let algorithm = algorithm.parse().map_err(|_| PinTextError)?;
        let digit = |byte: u8| match byte {
            b'0'..=b'9' => Ok(byte - b'0'),
            b'a'..=b'f' => Ok(byte - b'a' + 10),
            _ => Err(PinTextError),
        };
        let (pairs, rest) = key.as_bytes().as_chunks::<2>();
        let key = pairs.iter().map(|[high, low]| Ok(digit(*high)? << 4 | digit(*low)?));
        let key = key.collect::<Result<Vec<u8>, PinTextError>>()?;
        if !rest.is_empty() {
            return Err(PinTextError);
        }
        Self::from_certificate(algorithm, &key).map_err(|_| PinTextError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for pin in [Pin::Ed25519([0xa5; 32]), Pin::P256([0x0f; 64]), Pin::SpkiSha256([0; 32])] {
            assert_eq!(pin.to_string().parse(), Ok(pin));
        }
        for text in ["", "1", "1-", "1-0g", "1-0", "4-00", "-1-00", "2-0000"] {
            assert_eq!(text.parse::<Pin>(), Err(PinTextError), "{text}");
        }
    }

    #[test]
    fn a_certificate_of_another_algorithm_or_length_is_no_pin() {
        for (algorithm, length) in [(0, 32), (1, 31), (1, 33), (2, 65), (3, 0), (4, 32)] {
            let error = Pin::from_certificate(algorithm, &vec![7; length]).unwrap_err();
            assert_eq!(error, PinError { algorithm, length });
        }
    }
}
