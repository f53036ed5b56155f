//! Secret phrases: BIP-39 English words, turned into keys the Substrate way.
//!
//! Substrate feeds the *entropy* behind the words into PBKDF2, not the words themselves, so these keys differ from
//! what an ordinary BIP-39 wallet derives from the same phrase.

use bip39::{Language, Mnemonic};
use zeroize::{Zeroize, Zeroizing};

use crate::KeyError;

/// The public development phrase; `//Alice` and the other well-known accounts derive from it. Never use it for value.
pub const DEV_PHRASE: &str = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";

/// Makes a new phrase of 12, 15, 18, 21 or 24 words from the operating system's randomness.
pub fn generate(words: usize) -> Result<Zeroizing<String>, KeyError> {
    if !matches!(words, 12 | 15 | 18 | 21 | 24) {
        return Err(KeyError::WordCount { words });
    }
    // Each group of three words carries four bytes of entropy.
    let mut entropy = Zeroizing::new([0u8; 32]);
    let entropy = &mut entropy[..words / 3 * 4];
    getrandom::fill(entropy).map_err(|_| KeyError::NoRandomness)?;
    let mut mnemonic = Mnemonic::from_entropy_in(Language::English, entropy).map_err(|_| KeyError::Phrase)?;
    let phrase = Zeroizing::new(mnemonic.to_string());
    mnemonic.zeroize();
    Ok(phrase)
}

/// The mini-secret (32-byte seed) of a phrase and an optional passphrase (empty for none).
///
/// Words may be separated by any white space; capitals and a wrong checksum are errors.
pub fn mini_secret(phrase: &str, passphrase: &str) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let mut mnemonic =
        Mnemonic::parse_in_normalized(Language::English, phrase).map_err(|_| KeyError::Phrase)?;
    let (entropy, len) = mnemonic.to_entropy_array();
    mnemonic.zeroize();
    let entropy = Zeroizing::new(entropy);
    let seed =
        substrate_bip39::seed_from_entropy(&entropy[..len], passphrase).map_err(|_| KeyError::Phrase)?;
    let seed = Zeroizing::new(seed);
    let mut mini_secret = Zeroizing::new([0u8; 32]);
    mini_secret.copy_from_slice(&seed[..32]);
    Ok(mini_secret)
}
