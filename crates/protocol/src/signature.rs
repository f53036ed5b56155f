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

/// A signature that is yet to be verified.
#[derive(Clone, Copy, Debug)]
pub struct SignatureCheck<'a> {
    /// The scheme it is said to be of.
    pub scheme: Scheme,
    /// Whose it is said to be.
    pub account: AccountId,
    /// The signed bytes.
    pub message: &'a [u8],
    /// The signature.
    pub signature: &'a [u8; 64],
}

/// Whether [`verify`] holds for every one of these; true for none.
///
/// sr25519 signatures are verified together, which costs less than half of verifying each, and less still where an
/// account has several among them. The verdict is the same: each is weighted with randomness of the operating system,
/// so that faults can't be made to cancel each other out. If the verdict is false, it does not say whose fault it is.
#[must_use]
pub fn verify_batch(checks: &[SignatureCheck<'_>]) -> bool {
    let single =
        |check: &SignatureCheck<'_>| verify(check.scheme, &check.account, check.message, check.signature);
    let mut together: Vec<&SignatureCheck<'_>> =
        checks.iter().filter(|check| check.scheme == Scheme::Sr25519).collect();
    if together.len() < 2 {
        return checks.iter().all(single);
    }
    // The library merges the terms of equal keys that follow each other.
    together.sort_unstable_by_key(|check| check.account);
    verify_sr25519_batch(&together)
        && checks.iter().filter(|check| check.scheme != Scheme::Sr25519).all(single)
}

fn verify_sr25519_batch(checks: &[&SignatureCheck<'_>]) -> bool {
    let mut keys: Vec<PublicKey> = Vec::with_capacity(checks.len());
    let mut signatures = Vec::with_capacity(checks.len());
    let mut previous: Option<AccountId> = None;
    for check in checks {
        let Ok(signature) = schnorrkel::Signature::from_bytes(check.signature) else { return false };
        signatures.push(signature);
        // Decompressing a key is a good part of verifying its signature.
        let known = keys.last().copied().filter(|_| previous == Some(check.account));
        let key = match known {
            Some(key) => key,
            None if is_identity(&check.account) => return false,
            None => match PublicKey::from_bytes(check.account.as_bytes()) {
                Ok(key) => key,
                Err(_) => return false,
            },
        };
        keys.push(key);
        previous = Some(check.account);
    }
    let context = schnorrkel::signing_context(SR25519_CONTEXT);
    let transcripts = checks.iter().map(|check| context.bytes(check.message));
    schnorrkel::verify_batch(transcripts, &signatures, &keys, true).is_ok()
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
