//! `$NACL`, a 24-byte nonce, then the secretbox (tag first).

use argon2::{Algorithm, Argon2, Block, Params, Version};
use crypto_secretbox::aead::{Aead, KeyInit};
use crypto_secretbox::{Key, Nonce, XSalsa20Poly1305};
use zeroize::Zeroizing;

use super::{Encryption, EncryptionError};
use crate::password::Password;

pub(super) const MAGIC: &[u8] = b"$NACL";
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// libsodium's "sensitive" limits for Argon2i 1.3.
const MEMORY_KIB: u32 = 512 * 1024;
const PASSES: u32 = 8;
const LANES: u32 = 1;
/// The same for every wallet in existence, so equal passwords give equal keys. A salt of our own would be
/// better and unreadable by every other Bittensor tool.
const SALT: [u8; 16] =
    [0x13, 0x71, 0x83, 0xdf, 0xf1, 0x5a, 0x09, 0xbc, 0x9c, 0x90, 0xb5, 0x51, 0x87, 0x39, 0xe9, 0xb1];

pub(super) fn open(content: &[u8], password: &Password) -> Result<Zeroizing<Vec<u8>>, EncryptionError> {
    let sealed = content.strip_prefix(MAGIC).unwrap_or(content);
    let Some((nonce, boxed)) =
        sealed.split_first_chunk::<NONCE_BYTES>().filter(|(_, b)| b.len() >= TAG_BYTES)
    else {
        return Err(EncryptionError::Damaged { encryption: Encryption::NaCl, reason: "it is too short" });
    };
    cipher(password)?
        .decrypt(&Nonce::from(*nonce), boxed)
        .map(Zeroizing::new)
        .map_err(|_| EncryptionError::WrongPassword(Encryption::NaCl))
}

pub(super) fn seal(plaintext: &[u8], password: &Password) -> Result<Vec<u8>, EncryptionError> {
    let mut nonce = Nonce::default();
    getrandom::fill(&mut nonce).map_err(|error| EncryptionError::Seal(error.to_string()))?;
    let boxed = cipher(password)?
        .encrypt(&nonce, plaintext)
        .map_err(|_| EncryptionError::Seal("the cipher refused the keyfile".to_owned()))?;
    Ok([MAGIC, &nonce, &boxed].concat())
}

fn cipher(password: &Password) -> Result<XSalsa20Poly1305, EncryptionError> {
    let failed = |error: argon2::Error| EncryptionError::Derivation(error.to_string());
    let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(32)).map_err(failed)?;
    // Allocated here rather than in argon2, which would end the process where memory is short.
    let mut memory = Zeroizing::new(Vec::new());
    memory
        .try_reserve_exact(params.block_count())
        .map_err(|error| EncryptionError::Derivation(error.to_string()))?;
    memory.resize(params.block_count(), Block::default());
    let mut key = Zeroizing::new([0u8; 32]);
    Argon2::new(Algorithm::Argon2i, Version::V0x13, params)
        .hash_password_into_with_memory(password.as_bytes(), &SALT, key.as_mut_slice(), memory.as_mut_slice())
        .map_err(failed)?;
    let key: &Key = (&*key).into();
    Ok(XSalsa20Poly1305::new(key))
}
