//! Rounds that wait for their scores: left open, asked about at the start of later rounds, settled, or ended without.
//!
//! Such a round stays in the state `open`, and whole, whatever else is let go; a start after a crash finds it as it was.

use std::time::{Duration, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension, params};

use super::past::not_kept;
use super::records::{Lapse, OpenRound, SettledRecord};
use super::rounds::write_scores;
use super::store::{LedgerStore, now_ms};
use super::{LedgerError, from_bits, to_bits};

impl LedgerStore {
    /// The rounds that wait, those first that were asked, or asked about, the longest ago, and among these the oldest.
    pub async fn open_rounds(&self) -> Result<Vec<OpenRound>, LedgerError> {
        self.write(|connection, _| {
            let mut query = connection.prepare(
                "SELECT later.round, round.started_ms FROM later JOIN round ON round.id = later.round
                 WHERE later.waiting = 1 ORDER BY coalesce(later.turn, later.round), later.round",
            )?;
            let rounds = query.query_map([], |row| {
                let started_at = UNIX_EPOCH + Duration::from_millis(from_bits(row.get(1)?));
                Ok(OpenRound { id: from_bits(row.get(0)?), started_at })
            })?;
            Ok(rounds.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Notes that an open round is about to be asked about at the start of the round `turn`. On disk before it is, so that
    /// a round whose judge takes the process with it is the last to be asked about after the next start, not the first.
    pub async fn begin_settling(&self, round: u64, turn: u64) -> Result<(), LedgerError> {
        self.write(move |connection, _| {
            let sql = "UPDATE later SET turn = ?2 WHERE round = ?1 AND waiting = 1";
            connection.execute(sql, params![to_bits(round), to_bits(turn)])?;
            Ok(())
        })
        .await
    }

    /// Writes scores of an open round, which count from the round `turn` on, and ends it unless more come later. A hotkey
    /// that had a score has the new one. Of a round that waits no more nothing is written.
    pub async fn settle_round(&self, record: SettledRecord) -> Result<(), LedgerError> {
        self.write(move |connection, retention| {
            let transaction = connection.transaction()?;
            let (round, turn) = (to_bits(record.round), to_bits(record.turn));
            let waits = "SELECT 1 FROM later WHERE round = ?1 AND waiting = 1";
            if transaction.query_row(waits, params![round], |_| Ok(())).optional()?.is_none() {
                return Ok(());
            }
            write_scores(&transaction, round, &record.scores, Some(turn))?;
            if !record.scores.is_later() {
                let end = "UPDATE later SET waiting = 0, ended_in = ?2 WHERE round = ?1";
                transaction.execute(end, params![round, turn])?;
                let end = "UPDATE round SET state = 'scored', ended_ms = ?2 WHERE id = ?1";
                transaction.execute(end, params![round, now_ms()])?;
            }
            if retention.bodies.rounds > 0 {
                let metagraph = serde_json::to_string(&*record.subnet)?;
                transaction.execute(
                    "INSERT OR IGNORE INTO frame (round, metagraph, bytes) VALUES (?1, ?2, ?3)",
                    params![turn, metagraph, to_bits(metagraph.len() as u64)],
                )?;
            }
            transaction.commit()?;
            Ok(())
        })
        .await
    }

    /// Ends an open round without the scores it waited for. They are not zero: there are none.
    pub async fn let_lapse(&self, round: u64, reason: String) -> Result<Option<Lapse>, LedgerError> {
        self.write(move |connection, _| {
            let transaction = connection.transaction()?;
            let lapse = lapse(&transaction, to_bits(round), &reason)?;
            transaction.commit()?;
            Ok(lapse)
        })
        .await
    }
}

/// Has a round wait, if it can, and ends the oldest beyond `most` that do.
pub(super) fn leave_open(connection: &Connection, round: i64, most: u64) -> Result<Vec<Lapse>, LedgerError> {
    connection.execute("INSERT INTO later (round, waiting) VALUES (?1, 1)", params![round])?;
    let mut lapses = Vec::new();
    if let Some(missing) = not_kept(connection, round)? {
        lapses.extend(lapse(connection, round, &format!("it cannot wait for its scores: {missing}"))?);
    }
    let beyond = "SELECT round FROM later WHERE waiting = 1 ORDER BY round DESC LIMIT -1 OFFSET ?1";
    let mut beyond = connection.prepare_cached(beyond)?;
    let rounds = beyond.query_map(params![to_bits(most)], |row| row.get::<_, i64>(0))?;
    for round in rounds.collect::<Result<Vec<_>, _>>()? {
        let reason = format!("{most} newer rounds wait for their scores too (open_rounds)");
        lapses.extend(lapse(connection, round, &reason)?);
    }
    Ok(lapses)
}

/// Ends a round that waits; `None` if it does not.
pub(super) fn lapse(connection: &Connection, round: i64, reason: &str) -> Result<Option<Lapse>, LedgerError> {
    let end = "UPDATE later SET waiting = 0 WHERE round = ?1 AND waiting = 1";
    if connection.execute(end, params![round])? == 0 {
        return Ok(None);
    }
    connection.execute(
        "UPDATE round SET reason = ?2, ended_ms = ?3, state = CASE
             WHEN EXISTS (SELECT 1 FROM answer WHERE answer.round = ?1 AND score IS NOT NULL) THEN 'scored'
             ELSE 'failed' END
         WHERE id = ?1",
        params![round, reason, now_ms()],
    )?;
    Ok(Some(Lapse { round: from_bits(round), reason: reason.to_owned() }))
}
