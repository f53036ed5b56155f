//! Metadata as people keep it in files.

use crate::{CodecError, Runtime, Value, surface::RUNTIME_VERSION};
use codec::{Compact, Decode};

/// What metadata begins with.
const MAGIC: &[u8] = b"meta";

/// Wrappers around metadata at most: an answer's length, an option, and the length of what is in it.
const MAX_WRAPPERS: usize = 3;

impl Runtime {
    /// Reads metadata (V14, V15 or V16) out of a file's contents: raw bytes, hexadecimal digits, or a node's answer in
    /// JSON, with or without the wrappers that a node's answers have. The version is what the metadata says of itself.
    ///
    /// For looking at only: it is of no chain, so what it signs is valid nowhere.
    ///
    /// # Errors
    /// [`CodecError::Metadata`] if there is none in the file.
    pub fn from_recording(contents: &[u8]) -> Result<Self, CodecError> {
        let metadata = unwrapped(&digits(contents).unwrap_or_else(|| contents.to_vec()))?;
        let unversioned = Self::new(&metadata, 0, 0, [0; 32])?;
        let Ok(version) = RUNTIME_VERSION.read(&unversioned) else { return Ok(unversioned) };
        let number = |name: &str| version.field(name).and_then(Value::number_as).unwrap_or_default();
        Self::new(&metadata, number("spec_version"), number("transaction_version"), [0; 32])
    }
}

/// The bytes that a text writes in hexadecimal digits; the longest run of them after `0x`, if it has one.
fn digits(contents: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(contents).ok()?;
    let run = |text: &str| text.chars().take_while(char::is_ascii_hexdigit).count();
    let marked = text.match_indices("0x").map(|(at, _)| &text[at + 2..]);
    let longest = marked.map(|text| &text[..run(text)]).max_by_key(|digits| digits.len());
    hex::decode(longest.unwrap_or_else(|| text.trim())).ok()
}

/// The metadata inside of its wrappers.
fn unwrapped(mut bytes: &[u8]) -> Result<Vec<u8>, CodecError> {
    for _ in 0..=MAX_WRAPPERS {
        if bytes.starts_with(MAGIC) {
            return Ok(bytes.to_vec());
        }
        let mut rest = bytes;
        bytes = match Compact::<u32>::decode(&mut rest) {
            Ok(Compact(length)) if usize::try_from(length) == Ok(rest.len()) => rest,
            _ if bytes.first() == Some(&1) => &bytes[1..],
            _ => break,
        };
    }
    let reason = "there is none in the file: it must hold the bytes or the hexadecimal digits of an answer to \
                  state_getMetadata or Metadata_metadata_at_version";
    Err(CodecError::Metadata { reason: reason.to_owned() })
}
