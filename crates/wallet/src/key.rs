//! A key as a wallet keeps it: the pair that signs, and the phrase it came from if there is one.

use std::fmt;

use subnetkit_protocol::{AccountId, KeyError, Keypair, Scheme, phrase};
use zeroize::Zeroizing;

/// A key pair together with the phrase a keyfile stores beside it.
#[derive(Clone)]
pub struct WalletKey {
    keypair: Keypair,
    phrase: Option<Zeroizing<String>>,
}

impl WalletKey {
    /// A new key with a phrase of 12, 15, 18, 21 or 24 words. Show the phrase to its owner once: nothing else
    /// brings the key back.
    pub fn generate(words: usize, scheme: Scheme) -> Result<Self, KeyError> {
        Self::from_phrase(&phrase::generate(words)?, "", scheme)
    }

    /// The key of a phrase. With a passphrase the words are not kept: a keyfile has no place for the passphrase,
    /// so readers would derive another key from the words alone.
    pub fn from_phrase(words: &str, passphrase: &str, scheme: Scheme) -> Result<Self, KeyError> {
        let keypair = Keypair::from_phrase(words, passphrase, scheme)?;
        Ok(Self { keypair, phrase: passphrase.is_empty().then(|| single_spaced(words)) })
    }

    /// The key of a 32-byte seed.
    pub fn from_seed(seed: [u8; 32], scheme: Scheme) -> Self {
        Keypair::from_mini_secret(seed, scheme).into()
    }

    /// A key from the bytes of `privateKey` or `secretSeed`: a 32-byte seed, or 64 bytes that are an sr25519
    /// scalar and nonce, or an ed25519 seed and its public key.
    pub fn from_bytes(bytes: &[u8], scheme: Scheme) -> Result<Self, KeyError> {
        if let Ok(seed) = <[u8; 32]>::try_from(bytes) {
            return Ok(Self::from_seed(seed, scheme));
        }
        let long = <&[u8; 64]>::try_from(bytes).map_err(|_| KeyError::Seed)?;
        match scheme {
            Scheme::Sr25519 => Keypair::from_sr25519_secret(long).map(Self::from),
            Scheme::Ed25519 => {
                let (seed, public) = bytes.split_at(32);
                let key = Self::from_bytes(seed, scheme)?;
                if key.account().as_bytes() == public { Ok(key) } else { Err(KeyError::Seed) }
            }
        }
    }

    /// The pair that signs.
    pub const fn keypair(&self) -> &Keypair {
        &self.keypair
    }

    /// The pair that signs, leaving the phrase behind.
    pub fn into_keypair(self) -> Keypair {
        self.keypair
    }

    /// The account.
    pub const fn account(&self) -> AccountId {
        self.keypair.account()
    }

    /// The words, if the key was made from words alone. Secret.
    pub fn phrase(&self) -> Option<&str> {
        self.phrase.as_deref().map(String::as_str)
    }
}

impl From<Keypair> for WalletKey {
    fn from(keypair: Keypair) -> Self {
        Self { keypair, phrase: None }
    }
}

impl fmt::Debug for WalletKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WalletKey").field("keypair", &self.keypair).finish_non_exhaustive()
    }
}

/// Without reallocation, which would leave a copy of the words behind.
fn single_spaced(words: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(words.len()));
    for word in words.split_whitespace() {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word);
    }
    text
}
