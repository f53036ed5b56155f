//! The envelopes a keyfile can be in. All three are opened; only NaCl is sealed, as btcli does today.

mod fernet;
mod nacl;
mod vault;

use std::fmt;
use std::num::NonZeroU32;

use ring::pbkdf2;
use zeroize::Zeroizing;

use crate::password::Password;

/// How a keyfile is encrypted, told by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encryption {
    /// The current one: XSalsa20-Poly1305 under a key from Argon2i.
    NaCl,
    /// An older one: Ansible Vault 1.1.
    AnsibleVault,
    /// The oldest: a Fernet token.
    Fernet,
}

impl Encryption {
    /// `None` for a plain keyfile.
    pub fn detect(content: &[u8]) -> Option<Self> {
        [(nacl::MAGIC, Self::NaCl), (vault::MAGIC, Self::AnsibleVault), (fernet::MAGIC, Self::Fernet)]
            .into_iter()
            .find_map(|(magic, encryption)| content.starts_with(magic).then_some(encryption))
    }
}

impl fmt::Display for Encryption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NaCl => "NaCl",
            Self::AnsibleVault => "Ansible Vault",
            Self::Fernet => "Fernet",
        })
    }
}

/// Why an envelope could not be opened or sealed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptionError {
    /// The cipher's authentication failed; a damaged file looks the same.
    #[error("the password is wrong (or the {0} file was altered); check the password and try again")]
    WrongPassword(Encryption),
    /// The file cannot be an envelope of its kind at all.
    #[error(
        "the {encryption} file is damaged: {reason}; restore it from a backup or regenerate it from its phrase"
    )]
    Damaged {
        /// What its first bytes claim.
        encryption: Encryption,
        /// What is wrong.
        reason: &'static str,
    },
    /// Deriving a key failed.
    #[error("cannot derive the key from the password: {0}; opening a NaCl file takes 512 MiB of free memory")]
    Derivation(String),
    /// The system gave no random bytes, or the cipher refused.
    #[error("cannot encrypt: {0}")]
    Seal(String),
}

/// Opens an envelope. Expensive on purpose: NaCl takes 512 MiB and up to seconds, so open once and keep the
/// key, and call it from a thread that may block.
pub fn open(
    encryption: Encryption,
    content: &[u8],
    password: &Password,
) -> Result<Zeroizing<Vec<u8>>, EncryptionError> {
    match encryption {
        Encryption::NaCl => nacl::open(content, password),
        Encryption::AnsibleVault => vault::open(content, password),
        Encryption::Fernet => fernet::open(content, password),
    }
}

/// Seals a keyfile as NaCl, at the same cost as opening it.
pub fn seal(plaintext: &[u8], password: &Password) -> Result<Vec<u8>, EncryptionError> {
    nacl::seal(plaintext, password)
}

/// PBKDF2-HMAC-SHA256. Taken from ring because its loop stays fast in debug builds: ten million rounds of a
/// generic one would be compiled into this crate without optimisation.
fn stretch(password: &Password, salt: &[u8], rounds: NonZeroU32, key: &mut [u8]) {
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, rounds, salt, password.as_bytes(), key);
}
