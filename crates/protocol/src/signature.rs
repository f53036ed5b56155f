//! Signature verification, stricter than the libraries' defaults.

use std::{
    collections::HashMap,
    fmt,
    sync::{LazyLock, PoisonError, RwLock},
};

use ed25519_dalek::VerifyingKey;
use schnorrkel::{PublicKey, context::SigningContext};

use crate::{AccountId, Scheme};

/// The signing context of every sr25519 signature in the ecosystem.
pub(crate) const SR25519_CONTEXT: &[u8] = b"substrate";

/// The same, hashed: every verification begins with it.
static CONTEXT: LazyLock<SigningContext> = LazyLock::new(|| schnorrkel::signing_context(SR25519_CONTEXT));

/// Whether `signature` is `account`'s signature of `message` under `scheme`, and under no other scheme.
///
/// Refuses keys for which a signature proves nothing: the all-zero sr25519 key (the chain's default account, under
/// which `00…0080` is a valid signature of every message), ed25519 keys of small order, and non-canonical spellings of
/// an ed25519 key. The `<Bytes>` wrapping some browser wallets sign is not accepted.
#[must_use]
pub fn verify(scheme: Scheme, account: &AccountId, message: &[u8], signature: &[u8; 64]) -> bool {
    holds(&SignatureCheck { scheme, account: *account, message, signature }, decompress)
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
    all_hold(checks, decompress)
}

/// The sr25519 keys of accounts whose signatures were found good, in the form that verification works on.
///
/// To make that form of an address takes a tenth of verifying a signature alone, and a fifth of verifying it in a batch.
/// The verdicts are those of [`verify`] and [`verify_batch`]. When `capacity` keys are held, all are forgotten for the
/// next; a key takes some 200 bytes.
pub struct KnownKeys {
    capacity: usize,
    keys: RwLock<HashMap<AccountId, PublicKey>>,
}

impl KnownKeys {
    /// Holds up to `capacity` keys.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity, keys: RwLock::default() }
    }

    /// Like [`verify`].
    #[must_use]
    pub fn verify(&self, check: &SignatureCheck<'_>) -> bool {
        let holds = holds(check, |account| self.key(account));
        if holds {
            self.remember(std::slice::from_ref(check));
        }
        holds
    }

    /// Like [`verify_batch`].
    #[must_use]
    pub fn verify_batch(&self, checks: &[SignatureCheck<'_>]) -> bool {
        let hold = all_hold(checks, |account| self.key(account));
        if hold {
            self.remember(checks);
        }
        hold
    }

    fn key(&self, account: &AccountId) -> Option<PublicKey> {
        let known = self.keys.read().unwrap_or_else(PoisonError::into_inner).get(account).copied();
        known.or_else(|| decompress(account))
    }

    /// Strangers' keys never come here: a signature of theirs would have to hold, and servers verify none of callers they
    /// don't serve.
    fn remember(&self, checks: &[SignatureCheck<'_>]) {
        let is_new = |keys: &HashMap<_, _>, check: &SignatureCheck<'_>| {
            check.scheme == Scheme::Sr25519 && !keys.contains_key(&check.account)
        };
        {
            let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
            if !checks.iter().any(|check| is_new(&keys, check)) {
                return;
            }
        }
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        for check in checks {
            if is_new(&keys, check)
                && let Some(key) = decompress(&check.account)
            {
                if keys.len() >= self.capacity {
                    keys.clear();
                }
                keys.insert(check.account, key);
            }
        }
    }
}

impl fmt::Debug for KnownKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KnownKeys").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

/// The key of an account, unless it is none under which a signature proves something.
fn decompress(account: &AccountId) -> Option<PublicKey> {
    if is_identity(account) { None } else { PublicKey::from_bytes(account.as_bytes()).ok() }
}

fn holds(check: &SignatureCheck<'_>, key_of: impl Fn(&AccountId) -> Option<PublicKey>) -> bool {
    let SignatureCheck { scheme, account, message, signature } = check;
    match scheme {
        Scheme::Ed25519 => verify_ed25519(account, message, signature),
        Scheme::Sr25519 => {
            let Some(key) = key_of(account) else { return false };
            let Ok(signature) = schnorrkel::Signature::from_bytes(*signature) else { return false };
            key.verify(CONTEXT.bytes(message), &signature).is_ok()
        }
    }
}

fn all_hold(checks: &[SignatureCheck<'_>], key_of: impl Fn(&AccountId) -> Option<PublicKey>) -> bool {
    let mut together: Vec<&SignatureCheck<'_>> =
        checks.iter().filter(|check| check.scheme == Scheme::Sr25519).collect();
    if together.len() < 2 {
        return checks.iter().all(|check| holds(check, &key_of));
    }
    // The library merges the terms of equal keys that follow each other.
    together.sort_unstable_by_key(|check| check.account);
    verify_sr25519_batch(&together, &key_of)
        && checks.iter().filter(|check| check.scheme != Scheme::Sr25519).all(|check| holds(check, &key_of))
}

fn verify_sr25519_batch(
    checks: &[&SignatureCheck<'_>],
    key_of: impl Fn(&AccountId) -> Option<PublicKey>,
) -> bool {
    let mut keys: Vec<PublicKey> = Vec::with_capacity(checks.len());
    let mut signatures = Vec::with_capacity(checks.len());
    let mut previous: Option<AccountId> = None;
    for check in checks {
        let Ok(signature) = schnorrkel::Signature::from_bytes(check.signature) else { return false };
        signatures.push(signature);
        // Decompressing a key is a good part of verifying its signature.
        let same = keys.last().copied().filter(|_| previous == Some(check.account));
        let Some(key) = same.or_else(|| key_of(&check.account)) else { return false };
        keys.push(key);
        previous = Some(check.account);
    }
    let transcripts = checks.iter().map(|check| CONTEXT.bytes(check.message));
    schnorrkel::verify_batch(transcripts, &signatures, &keys, true).is_ok()
}

/// The compressed Ristretto identity, the public key of the zero scalar.
pub(crate) fn is_identity(account: &AccountId) -> bool {
    account.as_bytes() == &[0u8; 32]
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
