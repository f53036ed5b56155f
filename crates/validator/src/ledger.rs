//! The validator's memory: rounds, answers, scores and submissions in one SQLite file, keyed by hotkey.
//!
//! [`LedgerStore`] writes; [`Ledger`] is the read-only view a reward hook gets. Both work on the same file (WAL), so a
//! long read never holds up a round. What is recorded is on disk before the call returns.

mod records;
mod schema;
mod store;
mod view;

pub use records::{
    AnswerRecord, ConfirmedWeights, Fate, LedgerOwner, RoundRecord, RoundState, Scored, SubmissionRecord,
    WeightRecord,
};
pub use store::{LedgerStore, Retention};
pub use view::Ledger;

use std::path::PathBuf;

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
    /// A stored value cannot be what this program wrote.
    #[error(
        "the ledger holds an impossible {what}; restore it from a backup, or set ledger_path to a new file"
    )]
    Corrupt {
        /// Which value.
        what: &'static str,
    },
    /// The thread that worked on the ledger ended.
    #[error("the thread working on the ledger ended early: {0}")]
    Thread(String),
}

/// SQLite integers are signed; unsigned numbers of the chain that stay far below 2^63 (blocks, epochs, ids) are stored as they
/// are, and full-range ones (seeds, version keys) as their bits.
pub(crate) const fn to_bits(value: u64) -> i64 {
    i64::from_ne_bytes(value.to_ne_bytes())
}

pub(crate) const fn from_bits(value: i64) -> u64 {
    u64::from_ne_bytes(value.to_ne_bytes())
}
