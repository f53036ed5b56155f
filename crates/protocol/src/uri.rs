//! Secret URIs: `<phrase or 0x seed>` followed by `/soft` and `//hard` junctions and a `///passphrase`.

use blake2::{Blake2b, Digest, digest::consts::U32};
use codec::Encode;
use zeroize::Zeroizing;

use crate::{KeyError, phrase::DEV_PHRASE};

/// One step of a derivation path.
#[derive(Clone, Copy)]
pub(crate) enum Junction {
    Soft([u8; 32]),
    Hard([u8; 32]),
}

/// Where a derivation starts.
pub(crate) enum Root<'a> {
    Phrase(&'a str),
    Seed(Zeroizing<Vec<u8>>),
}

pub(crate) struct SecretUri<'a> {
    pub(crate) root: Root<'a>,
    pub(crate) junctions: Vec<Junction>,
    pub(crate) passphrase: &'a str,
}

impl<'a> SecretUri<'a> {
    pub(crate) fn parse(uri: &'a str) -> Result<Self, KeyError> {
        let (rest, passphrase) = uri.split_once("///").unwrap_or((uri, ""));
        let (root, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let root = match root.strip_prefix("0x") {
            Some(digits) => Root::Seed(Zeroizing::new(hex::decode(digits).map_err(|_| KeyError::Seed)?)),
            None if root.is_empty() => Root::Phrase(DEV_PHRASE),
            None => Root::Phrase(root),
        };
        Ok(Self { root, junctions: parse_path(path)?, passphrase })
    }
}

fn parse_path(mut path: &str) -> Result<Vec<Junction>, KeyError> {
    let mut junctions = Vec::new();
    while let Some(after_slash) = path.strip_prefix('/') {
        let (hard, name_on) = match after_slash.strip_prefix('/') {
            Some(name_on) => (true, name_on),
            None => (false, after_slash),
        };
        let (name, next) = name_on.split_at(name_on.find('/').unwrap_or(name_on.len()));
        if name.is_empty() {
            return Err(KeyError::Uri);
        }
        let code = chain_code(name);
        junctions.push(if hard { Junction::Hard(code) } else { Junction::Soft(code) });
        path = next;
    }
    Ok(junctions)
}

/// Decimal numbers and text are different junctions: `//1` is the number one, `//one` a SCALE string. Whatever does not
/// fit 32 bytes is hashed.
fn chain_code(name: &str) -> [u8; 32] {
    let encoded = match name.parse::<u64>() {
        Ok(number) => number.encode(),
        Err(_) => name.encode(),
    };
    let mut code = [0u8; 32];
    match code.get_mut(..encoded.len()) {
        Some(start) => start.copy_from_slice(&encoded),
        None => code = Blake2b::<U32>::digest(&encoded).into(),
    }
    code
}
