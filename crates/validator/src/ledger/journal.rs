//! Where the journal is kept: submissions, their weights and their transactions. Each write is on disk before it returns, and
//! each is one transaction: a process that ends at any instant leaves the whole of it or nothing.

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use subnetkit_chain::SignedExtrinsic;
use subnetkit_protocol::Hotkey;

use super::store::{now_ms, row_id};
use super::submissions::{
    Commitment, EffectiveWeights, Extrinsic, ExtrinsicFate, ExtrinsicKind, Fate, Intent, Submission,
    WeightRecord,
};
use super::{Ledger, LedgerError, LedgerStore, Retention, from_bits, to_bits};
use crate::weights::{Payout, Way};

/// The states in which something is still to come; `Fate::is_open` says the same.
const OPEN: &str = "('intended', 'included', 'committed')";

impl LedgerStore {
    /// Records what is about to be sent, with the transaction that sends it; on disk when this returns.
    pub async fn intend(&self, intent: Intent, signed: SignedExtrinsic) -> Result<Submission, LedgerError> {
        self.write(move |connection, retention| {
            let transaction = connection.transaction()?;
            let id = insert_submission(&transaction, &intent)?;
            let kind = match intent.commitment {
                Commitment::None => ExtrinsicKind::Set,
                Commitment::Hash { .. } | Commitment::Timelocked { .. } => ExtrinsicKind::Commit,
            };
            let extrinsic = insert_extrinsic(&transaction, id, kind, signed)?;
            forget_oldest(&transaction, id, *retention)?;
            transaction.commit()?;
            Ok(Submission { id, intent, fate: Fate::Intended, note: None, extrinsics: vec![extrinsic] })
        })
        .await
    }

    /// Records a reveal that is about to be sent; on disk when this returns.
    pub async fn intend_reveal(
        &self,
        submission: u64,
        signed: SignedExtrinsic,
    ) -> Result<Extrinsic, LedgerError> {
        self.write(move |connection, _| {
            let transaction = connection.transaction()?;
            let extrinsic = insert_extrinsic(&transaction, submission, ExtrinsicKind::Reveal, signed)?;
            transaction.commit()?;
            Ok(extrinsic)
        })
        .await
    }

    /// Records what became of a transaction.
    pub async fn settle(&self, extrinsic: u64, fate: ExtrinsicFate) -> Result<(), LedgerError> {
        self.write(move |connection, _| {
            connection.execute(
                "UPDATE extrinsic SET state = ?2, included_block = ?3, reason = ?4 WHERE id = ?1",
                params![to_bits(extrinsic), fate.as_str(), fate.block().map(to_bits), fate.reason()],
            )?;
            Ok(())
        })
        .await
    }

    /// Records what became of a submission.
    pub async fn resolve(&self, submission: u64, fate: Fate) -> Result<(), LedgerError> {
        self.write(move |connection, _| {
            let commit_epoch = match &fate {
                Fate::Committed { epoch, .. } => Some(to_bits(*epoch)),
                _ => None,
            };
            connection.execute(
                "UPDATE submission SET state = ?2, included_block = ?3, effective_block = ?4, reason = ?5,
                     commit_epoch = coalesce(?6, commit_epoch)
                 WHERE id = ?1",
                params![
                    to_bits(submission),
                    fate.as_str(),
                    fate.included_block().map(to_bits),
                    fate.effective_block().map(to_bits),
                    fate.reason(),
                    commit_epoch
                ],
            )?;
            Ok(())
        })
        .await
    }

    /// Records what a submission waits for.
    pub async fn note(&self, submission: u64, note: String) -> Result<(), LedgerError> {
        self.write(move |connection, _| {
            connection.execute(
                "UPDATE submission SET note = ?2 WHERE id = ?1",
                params![to_bits(submission), note],
            )?;
            Ok(())
        })
        .await
    }

    /// The submissions of which something is still to come, oldest first: open ones, and those with a transaction whose
    /// fate is not known.
    pub async fn open_submissions(&self) -> Result<Vec<Submission>, LedgerError> {
        self.write(|connection, _| {
            let filter = format!(
                "state IN {OPEN} OR EXISTS (SELECT 1 FROM extrinsic
                     WHERE extrinsic.submission = submission.id AND extrinsic.state = 'undecided')"
            );
            read_submissions(connection, &format!("WHERE {filter} ORDER BY id"))
        })
        .await
    }

    /// The newest submission to a mechanism that the chain took, whatever became of it then.
    pub async fn newest_taken(&self, mecid: u8) -> Result<Option<Submission>, LedgerError> {
        self.write(move |connection, _| {
            let filter = format!(
                "WHERE mecid = {mecid} AND state IN ('included', 'committed', 'effective', 'withheld')
                 ORDER BY id DESC LIMIT 1"
            );
            Ok(read_submissions(connection, &filter)?.pop())
        })
        .await
    }

    /// The newest submissions, newest first.
    pub async fn newest_submissions(&self, limit: u32) -> Result<Vec<Submission>, LedgerError> {
        self.write(move |connection, _| {
            read_submissions(connection, &format!("ORDER BY id DESC LIMIT {limit}"))
        })
        .await
    }

    /// The last weights of a mechanism that were read back from the chain, if any.
    pub async fn last_effective(&self, mecid: u8) -> Result<Option<EffectiveWeights>, LedgerError> {
        self.write(move |connection, _| {
            let found: Option<(i64, i64)> = connection
                .query_row(
                    "SELECT id, effective_block FROM submission WHERE state = 'effective' AND mecid = ?1
                     ORDER BY id DESC LIMIT 1",
                    params![mecid],
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
                .optional()?;
            let Some((id, block)) = found else { return Ok(None) };
            let weights = read_weights(connection, id)?;
            let values = weights.into_iter().map(|weight| (weight.hotkey, weight.value)).collect();
            Ok(Some(EffectiveWeights { block: from_bits(block), values }))
        })
        .await
    }
}

impl Ledger {
    /// The newest submissions, newest first; beside the validator that writes them.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn submissions(&self, limit: u32) -> Result<Vec<Submission>, LedgerError> {
        read_submissions(self.file()?, &format!("ORDER BY id DESC LIMIT {limit}"))
    }
}

fn insert_submission(transaction: &Transaction<'_>, intent: &Intent) -> Result<u64, LedgerError> {
    let (salt, commitment, round) = match &intent.commitment {
        Commitment::None => (None, None, None),
        Commitment::Hash { salt, hash } => {
            let salt: Vec<u8> = salt.iter().flat_map(|word| word.to_le_bytes()).collect();
            (Some(salt), Some(hash.to_vec()), None)
        }
        Commitment::Timelocked { ciphertext, round } => {
            (None, Some(ciphertext.clone()), Some(to_bits(*round)))
        }
    };
    transaction.execute(
        "INSERT INTO submission (created_ms, mecid, way, block, epoch, payout, version_key, salt, commitment,
             reveal_round, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 'intended')",
        params![
            now_ms(),
            intent.mecid,
            intent.commitment.way().as_str(),
            to_bits(intent.block),
            to_bits(intent.epoch),
            intent.payout.as_str(),
            to_bits(intent.version_key),
            salt,
            commitment,
            round
        ],
    )?;
    let id = row_id(transaction)?;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO weight (submission, hotkey, uid, value, reward) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for WeightRecord { hotkey, uid, value, reward } in &intent.weights {
        insert.execute(params![to_bits(id), hotkey.as_bytes(), uid, value, reward])?;
    }
    Ok(id)
}

fn insert_extrinsic(
    transaction: &Transaction<'_>,
    submission: u64,
    kind: ExtrinsicKind,
    signed: SignedExtrinsic,
) -> Result<Extrinsic, LedgerError> {
    transaction.execute(
        "INSERT INTO extrinsic (submission, kind, bytes, hash, nonce, birth_block, era_blocks, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'undecided')",
        params![
            to_bits(submission),
            kind.as_str(),
            signed.bytes,
            signed.hash,
            to_bits(signed.nonce),
            to_bits(signed.birth_block),
            to_bits(signed.era_blocks)
        ],
    )?;
    Ok(Extrinsic { id: row_id(transaction)?, kind, signed, fate: ExtrinsicFate::Undecided })
}

/// Bounds the history. What is open stays, and so does the newest effective submission of each mechanism, whatever its age:
/// `hold_last` rests on it.
fn forget_oldest(transaction: &Transaction<'_>, newest: u64, keep: Retention) -> Result<(), LedgerError> {
    let sql = format!(
        "DELETE FROM submission WHERE id <= ?1 - ?2 AND state NOT IN {OPEN}
             AND id NOT IN (SELECT max(id) FROM submission WHERE state = 'effective' GROUP BY mecid)
             AND NOT EXISTS (SELECT 1 FROM extrinsic
                 WHERE extrinsic.submission = submission.id AND extrinsic.state = 'undecided')"
    );
    transaction.execute(&sql, params![to_bits(newest), to_bits(keep.submissions)])?;
    Ok(())
}

fn read_submissions(connection: &Connection, filter: &str) -> Result<Vec<Submission>, LedgerError> {
    let mut query = connection.prepare_cached(&format!(
        "SELECT id, mecid, way, block, epoch, payout, version_key, salt, commitment, reveal_round, state,
             included_block, commit_epoch, effective_block, reason, note
         FROM submission {filter}"
    ))?;
    let mut rows = query.query([])?;
    let mut submissions = Vec::new();
    while let Some(row) = rows.next()? {
        let id: i64 = row.get("id")?;
        submissions.push(Submission {
            id: from_bits(id),
            intent: Intent {
                mecid: row.get("mecid")?,
                block: from_bits(row.get("block")?),
                epoch: from_bits(row.get("epoch")?),
                payout: read_payout(row)?,
                version_key: from_bits(row.get("version_key")?),
                weights: read_weights(connection, id)?,
                commitment: read_commitment(row)?,
            },
            fate: read_fate(row)?,
            note: row.get("note")?,
            extrinsics: read_extrinsics(connection, id)?,
        });
    }
    Ok(submissions)
}

fn read_weights(connection: &Connection, submission: i64) -> Result<Vec<WeightRecord>, LedgerError> {
    let mut query = connection
        .prepare_cached("SELECT hotkey, uid, value, reward FROM weight WHERE submission = ?1 ORDER BY uid")?;
    let weights = query.query_map(params![submission], |row| {
        Ok(WeightRecord {
            hotkey: Hotkey::from_bytes(row.get(0)?),
            uid: row.get(1)?,
            value: row.get(2)?,
            reward: row.get(3)?,
        })
    })?;
    Ok(weights.collect::<Result<_, _>>()?)
}

fn read_extrinsics(connection: &Connection, submission: i64) -> Result<Vec<Extrinsic>, LedgerError> {
    let mut query = connection.prepare_cached(
        "SELECT id, kind, bytes, hash, nonce, birth_block, era_blocks, state, included_block, reason
         FROM extrinsic WHERE submission = ?1 ORDER BY id",
    )?;
    let mut rows = query.query(params![submission])?;
    let mut extrinsics = Vec::new();
    while let Some(row) = rows.next()? {
        let kind: String = row.get("kind")?;
        let kinds = [ExtrinsicKind::Set, ExtrinsicKind::Commit, ExtrinsicKind::Reveal];
        let kind = kinds.into_iter().find(|known| known.as_str() == kind);
        extrinsics.push(Extrinsic {
            id: from_bits(row.get("id")?),
            kind: kind.ok_or(LedgerError::Corrupt { what: "kind of extrinsic" })?,
            signed: SignedExtrinsic {
                bytes: row.get("bytes")?,
                hash: row.get("hash")?,
                nonce: from_bits(row.get("nonce")?),
                birth_block: from_bits(row.get("birth_block")?),
                era_blocks: from_bits(row.get("era_blocks")?),
            },
            fate: read_extrinsic_fate(row)?,
        });
    }
    Ok(extrinsics)
}

fn read_commitment(row: &Row<'_>) -> Result<Commitment, LedgerError> {
    let corrupt = LedgerError::Corrupt { what: "commitment" };
    let way: String = row.get("way")?;
    let salt: Option<Vec<u8>> = row.get("salt")?;
    let bytes: Option<Vec<u8>> = row.get("commitment")?;
    let round: Option<i64> = row.get("reveal_round")?;
    match (way.parse::<Way>(), salt, bytes, round) {
        (Ok(Way::Plain), ..) => Ok(Commitment::None),
        (Ok(Way::Hash), Some(salt), Some(hash), _) if salt.len() % 2 == 0 => Ok(Commitment::Hash {
            salt: salt.chunks_exact(2).map(|word| u16::from_le_bytes([word[0], word[1]])).collect(),
            hash: hash.try_into().map_err(|_| corrupt)?,
        }),
        (Ok(Way::Timelocked), _, Some(ciphertext), Some(round)) => {
            Ok(Commitment::Timelocked { ciphertext, round: from_bits(round) })
        }
        _ => Err(corrupt),
    }
}

fn read_payout(row: &Row<'_>) -> Result<Payout, LedgerError> {
    let payout: String = row.get("payout")?;
    let known = [Payout::Rewards, Payout::BurnedToOwner, Payout::HeldLast];
    known
        .into_iter()
        .find(|known| known.as_str() == payout)
        .ok_or(LedgerError::Corrupt { what: "payout of a submission" })
}

fn read_extrinsic_fate(row: &Row<'_>) -> Result<ExtrinsicFate, LedgerError> {
    let state: String = row.get("state")?;
    let block: Option<i64> = row.get("included_block")?;
    let reason: Option<String> = row.get("reason")?;
    let reason = reason.unwrap_or_default();
    match (state.as_str(), block.map(from_bits)) {
        ("undecided", _) => Ok(ExtrinsicFate::Undecided),
        ("succeeded", Some(block)) => Ok(ExtrinsicFate::Succeeded { block }),
        ("failed", Some(block)) => Ok(ExtrinsicFate::Failed { block, reason }),
        ("pruned", Some(block)) => Ok(ExtrinsicFate::Pruned { block }),
        ("refused", _) => Ok(ExtrinsicFate::Refused { reason }),
        ("not_included", _) => Ok(ExtrinsicFate::NotIncluded { reason }),
        ("expired", _) => Ok(ExtrinsicFate::Expired { reason }),
        _ => Err(LedgerError::Corrupt { what: "state of an extrinsic" }),
    }
}

fn read_fate(row: &Row<'_>) -> Result<Fate, LedgerError> {
    let state: String = row.get("state")?;
    let number = |name: &str| row.get::<_, Option<i64>>(name).map(|number| number.map(from_bits));
    let (included, epoch, effective) =
        (number("included_block")?, number("commit_epoch")?, number("effective_block")?);
    let reason: Option<String> = row.get("reason")?;
    let reason = reason.unwrap_or_default();
    match (state.as_str(), included) {
        ("intended", _) => Ok(Fate::Intended),
        ("included", Some(block)) => Ok(Fate::Included { block }),
        ("committed", Some(block)) => {
            let epoch = epoch.ok_or(LedgerError::Corrupt { what: "epoch of a commit" })?;
            Ok(Fate::Committed { block, epoch })
        }
        ("effective", Some(included_block)) => {
            Ok(Fate::Effective { included_block, block: effective.unwrap_or(included_block) })
        }
        ("refused", _) => Ok(Fate::Refused { reason }),
        ("expired", _) => Ok(Fate::Expired { reason }),
        ("not_included", _) => Ok(Fate::NotIncluded { reason }),
        ("not_sent", _) => Ok(Fate::NotSent { reason }),
        ("mismatch", Some(block)) => Ok(Fate::Mismatch { block, reason }),
        ("unrevealed", Some(block)) => Ok(Fate::Unrevealed { block, reason }),
        ("withheld", Some(block)) => Ok(Fate::Withheld { block, reason }),
        ("unknown", _) => Ok(Fate::Unknown { reason }),
        _ => Err(LedgerError::Corrupt { what: "state of a submission" }),
    }
}
