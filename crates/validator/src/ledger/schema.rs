//! The tables, and how an older file becomes a current one.
//!
//! ```text
//! identity    one row: the chain (genesis hash), subnet and validator hotkey this ledger belongs to
//! round       one row per scoring round: when, at which block, with which seed, and how it ended
//! answer      one row per round and hotkey asked: outcome, time, score (null: asked, but not scored)
//! submission  one row per attempt to set weights: the epoch, the version key, and its fate
//! weight      one row per submission and hotkey: the uid and value sent, and the reward behind it
//! ```
//!
//! Hotkeys are their 32 bytes. A hotkey that was not asked in a round has no row: *not asked* cannot be read as zero.

use rusqlite::Connection;

use super::LedgerError;

/// Step `n` turns version `n` into version `n + 1`. Steps are only ever added.
const MIGRATIONS: &[&str] = &["
CREATE TABLE identity (
    only         INTEGER PRIMARY KEY CHECK (only = 1),
    genesis_hash BLOB NOT NULL,
    netuid       INTEGER NOT NULL,
    hotkey       BLOB NOT NULL
) STRICT;

CREATE TABLE round (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    started_ms INTEGER NOT NULL,              -- Unix time
    block      INTEGER NOT NULL,              -- block of the metagraph the sample was drawn from
    seed       INTEGER NOT NULL,              -- the bits of an unsigned number
    state      TEXT NOT NULL CHECK (state IN ('open', 'scored', 'failed', 'abandoned')),
    reason     TEXT                           -- why it failed
) STRICT;

CREATE TABLE answer (
    round      INTEGER NOT NULL REFERENCES round (id) ON DELETE CASCADE,
    hotkey     BLOB NOT NULL,
    outcome    TEXT NOT NULL,
    elapsed_us INTEGER,                       -- only for answers
    detail     TEXT,
    score      REAL,                          -- null: not scored
    PRIMARY KEY (round, hotkey)
) STRICT, WITHOUT ROWID;
CREATE INDEX answer_by_hotkey ON answer (hotkey, round);

CREATE TABLE submission (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    created_ms      INTEGER NOT NULL,
    block           INTEGER NOT NULL,         -- head when it was decided
    epoch_index     INTEGER NOT NULL,
    version_key     INTEGER NOT NULL,         -- the bits of an unsigned number
    state           TEXT NOT NULL CHECK (state IN ('intended', 'included', 'confirmed', 'refused', 'mismatch', 'unknown', 'not_sent')),
    included_block  INTEGER,
    reason          TEXT
) STRICT;
CREATE INDEX submission_by_state ON submission (state, id);

CREATE TABLE weight (
    submission INTEGER NOT NULL REFERENCES submission (id) ON DELETE CASCADE,
    hotkey     BLOB NOT NULL,
    uid        INTEGER NOT NULL,
    value      INTEGER NOT NULL,              -- as sent, 65535 for the largest
    reward     REAL NOT NULL,
    PRIMARY KEY (submission, hotkey)
) STRICT, WITHOUT ROWID;
"];

/// Brings the file to the current version, each step in a transaction of its own.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), LedgerError> {
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = MIGRATIONS.len();
    let start = usize::try_from(found).ok().filter(|version| *version <= known);
    let Some(start) = start else {
        return Err(LedgerError::TooNew { found, known });
    };
    for (step, sql) in MIGRATIONS.iter().enumerate().skip(start) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", u32::try_from(step + 1).unwrap_or(u32::MAX))?;
        transaction.commit()?;
    }
    Ok(())
}
