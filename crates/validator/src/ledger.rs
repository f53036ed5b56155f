//! The validator's memory: rounds, tasks, answers, scores, rewards and submissions in one SQLite file, keyed by hotkey.
//!
//! [`LedgerStore`] writes, one process at a time; [`Ledger`] is the read-only view a reward hook gets, and anybody else
//! beside a running validator. Both work on the same file (WAL), so a long read never holds up a round. What is recorded
//! is on disk before the call returns. [`MemoryLedger`] is one without a file, for tests and the laboratory. `schema.rs` has the tables, `rounds.rs` what stays of the past and for how long.

mod inspection;
mod journal;
mod later;
mod memory;
mod past;
mod records;
mod rewards;
mod rounds;
mod schema;
mod store;
mod submissions;
mod view;

pub use inspection::inspect;
pub use memory::{MemoryLedger, PlayedRound, SettledRound, Told};
pub use past::RoundRange;
pub(crate) use past::{PastRound, Rejudged, Turn, WholeRound};
pub use records::{
    AnswerRecord, AskedRecord, Lapse, LedgerOwner, OpenRound, PieceRecord, RewardRecord, RoundRecord,
    RoundState, Scored, SettledRecord, TaskRecord,
};
pub use store::{Bodies, LedgerStore, Retention};
pub use submissions::{
    Commitment, EffectiveWeights, Extrinsic, ExtrinsicFate, ExtrinsicKind, Fate, Intent, Submission,
    WeightRecord,
};
pub use view::Ledger;

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

/// Why the ledger could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// The file cannot be opened or created.
    #[error("cannot open the ledger {path} (ledger_path): {source}")]
    Open {
        /// The configured path.
        path: PathBuf,
        /// The cause.
        source: rusqlite::Error,
    },
    /// Another process writes to it.
    #[error(
        "the ledger {path} (ledger_path) is in use by another validator; end that one first, or give this one a ledger \
         of its own"
    )]
    InUse {
        /// The configured path.
        path: PathBuf,
    },
    /// It cannot be taken for this process alone.
    #[error(
        "cannot lock the ledger {path} (ledger_path): {source}; its folder has to exist, to be writable, and to be on a \
         disk that knows locks"
    )]
    Lock {
        /// The configured path.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// There is no room for what must not be lost.
    #[error(
        "the disk is full under the ledger {path} (ledger_path), and scores that cannot be kept must not look as if \
         they were: make room there, or lower ledger_bodies_total_bytes"
    )]
    Full {
        /// The configured path.
        path: PathBuf,
    },
    /// The file, its folder or its disk takes no writes.
    #[error(
        "the ledger {path} (ledger_path) cannot be written: {source}; let this user write the file and its folder"
    )]
    ReadOnly {
        /// The configured path.
        path: PathBuf,
        /// The cause.
        source: rusqlite::Error,
    },
    /// The file cannot be read or written.
    #[error("the ledger {path} (ledger_path) failed: {source}; check the disk it is on, or restore the file")]
    Failed {
        /// The configured path.
        path: PathBuf,
        /// The cause.
        source: rusqlite::Error,
    },
    /// The file was written by an older version, and this program only reads.
    #[error(
        "the ledger {path} has schema version {found} and is read at version {known}: start the validator on it once, \
         which brings it up to date"
    )]
    TooOld {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The version read here.
        known: usize,
    },
    /// There is no file, and none can be made.
    #[error(
        "the ledger {path} (ledger_path) cannot be made: {reason}; name a file in a directory that exists"
    )]
    CannotBeMade {
        /// The configured path.
        path: PathBuf,
        /// What stands in the way.
        reason: String,
    },
    /// The file was written by a newer version.
    #[error(
        "the ledger has schema version {found} and this program knows versions up to {known}; \
         run the newer program, or set ledger_path to a new file"
    )]
    TooNew {
        /// Version of the file.
        found: i64,
        /// Newest version known here.
        known: usize,
    },
    /// The file holds another validator's history.
    #[error(
        "the ledger {path} belongs to hotkey {hotkey} on netuid {netuid} of the chain with genesis 0x{genesis}; \
         set ledger_path to another file, one per hotkey, subnet and chain"
    )]
    ForeignLedger {
        /// The configured path.
        path: PathBuf,
        /// Whose it is.
        hotkey: String,
        /// The subnet it is about.
        netuid: u16,
        /// Hex of the genesis hash it is about.
        genesis: String,
    },
    /// The database failed.
    #[error("the ledger failed: {0}")]
    Database(#[from] rusqlite::Error),
    /// A value has no written form.
    #[error("a value cannot be written to the ledger: {0}")]
    Encode(#[from] serde_json::Error),
    /// A stored value cannot be what this program wrote.
    #[error(
        "the ledger holds an impossible {what}; restore it from a backup, or set ledger_path to a new file"
    )]
    Corrupt {
        /// Which value.
        what: &'static str,
    },
    /// What was asked for is in a ledger's file, and this ledger has none.
    #[error(
        "this ledger is in memory and keeps scores and outcomes only; open one from its file (`Ledger::open`)"
    )]
    NoFile,
    /// The thread that worked on the ledger ended.
    #[error("the thread working on the ledger ended early: {0}")]
    Thread(String),
}

impl LedgerError {
    /// The same with the file it happened to, and with what to do about it where that is known.
    fn at(self, path: &Path) -> Self {
        let (source, opening) = match self {
            Self::Database(source) => (source, false),
            Self::Open { source, .. } => (source, true),
            other => return other,
        };
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::Full { path },
            Some(ErrorCode::ReadOnly) => Self::ReadOnly { path, source },
            _ if opening => Self::Open { path, source },
            _ => Self::Failed { path, source },
        }
    }
}

/// SQLite integers are signed; unsigned numbers of the chain that stay far below 2^63 (blocks, epochs, ids) are stored as they
/// are, and full-range ones (seeds, version keys) as their bits.
pub(crate) const fn to_bits(value: u64) -> i64 {
    i64::from_ne_bytes(value.to_ne_bytes())
}

pub(crate) const fn from_bits(value: i64) -> u64 {
    u64::from_ne_bytes(value.to_ne_bytes())
}
