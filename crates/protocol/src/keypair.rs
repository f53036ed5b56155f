//! Key pairs: made from URIs, phrases, seeds or stored secrets; they sign and never show their secret by accident.

use std::fmt;

use blake2::{Blake2b, Digest, digest::consts::U32};
use codec::Encode;
use ed25519_dalek::Signer;
use schnorrkel::{
    ExpansionMode, MiniSecretKey, SecretKey,
    derive::{ChainCode, Derivation},
};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    AccountId, Scheme, phrase, signature,
    uri::{Junction, Root, SecretUri},
};

/// Why a key could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Unknown words, capitals, a wrong number of words, or a wrong checksum.
    #[error("the secret phrase is not a valid list of 12 to 24 lower-case English BIP-39 words")]
    Phrase,
    /// A word count BIP-39 does not have.
    #[error("a secret phrase has 12, 15, 18, 21 or 24 words, not {words}")]
    WordCount {
        /// The number asked for.
        words: usize,
    },
    /// A hexadecimal seed of the wrong length or with other characters.
    #[error("the seed must be 0x and 64 hexadecimal digits")]
    Seed,
    /// A stored sr25519 secret that is not a canonical non-zero scalar and a nonce.
    #[error("the 64 bytes are not an sr25519 secret key (canonical scalar, then nonce)")]
    Secret,
    /// An empty junction in a secret URI.
    #[error("the secret URI has an empty junction; write /soft or //hard with a name after the slashes")]
    Uri,
    /// A soft junction under ed25519.
    #[error("ed25519 keys have no soft junctions; use //hard ones or sr25519")]
    SoftEd25519,
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes for a new key")]
    NoRandomness,
}

/// A signing key. Secrets are wiped when the last copy is dropped, and `Debug` shows the address only.
#[derive(Clone)]
pub struct Keypair {
    secret: Secret,
    /// Known unless the key came as an expanded secret or from a soft junction.
    mini_secret: Option<Zeroizing<[u8; 32]>>,
    account: AccountId,
}

#[derive(Clone)]
enum Secret {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    Sr25519(Box<schnorrkel::Keypair>),
}

impl Keypair {
    /// A new key from the operating system's randomness.
    pub fn generate(scheme: Scheme) -> Result<Self, KeyError> {
        let mut mini_secret = Zeroizing::new([0u8; 32]);
        getrandom::fill(mini_secret.as_mut_slice()).map_err(|_| KeyError::NoRandomness)?;
        Ok(Self::from_mini_secret(*mini_secret, scheme))
    }

    /// A key from a secret URI: `<phrase or 0x seed>/soft//hard///passphrase`.
    ///
    /// An empty start means the public development phrase, so `//Alice` is the well-known test account. A passphrase
    /// changes phrases only; it has no effect on a hexadecimal seed.
    pub fn from_uri(uri: &str, scheme: Scheme) -> Result<Self, KeyError> {
        let uri = SecretUri::parse(uri)?;
        let root = match uri.root {
            Root::Phrase(words) => Self::from_phrase(words, uri.passphrase, scheme)?,
            Root::Seed(bytes) => Self::from_seed_bytes(&bytes, scheme)?,
        };
        uri.junctions.iter().try_fold(root, |key, junction| key.derive(junction))
    }

    /// A key from a BIP-39 phrase and a passphrase (empty for none).
    pub fn from_phrase(phrase: &str, passphrase: &str, scheme: Scheme) -> Result<Self, KeyError> {
        phrase::mini_secret(phrase, passphrase).map(|secret| Self::from_mini_secret(*secret, scheme))
    }

    /// A key from its 32-byte seed: an RFC 8032 seed, or a schnorrkel mini-secret expanded in Ed25519 mode.
    #[must_use]
    pub fn from_mini_secret(mini_secret: [u8; 32], scheme: Scheme) -> Self {
        let mini_secret = Zeroizing::new(mini_secret);
        let secret = match scheme {
            Scheme::Ed25519 => Secret::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(&mini_secret))),
            Scheme::Sr25519 => Secret::Sr25519(Box::new(expand(&mini_secret).to_keypair())),
        };
        Self::new(secret, Some(mini_secret))
    }

    /// An sr25519 key from the 64 bytes keyfiles store as `privateKey`: a canonical scalar and a nonce.
    pub fn from_sr25519_secret(secret: &[u8; 64]) -> Result<Self, KeyError> {
        let secret = SecretKey::from_bytes(secret).map_err(|_| KeyError::Secret)?;
        Self::from_expanded(secret)
    }

    /// The account: the public key bytes.
    #[must_use]
    pub const fn account(&self) -> AccountId {
        self.account
    }

    /// The signature scheme of this key.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        match self.secret {
            Secret::Ed25519(_) => Scheme::Ed25519,
            Secret::Sr25519(_) => Scheme::Sr25519,
        }
    }

    /// Signs the message bytes as they are. Every sr25519 signature uses the context `substrate`.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        match &self.secret {
            Secret::Ed25519(key) => key.sign(message).to_bytes(),
            Secret::Sr25519(key) => key.sign_simple(signature::SR25519_CONTEXT, message).to_bytes(),
        }
    }

    /// The private key as keyfiles store it: 64 bytes (scalar, nonce) for sr25519, the 32-byte seed for ed25519.
    #[must_use]
    pub fn private_key(&self) -> Zeroizing<Vec<u8>> {
        match &self.secret {
            Secret::Ed25519(key) => Zeroizing::new(Zeroizing::new(key.to_bytes()).to_vec()),
            Secret::Sr25519(key) => Zeroizing::new(Zeroizing::new(key.secret.to_bytes()).to_vec()),
        }
    }

    /// The 32-byte seed, if this key was made from one.
    #[must_use]
    pub fn mini_secret(&self) -> Option<Zeroizing<[u8; 32]>> {
        self.mini_secret.clone()
    }

    fn new(secret: Secret, mini_secret: Option<Zeroizing<[u8; 32]>>) -> Self {
        let account = AccountId::from_bytes(match &secret {
            Secret::Ed25519(key) => key.verifying_key().to_bytes(),
            Secret::Sr25519(key) => key.public.to_bytes(),
        });
        Self { secret, mini_secret, account }
    }

    fn from_expanded(secret: SecretKey) -> Result<Self, KeyError> {
        let key = Self::new(Secret::Sr25519(Box::new(secret.to_keypair())), None);
        // A zero scalar gives the identity key, under which anyone can sign.
        if signature::is_identity(&key.account) { Err(KeyError::Secret) } else { Ok(key) }
    }

    fn from_seed_bytes(bytes: &[u8], scheme: Scheme) -> Result<Self, KeyError> {
        if let Ok(mini_secret) = <[u8; 32]>::try_from(bytes) {
            return Ok(Self::from_mini_secret(mini_secret, scheme));
        }
        match (scheme, <&[u8; 64]>::try_from(bytes)) {
            (Scheme::Sr25519, Ok(secret)) => Self::from_sr25519_secret(secret),
            _ => Err(KeyError::Seed),
        }
    }

    fn derive(self, junction: &Junction) -> Result<Self, KeyError> {
        match (&self.secret, *junction) {
            (Secret::Ed25519(key), Junction::Hard(code)) => {
                let seed = Zeroizing::new(key.to_bytes());
                let preimage = Zeroizing::new(("Ed25519HDKD", *seed, code).encode());
                let derived = Blake2b::<U32>::digest(preimage.as_slice());
                Ok(Self::from_mini_secret(derived.into(), Scheme::Ed25519))
            }
            (Secret::Ed25519(_), Junction::Soft(_)) => Err(KeyError::SoftEd25519),
            (Secret::Sr25519(key), Junction::Hard(code)) => {
                let (mini_secret, _) = key.secret.hard_derive_mini_secret_key(Some(ChainCode(code)), b"");
                Ok(Self::from_mini_secret(mini_secret.to_bytes(), Scheme::Sr25519))
            }
            (Secret::Sr25519(key), Junction::Soft(code)) => {
                let (secret, _) = key.secret.derived_key_simple(ChainCode(code), b"");
                Self::from_expanded(secret)
            }
        }
    }
}

fn expand(mini_secret: &[u8; 32]) -> SecretKey {
    match MiniSecretKey::from_bytes(mini_secret) {
        Ok(mini_secret) => mini_secret.expand(ExpansionMode::Ed25519),
        Err(_) => unreachable!("every 32 bytes are a mini-secret"),
    }
}

impl fmt::Debug for Keypair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keypair")
            .field("account", &self.account)
            .field("scheme", &self.scheme())
            .finish_non_exhaustive()
    }
}
