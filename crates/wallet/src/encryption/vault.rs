//! Ansible Vault 1.1: a header line, then hex of three lines of hex (salt, HMAC, ciphertext).

use std::num::NonZeroU32;

use aes::Aes256;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use ring::hmac;
use zeroize::Zeroizing;

use super::{Encryption, EncryptionError, stretch};
use crate::password::Password;

pub(super) const MAGIC: &[u8] = b"$ANSIBLE_VAULT";
const ROUNDS: NonZeroU32 = NonZeroU32::new(10_000).unwrap();
const KEY_BYTES: usize = 32;
const IV_BYTES: usize = 16;
const BLOCK_BYTES: u8 = 16;

pub(super) fn open(content: &[u8], password: &Password) -> Result<Zeroizing<Vec<u8>>, EncryptionError> {
    let [salt, tag, mut ciphertext] = parse(content)?;

    let mut keys = Zeroizing::new([0u8; 2 * KEY_BYTES + IV_BYTES]);
    stretch(password, &salt, ROUNDS, keys.as_mut_slice());
    let (cipher_key, rest) = keys.split_at(KEY_BYTES);
    let (mac_key, iv) = rest.split_at(KEY_BYTES);

    let mac_key = hmac::Key::new(hmac::HMAC_SHA256, mac_key);
    hmac::verify(&mac_key, &ciphertext, &tag)
        .map_err(|_| EncryptionError::WrongPassword(Encryption::AnsibleVault))?;

    let mut cipher = Ctr128BE::<Aes256>::new_from_slices(cipher_key, iv)
        .map_err(|error| EncryptionError::Derivation(error.to_string()))?;
    cipher.apply_keystream(&mut ciphertext);
    unpad(ciphertext)
}

/// Salt, HMAC and ciphertext.
fn parse(content: &[u8]) -> Result<[Zeroizing<Vec<u8>>; 3], EncryptionError> {
    let text = std::str::from_utf8(content).map_err(|_| damaged("it is not text"))?;
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().trim_end().split(';').collect();
    // Version 1.2 differs only in a label after the cipher.
    if !matches!(header.as_slice(), [_, "1.1" | "1.2", "AES256", ..]) {
        return Err(damaged("only Ansible Vault 1.1 and 1.2 with AES256 are known"));
    }
    let body: String = lines.flat_map(|line| line.trim().chars()).collect();
    let inner = hex::decode(body).map_err(|_| damaged("its body is not hex"))?;
    let parts = inner
        .split(|byte| *byte == b'\n')
        .map(|part| hex::decode(part).map(Zeroizing::new).map_err(|_| damaged("a part of it is not hex")))
        .collect::<Result<Vec<_>, _>>()?;
    parts.try_into().map_err(|_| damaged("it must have three parts: salt, HMAC and ciphertext"))
}

/// Removes the PKCS#7 padding, which the HMAC has already vouched for.
fn unpad(mut plaintext: Zeroizing<Vec<u8>>) -> Result<Zeroizing<Vec<u8>>, EncryptionError> {
    let count = plaintext.last().copied().unwrap_or(0);
    let end = plaintext.len().saturating_sub(usize::from(count));
    let padded = (1..=BLOCK_BYTES).contains(&count) && plaintext[end..].iter().all(|byte| *byte == count);
    if !padded {
        return Err(damaged("its padding is wrong"));
    }
    plaintext.truncate(end);
    Ok(plaintext)
}

fn damaged(reason: &'static str) -> EncryptionError {
    EncryptionError::Damaged { encryption: Encryption::AnsibleVault, reason }
}
