//! Streamed answers: how one chunk follows another in a body.
//!
//! JSON: each value on a line of its own. MessagePack: each value behind its length, four bytes, big-endian. Raw: the
//! bytes as they are, so chunks run together. The body's end is the stream's end, and a body that breaks off is not one.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use serde::{Serialize, de::DeserializeOwned};
use thiserror::Error;

use crate::{DecodeError, EncodeError, Encoding};

const LENGTH_LEN: usize = 4;

impl Encoding {
    /// The content type of a streamed answer.
    #[must_use]
    pub const fn stream_content_type(self) -> &'static str {
        match self {
            Self::Json => "application/x-ndjson",
            Self::MessagePack => "application/x-msgpack-stream",
            Self::Raw => "application/octet-stream",
        }
    }

    /// The encoding of a streamed answer with this content type; parameters are ignored.
    #[must_use]
    pub fn from_stream_content_type(value: &str) -> Option<Self> {
        let essence = value.split(';').next().unwrap_or_default().trim();
        [Self::Json, Self::MessagePack, Self::Raw]
            .into_iter()
            .find(|encoding| essence.eq_ignore_ascii_case(encoding.stream_content_type()))
    }

    /// Writes one chunk of a streamed answer.
    ///
    /// # Errors
    /// A value the encoding has no form for, as with [`encode`](Self::encode).
    pub fn encode_chunk<T: Serialize + ?Sized>(&self, value: &T) -> Result<Bytes, EncodeError> {
        let bytes = self.encode(value)?;
        match self {
            Self::Raw => Ok(bytes),
            // Compact JSON has no newline: those of texts are escaped.
            Self::Json => {
                let mut line = BytesMut::with_capacity(bytes.len() + 1);
                line.put(bytes);
                line.put_u8(b'\n');
                Ok(line.freeze())
            }
            Self::MessagePack => {
                let length = u32::try_from(bytes.len()).map_err(|_| EncodeError::ChunkTooLong)?;
                let mut chunk = BytesMut::with_capacity(LENGTH_LEN + bytes.len());
                chunk.put_u32(length);
                chunk.put(bytes);
                Ok(chunk.freeze())
            }
        }
    }
}

/// Why a streamed answer can't be read on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ChunkError {
    /// A chunk has more bytes than the reader takes.
    #[error("a chunk of the answer is larger than {limit} bytes")]
    TooLarge {
        /// The bound.
        limit: usize,
    },
    /// A chunk is not a value of the type.
    #[error("a chunk of the answer can't be read: {0}")]
    Malformed(#[source] DecodeError),
    /// The answer ended in the middle of a chunk.
    #[error("the answer ends in the middle of a chunk")]
    Unfinished,
}

/// Takes the bytes of a streamed answer as they come and gives its chunks.
///
/// Holds at most one chunk of `limit` bytes and what was pushed last; a longer chunk is an error before it is there.
///
/// ```
/// use subnetkit_protocol::{ChunkReader, Encoding};
///
/// let mut chunks = ChunkReader::new(Encoding::Json, 1024);
/// chunks.push(b"\"one\"\n\"tw");
/// assert_eq!(chunks.read::<String>()?.as_deref(), Some("one"));
/// assert_eq!(chunks.read::<String>()?, None);
/// chunks.push(b"o\"\n");
/// assert_eq!(chunks.read::<String>()?.as_deref(), Some("two"));
/// chunks.finish()?;
/// # Ok::<(), subnetkit_protocol::ChunkError>(())
/// ```
#[derive(Debug)]
pub struct ChunkReader {
    encoding: Encoding,
    limit: usize,
    buffer: BytesMut,
    /// So many bytes of the buffer are known to hold no newline.
    searched: usize,
}

impl ChunkReader {
    /// A reader that takes chunks of up to `limit` bytes.
    #[must_use]
    pub fn new(encoding: Encoding, limit: usize) -> Self {
        Self { encoding, limit, buffer: BytesMut::new(), searched: 0 }
    }

    /// Takes the next bytes of the body. Read all chunks before pushing more.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next chunk, or `None` when more bytes are needed. Under [`Encoding::Raw`] it is whatever is there.
    ///
    /// # Errors
    /// A chunk that is too large or not a value of the type; then nothing behind it can be read either.
    pub fn read<T: DeserializeOwned>(&mut self) -> Result<Option<T>, ChunkError> {
        let chunk = match self.encoding {
            Encoding::Json => self.line()?,
            Encoding::MessagePack => self.counted()?,
            Encoding::Raw => self.whatever(),
        };
        chunk.map(|bytes| self.encoding.decode(&bytes).map_err(ChunkError::Malformed)).transpose()
    }

    /// How many bytes were pushed that no chunk read so far has taken.
    #[must_use]
    pub fn unread(&self) -> usize {
        self.buffer.len()
    }

    /// Says whether the body may end here.
    ///
    /// # Errors
    /// [`ChunkError::Unfinished`] if bytes were pushed that make no chunk.
    pub fn finish(&self) -> Result<(), ChunkError> {
        if self.buffer.is_empty() { Ok(()) } else { Err(ChunkError::Unfinished) }
    }

    fn line(&mut self) -> Result<Option<BytesMut>, ChunkError> {
        let newline = self.buffer[self.searched..].iter().position(|byte| *byte == b'\n');
        let length = newline.map_or(self.buffer.len(), |position| self.searched + position);
        if length > self.limit {
            return Err(self.too_large());
        }
        if newline.is_none() {
            self.searched = length;
            return Ok(None);
        }
        self.searched = 0;
        let line = self.buffer.split_to(length);
        self.buffer.advance(1);
        Ok(Some(line))
    }

    fn counted(&mut self) -> Result<Option<BytesMut>, ChunkError> {
        let Some(announced) = self.buffer.first_chunk::<LENGTH_LEN>() else { return Ok(None) };
        let length = usize::try_from(u32::from_be_bytes(*announced)).unwrap_or(usize::MAX);
        if length > self.limit {
            return Err(self.too_large());
        }
        if self.buffer.len() < LENGTH_LEN + length {
            return Ok(None);
        }
        self.buffer.advance(LENGTH_LEN);
        Ok(Some(self.buffer.split_to(length)))
    }

    fn whatever(&mut self) -> Option<BytesMut> {
        let length = self.buffer.len().min(self.limit);
        (length > 0).then(|| self.buffer.split_to(length))
    }

    const fn too_large(&self) -> ChunkError {
        ChunkError::TooLarge { limit: self.limit }
    }
}
