//! The writing side: one connection, used from threads that may block.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension, params};
use subnetkit_protocol::Hotkey;
use tokio::task::spawn_blocking;

use super::records::{
    ConfirmedWeights, Fate, LedgerOwner, RoundRecord, RoundState, SubmissionRecord, WeightRecord,
};
use super::{Ledger, LedgerError, schema, to_bits};

/// How long a write waits for another process that holds the file, such as a backup.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How much history a ledger keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Rounds (`ledger_rounds`).
    pub rounds: u64,
    /// Submissions (`ledger_submissions`).
    pub submissions: u64,
}

/// Writes the ledger. Clones share one connection.
#[derive(Debug, Clone)]
pub struct LedgerStore {
    connection: Arc<Mutex<Connection>>,
    path: PathBuf,
    retention: Retention,
}

impl LedgerStore {
    /// Opens or creates the file, brings it to the current schema, and checks that it belongs to `owner`.
    /// Rounds and submissions cut short by the end of an earlier process are marked as such.
    pub async fn open(path: &Path, owner: LedgerOwner, retention: Retention) -> Result<Self, LedgerError> {
        let path = path.to_owned();
        blocking(move || {
            let connection = open_connection(&path)
                .map_err(|source| LedgerError::Open { path: path.clone(), source })
                .and_then(|mut connection| {
                    schema::migrate(&mut connection)?;
                    claim(&mut connection, &path, &owner)?;
                    Ok(connection)
                })?;
            Ok(Self { connection: Arc::new(Mutex::new(connection)), path, retention })
        })
        .await
    }

    /// Begins a round and returns its id. Ids grow, also across restarts.
    pub async fn open_round(&self, block: u64, seed: u64) -> Result<u64, LedgerError> {
        self.write(move |connection, _| {
            connection.execute(
                "INSERT INTO round (started_ms, block, seed, state) VALUES (?1, ?2, ?3, 'open')",
                params![now_ms(), to_bits(block), to_bits(seed)],
            )?;
            row_id(connection)
        })
        .await
    }

    /// Ends a round: its answers and scores are stored together or not at all.
    pub async fn close_round(&self, record: RoundRecord) -> Result<(), LedgerError> {
        self.write(move |connection, retention| {
            let transaction = connection.transaction()?;
            let (state, reason) = match &record.state {
                RoundState::Scored => ("scored", None),
                RoundState::Failed(reason) => ("failed", Some(reason)),
            };
            let id = to_bits(record.id);
            transaction.execute(
                "UPDATE round SET state = ?2, reason = ?3 WHERE id = ?1",
                params![id, state, reason],
            )?;
            {
                let mut insert = transaction.prepare_cached(
                    "INSERT INTO answer (round, hotkey, outcome, elapsed_us, detail, score)
                     VALUES (?1, ?2, ?3, ?4, nullif(?5, ''), ?6)",
                )?;
                for answer in &record.answers {
                    let elapsed =
                        answer.elapsed.map(|elapsed| i64::try_from(elapsed.as_micros()).unwrap_or(i64::MAX));
                    insert.execute(params![
                        id,
                        answer.hotkey.as_bytes(),
                        answer.outcome.as_str(),
                        elapsed,
                        answer.detail,
                        answer.score
                    ])?;
                }
            }
            // Round ids have no gaps: only rows older than the newest `rounds` fall below this line.
            transaction.execute(
                "DELETE FROM round WHERE id <= (SELECT max(id) FROM round) - ?1",
                params![to_bits(retention.rounds)],
            )?;
            transaction.commit()?;
            Ok(())
        })
        .await
    }

    /// Records what is about to be sent; on disk when this returns.
    pub async fn intend(&self, record: SubmissionRecord) -> Result<u64, LedgerError> {
        self.write(move |connection, retention| {
            let transaction = connection.transaction()?;
            transaction.execute(
                "INSERT INTO submission (created_ms, block, epoch_index, version_key, state)
                 VALUES (?1, ?2, ?3, ?4, 'intended')",
                params![
                    now_ms(),
                    to_bits(record.block),
                    to_bits(record.epoch_index),
                    to_bits(record.version_key)
                ],
            )?;
            let id = row_id(&transaction)?;
            {
                let mut insert = transaction.prepare_cached(
                    "INSERT INTO weight (submission, hotkey, uid, value, reward) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?;
                for WeightRecord { hotkey, uid, value, reward } in &record.weights {
                    insert.execute(params![to_bits(id), hotkey.as_bytes(), uid, value, reward])?;
                }
            }
            // The newest confirmed one stays whatever its age: `hold_last` and the schedule rest on it.
            transaction.execute(
                "DELETE FROM submission WHERE id <= ?1 - ?2
                 AND id IS NOT (SELECT max(id) FROM submission WHERE state = 'confirmed')",
                params![to_bits(id), to_bits(retention.submissions)],
            )?;
            transaction.commit()?;
            Ok(id)
        })
        .await
    }

    /// Records what became of a submission.
    pub async fn resolve(&self, submission: u64, fate: Fate) -> Result<(), LedgerError> {
        self.write(move |connection, _| {
            connection.execute(
                "UPDATE submission SET state = ?2, included_block = ?3, reason = ?4 WHERE id = ?1",
                params![
                    to_bits(submission),
                    fate.as_str(),
                    fate.included_block().map(to_bits),
                    fate.reason()
                ],
            )?;
            Ok(())
        })
        .await
    }

    /// The last weights read back from the chain, if any.
    pub async fn last_confirmed(&self) -> Result<Option<ConfirmedWeights>, LedgerError> {
        self.write(|connection, _| {
            let found: Option<(i64, i64)> = connection
                .query_row(
                    "SELECT id, included_block FROM submission WHERE state = 'confirmed' ORDER BY id DESC LIMIT 1",
                    [],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()?;
            let Some((id, block)) = found else { return Ok(None) };
            let mut query = connection.prepare_cached("SELECT hotkey, value FROM weight WHERE submission = ?1")?;
            let values = query
                .query_map(params![id], |row| Ok((Hotkey::from_bytes(row.get(0)?), row.get(1)?)))?
                .collect::<Result<_, _>>()?;
            Ok(Some(ConfirmedWeights { included_block: super::from_bits(block), values }))
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

    /// Opens a read-only view for use on a thread that may block.
    pub fn view(&self) -> Result<Ledger, LedgerError> {
        Ledger::open(&self.path)
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection, &Retention) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let connection = Arc::clone(&self.connection);
        let retention = self.retention;
        // A transaction that a panic cut short was rolled back when it was dropped, so the connection is sound.
        blocking(move || work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner), &retention))
            .await
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, LedgerError> + Send + 'static,
) -> Result<T, LedgerError> {
    spawn_blocking(work).await.map_err(|ended| LedgerError::Thread(ended.to_string()))?
}

fn open_connection(path: &Path) -> Result<Connection, rusqlite::Error> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // In WAL mode the default may lose the last commits at a power cut; a submission must not be forgotten.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    Ok(connection)
}

fn claim(connection: &mut Connection, path: &Path, owner: &LedgerOwner) -> Result<(), LedgerError> {
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
    transaction.execute("UPDATE round SET state = 'abandoned' WHERE state = 'open'", [])?;
    transaction.execute(
        "UPDATE submission SET state = 'unknown', reason = 'the process ended before the outcome was known'
         WHERE state IN ('intended', 'included')",
        [],
    )?;
    transaction.commit()?;
    Ok(())
}

fn row_id(connection: &Connection) -> Result<u64, LedgerError> {
    u64::try_from(connection.last_insert_rowid()).map_err(|_| LedgerError::Corrupt { what: "row id" })
}

/// Unix time in milliseconds. A clock before 1970 reads as 1970.
pub(super) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
