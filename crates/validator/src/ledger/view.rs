//! The reading side: what a reward hook may ask of the past.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rusqlite::{Connection, OpenFlags, Row, params};
use subnetkit_protocol::Hotkey;

use super::memory::{Memory, PlayedRound, Told};
use super::records::{RoundState, Scored};
use super::store::BUSY_TIMEOUT;
use super::{LedgerError, from_bits, schema};
use crate::answer::OutcomeKind;
use crate::scores::Scores;

/// The history of scores, keyed by hotkey, read-only. It outlives uids: a hotkey keeps its past when it registers anew,
/// and a new owner of its uid does not inherit it.
///
/// Methods return plain values. If the file cannot be read they return nothing *and remember the fault*, and whatever
/// the hook made of it is thrown away.
pub struct Ledger {
    source: Source,
    fault: RefCell<Option<LedgerError>>,
}

/// Where the history is.
enum Source {
    File(Connection),
    Memory(Memory),
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").finish_non_exhaustive()
    }
}

const SCORED: &str = "
SELECT answer.hotkey, round.id, round.started_ms, answer.outcome, answer.elapsed_us, answer.score,
       coalesce(answer.settled_in, answer.round)
FROM answer JOIN round ON round.id = answer.round WHERE answer.score IS NOT NULL";

impl Ledger {
    /// Opens the file for reading, which may be beside the validator that writes it.
    ///
    /// # Errors
    /// A file that is not there, that is no ledger, or that has not got the tables of this version.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let open = |source| LedgerError::Open { path: path.to_owned(), source };
        let connection = Connection::open_with_flags(path, flags).map_err(open)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(open)?;
        schema::check(&connection, path).map_err(|error| error.at(path))?;
        Ok(Self { source: Source::File(connection), fault: RefCell::new(None) })
    }

    /// A ledger in memory that holds these rounds, oldest first: for testing a [`crate::Reward`] without a network.
    /// Each hotkey in a round's scores counts as having answered.
    pub fn of_rounds<'a>(rounds: impl IntoIterator<Item = &'a Scores>) -> Result<Self, LedgerError> {
        let mut memory = Memory::new(u64::MAX);
        for scores in rounds {
            let outcome = OutcomeKind::Answered;
            let told = |(hotkey, score)| Told { hotkey, outcome, elapsed: None, score: Some(score) };
            let (at, state) = (SystemTime::now(), RoundState::Scored);
            memory.record(PlayedRound {
                at,
                state,
                asked: scores.iter().map(told).collect(),
                settled: Vec::new(),
            });
        }
        Ok(Self::in_memory(memory))
    }

    pub(super) const fn in_memory(memory: Memory) -> Self {
        Self { source: Source::Memory(memory), fault: RefCell::new(None) }
    }

    pub(super) const fn memory(&self) -> Option<&Memory> {
        match &self.source {
            Source::Memory(memory) => Some(memory),
            Source::File(_) => None,
        }
    }

    pub(super) const fn memory_mut(&mut self) -> Option<&mut Memory> {
        match &mut self.source {
            Source::Memory(memory) => Some(memory),
            Source::File(_) => None,
        }
    }

    /// The file behind this view.
    pub(super) const fn file(&self) -> Result<&Connection, LedgerError> {
        match &self.source {
            Source::File(connection) => Ok(connection),
            Source::Memory(_) => Err(LedgerError::NoFile),
        }
    }

    /// The id of the newest scored round.
    #[must_use]
    pub fn last_round(&self) -> Option<u64> {
        if let Source::Memory(memory) = &self.source {
            return memory.last_round();
        }
        self.answer(|connection| {
            let newest = "SELECT max(id) FROM round WHERE state = 'scored'";
            Ok(connection.query_row(newest, [], |row| row.get::<_, Option<i64>>(0))?.map(from_bits))
        })
    }

    /// Every score of the newest `rounds` rounds, per hotkey, oldest first. Rounds in which a hotkey was not asked, or
    /// not scored, leave no entry. A score that came [later](crate::Scores::later) is one of the round it came in, just
    /// before that round's own, wherever [`Scored::round`] lies.
    #[must_use]
    pub fn scores(&self, rounds: u32) -> BTreeMap<Hotkey, Vec<Scored>> {
        if let Source::Memory(memory) = &self.source {
            return memory.scores(rounds);
        }
        self.answer(|connection| {
            // Two halves, each with an index of its own.
            let newest = "(SELECT max(id) FROM round) - ?1";
            let sql = format!(
                "{SCORED} AND answer.settled_in IS NULL AND answer.round > {newest} UNION ALL
                 {SCORED} AND answer.settled_in > {newest} ORDER BY 7, 2"
            );
            let mut query = connection.prepare(&sql)?;
            let mut rows = query.query(params![rounds])?;
            let mut scores: BTreeMap<Hotkey, Vec<Scored>> = BTreeMap::new();
            while let Some(row) = rows.next()? {
                let (hotkey, scored) = scored(row)?;
                scores.entry(hotkey).or_default().push(scored);
            }
            Ok(scores)
        })
    }

    /// The newest `limit` scores of one hotkey, oldest first, in the order in which they came.
    #[must_use]
    pub fn history(&self, hotkey: &Hotkey, limit: u32) -> Vec<Scored> {
        if let Source::Memory(memory) = &self.source {
            return memory.history(hotkey, limit);
        }
        self.answer(|connection| {
            let sql = format!(
                "{SCORED} AND answer.hotkey = ?1
                 ORDER BY coalesce(answer.settled_in, answer.round) DESC, answer.round DESC LIMIT ?2"
            );
            let mut query = connection.prepare(&sql)?;
            let mut rows = query.query(params![hotkey.as_bytes(), limit])?;
            let mut history = Vec::new();
            while let Some(row) = rows.next()? {
                history.push(scored(row)?.1);
            }
            history.reverse();
            Ok(history)
        })
    }

    /// The exponential moving average of each hotkey's scores over the newest `rounds` rounds: starting from 0, each
    /// score moves it by `alpha` (0 to 1) of the difference, in the order in which they came. Rounds without a score leave
    /// it as it was.
    ///
    /// Starting from 0 makes a fresh hotkey earn its place: registering anew never pays more than staying.
    #[must_use]
    pub fn ema(&self, alpha: f64, rounds: u32) -> BTreeMap<Hotkey, f64> {
        if let Source::Memory(memory) = &self.source {
            return memory.ema(alpha, rounds);
        }
        let smooth =
            |history: &[Scored]| history.iter().fold(0.0, |ema, scored| ema + alpha * (scored.score - ema));
        self.scores(rounds).into_iter().map(|(hotkey, history)| (hotkey, smooth(&history))).collect()
    }

    /// How the requests of the newest `rounds` rounds ended, per hotkey.
    #[must_use]
    pub fn outcomes(&self, rounds: u32) -> BTreeMap<Hotkey, BTreeMap<OutcomeKind, u64>> {
        if let Source::Memory(memory) = &self.source {
            return memory.outcomes(rounds);
        }
        self.answer(|connection| {
            let mut query = connection.prepare(
                "SELECT hotkey, outcome, count(*) FROM answer WHERE round > (SELECT max(id) FROM round) - ?1
                 GROUP BY hotkey, outcome",
            )?;
            let mut rows = query.query(params![rounds])?;
            let mut outcomes: BTreeMap<Hotkey, BTreeMap<OutcomeKind, u64>> = BTreeMap::new();
            while let Some(row) = rows.next()? {
                let counts = outcomes.entry(Hotkey::from_bytes(row.get(0)?)).or_default();
                counts.insert(outcome(&row.get::<_, String>(1)?)?, from_bits(row.get(2)?));
            }
            Ok(outcomes)
        })
    }

    /// The first fault of this view, if any read failed.
    pub(crate) fn into_fault(self) -> Option<LedgerError> {
        self.fault.into_inner()
    }

    fn answer<T: Default>(&self, read: impl FnOnce(&Connection) -> Result<T, LedgerError>) -> T {
        self.file().and_then(read).unwrap_or_else(|error| {
            self.fault.borrow_mut().get_or_insert(error);
            T::default()
        })
    }
}

fn scored(row: &Row<'_>) -> Result<(Hotkey, Scored), LedgerError> {
    let elapsed: Option<i64> = row.get(4)?;
    let scored = Scored {
        round: from_bits(row.get(1)?),
        at: UNIX_EPOCH + Duration::from_millis(from_bits(row.get(2)?)),
        outcome: outcome(&row.get::<_, String>(3)?)?,
        elapsed: elapsed.map(|micros| Duration::from_micros(from_bits(micros))),
        score: row.get(5)?,
        settled_in: from_bits(row.get(6)?),
    };
    Ok((Hotkey::from_bytes(row.get(0)?), scored))
}

fn outcome(text: &str) -> Result<OutcomeKind, LedgerError> {
    OutcomeKind::from_str(text).map_err(|_| LedgerError::Corrupt { what: "outcome" })
}
