//! SS58 addresses: base58 of a network prefix, a 32-byte public key and a two-byte checksum.
//!
//! Bittensor addresses have prefix 42, 48 characters and start with `5`. Other prefixes are decoded here so that a
//! caller can say what is wrong with an address; [`AccountId`](crate::AccountId) accepts prefix 42 only.

use blake2::{Blake2b512, Digest};
use thiserror::Error;

/// The network prefix of Bittensor addresses.
pub const BITTENSOR_PREFIX: u16 = 42;

/// The largest prefix the two-byte form can carry (14 bits).
pub const MAX_PREFIX: u16 = 0x3FFF;

const KEY_LEN: usize = 32;
const CHECKSUM_LEN: usize = 2;
const MAX_DECODED_LEN: usize = 2 + KEY_LEN + CHECKSUM_LEN;
/// Base58 decoding is quadratic: longer text is refused before any arithmetic. 36 bytes need at most 50 digits.
const MAX_TEXT_LEN: usize = 50;

/// Why a text is not an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Ss58Error {
    /// A character outside the Bitcoin base58 alphabet (which has no `0`, `O`, `I`, `l`), or a blank.
    #[error("the address has a character that base58 does not know; copy it again without blanks")]
    NotBase58,
    /// The decoded bytes are not a prefix, 32 key bytes and a checksum.
    #[error("the address has the wrong length: a Bittensor address has 48 characters")]
    Length,
    /// The two checksum bytes do not match.
    #[error("the address checksum does not match; a character was probably mistyped")]
    Checksum,
    /// A reserved prefix byte, or a small prefix spelled in the two-byte form.
    #[error("the address prefix is not in canonical form")]
    Prefix,
    /// A well-formed address of another network.
    #[error("the address has network prefix {found}, but Bittensor addresses have prefix 42")]
    WrongNetwork {
        /// The prefix found.
        found: u16,
    },
}

/// Encodes 32 public key bytes under a network prefix. Only the low 14 bits of `prefix` exist in the format.
#[must_use]
pub fn encode(public_key: &[u8; 32], prefix: u16) -> String {
    let mut bytes = Vec::with_capacity(MAX_DECODED_LEN);
    push_prefix(&mut bytes, prefix & MAX_PREFIX);
    bytes.extend_from_slice(public_key);
    let checksum = checksum(&bytes);
    bytes.extend_from_slice(&checksum);
    bs58::encode(bytes).into_string()
}

/// Decodes an address of any network into its prefix and public key bytes.
///
/// Exactly one text decodes to a given pair: non-canonical prefixes are errors.
pub fn decode(text: &str) -> Result<(u16, [u8; 32]), Ss58Error> {
    if text.len() > MAX_TEXT_LEN {
        return Err(Ss58Error::Length);
    }
    let mut buffer = [0u8; MAX_TEXT_LEN];
    let len = bs58::decode(text).onto(&mut buffer[..]).map_err(|_| Ss58Error::NotBase58)?;
    let bytes = &buffer[..len];

    let (prefix, prefix_len) = read_prefix(bytes)?;
    if len != prefix_len + KEY_LEN + CHECKSUM_LEN {
        return Err(Ss58Error::Length);
    }
    let (body, sum) = bytes.split_at(prefix_len + KEY_LEN);
    if checksum(body) != sum {
        return Err(Ss58Error::Checksum);
    }
    let mut key = [0u8; KEY_LEN];
    key.copy_from_slice(&body[prefix_len..]);
    Ok((prefix, key))
}

/// Decodes a Bittensor address: prefix 42 only.
pub fn decode_bittensor(text: &str) -> Result<[u8; 32], Ss58Error> {
    match decode(text)? {
        (BITTENSOR_PREFIX, key) => Ok(key),
        (found, _) => Err(Ss58Error::WrongNetwork { found }),
    }
}

/// Prefixes below 64 are one byte; the others spread 14 bits over two bytes, the first of which is 0x40..=0x7F.
fn push_prefix(bytes: &mut Vec<u8>, prefix: u16) {
    match u8::try_from(prefix) {
        Ok(small) if small < 64 => bytes.push(small),
        _ => {
            let [low, high] = prefix.to_le_bytes();
            bytes.push(0x40 | (low >> 2));
            bytes.push(high | (low << 6));
        }
    }
}

fn read_prefix(bytes: &[u8]) -> Result<(u16, usize), Ss58Error> {
    match *bytes {
        [small @ 0..=63, ..] => Ok((u16::from(small), 1)),
        [first @ 64..=127, second, ..] => {
            let low = (first << 2) | (second >> 6);
            let prefix = u16::from_le_bytes([low, second & 0x3F]);
            if prefix < 64 { Err(Ss58Error::Prefix) } else { Ok((prefix, 2)) }
        }
        [128..=255, ..] => Err(Ss58Error::Prefix),
        _ => Err(Ss58Error::Length),
    }
}

fn checksum(body: &[u8]) -> [u8; CHECKSUM_LEN] {
    let digest = Blake2b512::new().chain_update(b"SS58PRE").chain_update(body).finalize();
    [digest[0], digest[1]]
}
