//! Sealed messages, in the framing that the chain reads.
//!
//! `U (96 bytes) ‖ 32 as u64 ‖ V ‖ 32 as u64 ‖ W ‖ length as u64 ‖ body ‖ 8 as u64 ‖ "AES_GCM_"`, numbers little
//! endian. The library of the scheme writes V and W without their lengths; all else is its own framing.

use ark_bls12_381::G2Projective;
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use ark_std::rand::{CryptoRng, Error as RngError, RngCore};
use sha2::{Digest, Sha256};
use timelock::block_ciphers::AESGCMBlockCipherProvider;
use timelock::engines::drand::TinyBLS381;
use timelock::ibe::fullident::Identity;
use timelock::tlock::{TLECiphertext, tld, tle};

use crate::beacon::{Malformed, PUBLIC_KEY_BYTES, read_signature, round_message};

/// The lengths that the chain writes before V and W.
const HASH_LENGTH: [u8; 8] = 32u64.to_le_bytes();
/// Where the first length stands, and V after it.
const V: usize = PUBLIC_KEY_BYTES + HASH_LENGTH.len();
/// Where the second length stands, behind V.
const W_LENGTH: usize = V + 32;
/// Where W stands.
const W: usize = W_LENGTH + HASH_LENGTH.len();

/// Why a sealed message does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The bytes are no sealed message.
    #[error(
        "The bytes are no sealed message; they must be the envelope as `seal` or the Python SDK makes it"
    )]
    Framing,
    /// The signature is no signature.
    #[error(transparent)]
    Signature(#[from] Malformed),
    /// It was sealed for another round or another beacon, or was changed since.
    #[error(
        "The message does not open with this signature; it was sealed for another round or beacon, or was changed"
    )]
    Sealed,
}

/// Seals a message until a round's signature is published.
///
/// `entropy` must be fresh random bytes, used for one message only: whoever knows them can open it at once.
///
/// # Errors
/// If `public_key` is no beacon's key.
pub fn seal(public_key: &[u8], round: u64, message: &[u8], entropy: [u8; 32]) -> Result<Vec<u8>, Malformed> {
    let key = G2Projective::deserialize_compressed(public_key).map_err(|_| Malformed::PublicKey)?;
    let mut random = Stream::new(entropy);
    let mut secret = [0; 32];
    random.fill_bytes(&mut secret);
    let identity = Identity::new(b"", &round_message(round));
    let sealed = tle::<TinyBLS381, AESGCMBlockCipherProvider, _>(key, secret, message, identity, random)
        .map_err(|_| Malformed::PublicKey)?;
    let mut bytes = Vec::new();
    let written = sealed.serialize_compressed(&mut bytes);
    debug_assert!(written.is_ok(), "a vector takes any number of bytes");
    for position in [PUBLIC_KEY_BYTES, W_LENGTH] {
        bytes.splice(position..position, HASH_LENGTH);
    }
    Ok(bytes)
}

/// Opens a sealed message with its round's signature. The name of the cipher and bytes behind the envelope are not
/// looked at, as on the chain.
///
/// # Errors
/// [`OpenError`] says whether the envelope, the signature or their belonging together is at fault.
pub fn open(sealed: &[u8], signature: &[u8]) -> Result<Vec<u8>, OpenError> {
    let header = [(PUBLIC_KEY_BYTES, &HASH_LENGTH[..]), (W_LENGTH, &HASH_LENGTH[..])];
    for (position, length) in header {
        if sealed.get(position..position + length.len()) != Some(length) {
            return Err(OpenError::Framing);
        }
    }
    let parts = [sealed.get(..PUBLIC_KEY_BYTES), sealed.get(V..W_LENGTH), sealed.get(W..)];
    let bytes = parts.into_iter().collect::<Option<Vec<_>>>().ok_or(OpenError::Framing)?.concat();
    check_lengths(sealed.get(W + 32..).unwrap_or_default())?;
    let envelope =
        TLECiphertext::<TinyBLS381>::deserialize_compressed(&bytes[..]).map_err(|_| OpenError::Framing)?;
    let signature = read_signature(signature)?;
    tld::<TinyBLS381, AESGCMBlockCipherProvider>(envelope, signature.into()).map_err(|_| OpenError::Sealed)
}

/// Refuses lengths that promise more bytes than there are, before a reader makes room for them.
fn check_lengths(behind_header: &[u8]) -> Result<(), OpenError> {
    let (body, rest) = take_vector(behind_header)?;
    take_vector(rest)?;
    let (_, nonce) = take_vector(body)?;
    take_vector(nonce)?;
    Ok(())
}

fn take_vector(bytes: &[u8]) -> Result<(&[u8], &[u8]), OpenError> {
    let (length, rest) = bytes.split_first_chunk::<8>().ok_or(OpenError::Framing)?;
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| OpenError::Framing)?;
    rest.split_at_checked(length).ok_or(OpenError::Framing)
}

/// Random bytes that follow from the caller's entropy: SHA-256 of it and a counter.
struct Stream {
    entropy: [u8; 32],
    blocks: u64,
    ready: Vec<u8>,
}

impl Stream {
    fn new(entropy: [u8; 32]) -> Self {
        Self { entropy, blocks: 0, ready: Vec::new() }
    }
}

impl CryptoRng for Stream {}

impl RngCore for Stream {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        for byte in out {
            if self.ready.is_empty() {
                let block = Sha256::new().chain_update(self.entropy).chain_update(self.blocks.to_le_bytes());
                self.ready = block.finalize().to_vec();
                self.blocks = self.blocks.wrapping_add(1);
            }
            *byte = self.ready.pop().unwrap_or_default();
        }
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), RngError> {
        self.fill_bytes(out);
        Ok(())
    }
}
