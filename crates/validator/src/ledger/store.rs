//! The writing side: one connection, used from threads that may block.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension, params};
use subnetkit_protocol::Hotkey;
use tokio::task::spawn_blocking;

use super::records::LedgerOwner;
use super::{Ledger, LedgerError, schema};
use crate::config::ValidatorConfig;
use crate::weights::WhenAllZero;

/// How long a write waits for another process that holds the file, such as a backup.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// The write-ahead log's size on disk once nobody reads from it, in bytes.
const LOG_BYTES: i64 = 64 * 1024 * 1024;

/// How much history a ledger keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Rounds (`ledger_rounds`).
    pub rounds: u64,
    /// Rounds that wait for their scores (`open_rounds`), which stay beyond the other bounds.
    pub open_rounds: u64,
    /// Submissions, and as many calls of the reward hook (`ledger_submissions`).
    pub submissions: u64,
    /// Requests and answers whole.
    pub bodies: Bodies,
}

/// How much is kept of what judging a round again takes: its requests, its answers, and what signed them. It is by far
/// the largest part of a ledger; the oldest goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bodies {
    /// Rounds (`ledger_body_rounds`); 0 keeps nothing.
    pub rounds: u64,
    /// The largest single request or answer, in bytes (`ledger_body_bytes`).
    pub largest: u64,
    /// All together, in bytes (`ledger_bodies_total_bytes`).
    pub total: u64,
}

impl Retention {
    /// What the settings say.
    #[must_use]
    pub const fn of(config: &ValidatorConfig) -> Self {
        Self {
            rounds: config.ledger_rounds,
            open_rounds: config.open_rounds,
            submissions: config.ledger_submissions,
            bodies: Bodies {
                rounds: config.ledger_body_rounds,
                largest: config.ledger_body_bytes,
                total: config.ledger_bodies_total_bytes,
            },
        }
    }
}

impl Default for Retention {
    /// That of a validator whose settings say nothing of it.
    fn default() -> Self {
        Self::of(&ValidatorConfig::new(WhenAllZero::Skip))
    }
}

/// Writes the ledger: the one writer of its file, in this process and all others, until the last clone is dropped.
#[derive(Debug, Clone)]
pub struct LedgerStore {
    connection: Arc<Mutex<Connection>>,
    /// Locked as long as it is open.
    _lock: Arc<File>,
    path: PathBuf,
    retention: Retention,
    cut_short: Option<u64>,
}

impl LedgerStore {
    /// Opens or creates the file, brings it to the current schema, and checks that it belongs to `owner`.
    /// Rounds cut short by the end of an earlier process are marked as such; submissions are judged by the chain.
    pub async fn open(path: &Path, owner: LedgerOwner, retention: Retention) -> Result<Self, LedgerError> {
        let path = path.to_owned();
        blocking(move || {
            let lock = lock(&path)?;
            let mut connection = open_connection(&path)
                .map_err(|source| LedgerError::Open { path: path.clone(), source }.at(&path))?;
            let claimed =
                schema::migrate(&mut connection).and_then(|()| claim(&mut connection, &path, &owner));
            let cut_short = claimed.map_err(|error| error.at(&path))?;
            let connection = Arc::new(Mutex::new(connection));
            Ok(Self { connection, _lock: Arc::new(lock), path, retention, cut_short })
        })
        .await
    }

    /// Whether any round in the ledger was scored.
    pub async fn has_scores(&self) -> Result<bool, LedgerError> {
        self.write(|connection, _| {
            let found = "SELECT EXISTS (SELECT 1 FROM answer WHERE score IS NOT NULL)";
            Ok(connection.query_row(found, [], |row| row.get(0))?)
        })
        .await
    }

    /// The round that the end of the last process cut short after its answers were recorded whole. It counts as abandoned
    /// unless it is closed after all; whoever opens the ledger next is not told of it again, so that a judge that takes
    /// the process with it does so once.
    #[must_use]
    pub const fn cut_short(&self) -> Option<u64> {
        self.cut_short
    }

    /// Opens a read-only view for use on a thread that may block.
    pub fn view(&self) -> Result<Ledger, LedgerError> {
        Ledger::open(&self.path)
    }

    /// Runs `work` on a thread that may block, alone.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection, &Retention) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let connection = Arc::clone(&self.connection);
        let (retention, path) = (self.retention, self.path.clone());
        blocking(move || {
            // A transaction that a panic cut short was rolled back when it was dropped, so the connection is sound.
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut connection, &retention).map_err(|error| error.at(&path))
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LedgerError> + Send + 'static,
) -> Result<T, LedgerError> {
    spawn_blocking(work).await.map_err(|ended| LedgerError::Thread(ended.to_string()))?
}

/// Takes the file for this process. The system gives it back when the process ends, however it ends.
///
/// SQLite's own locks would keep readers out as well, and those have a right to look at a running validator's ledger.
fn lock(path: &Path) -> Result<File, LedgerError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let failed = |source| LedgerError::Lock { path: path.to_owned(), source };
    let file = File::options().create(true).truncate(false).write(true).open(name).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(LedgerError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

fn open_connection(path: &Path) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // In WAL mode the default may lose the last commits at a power cut; a submission must not be forgotten.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // A long read lets the write-ahead log grow; afterwards it is cut back to this.
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    Ok(connection)
}

/// Takes the ledger for its owner and ends what an earlier process left open; returns the round worth finishing.
fn claim(connection: &mut Connection, path: &Path, owner: &LedgerOwner) -> Result<Option<u64>, LedgerError> {
    let transaction = connection.transaction()?;
    let found: Option<([u8; 32], u16, [u8; 32])> = transaction
        .query_row("SELECT genesis_hash, netuid, hotkey FROM identity", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    match found {
        None => {
            transaction.execute(
                "INSERT INTO identity (only, genesis_hash, netuid, hotkey) VALUES (1, ?1, ?2, ?3)",
                params![owner.genesis_hash, owner.netuid, owner.hotkey.as_bytes()],
            )?;
        }
        Some((genesis_hash, netuid, hotkey)) => {
            let found = LedgerOwner { genesis_hash, netuid, hotkey: Hotkey::from_bytes(hotkey) };
            if found != *owner {
                return Err(LedgerError::ForeignLedger {
                    path: path.to_owned(),
                    hotkey: found.hotkey.to_string(),
                    netuid,
                    genesis: genesis_hash.iter().map(|byte| format!("{byte:02x}")).collect(),
                });
            }
        }
    }
    let cut_short = "SELECT max(id) FROM round WHERE state = 'open' AND id IN (SELECT round FROM task)
                     AND id NOT IN (SELECT round FROM later)";
    let cut_short: Option<i64> = transaction.query_row(cut_short, [], |row| row.get(0))?;
    transaction.execute(
        "UPDATE round SET state = 'abandoned', reason = 'the process ended during the round'
         WHERE state = 'open' AND id NOT IN (SELECT round FROM later)",
        [],
    )?;
    transaction.commit()?;
    Ok(cut_short.map(super::from_bits))
}

pub(super) fn row_id(connection: &Connection) -> Result<u64, LedgerError> {
    u64::try_from(connection.last_insert_rowid()).map_err(|_| LedgerError::Corrupt { what: "row id" })
}

/// Unix time in milliseconds. A clock before 1970 reads as 1970.
pub(super) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::{RoundRecord, RoundState};
    use crate::scores::Scores;

    async fn store(path: &Path) -> LedgerStore {
        let owner = LedgerOwner { genesis_hash: [1; 32], netuid: 1, hotkey: Hotkey::from_bytes([1; 32]) };
        LedgerStore::open(path, owner, Retention::default()).await.unwrap()
    }

    /// Here, because the limit that stands for the disk's end is one of the writing connection.
    #[tokio::test]
    async fn a_full_disk_is_named_with_the_file_and_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder.path().join("ledger.sqlite")).await;
        store.open_round(1, 1).await.unwrap();
        store
            .write(|connection, _| {
                let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
                Ok(connection.pragma_update(None, "max_page_count", pages)?)
            })
            .await
            .unwrap();
        let state = RoundState::Failed("x".repeat(1_000_000));
        let full = store.close_round(RoundRecord { id: 1, state, scores: Scores::new() }).await.unwrap_err();
        assert!(matches!(full, LedgerError::Full { .. }), "{full:?}");
        let said = full.to_string();
        for part in ["ledger.sqlite", "ledger_path", "ledger_bodies_total_bytes", "disk is full"] {
            assert!(said.contains(part), "{said}");
        }
    }

    #[tokio::test]
    async fn a_ledger_that_may_only_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder.path().join("ledger.sqlite")).await;
        // What a read-only file or disk does to the connection, and holds for root as well.
        store.write(|connection, _| Ok(connection.pragma_update(None, "query_only", true)?)).await.unwrap();
        let refused = store.open_round(1, 1).await.unwrap_err();
        assert!(matches!(refused, LedgerError::ReadOnly { .. }), "{refused:?}");
        assert!(refused.to_string().contains("cannot be written"), "{refused}");
    }
}
