//! The journal's file: what survives the end of a process at any instant, what is forgotten, what an older file becomes.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use subnetkit_chain::SignedExtrinsic;
use subnetkit_validator::ledger::{
    Bodies, Commitment, ExtrinsicFate, ExtrinsicKind, Fate, Intent, LedgerOwner, LedgerStore, Retention,
    Submission, WeightRecord,
};
use subnetkit_validator::weights::Payout;

use crate::support::hotkey;

const KEEP: Retention = Retention {
    rounds: 100,
    open_rounds: 100,
    submissions: 100,
    bodies: Bodies { rounds: 100, largest: 10_000, total: 1_000_000 },
};

fn owner() -> LedgerOwner {
    LedgerOwner { genesis_hash: [7; 32], netuid: 2, hotkey: hotkey(1) }
}

async fn open(path: &Path, retention: Retention) -> LedgerStore {
    LedgerStore::open(path, owner(), retention).await.unwrap()
}

fn intent(mecid: u8, value: u16, commitment: Commitment) -> Intent {
    let weights = vec![
        WeightRecord { hotkey: hotkey(2), uid: 4, value, reward: 0.5 },
        WeightRecord { hotkey: hotkey(3), uid: 7, value: 65535, reward: 1.5 },
    ];
    Intent { mecid, block: 60, epoch: 3, payout: Payout::Rewards, version_key: u64::MAX, weights, commitment }
}

fn signed(n: u64) -> SignedExtrinsic {
    let hash = std::array::from_fn(|at| n.to_le_bytes()[at % 8]);
    SignedExtrinsic { bytes: n.to_le_bytes().to_vec(), hash, nonce: n, birth_block: 58, era_blocks: 32 }
}

/// A submission that the chain refused.
pub(crate) async fn refused(store: &LedgerStore, n: u64) {
    let submission = store.intend(intent(0, 100, Commitment::None), signed(n)).await.unwrap();
    let reason = "no".to_owned();
    let refused = ExtrinsicFate::Refused { reason: reason.clone() };
    store.settle(submission.extrinsics[0].id, refused).await.unwrap();
    store.resolve(submission.id, Fate::Refused { reason }).await.unwrap();
}

fn hash_commitment() -> Commitment {
    Commitment::Hash { salt: vec![1, 65535, 3, 4, 5, 6, 7, 8], hash: [9; 32] }
}

/// What the disk holds at this instant: a process that is killed leaves no more than that.
fn killed(path: &Path, folder: &Path, n: usize) -> PathBuf {
    let copy = folder.join(format!("killed-{n}.sqlite"));
    for suffix in ["", "-wal"] {
        let from = PathBuf::from(format!("{}{suffix}", path.display()));
        if from.exists() {
            std::fs::copy(from, format!("{}{suffix}", copy.display())).unwrap();
        }
    }
    copy
}

#[tokio::test]
async fn each_step_of_a_hash_commit_is_on_disk_before_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let store = open(&path, KEEP).await;
    let mut expected: Vec<Vec<Submission>> = vec![vec![]];
    let mut copies = vec![killed(&path, folder.path(), 0)];
    let mut step = |submission: &Submission| {
        expected.push(vec![submission.clone()]);
        copies.push(killed(&path, folder.path(), copies.len()));
    };

    let mut submission = store.intend(intent(1, 100, hash_commitment()), signed(5)).await.unwrap();
    step(&submission);
    let fate = ExtrinsicFate::Succeeded { block: 61 };
    store.settle(submission.extrinsics[0].id, fate.clone()).await.unwrap();
    submission.extrinsics[0].fate = fate;
    step(&submission);
    submission.fate = Fate::Committed { block: 61, epoch: 3 };
    store.resolve(submission.id, submission.fate.clone()).await.unwrap();
    step(&submission);
    submission.note = Some("the pulse is late".to_owned());
    store.note(submission.id, "the pulse is late".to_owned()).await.unwrap();
    step(&submission);
    submission.extrinsics.push(store.intend_reveal(submission.id, signed(6)).await.unwrap());
    assert_eq!(submission.extrinsics[1].kind, ExtrinsicKind::Reveal);
    step(&submission);
    let fate = ExtrinsicFate::Failed { block: 90, reason: "NeuronNoValidatorPermit".to_owned() };
    store.settle(submission.extrinsics[1].id, fate.clone()).await.unwrap();
    submission.extrinsics[1].fate = fate;
    step(&submission);

    for (copy, expected) in copies.iter().zip(&expected) {
        let store = open(copy, KEEP).await;
        assert_eq!(&store.open_submissions().await.unwrap(), expected, "{}", copy.display());
    }
}

#[tokio::test]
async fn every_fate_is_read_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("ledger.sqlite"), KEEP).await;
    let reason = || "because".to_owned();
    let fates = [
        Fate::Intended,
        Fate::Included { block: 61 },
        Fate::Committed { block: 61, epoch: 3 },
        Fate::Effective { included_block: 61, block: 80 },
        Fate::Refused { reason: reason() },
        Fate::Expired { reason: reason() },
        Fate::NotIncluded { reason: reason() },
        Fate::NotSent { reason: reason() },
        Fate::Mismatch { block: 61, reason: reason() },
        Fate::Unrevealed { block: 61, reason: reason() },
        Fate::Withheld { block: 61, reason: reason() },
        Fate::Unknown { reason: reason() },
    ];
    let commitments = [
        Commitment::None,
        hash_commitment(),
        Commitment::Timelocked { ciphertext: vec![1, 2, 3], round: 99 },
    ];
    for (n, fate) in (0..).zip(&fates) {
        let commitment = commitments[usize::try_from(n).unwrap() % 3].clone();
        let submission = store.intend(intent(0, 100, commitment), signed(n)).await.unwrap();
        store.resolve(submission.id, fate.clone()).await.unwrap();
        let read = store.newest_submissions(1).await.unwrap().remove(0);
        assert_eq!(read, Submission { fate: fate.clone(), ..submission });
    }
    let outcomes = [
        ExtrinsicFate::Undecided,
        ExtrinsicFate::Succeeded { block: 61 },
        ExtrinsicFate::Failed { block: 61, reason: reason() },
        ExtrinsicFate::Pruned { block: 61 },
        ExtrinsicFate::Refused { reason: reason() },
        ExtrinsicFate::NotIncluded { reason: reason() },
        ExtrinsicFate::Expired { reason: reason() },
    ];
    let submission = store.newest_submissions(1).await.unwrap().remove(0);
    for fate in outcomes {
        store.settle(submission.extrinsics[0].id, fate.clone()).await.unwrap();
        assert_eq!(store.newest_submissions(1).await.unwrap()[0].extrinsics[0].fate, fate);
    }
}

#[tokio::test]
async fn only_effective_weights_are_held_and_each_mechanism_has_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("ledger.sqlite"), KEEP).await;
    assert_eq!(store.last_effective(0).await.unwrap(), None);
    let effective = |block| Fate::Effective { included_block: block, block };
    let fates = [
        (0, 100, effective(61)),
        (1, 200, effective(62)),
        (0, 300, Fate::Refused { reason: "no".to_owned() }),
        (0, 400, Fate::Included { block: 70 }),
    ];
    for (n, (mecid, value, fate)) in (0..).zip(fates) {
        let submission = store.intend(intent(mecid, value, Commitment::None), signed(n)).await.unwrap();
        store.resolve(submission.id, fate).await.unwrap();
    }
    let held = store.last_effective(0).await.unwrap().unwrap();
    assert_eq!(held.block, 61);
    assert_eq!(held.values, BTreeMap::from([(hotkey(2), 100), (hotkey(3), 65535)]));
    assert_eq!(store.last_effective(1).await.unwrap().unwrap().block, 62);
    assert_eq!(store.last_effective(2).await.unwrap(), None);
    assert_eq!(store.newest_taken(0).await.unwrap().unwrap().intent.weights[0].value, 400);
}

#[tokio::test]
async fn history_is_bounded_but_what_is_open_or_last_effective_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store =
        open(&folder.path().join("ledger.sqlite"), Retention { rounds: 3, submissions: 2, ..KEEP }).await;
    let ended = Fate::Refused { reason: "no".to_owned() };
    let fates = [
        Fate::Effective { included_block: 61, block: 61 },
        Fate::Committed { block: 62, epoch: 3 },
        // Its transaction is undecided.
        ended.clone(),
    ];
    for (n, fate) in (0..13).zip(fates.into_iter().chain(std::iter::repeat(ended))) {
        let submission = store.intend(intent(0, 100, hash_commitment()), signed(n)).await.unwrap();
        store.resolve(submission.id, fate).await.unwrap();
        if n != 2 {
            let refused = ExtrinsicFate::Refused { reason: "no".to_owned() };
            store.settle(submission.extrinsics[0].id, refused).await.unwrap();
        }
    }
    let kept = store.newest_submissions(100).await.unwrap();
    let kept: Vec<u64> = kept.iter().map(|submission| submission.id).collect();
    assert_eq!(kept, [13, 12, 3, 2, 1]);
    assert_eq!(store.last_effective(0).await.unwrap().unwrap().block, 61);
    assert_eq!(store.open_submissions().await.unwrap().len(), 2);
}

/// A file as the first version wrote it, trimmed to what concerns submissions.
const VERSION_1: &str = "
CREATE TABLE identity (only INTEGER PRIMARY KEY CHECK (only = 1), genesis_hash BLOB NOT NULL, netuid INTEGER NOT NULL,
    hotkey BLOB NOT NULL) STRICT;
CREATE TABLE round (id INTEGER PRIMARY KEY AUTOINCREMENT, started_ms INTEGER NOT NULL, block INTEGER NOT NULL,
    seed INTEGER NOT NULL, state TEXT NOT NULL CHECK (state IN ('open', 'scored', 'failed', 'abandoned')),
    reason TEXT) STRICT;
CREATE TABLE answer (round INTEGER NOT NULL REFERENCES round (id) ON DELETE CASCADE, hotkey BLOB NOT NULL,
    outcome TEXT NOT NULL, elapsed_us INTEGER, detail TEXT, score REAL, PRIMARY KEY (round, hotkey))
    STRICT, WITHOUT ROWID;
CREATE INDEX answer_by_hotkey ON answer (hotkey, round);
CREATE TABLE submission (id INTEGER PRIMARY KEY AUTOINCREMENT, created_ms INTEGER NOT NULL, block INTEGER NOT NULL,
    epoch_index INTEGER NOT NULL, version_key INTEGER NOT NULL, state TEXT NOT NULL CHECK (state IN ('intended',
    'included', 'confirmed', 'refused', 'mismatch', 'unknown', 'not_sent')), included_block INTEGER, reason TEXT)
    STRICT;
CREATE INDEX submission_by_state ON submission (state, id);
CREATE TABLE weight (submission INTEGER NOT NULL REFERENCES submission (id) ON DELETE CASCADE, hotkey BLOB NOT NULL,
    uid INTEGER NOT NULL, value INTEGER NOT NULL, reward REAL NOT NULL, PRIMARY KEY (submission, hotkey))
    STRICT, WITHOUT ROWID;
INSERT INTO submission (created_ms, block, epoch_index, version_key, state, included_block, reason) VALUES
    (1, 50, 2, 7, 'confirmed', 51, NULL), (2, 60, 3, -1, 'refused', NULL, 'no'),
    (3, 70, 4, 7, 'mismatch', 71, 'differs'), (4, 80, 5, 7, 'included', 81, NULL),
    (5, 90, 6, 7, 'intended', NULL, NULL), (6, 95, 6, 7, 'unknown', NULL, 'lost'),
    (7, 96, 6, 7, 'not_sent', NULL, 'skipped');
INSERT INTO weight VALUES (1, zeroblob(32), 4, 65535, 0.5), (4, zeroblob(32), 4, 65535, 0.5);
PRAGMA user_version = 1;
";

#[tokio::test]
async fn a_file_from_before_the_journal_stays_readable() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    rusqlite::Connection::open(&path).unwrap().execute_batch(VERSION_1).unwrap();
    let store = open(&path, KEEP).await;
    let mut kept = store.newest_submissions(100).await.unwrap();
    kept.reverse();
    let states: Vec<&str> = kept.iter().map(|submission| submission.fate.as_str()).collect();
    assert_eq!(states, ["effective", "refused", "mismatch", "unknown", "unknown", "unknown", "not_sent"]);
    assert_eq!(kept[0].intent.weights.len(), 1, "weights went along");
    assert_eq!(kept[1].intent.version_key, u64::MAX);
    assert_eq!(store.open_submissions().await.unwrap(), [], "nothing of then can be judged now");
    assert_eq!(store.last_effective(0).await.unwrap().unwrap().block, 51);
    let next = store.intend(intent(0, 1, Commitment::None), signed(1)).await.unwrap();
    assert_eq!(next.id, 8, "numbers go on");
    // Deleting a submission still deletes its weights.
    let file = rusqlite::Connection::open(&path).unwrap();
    file.pragma_update(None, "foreign_keys", true).unwrap();
    file.execute("DELETE FROM submission WHERE id = 1", []).unwrap();
    let left: i64 =
        file.query_row("SELECT count(*) FROM weight WHERE submission = 1", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}
