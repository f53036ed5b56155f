//! Signature verification, stricter than the libraries' defaults.

use ed25519_dalek::VerifyingKey;
use schnorrkel::PublicKey;

use crate::{AccountId, Scheme};

/// The signing context of every sr25519 signature in the ecosystem.
pub(crate) const SR25519_CONTEXT: &[u8] = b"substrate";

/// Whether `signature` is `account`'s signature of `message` under `scheme`, and under no other scheme.
///
/// Refuses keys for which a signature proves nothing: the all-zero sr25519 key (the chain's default account, under
/// which `00…0080` is a valid signature of every message), ed25519 keys of small order, and non-canonical spellings of
/// an ed25519 key. The `<Bytes>` wrapping some browser wallets sign is not accepted.
#[must_use]
pub fn verify(scheme: Scheme, account: &AccountId, message: &[u8], signature: &[u8; 64]) -> bool {
    match scheme {
        Scheme::Ed25519 => verify_ed25519(account, message, signature),
        Scheme::Sr25519 => verify_sr25519(account, message, signature),
    }
}

/// The compressed Ristretto identity, the public key of the zero scalar.
pub(crate) fn is_identity(account: &AccountId) -> bool {
    account.as_bytes() == &[0u8; 32]
}

fn verify_sr25519(account: &AccountId, message: &[u8], signature: &[u8; 64]) -> bool {
    if is_identity(account) {
        return false;
    }
    let Ok(key) = PublicKey::from_bytes(account.as_bytes()) else { return false };
    let Ok(signature) = schnorrkel::Signature::from_bytes(signature) else { return false };
    key.verify_simple(SR25519_CONTEXT, message, &signature).is_ok()
}

fn verify_ed25519(account: &AccountId, message: &[u8], signature: &[u8; 64]) -> bool {
    if !is_canonical_ed25519(account.as_bytes()) {
        return false;
    }
    let Ok(key) = VerifyingKey::from_bytes(account.as_bytes()) else { return false };
    let signature = ed25519_dalek::Signature::from_bytes(signature);
    key.verify_strict(message, &signature).is_ok()
}

/// Whether the encoded y coordinate is below the field prime 2^255 - 19. The library reduces larger ones, which would
/// give one key two accounts.
fn is_canonical_ed25519(key: &[u8; 32]) -> bool {
    let high_bits_all_ones = key[31] & 0x7F == 0x7F && key[1..31].iter().all(|byte| *byte == 0xFF);
    !(high_bits_all_ones && key[0] >= 0xED)
}

#[cfg(test)]
mod tests {
    use super::*;

    // No test can go through `verify`: nobody knows the secret of a key with a second spelling.
    #[test]
    fn coordinates_from_the_field_prime_up_are_not_canonical() {
        let prime_plus = |offset: u8| {
            let mut key = [0xFF; 32];
            key[0] = 0xED + offset;
            key[31] = 0x7F;
            key
        };
        let with_sign = |mut key: [u8; 32]| {
            key[31] |= 0x80;
            key
        };
        for offset in 0..=0x12 {
            assert!(!is_canonical_ed25519(&prime_plus(offset)));
            assert!(!is_canonical_ed25519(&with_sign(prime_plus(offset))));
        }
        let mut below = prime_plus(0);
        below[0] = 0xEC;
        assert!(is_canonical_ed25519(&below));
        assert!(is_canonical_ed25519(&with_sign(below)));
        let mut far_below = prime_plus(0x12);
        far_below[20] = 0xFE;
        assert!(is_canonical_ed25519(&far_below));
    }
}
