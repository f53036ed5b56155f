//! Reading rounds whole, and putting other scores over those in the file.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;
use subnetkit_chain::Metagraph;
use subnetkit_protocol::Hotkey;

use super::records::{AnswerRecord, LedgerOwner, PieceRecord, TaskRecord};
use super::{Ledger, LedgerError, from_bits, to_bits};
use crate::answer::Timing;
use crate::scores::Scores;

/// Which rounds of the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoundRange {
    /// As many of the newest.
    Newest(u64),
    /// Those with ids from the first to the last of these.
    Between(u64, u64),
}

/// A round as the ledger has it.
#[derive(Debug)]
pub(crate) struct PastRound {
    pub(crate) id: u64,
    pub(crate) started_at: SystemTime,
    pub(crate) block: u64,
    /// By hotkey asked; `None`: not scored.
    pub(crate) recorded: BTreeMap<Hotkey, Option<f64>>,
    pub(crate) whole: Result<WholeRound, NotKept>,
    /// The rounds at whose start its scores came, if they came later, oldest first.
    pub(crate) turns: Vec<Turn>,
}

/// A round at whose start scores of another came.
#[derive(Debug)]
pub(crate) struct Turn {
    pub(crate) id: u64,
    pub(crate) seed: u64,
    /// The neurons as of then; `None`: not kept any more.
    pub(crate) subnet: Option<Metagraph>,
}

/// What a judge of today makes of a round.
#[derive(Debug, Default)]
pub(crate) struct Rejudged {
    pub(crate) scores: Scores,
    /// The rounds at whose start scores came, where that was later.
    pub(crate) settled_in: BTreeMap<Hotkey, u64>,
}

/// What judging a round again takes.
#[derive(Debug)]
pub(crate) struct WholeRound {
    pub(crate) task: TaskRecord,
    pub(crate) answers: Vec<AnswerRecord>,
}

/// What is missing of a round.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotKept {
    #[error(
        "its requests and answers are not in the ledger (ledger_body_rounds and ledger_bodies_total_bytes say how many \
         rounds are kept whole)"
    )]
    Task,
    #[error("its task's notes were larger than ledger_body_bytes")]
    Notes,
    #[error("its request {number} was larger than ledger_body_bytes")]
    Request { number: usize },
    #[error("the answer of {hotkey} was larger than ledger_body_bytes")]
    Answer { hotkey: Hotkey },
}

/// Tables of the connection alone that stand before those of the file: whoever reads `round` and `answer` by name reads
/// these. Rounds that were not judged again are as they were.
const OVERLAY: &str = "
CREATE TEMP TABLE rejudged (round INTEGER PRIMARY KEY);
CREATE TEMP TABLE rescored (round INTEGER, hotkey BLOB, score REAL, settled_in INTEGER, PRIMARY KEY (round, hotkey))
    WITHOUT ROWID;
CREATE TEMP VIEW round AS
    SELECT id, started_ms, block, seed, reason, ended_ms,
           CASE WHEN id IN (SELECT round FROM rejudged) THEN 'scored' ELSE state END AS state
    FROM main.round;
CREATE TEMP VIEW answer AS
    SELECT asked.round, asked.hotkey, asked.outcome, asked.elapsed_us, asked.detail,
           CASE WHEN rejudged.round IS NULL THEN asked.score ELSE rescored.score END AS score,
           CASE WHEN rejudged.round IS NULL THEN asked.settled_in ELSE rescored.settled_in END AS settled_in
    FROM main.answer AS asked
    LEFT JOIN rejudged ON rejudged.round = asked.round
    LEFT JOIN rescored ON rescored.round = asked.round AND rescored.hotkey = asked.hotkey;
";

impl Ledger {
    /// Whose ledger it is.
    ///
    /// # Errors
    /// A file that cannot be read, or that no validator has taken yet.
    pub fn owner(&self) -> Result<LedgerOwner, LedgerError> {
        let sql = "SELECT genesis_hash, netuid, hotkey FROM identity";
        let owner = |row: &Row<'_>| {
            Ok(LedgerOwner {
                genesis_hash: row.get(0)?,
                netuid: row.get(1)?,
                hotkey: Hotkey::from_bytes(row.get(2)?),
            })
        };
        self.file()?.query_row(sql, [], owner).optional()?.ok_or(LedgerError::Corrupt { what: "identity" })
    }

    /// The ids of the rounds in which somebody was asked, oldest first.
    pub(crate) fn round_ids(&self, range: RoundRange) -> Result<Vec<u64>, LedgerError> {
        let (first, last, limit) = match range {
            RoundRange::Newest(rounds) => (0, i64::MAX, i64::try_from(rounds).unwrap_or(i64::MAX)),
            RoundRange::Between(first, last) => {
                (i64::try_from(first).unwrap_or(i64::MAX), i64::try_from(last).unwrap_or(i64::MAX), i64::MAX)
            }
        };
        let mut query = self.file()?.prepare(
            "SELECT id FROM round WHERE id BETWEEN ?1 AND ?2 AND state <> 'open'
             AND EXISTS (SELECT 1 FROM answer WHERE answer.round = round.id) ORDER BY id DESC LIMIT ?3",
        )?;
        let ids = query.query_map(params![first, last, limit], |row| row.get(0).map(from_bits))?;
        let mut ids = ids.collect::<Result<Vec<_>, _>>()?;
        ids.reverse();
        Ok(ids)
    }

    /// One round; `None` if the ledger has no such round any more.
    pub(crate) fn past_round(&self, id: u64) -> Result<Option<PastRound>, LedgerError> {
        let found: Option<(i64, i64)> = self
            .file()?
            .query_row("SELECT started_ms, block FROM round WHERE id = ?1", params![to_bits(id)], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let Some((started_ms, block)) = found else { return Ok(None) };
        let mut query = self.file()?.prepare("SELECT hotkey, score FROM answer WHERE round = ?1")?;
        let recorded = query
            .query_map(params![to_bits(id)], |row| Ok((Hotkey::from_bytes(row.get(0)?), row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        Ok(Some(PastRound {
            id,
            started_at: UNIX_EPOCH + Duration::from_millis(from_bits(started_ms)),
            block: from_bits(block),
            recorded,
            whole: whole(self.file()?, to_bits(id))?,
            turns: turns(self.file()?, to_bits(id))?,
        }))
    }

    /// The neurons as of the newest round.
    pub(crate) fn newest_subnet(&self) -> Result<Option<Metagraph>, LedgerError> {
        let sql = "SELECT metagraph FROM subnet";
        let text: Option<String> = self.file()?.query_row(sql, [], |row| row.get(0)).optional()?;
        text.map(|text| serde_json::from_str(&text))
            .transpose()
            .map_err(|_| LedgerError::Corrupt { what: "metagraph" })
    }

    /// The mechanisms that rewards were computed for.
    pub(crate) fn rewarded_mechanisms(&self) -> Result<Vec<u8>, LedgerError> {
        let mut query = self.file()?.prepare("SELECT DISTINCT mecid FROM reward_run ORDER BY mecid")?;
        let found = query.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        Ok(found)
    }

    /// From here on this view shows one moment of the file, whatever is written meanwhile.
    pub(crate) fn stand_still(&self) -> Result<(), LedgerError> {
        Ok(self.file()?.execute_batch("BEGIN")?)
    }

    /// From here on this view has these scores in these rounds, and no others there. The file stays as it is.
    pub(crate) fn rescore(&self, rounds: &BTreeMap<u64, Rejudged>) -> Result<(), LedgerError> {
        self.file()?.execute_batch(OVERLAY)?;
        let mut rejudge = self.file()?.prepare("INSERT INTO rejudged (round) VALUES (?1)")?;
        let mut rescore = self
            .file()?
            .prepare("INSERT INTO rescored (round, hotkey, score, settled_in) VALUES (?1, ?2, ?3, ?4)")?;
        for (round, Rejudged { scores, settled_in }) in rounds {
            rejudge.execute(params![to_bits(*round)])?;
            for (hotkey, score) in scores.iter() {
                let turn = settled_in.get(&hotkey).copied().map(to_bits);
                rescore.execute(params![to_bits(*round), hotkey.as_bytes(), score, turn])?;
            }
        }
        Ok(())
    }
}

/// What is missing of a round, if it could not be judged again.
pub(super) fn not_kept(connection: &Connection, round: i64) -> Result<Option<NotKept>, LedgerError> {
    let notes = "SELECT notes IS NOT NULL FROM task WHERE round = ?1";
    match connection.query_row(notes, params![round], |row| row.get(0)).optional()? {
        None => return Ok(Some(NotKept::Task)),
        Some(false) => return Ok(Some(NotKept::Notes)),
        Some(true) => {}
    }
    let request = "SELECT number FROM request WHERE round = ?1 AND body IS NULL LIMIT 1";
    if let Some(number) =
        connection.query_row(request, params![round], |row| row.get::<_, i64>(0)).optional()?
    {
        return Ok(Some(NotKept::Request { number: usize::try_from(number).unwrap_or_default() }));
    }
    let answer =
        "SELECT hotkey FROM exchange WHERE round = ?1 AND outcome IS NOT NULL AND body IS NULL LIMIT 1";
    let hotkey = connection.query_row(answer, params![round], |row| row.get(0).map(Hotkey::from_bytes));
    Ok(hotkey.optional()?.map(|hotkey| NotKept::Answer { hotkey }))
}

fn turns(connection: &Connection, round: i64) -> Result<Vec<Turn>, LedgerError> {
    let mut query = connection.prepare(
        "SELECT round.id, round.seed, frame.metagraph
         FROM (SELECT settled_in AS turn FROM answer WHERE round = ?1
               UNION SELECT ended_in FROM later WHERE round = ?1) AS turns
         JOIN round ON round.id = turns.turn LEFT JOIN frame ON frame.round = round.id
         ORDER BY round.id",
    )?;
    let mut rows = query.query(params![round])?;
    let mut turns = Vec::new();
    while let Some(row) = rows.next()? {
        let text: Option<String> = row.get(2)?;
        let subnet = text.map(|text| serde_json::from_str(&text)).transpose();
        turns.push(Turn {
            id: from_bits(row.get(0)?),
            seed: from_bits(row.get(1)?),
            subnet: subnet.map_err(|_| LedgerError::Corrupt { what: "metagraph" })?,
        });
    }
    Ok(turns)
}

fn whole(connection: &Connection, round: i64) -> Result<Result<WholeRound, NotKept>, LedgerError> {
    let found: Option<(Option<i64>, bool, Option<String>)> = connection
        .query_row("SELECT timeout_ns, streamed, notes FROM task WHERE round = ?1", params![round], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    let Some((timeout, streamed, notes)) = found else { return Ok(Err(NotKept::Task)) };
    let Some(notes) = notes else { return Ok(Err(NotKept::Notes)) };
    let notes: Value =
        serde_json::from_str(&notes).map_err(|_| LedgerError::Corrupt { what: "notes of a task" })?;

    let mut query = connection.prepare("SELECT body FROM request WHERE round = ?1 ORDER BY number")?;
    let bodies: Vec<Option<Vec<u8>>> =
        query.query_map(params![round], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut requests = Vec::with_capacity(bodies.len());
    for (number, body) in bodies.into_iter().enumerate() {
        let Some(body) = body else { return Ok(Err(NotKept::Request { number })) };
        requests.push(body.into());
    }

    let mut query = connection.prepare(
        "SELECT hotkey, request, outcome, queued_ns, connecting_ns, answering_ns, body, evidence, pieces
         FROM exchange WHERE round = ?1 ORDER BY hotkey",
    )?;
    let mut rows = query.query(params![round])?;
    let (mut asks, mut answers) = (Vec::new(), Vec::new());
    while let Some(row) = rows.next()? {
        let hotkey = Hotkey::from_bytes(row.get(0)?);
        let request = usize::try_from(row.get::<_, i64>(1)?).ok().filter(|number| *number < requests.len());
        asks.push((hotkey, request.ok_or(LedgerError::Corrupt { what: "number of a request" })?));
        match answer(row, hotkey)? {
            Some(Ok(answer)) => answers.push(answer),
            Some(Err(not_kept)) => return Ok(Err(not_kept)),
            None => {}
        }
    }
    let timeout = timeout.map(|nanos| Duration::from_nanos(from_bits(nanos)));
    Ok(Ok(WholeRound { task: TaskRecord { timeout, streamed, notes, requests, asks }, answers }))
}

/// `None` where no answer was had.
fn answer(row: &Row<'_>, hotkey: Hotkey) -> Result<Option<Result<AnswerRecord, NotKept>>, LedgerError> {
    let corrupt = |what| move |_| LedgerError::Corrupt { what };
    let Some(outcome) = row.get::<_, Option<String>>(2)? else { return Ok(None) };
    let Some(body) = row.get::<_, Option<Vec<u8>>>(6)? else {
        return Ok(Some(Err(NotKept::Answer { hotkey })));
    };
    let time = |column| row.get(column).map(|nanos| Duration::from_nanos(from_bits(nanos)));
    let pieces: Option<String> = row.get(8)?;
    let pieces = pieces.map_or(Ok(Vec::new()), |pieces| serde_json::from_str::<Vec<(usize, u64)>>(&pieces));
    let piece = |(end, nanos)| PieceRecord { end, at: Duration::from_nanos(nanos) };
    let evidence: Option<String> = row.get(7)?;
    let evidence = evidence.map(|evidence| serde_json::from_str(&evidence)).transpose();
    Ok(Some(Ok(AnswerRecord {
        hotkey,
        outcome: serde_json::from_str(&outcome).map_err(corrupt("outcome of an answer"))?,
        pieces: pieces.map_err(corrupt("pieces of a stream"))?.into_iter().map(piece).collect(),
        timing: Timing { queued: time(3)?, connecting: time(4)?, answering: time(5)? },
        body: body.into(),
        evidence: evidence.map_err(corrupt("evidence of an answer"))?,
    })))
}
