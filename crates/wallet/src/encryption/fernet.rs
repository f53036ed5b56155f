//! A Fernet token under a key that PBKDF2 takes seconds to derive.

use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use zeroize::Zeroizing;

use super::{Encryption, EncryptionError, stretch};
use crate::password::Password;

/// Version 0x80 and the leading zeros of a 64-bit time, in base64.
pub(super) const MAGIC: &[u8] = b"gAAAAA";
const SALT: &[u8] = b"Iguesscyborgslikemyselfhaveatendencytobeparanoidaboutourorigins";
const ROUNDS: NonZeroU32 = NonZeroU32::new(10_000_000).unwrap();

pub(super) fn open(content: &[u8], password: &Password) -> Result<Zeroizing<Vec<u8>>, EncryptionError> {
    let Ok(token) = std::str::from_utf8(content) else {
        return Err(EncryptionError::Damaged { encryption: Encryption::Fernet, reason: "it is not text" });
    };
    let mut key = Zeroizing::new([0u8; 32]);
    stretch(password, SALT, ROUNDS, key.as_mut_slice());
    let key = Zeroizing::new(URL_SAFE.encode(key.as_slice()));
    let fernet = fernet::Fernet::new(&key)
        .ok_or_else(|| EncryptionError::Derivation("Fernet refused the derived key".to_owned()))?;
    fernet.decrypt(token).map(Zeroizing::new).map_err(|_| EncryptionError::WrongPassword(Encryption::Fernet))
}
