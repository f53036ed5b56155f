//! The beacon's key and its signatures.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;

use ark_bls12_381::{Bls12_381, Fr, G1Affine, G1Projective, G2Affine, G2Projective};
use ark_ec::pairing::Pairing;
use ark_ec::{AffineRepr, CurveGroup, PrimeGroup};
use ark_ff::{PrimeField, Zero};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use sha2::{Digest, Sha256};
use timelock::engines::EngineBLS;
use timelock::engines::drand::TinyBLS381;

/// Bytes of a beacon's public key.
pub const PUBLIC_KEY_BYTES: usize = 96;
/// Bytes of a round's signature.
pub const SIGNATURE_BYTES: usize = 48;

/// Bytes that are no point of the curve, or not of its prime-order subgroup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Malformed {
    /// The public key.
    #[error(
        "The beacon's public key is no point of G2; take the 96 bytes from the chain's Drand.BeaconConfig"
    )]
    PublicKey,
    /// The signature.
    #[error("The signature is no point of G1; take the 48 bytes of the round's pulse")]
    Signature,
}

/// A signature as a pulse has it: key, round, signature.
type Signed = ([u8; PUBLIC_KEY_BYTES], u64, [u8; SIGNATURE_BYTES]);

/// How many signatures a thread remembers having made.
const REMEMBERED: usize = 64;

thread_local! {
    // Whoever runs a beacon also checks its pulses, and a pairing takes four times as long as a signature.
    static MADE_HERE: RefCell<VecDeque<Signed>> = const { RefCell::new(VecDeque::new()) };
}

/// A beacon's secret key.
pub struct Secret {
    scalar: Fr,
    public_key: [u8; PUBLIC_KEY_BYTES],
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Secret {
    /// The key that belongs to a seed of any length.
    pub fn from_seed(seed: &[u8]) -> Self {
        let half = |label: u8| Sha256::new().chain_update([label]).chain_update(seed).finalize();
        // 64 bytes, so that the reduction favours no scalar.
        let scalar = Fr::from_be_bytes_mod_order(&[half(0), half(1)].concat());
        let scalar = if scalar.is_zero() { Fr::from(1u64) } else { scalar };
        Self { scalar, public_key: compressed(&(G2Projective::generator() * scalar).into_affine()) }
    }

    /// The public key, compressed.
    pub const fn public_key(&self) -> [u8; PUBLIC_KEY_BYTES] {
        self.public_key
    }

    /// The signature of a round, compressed.
    pub fn sign(&self, round: u64) -> [u8; SIGNATURE_BYTES] {
        let signature = compressed(&(round_point(round) * self.scalar).into_affine());
        MADE_HERE.with_borrow_mut(|made| {
            made.truncate(REMEMBERED - 1);
            made.push_front((self.public_key, round, signature));
        });
        signature
    }
}

/// Whether a round's signature was made with the key that belongs to `public_key`.
///
/// # Errors
/// If one of them is no point of its group.
pub fn verify(public_key: &[u8], round: u64, signature: &[u8]) -> Result<bool, Malformed> {
    let made_here = MADE_HERE.with_borrow(|made| {
        made.iter().any(|made| made.1 == round && made.0 == public_key && made.2 == signature)
    });
    if made_here {
        return Ok(true);
    }
    let key = G2Affine::deserialize_compressed(public_key).map_err(|_| Malformed::PublicKey)?;
    let signature = read_signature(signature)?;
    // One final exponentiation for both pairings: e(signature, -g) e(H(round), key) is 1.
    let product = Bls12_381::multi_pairing(
        [signature, round_point(round).into_affine()],
        [(-G2Affine::generator().into_group()).into_affine(), key],
    );
    Ok(product.is_zero())
}

/// The random number of a round: the hash of its signature.
pub fn randomness(signature: &[u8]) -> [u8; 32] {
    Sha256::digest(signature).into()
}

/// What a beacon signs in a round.
pub(crate) fn round_message(round: u64) -> [u8; 32] {
    Sha256::digest(round.to_be_bytes()).into()
}

pub(crate) fn read_signature(bytes: &[u8]) -> Result<G1Affine, Malformed> {
    G1Affine::deserialize_compressed(bytes).map_err(|_| Malformed::Signature)
}

fn round_point(round: u64) -> G1Projective {
    TinyBLS381::hash_to_signature_curve(&round_message(round)[..])
}

fn compressed<const N: usize>(point: &impl CanonicalSerialize) -> [u8; N] {
    let mut bytes = [0; N];
    // Points of this curve have one size; an array of another would be found by the first test.
    let written = point.serialize_compressed(&mut bytes[..]);
    debug_assert!(written.is_ok());
    bytes
}
