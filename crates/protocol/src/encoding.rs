//! How the values of a synapse become bytes: JSON, MessagePack, or bytes as they are.

use std::fmt;

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};
use thiserror::Error;

use crate::raw::{self, NotBytes};

/// Deeper nesting is refused: the decoders recurse, and a stack is small. `serde_json` has the same bound by itself.
const MAX_DEPTH: usize = 128;

/// The encoding of a request or response body, named by its content type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// `application/json`; also what a body without a content type is taken for.
    #[default]
    Json,
    /// `application/msgpack`: structs are maps by field name, so that fields may be added and left out.
    MessagePack,
    /// `application/octet-stream`: the bytes as they are, for types that are nothing but bytes, such as
    /// [`Raw`](crate::Raw).
    Raw,
}

/// Why a value can't be written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The value does not fit JSON.
    #[error("the value can't be written as JSON: {0}")]
    Json(#[source] serde_json::Error),
    /// The value does not fit MessagePack.
    #[error("the value can't be written as MessagePack: {0}")]
    MessagePack(#[source] rmp_serde::encode::Error),
    /// The value is more than bytes.
    #[error("the value can't be written as raw bytes: {0}")]
    Raw(#[source] NotBytes),
    /// One chunk of a streamed answer has a length that does not fit its prefix.
    #[error("the chunk has 4 GiB or more: stream it in smaller ones")]
    ChunkTooLong,
}

/// Why bytes are not a value of the type. The text may quote the bytes: it is for whoever sent them.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Not JSON, or not JSON of this type.
    #[error("{0}")]
    Json(#[source] serde_json::Error),
    /// Not MessagePack, or not MessagePack of this type.
    #[error("{0}")]
    MessagePack(#[source] rmp_serde::decode::Error),
    /// A MessagePack value is followed by more bytes.
    #[error("{extra} bytes follow the MessagePack value")]
    TrailingBytes {
        /// How many.
        extra: usize,
    },
    /// The type is not made of bytes alone.
    #[error("{0}")]
    Raw(#[source] NotBytes),
}

impl Encoding {
    /// The content type to send.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::MessagePack => "application/msgpack",
            Self::Raw => "application/octet-stream",
        }
    }

    /// The encoding a `content-type` header names, or one item of an `accept` header; parameters are ignored. `None` if
    /// it is none of the three. Where the header is absent altogether, take [`Encoding::Json`].
    #[must_use]
    pub fn from_content_type(value: &str) -> Option<Self> {
        let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "application/json" => Some(Self::Json),
            "application/msgpack" | "application/x-msgpack" | "application/vnd.msgpack" => {
                Some(Self::MessagePack)
            }
            "application/octet-stream" => Some(Self::Raw),
            other if other.starts_with("application/") && other.ends_with("+json") => Some(Self::Json),
            _ => None,
        }
    }

    /// Writes a value.
    ///
    /// # Errors
    /// A value the encoding has no form for: a map with keys that are no text in JSON, anything but bytes in
    /// [`Encoding::Raw`].
    pub fn encode<T: Serialize + ?Sized>(&self, value: &T) -> Result<Bytes, EncodeError> {
        match self {
            Self::Json => serde_json::to_vec(value).map(Bytes::from).map_err(EncodeError::Json),
            Self::MessagePack => {
                rmp_serde::to_vec_named(value).map(Bytes::from).map_err(EncodeError::MessagePack)
            }
            Self::Raw => raw::to_bytes(value).map_err(EncodeError::Raw),
        }
    }

    /// Reads a value, which has to take up all the bytes.
    ///
    /// # Errors
    /// Bytes that are not the encoding's, that are no value of the type, or that go on after it.
    pub fn decode<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<T, DecodeError> {
        match self {
            Self::Json => serde_json::from_slice(bytes).map_err(DecodeError::Json),
            Self::MessagePack => decode_message_pack(bytes),
            Self::Raw => raw::from_bytes(bytes).map_err(DecodeError::Raw),
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Json => "JSON",
            Self::MessagePack => "MessagePack",
            Self::Raw => "raw bytes",
        })
    }
}

fn decode_message_pack<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    let mut rest = bytes;
    let mut reader = rmp_serde::Deserializer::new(&mut rest);
    reader.set_max_depth(MAX_DEPTH);
    let value = T::deserialize(&mut reader).map_err(DecodeError::MessagePack)?;
    if rest.is_empty() { Ok(value) } else { Err(DecodeError::TrailingBytes { extra: rest.len() }) }
}
