//! The tables, and how an older file becomes a current one.
//!
//! ```text
//! identity    one row: the chain (genesis hash), subnet and validator hotkey this ledger belongs to
//! round       one row per scoring round: when, at which block, with which seed, and how it ended
//! answer      one row per round and hotkey asked: outcome, times, score (null: asked, but not scored)
//! submission  one row per submission of weights: mechanism, way, what hides it until it is revealed, and its fate
//! weight      one row per submission and hotkey: the uid and value sent, and the reward behind it
//! extrinsic   one row per transaction signed for a submission: its bytes, nonce and era, and what became of it
//! task        one row per round that can be judged again: the time miners had, the judge's notes, the bytes held
//! request     one row per distinct request of such a round, as it was sent
//! exchange    one row per hotkey that such a round asked: which request, and all that came back
//! subnet      one row: the neurons as of the newest round
//! reward_run  one row per call of the reward hook: when, for which mechanism, over which rounds
//! reward      one row per such call and hotkey: what the hook gave it
//! ```
//!
//! `task`, `request` and `exchange` are the large ones, with bounds of their own; `docs/src/ledger.md` says how all are read.
//!
//! Hotkeys are their 32 bytes. A hotkey that was not asked in a round has no row: *not asked* cannot be read as zero.

use std::path::Path;

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
", "
ALTER TABLE round ADD COLUMN ended_ms INTEGER;          -- Unix time; null: not ended, or of an older program
ALTER TABLE answer ADD COLUMN queued_us INTEGER;        -- waiting for this side's limits; null: of an older program
ALTER TABLE answer ADD COLUMN connecting_us INTEGER;    -- until a connection was ready
ALTER TABLE answer ADD COLUMN answering_us INTEGER;     -- from there to the outcome

CREATE TABLE task (
    round      INTEGER PRIMARY KEY REFERENCES round (id) ON DELETE CASCADE,
    timeout_ns INTEGER,                       -- time each miner had; null: the setting ask_timeout
    notes      TEXT,                          -- JSON, of the judge for itself; null: larger than ledger_body_bytes
    bytes      INTEGER NOT NULL               -- of everything kept of this round here, in request and in exchange
) STRICT;

CREATE TABLE request (
    round  INTEGER NOT NULL REFERENCES task (round) ON DELETE CASCADE,
    number INTEGER NOT NULL,                  -- from 0, in the task's order
    body   BLOB,                              -- as sent, in the synapse's encoding; null: larger than ledger_body_bytes
    PRIMARY KEY (round, number)
) STRICT;

CREATE TABLE exchange (
    round         INTEGER NOT NULL REFERENCES task (round) ON DELETE CASCADE,
    hotkey        BLOB NOT NULL,
    request       INTEGER NOT NULL,           -- its number
    outcome       TEXT,                       -- JSON, without the response; null: no answer was had for reasons of this side
    queued_ns     INTEGER NOT NULL,
    connecting_ns INTEGER NOT NULL,
    answering_ns  INTEGER NOT NULL,
    body          BLOB,                       -- as it came; null: larger than ledger_body_bytes
    evidence      TEXT,                       -- JSON, btauth-evidence/1; null: the miner signed nothing
    PRIMARY KEY (round, hotkey)
) STRICT;

CREATE TABLE subnet (
    only      INTEGER PRIMARY KEY CHECK (only = 1),
    block     INTEGER NOT NULL,
    metagraph TEXT NOT NULL                   -- JSON
) STRICT;

CREATE TABLE reward_run (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    computed_ms INTEGER NOT NULL,             -- Unix time
    block       INTEGER NOT NULL,             -- block of the metagraph that the hook was given
    mecid       INTEGER NOT NULL,
    last_round  INTEGER                       -- newest scored round; null: none
) STRICT;

CREATE TABLE reward (
    run    INTEGER NOT NULL REFERENCES reward_run (id) ON DELETE CASCADE,
    hotkey BLOB NOT NULL,
    value  REAL NOT NULL,                     -- in the hook's own unit
    PRIMARY KEY (run, hotkey)
) STRICT, WITHOUT ROWID;
", "
-- Submissions are judged from the chain alone: their transactions are kept whole, and so is what reveals them.
CREATE TABLE submission_now (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    created_ms      INTEGER NOT NULL,         -- Unix time
    mecid           INTEGER NOT NULL,
    way             TEXT NOT NULL CHECK (way IN ('plain', 'hash', 'timelocked')),
    block           INTEGER NOT NULL,         -- head when it was decided
    epoch           INTEGER NOT NULL,         -- epoch number of the block after it
    payout          TEXT NOT NULL,            -- rewards, burned_to_owner or held_last
    version_key     INTEGER NOT NULL,         -- the bits of an unsigned number
    salt            BLOB,                     -- of a hash commit: words of 16 bits, little endian
    commitment      BLOB,                     -- of a hash commit the hash, of a timelocked one what is sealed
    reveal_round    INTEGER,                  -- of a timelocked commit: the drand round that opens it
    state           TEXT NOT NULL CHECK (state IN ('intended', 'included', 'committed', 'effective', 'refused',
                        'expired', 'not_included', 'not_sent', 'mismatch', 'unrevealed', 'withheld', 'unknown')),
    included_block  INTEGER,                  -- of the call or the commit
    commit_epoch    INTEGER,                  -- epoch number of the commit, from the chain
    effective_block INTEGER,                  -- since when the chain is known to hold these weights
    reason          TEXT,                     -- why it is not effective
    note            TEXT                      -- what it waits for, if that is worth a word
) STRICT;
INSERT INTO submission_now (id, created_ms, mecid, way, block, epoch, payout, version_key, state, included_block,
        effective_block, reason)
    SELECT id, created_ms, 0, 'plain', block, epoch_index, 'rewards', version_key,
        CASE state WHEN 'confirmed' THEN 'effective' WHEN 'intended' THEN 'unknown' WHEN 'included' THEN 'unknown'
            ELSE state END,
        included_block,
        CASE state WHEN 'confirmed' THEN included_block END,
        CASE WHEN state IN ('intended', 'included') THEN 'the process ended before the outcome was known'
            ELSE reason END
    FROM submission;

CREATE TABLE weight_now (
    submission INTEGER NOT NULL REFERENCES submission_now (id) ON DELETE CASCADE,
    hotkey     BLOB NOT NULL,
    uid        INTEGER NOT NULL,
    value      INTEGER NOT NULL,              -- as sent, 65535 for the largest
    reward     REAL NOT NULL,
    PRIMARY KEY (submission, hotkey)
) STRICT, WITHOUT ROWID;
INSERT INTO weight_now SELECT submission, hotkey, uid, value, reward FROM weight;

DROP TABLE weight;
DROP TABLE submission;
ALTER TABLE submission_now RENAME TO submission;
ALTER TABLE weight_now RENAME TO weight;
CREATE INDEX submission_by_state ON submission (state, mecid, id);

CREATE TABLE extrinsic (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    submission     INTEGER NOT NULL REFERENCES submission (id) ON DELETE CASCADE,
    kind           TEXT NOT NULL CHECK (kind IN ('set', 'commit', 'reveal')),
    bytes          BLOB NOT NULL,             -- signed, as they are sent
    hash           BLOB NOT NULL,             -- BLAKE2b-256 of them
    nonce          INTEGER NOT NULL,
    birth_block    INTEGER NOT NULL,          -- blocks after it may have it ..
    era_blocks     INTEGER NOT NULL,          -- .. and there are so many of them
    state          TEXT NOT NULL CHECK (state IN ('undecided', 'succeeded', 'failed', 'pruned', 'refused',
                       'not_included', 'expired')),
    included_block INTEGER,
    reason         TEXT
) STRICT;
CREATE INDEX extrinsic_by_submission ON extrinsic (submission);
CREATE INDEX extrinsic_undecided ON extrinsic (submission) WHERE state = 'undecided';
", "
ALTER TABLE task ADD COLUMN streamed INTEGER NOT NULL DEFAULT 0;  -- 1: it asked for streams
ALTER TABLE exchange ADD COLUMN pieces TEXT;  -- JSON, of a stream: [where it ends in the body, ns until it came] per piece
", "
-- Scores may come later than the round that asked for them.
ALTER TABLE answer ADD COLUMN settled_in INTEGER;   -- round at whose start the score came; null: its own
DROP INDEX answer_by_hotkey;
CREATE INDEX answer_by_settling ON answer (hotkey, coalesce(settled_in, round), round);
CREATE INDEX answer_settled_later ON answer (settled_in) WHERE settled_in IS NOT NULL;

CREATE TABLE later (                                -- a round that was left open for scores
    round    INTEGER PRIMARY KEY REFERENCES round (id) ON DELETE CASCADE,
    waiting  INTEGER NOT NULL,                      -- 1: it still is
    turn     INTEGER,                               -- newest round at whose start it was asked for them; null: none yet
    ended_in INTEGER                                -- round at whose start the last came; null: it waits, or ended without
) STRICT;
CREATE INDEX later_waiting ON later (round) WHERE waiting = 1;

CREATE TABLE frame (                                -- a round at whose start scores of others came
    round     INTEGER PRIMARY KEY REFERENCES round (id) ON DELETE CASCADE,
    metagraph TEXT NOT NULL,                        -- JSON, the neurons as of then
    bytes     INTEGER NOT NULL                      -- of that
) STRICT;
"];

/// Brings the file to the current version, each step in a transaction of its own.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), LedgerError> {
    let (found, known) = (version(connection)?, MIGRATIONS.len());
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

/// Refuses a file that is not of the current version, for those that may not change it.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), LedgerError> {
    let (found, known) = (version(connection)?, MIGRATIONS.len());
    match usize::try_from(found) {
        Ok(found) if found == known => Ok(()),
        Ok(version) if version < known => Err(LedgerError::TooOld { path: path.to_owned(), found, known }),
        _ => Err(LedgerError::TooNew { found, known }),
    }
}

fn version(connection: &Connection) -> Result<i64, LedgerError> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ledger_of_the_first_version_keeps_what_it_holds() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(MIGRATIONS[0]).unwrap();
        connection.pragma_update(None, "user_version", 1).unwrap();
        let old = "INSERT INTO round (started_ms, block, seed, state) VALUES (5, 6, 7, 'scored');
                   INSERT INTO answer (round, hotkey, outcome, elapsed_us, score) VALUES (1, x'02', 'answered', 9, 0.5)";
        connection.execute_batch(old).unwrap();
        let behind = check(&connection, Path::new("old.sqlite")).unwrap_err().to_string();
        assert!(behind.contains("old.sqlite") && behind.contains("start the validator"), "{behind}");

        migrate(&mut connection).unwrap();
        check(&connection, Path::new("old.sqlite")).unwrap();
        let kept: (i64, f64, Option<i64>) = connection
            .query_row("SELECT elapsed_us, score, answering_us FROM answer", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .unwrap();
        assert_eq!(kept, (9, 0.5, None));
        let tasks: i64 = connection.query_row("SELECT count(*) FROM task", [], |row| row.get(0)).unwrap();
        assert_eq!(tasks, 0, "nothing is made up for rounds of the past");
        migrate(&mut connection).unwrap();
    }
}
