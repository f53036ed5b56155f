//! Writing rounds: opened, answered, judged, closed; and how much of the past stays.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use rusqlite::{Connection, Transaction, params};
use subnetkit_protocol::Hotkey;

use super::records::{AnswerRecord, AskedRecord, Lapse, RoundRecord, RoundState, TaskRecord};
use super::store::{Bodies, LedgerStore, now_ms, row_id};
use super::{LedgerError, later, to_bits};
use crate::scores::Scores;

/// What a row of `exchange` takes beside its body, evidence and outcome.
const ROW_BYTES: usize = 96;

/// Why a round that waited for its scores is not kept any more.
const MADE_ROOM: &str = "its requests and answers had to make room for those of newer rounds \
                         (ledger_bodies_total_bytes) before its scores came";

impl LedgerStore {
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

    /// Records what was asked and what came back, before anybody judges it: a judge that fails, or a process that ends,
    /// loses no answers. All of it is stored together or not at all; what is too large to be kept whole is stored without
    /// what would be needed to judge it again ([`Bodies`]). Returns the open rounds that had to make room for it.
    pub async fn record_answers(&self, record: AskedRecord) -> Result<Vec<Lapse>, LedgerError> {
        self.write(move |connection, retention| {
            let transaction = connection.transaction()?;
            let round = to_bits(record.round);
            insert_answers(&transaction, round, &record.answers)?;
            transaction.execute(
                "INSERT OR REPLACE INTO subnet (only, block, metagraph) VALUES (1, ?1, ?2)",
                params![to_bits(record.subnet.block), serde_json::to_string(&*record.subnet)?],
            )?;
            let lapses = keep_whole(&transaction, &record, &retention.bodies)?;
            transaction.commit()?;
            Ok(lapses)
        })
        .await
    }

    /// Ends a round: its scores and its end are stored together or not at all. Scores of hotkeys without a recorded answer
    /// are dropped, because they were not asked.
    ///
    /// A round that is left open waits for [`settle_round`](Self::settle_round). Returns the rounds that wait no more: this one, if
    /// it is not kept whole, and the oldest beyond `open_rounds`.
    pub async fn close_round(&self, record: RoundRecord) -> Result<Vec<Lapse>, LedgerError> {
        self.write(move |connection, retention| {
            let transaction = connection.transaction()?;
            let (state, reason) = match &record.state {
                RoundState::Scored => ("scored", None),
                RoundState::Open => ("open", None),
                RoundState::Failed(reason) => ("failed", Some(reason)),
            };
            let id = to_bits(record.id);
            transaction.execute(
                "UPDATE round SET state = ?2, reason = ?3, ended_ms = ?4 WHERE id = ?1",
                params![id, state, reason, now_ms()],
            )?;
            write_scores(&transaction, id, &record.scores, None)?;
            let lapses = match record.state {
                RoundState::Open => later::leave_open(&transaction, id, retention.open_rounds)?,
                RoundState::Scored | RoundState::Failed(_) => Vec::new(),
            };
            // Round ids have no gaps: only rows older than the newest `rounds` fall below this line. What waits is not past,
            // and what waited is as old as its scores.
            transaction.execute(
                "WITH line AS (SELECT max(id) - ?1 AS id FROM round)
                 DELETE FROM round WHERE id <= (SELECT id FROM line) AND id NOT IN (
                     SELECT round FROM later WHERE waiting = 1 OR turn > (SELECT id FROM line))",
                params![to_bits(retention.rounds)],
            )?;
            transaction.commit()?;
            Ok(lapses)
        })
        .await
    }
}

/// Scores that came in the round itself, or later, at the start of the round `turn`.
pub(super) fn write_scores(
    connection: &Connection,
    round: i64,
    scores: &Scores,
    turn: Option<i64>,
) -> Result<(), LedgerError> {
    let sql = "UPDATE answer SET score = ?3, settled_in = ?4 WHERE round = ?1 AND hotkey = ?2";
    let mut update = connection.prepare_cached(sql)?;
    for (hotkey, score) in scores.iter() {
        update.execute(params![round, hotkey.as_bytes(), score, turn])?;
    }
    Ok(())
}

fn insert_answers(connection: &Connection, round: i64, answers: &[AnswerRecord]) -> Result<(), LedgerError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO answer (round, hotkey, outcome, elapsed_us, detail, queued_us, connecting_us, answering_us)
         VALUES (?1, ?2, ?3, ?4, nullif(?5, ''), ?6, ?7, ?8)",
    )?;
    for AnswerRecord { hotkey, outcome, timing, .. } in answers {
        insert.execute(params![
            round,
            hotkey.as_bytes(),
            outcome.kind().as_str(),
            outcome.elapsed().map(micros),
            outcome.detail(),
            micros(timing.queued),
            micros(timing.connecting),
            micros(timing.answering),
        ])?;
    }
    Ok(())
}

/// Keeps what is needed to judge this round again, and lets the oldest rounds' go until all fit their bounds: those that
/// wait for their scores last of all, and with a word.
fn keep_whole(
    connection: &Transaction<'_>,
    record: &AskedRecord,
    bounds: &Bodies,
) -> Result<Vec<Lapse>, LedgerError> {
    if bounds.rounds > 0 {
        let whole = Whole::of(record, bounds.largest)?;
        if whole.bytes <= bounds.total {
            whole.insert(connection, to_bits(record.round))?;
        } else {
            tracing::warn!(
                round = record.round,
                bytes = whole.bytes,
                "a round's requests and answers alone exceed ledger_bodies_total_bytes; it cannot be judged again"
            );
        }
    }
    for sql in [
        "DELETE FROM task WHERE round <= ?1 - ?2
         AND round NOT IN (SELECT round FROM later WHERE waiting = 1 OR turn > ?1 - ?2)",
        "DELETE FROM frame WHERE round <= ?1 - ?2",
    ] {
        connection.execute(sql, params![to_bits(record.round), to_bits(bounds.rounds)])?;
    }
    // This round comes before all others: it may wait for its scores too, which nobody knows yet.
    let mut beyond = connection.prepare(
        "WITH kept AS (
             SELECT task.round, bytes, 0 AS is_frame, coalesce(turn, task.round) AS newest,
                    task.round = ?1 OR coalesce(waiting, 0) AS waits
             FROM task LEFT JOIN later ON later.round = task.round
             UNION ALL SELECT round, bytes, 1, round, 0 FROM frame)
         SELECT round, is_frame FROM (
             SELECT round, is_frame,
                    sum(bytes) OVER (ORDER BY waits DESC, newest DESC, round DESC, is_frame) AS held FROM kept)
         WHERE held > ?2 ORDER BY round",
    )?;
    let beyond = beyond.query_map(params![to_bits(record.round), to_bits(bounds.total)], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?))
    })?;
    let mut lapses = Vec::new();
    for (round, is_frame) in beyond.collect::<Result<Vec<_>, _>>()? {
        let table = if is_frame { "frame" } else { "task" };
        connection.execute(&format!("DELETE FROM {table} WHERE round = ?1"), params![round])?;
        if !is_frame {
            lapses.extend(later::lapse(connection, round, MADE_ROOM)?);
        }
    }
    Ok(lapses)
}

/// The rows of one round that can be judged again. A body of `None` was too large.
struct Whole<'a> {
    task: &'a TaskRecord,
    notes: Option<String>,
    requests: Vec<Option<&'a Bytes>>,
    exchanges: Vec<Exchange<'a>>,
    bytes: u64,
}

struct Exchange<'a> {
    hotkey: Hotkey,
    request: usize,
    answer: Option<&'a AnswerRecord>,
    outcome: Option<String>,
    pieces: Option<String>,
    body: Option<&'a [u8]>,
    evidence: Option<String>,
}

impl<'a> Whole<'a> {
    fn of(record: &'a AskedRecord, largest: u64) -> Result<Self, LedgerError> {
        let fits = |length: usize| length as u64 <= largest;
        let task = &record.task;
        let notes = Some(serde_json::to_string(&task.notes)?).filter(|notes| fits(notes.len()));
        let requests: Vec<_> =
            task.requests.iter().map(|body| Some(body).filter(|body| fits(body.len()))).collect();
        let by_hotkey: BTreeMap<Hotkey, &AnswerRecord> =
            record.answers.iter().map(|answer| (answer.hotkey, answer)).collect();
        let mut exchanges = Vec::with_capacity(task.asks.len());
        for (hotkey, request) in &task.asks {
            let answer = by_hotkey.get(hotkey).copied();
            let body = answer.map_or(&[][..], |answer| &answer.body);
            let pieces = answer.filter(|answer| !answer.pieces.is_empty()).map(places).transpose()?;
            // The one is nothing without the other.
            let fit = fits(body.len()) && pieces.as_ref().is_none_or(|pieces| fits(pieces.len()));
            exchanges.push(Exchange {
                hotkey: *hotkey,
                request: *request,
                answer,
                outcome: answer.map(|answer| serde_json::to_string(&answer.outcome)).transpose()?,
                pieces: pieces.filter(|_| fit),
                body: Some(body).filter(|_| fit),
                evidence: answer
                    .and_then(|answer| answer.evidence.as_ref())
                    .map(serde_json::to_string)
                    .transpose()?,
            });
        }
        let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        let of_requests = requests.iter().flatten().map(|body| body.len() + ROW_BYTES).sum::<usize>();
        let of_exchange = |row: &Exchange<'_>| {
            ROW_BYTES
                + text(&row.outcome)
                + text(&row.evidence)
                + text(&row.pieces)
                + row.body.map_or(0, <[u8]>::len)
        };
        let bytes = text(&notes) + of_requests + exchanges.iter().map(of_exchange).sum::<usize>();
        Ok(Self { task, notes, requests, exchanges, bytes: bytes as u64 })
    }

    fn insert(&self, connection: &Connection, round: i64) -> Result<(), LedgerError> {
        connection.execute(
            "INSERT INTO task (round, timeout_ns, streamed, notes, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![round, self.task.timeout.map(nanos), self.task.streamed, self.notes, to_bits(self.bytes)],
        )?;
        let mut insert =
            connection.prepare_cached("INSERT INTO request (round, number, body) VALUES (?1, ?2, ?3)")?;
        for (number, body) in self.requests.iter().enumerate() {
            insert.execute(params![round, to_bits(number as u64), body.map(|body| &body[..])])?;
        }
        let mut insert = connection.prepare_cached(
            "INSERT INTO exchange
             (round, hotkey, request, outcome, queued_ns, connecting_ns, answering_ns, pieces, body, evidence)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?;
        for row in &self.exchanges {
            let timing = row.answer.map(|answer| answer.timing).unwrap_or_default();
            insert.execute(params![
                round,
                row.hotkey.as_bytes(),
                to_bits(row.request as u64),
                row.outcome,
                nanos(timing.queued),
                nanos(timing.connecting),
                nanos(timing.answering),
                row.pieces,
                row.body,
                row.evidence,
            ])?;
        }
        Ok(())
    }
}

/// As they are written: where each piece ends, and when it came, in nanoseconds.
fn places(answer: &AnswerRecord) -> Result<String, LedgerError> {
    let places = answer.pieces.iter().map(|piece| (piece.end, nanos(piece.at)));
    Ok(serde_json::to_string(&places.collect::<Vec<_>>())?)
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

fn nanos(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}
