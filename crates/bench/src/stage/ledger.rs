//! The validator's ledger as others see it: the file, read and never written.
//!
//! A file is opened only for as long as one reading takes, and never recovered or tidied up: what a crash left has to be
//! met by the next process of the validator itself.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use anyhow::Context;
use rusqlite::{Connection, OpenFlags, config::DbConfig};

/// A row of the table of submissions, and what belongs to it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Submission {
    pub(crate) id: i64,
    pub(crate) mecid: u8,
    pub(crate) state: String,
    pub(crate) reason: Option<String>,
    /// The head when it was decided.
    pub(crate) block: u64,
    /// Of the call or the commit.
    pub(crate) included_block: Option<u64>,
    pub(crate) commit_epoch: Option<u64>,
    /// Since when the chain is known to hold the weights.
    pub(crate) effective_block: Option<u64>,
    /// By uid.
    pub(crate) weights: Vec<(u16, u16)>,
    pub(crate) extrinsics: Vec<Extrinsic>,
}

/// A row of the journal.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Extrinsic {
    /// `set`, `commit` or `reveal`.
    pub(crate) kind: String,
    /// As it is sent, in hexadecimal as nodes write it.
    pub(crate) bytes: String,
    pub(crate) state: String,
    pub(crate) included_block: Option<u64>,
}

impl Submission {
    /// Whether nothing more will become of it.
    pub(crate) fn is_final(&self) -> bool {
        !["intended", "included", "committed"].contains(&self.state.as_str())
    }

    /// Whether the ledger says that the chain holds it.
    pub(crate) fn is_effective(&self) -> bool {
        self.state == "effective"
    }
}

/// One scored answer: round, hotkey, outcome, score.
pub(crate) type Scored = (i64, Vec<u8>, String, Option<f64>);

/// What the ledger held at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Contents {
    pub(crate) submissions: Vec<Submission>,
    /// Rounds that were scored, with their answers.
    pub(crate) scored: BTreeMap<i64, Vec<Scored>>,
    /// Rounds by state.
    pub(crate) rounds: BTreeMap<String, u64>,
    /// What `PRAGMA integrity_check` and `PRAGMA foreign_key_check` found; empty if all is well.
    pub(crate) faults: Vec<String>,
}

impl Contents {
    /// Reads everything.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let connection = open(path)?;
        let mut faults = Vec::new();
        let verdicts: Vec<String> = rows(&connection, "PRAGMA integrity_check", |row| row.get(0))?;
        faults.extend(verdicts.into_iter().filter(|verdict| verdict != "ok"));
        let strays: Vec<String> = rows(&connection, "PRAGMA foreign_key_check", |row| {
            Ok(format!("a row of {} refers to nothing", row.get::<_, String>(0)?))
        })?;
        faults.extend(strays);
        Ok(Self {
            submissions: submissions(&connection)?,
            scored: scored(&connection)?,
            rounds: rows(&connection, "SELECT state, count(*) FROM round GROUP BY state", |row| {
                Ok((row.get(0)?, unsigned(row.get(1)?)))
            })?
            .into_iter()
            .collect(),
            faults,
        })
    }

    /// Reads a copy of the files as they are now, so that nothing is changed in them. To be called when no process has the
    /// ledger open.
    pub(crate) fn read_copy(path: &Path) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        for suffix in ["", "-wal"] {
            let mut name = path.file_name().context("a ledger has a name")?.to_owned();
            name.push(suffix);
            let file = path.with_file_name(&name);
            if file.exists() {
                fs::copy(&file, folder.path().join(&name))?;
            }
        }
        let copy = folder.path().join(path.file_name().unwrap_or_default());
        Self::read(&copy)
    }
}

/// The ledger's numbers are never negative but where they are the bits of larger ones, which are not read here.
fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

fn rows<T>(
    connection: &Connection,
    sql: &str,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> anyhow::Result<Vec<T>> {
    let mut query = connection.prepare(sql)?;
    let found = query.query_map([], read)?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn open(path: &Path) -> anyhow::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)
        .with_context(|| format!("the ledger {} can't be read", path.display()))?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    Ok(connection)
}

fn submissions(connection: &Connection) -> anyhow::Result<Vec<Submission>> {
    let sql = "SELECT id, mecid, state, reason, block, included_block, commit_epoch, effective_block
               FROM submission ORDER BY id";
    let mut found = rows(connection, sql, |row| {
        Ok(Submission {
            id: row.get(0)?,
            mecid: row.get(1)?,
            state: row.get(2)?,
            reason: row.get(3)?,
            block: unsigned(row.get(4)?),
            included_block: row.get::<_, Option<_>>(5)?.map(unsigned),
            commit_epoch: row.get::<_, Option<_>>(6)?.map(unsigned),
            effective_block: row.get::<_, Option<_>>(7)?.map(unsigned),
            ..Submission::default()
        })
    })?;
    let mut weights: BTreeMap<i64, Vec<(u16, u16)>> = BTreeMap::new();
    // What is sent without weight leaves nothing on chain.
    let sql = "SELECT submission, uid, value FROM weight WHERE value > 0 ORDER BY uid";
    for (id, uid, value) in
        rows(connection, sql, |row| Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?)))?
    {
        weights.entry(id).or_default().push((uid, value));
    }
    let mut extrinsics: BTreeMap<i64, Vec<Extrinsic>> = BTreeMap::new();
    let sql = "SELECT submission, kind, bytes, state, included_block FROM extrinsic ORDER BY id";
    for (id, extrinsic) in rows(connection, sql, |row| {
        let bytes: Vec<u8> = row.get(2)?;
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let extrinsic = Extrinsic {
            kind: row.get(1)?,
            bytes: format!("0x{digits}"),
            state: row.get(3)?,
            included_block: row.get::<_, Option<_>>(4)?.map(unsigned),
        };
        Ok((row.get::<_, i64>(0)?, extrinsic))
    })? {
        extrinsics.entry(id).or_default().push(extrinsic);
    }
    for submission in &mut found {
        submission.weights = weights.remove(&submission.id).unwrap_or_default();
        submission.extrinsics = extrinsics.remove(&submission.id).unwrap_or_default();
    }
    Ok(found)
}

fn scored(connection: &Connection) -> anyhow::Result<BTreeMap<i64, Vec<Scored>>> {
    let mut found: BTreeMap<i64, Vec<Scored>> = BTreeMap::new();
    let sql = "SELECT round.id, answer.hotkey, answer.outcome, answer.score
               FROM round JOIN answer ON answer.round = round.id WHERE round.state = 'scored'
               ORDER BY round.id, answer.hotkey";
    for answer in rows(connection, sql, |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))? {
        found.entry(answer.0).or_default().push(answer);
    }
    Ok(found)
}

/// Tells what was written since it was last asked, by the states of the newest rows.
#[derive(Debug)]
pub(crate) struct Watch {
    path: PathBuf,
    /// Size and time of the files when they were last read.
    seen: Option<(u64, Option<SystemTime>)>,
    known: BTreeMap<(&'static str, i64), String>,
}

impl Watch {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, seen: None, known: BTreeMap::new() }
    }

    /// Tables and states of the rows that are new or have changed, such as `("submission", "intended")`. Cheap while the
    /// file does not change.
    pub(crate) fn news(&mut self) -> Vec<(&'static str, String)> {
        let mut wal = self.path.clone().into_os_string();
        wal.push("-wal");
        let now = fs::metadata(&wal).ok().map(|file| (file.len(), file.modified().ok()));
        if now == self.seen {
            return Vec::new();
        }
        self.seen = now;
        // A file that is just being made or closed is read at the next change.
        let Ok(newest) = self.newest() else { return Vec::new() };
        let news = newest.iter().filter(|(row, state)| self.known.get(row) != Some(*state));
        let news = news.map(|((table, _), state)| (*table, state.clone())).collect();
        self.known = newest;
        news
    }

    fn newest(&self) -> anyhow::Result<BTreeMap<(&'static str, i64), String>> {
        let connection = open(&self.path)?;
        let mut newest = BTreeMap::new();
        for table in ["round", "submission", "extrinsic"] {
            let sql = format!("SELECT id, state FROM {table} ORDER BY id DESC LIMIT 8");
            for (id, state) in rows(&connection, &sql, |row| Ok((row.get(0)?, row.get(1)?)))? {
                newest.insert((table, id), state);
            }
        }
        Ok(newest)
    }
}
