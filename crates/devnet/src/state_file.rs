//! A chain as bytes, to go on with later: blocks, the head's state and its time.
//!
//! The file is a mark, a version, and chunks of at most 4096 bytes, each with its length before it and a checksum after it,
//! so that damage is found where it is. An empty chunk ends it. Joined, the chunks are the SCALE encoding of [`Contents`].

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use codec::{Decode, Encode};

use crate::{
    header::{Block, Header},
    history::Chain,
    state::Storage,
};

const MARK: &[u8; 16] = b"subnetkit state\n";
const VERSION: u32 = 1;
const CHUNK: usize = 4096;
const START: usize = MARK.len() + size_of::<u32>();
const CHECKSUM: usize = 16;

/// Why a dumped chain is not taken, or a chain not written to a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateFileError {
    /// The bytes are something else.
    #[error(
        "This is no dumped chain: it does not begin with the mark of one; give the file that a dump wrote"
    )]
    Foreign,
    /// Another version wrote it.
    #[error(
        "The dumped chain is of format {found}, and this version reads format {VERSION}; dump it again with this version"
    )]
    Version {
        /// Its format.
        found: u32,
    },
    /// The bytes are damaged.
    #[error(
        "The dumped chain is corrupt at byte {position}: {reason}; use another copy, or begin anew without it"
    )]
    Corrupt {
        /// Where, counted from 0: the damage is in the 4096 bytes from here on.
        position: usize,
        /// What is wrong there.
        reason: String,
    },
    /// The file cannot be read.
    #[error("The state file {} cannot be read: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file cannot be written; an older one of its name is as before.
    #[error("The state file {} cannot be written, and is as it was: {source}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What is dumped.
#[derive(Debug, Encode, Decode)]
struct Contents {
    head_ms: u64,
    genesis: PlainBlock,
    /// Those kept besides genesis, oldest first.
    blocks: Vec<PlainBlock>,
    /// The head's state in key order.
    entries: Vec<(Vec<u8>, Vec<u8>)>,
}

/// A header with its extrinsics.
type PlainBlock = (Header, Vec<Vec<u8>>);

fn plain(block: &Block) -> PlainBlock {
    (block.header.clone(), block.extrinsics.clone())
}

fn full((header, extrinsics): PlainBlock) -> Block {
    Block::new(header, extrinsics)
}

/// A chain with the time of its head as bytes.
pub(crate) fn write(chain: &Chain, head_ms: u64) -> Vec<u8> {
    let blocks = chain.blocks().filter(|block| block.number() > 0).map(|block| plain(block)).collect();
    let state = chain.state();
    let entries = state.entries(&[], None).map(|(key, value)| (key.to_vec(), value.to_vec())).collect();
    let contents = Contents { head_ms, genesis: plain(chain.genesis()), blocks, entries }.encode();
    let mut bytes = [&MARK[..], &VERSION.to_le_bytes()].concat();
    for chunk in contents.chunks(CHUNK).chain([&[][..]]) {
        let position = bytes.len();
        bytes.extend(u32::try_from(chunk.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend(checksum(position, chunk));
    }
    bytes
}

/// Chunks cannot change places: their position is part of what is summed.
fn checksum(position: usize, chunk: &[u8]) -> [u8; CHECKSUM] {
    sp_core::blake2_128(&[&(position as u64).to_le_bytes(), chunk].concat())
}

/// Reads what [`write`] made, and checks that its blocks are a chain and its state that of the last one.
///
/// # Errors
/// If it is anything else, with the position.
pub(crate) fn read(bytes: &[u8]) -> Result<(Chain, u64), StateFileError> {
    let contents = joined(bytes)?;
    let mut rest = &contents[..];
    let decoded = Contents::decode(&mut rest);
    let read = contents.len() - rest.len();
    let corrupt =
        |offset: usize, reason: String| StateFileError::Corrupt { position: position_of(offset), reason };
    let Contents { head_ms, genesis, blocks, entries } =
        decoded.map_err(|error| corrupt(read, error.to_string()))?;
    if !rest.is_empty() {
        return Err(corrupt(read, "more follows than a chain".to_owned()));
    }
    let in_entries = contents.len() - entries.encoded_size();
    let genesis = full(genesis);
    let blocks: Vec<Block> = blocks.into_iter().map(full).collect();
    for (parent, child) in blocks.iter().zip(blocks.iter().skip(1)) {
        if child.header.parent_hash != parent.hash {
            return Err(corrupt(0, format!("block {} is no child of the one before it", child.number())));
        }
    }
    let head = blocks.last().unwrap_or(&genesis);
    let mut state = Storage::default();
    state.fill(entries);
    if state.full_root() != head.header.state_root {
        return Err(corrupt(in_entries, "the state is not that of the last block".to_owned()));
    }
    Ok((Chain::with_past(genesis, blocks, state), head_ms))
}

/// Where in the file a byte of the contents is.
const fn position_of(offset: usize) -> usize {
    let chunk = offset / CHUNK;
    START + chunk * (CHUNK + size_of::<u32>() + CHECKSUM) + size_of::<u32>() + offset % CHUNK
}

fn joined(bytes: &[u8]) -> Result<Vec<u8>, StateFileError> {
    let Some((version, _)) = bytes.strip_prefix(MARK).and_then(|rest| rest.split_first_chunk()) else {
        return Err(StateFileError::Foreign);
    };
    match u32::from_le_bytes(*version) {
        VERSION => {}
        found => return Err(StateFileError::Version { found }),
    }
    let mut contents = Vec::new();
    let mut position = START;
    loop {
        let corrupt = |reason: &str| StateFileError::Corrupt { position, reason: reason.to_owned() };
        let rest = bytes.get(position..).unwrap_or_default();
        let (length, rest) = rest.split_first_chunk().ok_or_else(|| corrupt("it ends before its end"))?;
        let length = u32::from_le_bytes(*length) as usize;
        if length > CHUNK {
            return Err(corrupt("the length of a chunk is impossible"));
        }
        let chunk = rest.get(..length).ok_or_else(|| corrupt("it ends within a chunk"))?;
        let sum = rest.get(length..length + CHECKSUM).ok_or_else(|| corrupt("it ends within a chunk"))?;
        if sum != checksum(position, chunk) {
            return Err(corrupt("the checksum of a chunk does not fit"));
        }
        position += size_of::<u32>() + length + CHECKSUM;
        if length == 0 {
            break;
        }
        contents.extend_from_slice(chunk);
    }
    if bytes.len() > position {
        let reason = "more follows after its end".to_owned();
        return Err(StateFileError::Corrupt { position, reason });
    }
    Ok(contents)
}

/// Writes a file as a whole or not at all: under another name first, which then takes the place of the old one.
///
/// # Errors
/// If the system refuses; an older file is as it was.
pub(crate) fn save(path: &Path, bytes: &[u8]) -> Result<(), StateFileError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = write_and_move(&temporary, path, bytes);
    written.map_err(|source| {
        // What is left of the attempt is of no use; that it cannot be removed either says nothing new.
        let _ = fs::remove_file(&temporary);
        StateFileError::Write { path: path.to_owned(), source }
    })
}

fn write_and_move(temporary: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(temporary, path)?;
    // The new name has to survive a crash as well.
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}

/// Reads a file that [`save`] wrote.
///
/// # Errors
/// As [`read`], or if the system refuses.
pub(crate) fn load(path: &Path) -> Result<(Chain, u64), StateFileError> {
    let bytes = fs::read(path).map_err(|source| StateFileError::Read { path: path.to_owned(), source })?;
    read(&bytes)
}
