//! The ledger's file: what survives, what is refused, what is forgotten.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use subnetkit_validator::OutcomeKind;
use subnetkit_validator::ledger::{
    AnswerRecord, Fate, LedgerError, LedgerOwner, LedgerStore, Retention, RoundRecord, RoundState,
    SubmissionRecord, WeightRecord,
};

use crate::support::hotkey;

const KEEP: Retention = Retention { rounds: 100, submissions: 100 };

fn owner() -> LedgerOwner {
    LedgerOwner { genesis_hash: [7; 32], netuid: 2, hotkey: hotkey(1) }
}

async fn open(path: &Path, retention: Retention) -> LedgerStore {
    LedgerStore::open(path, owner(), retention).await.unwrap()
}

fn answer(n: u8, outcome: OutcomeKind, score: Option<f64>) -> AnswerRecord {
    let elapsed = (outcome == OutcomeKind::Answered).then_some(Duration::from_micros(1500));
    AnswerRecord { hotkey: hotkey(n), outcome, elapsed, detail: String::new(), score }
}

async fn round(store: &LedgerStore, answers: Vec<AnswerRecord>) -> u64 {
    let id = store.open_round(50, u64::MAX).await.unwrap();
    store.close_round(RoundRecord { id, state: RoundState::Scored, answers }).await.unwrap();
    id
}

async fn submission(store: &LedgerStore, value: u16, fate: Option<Fate>) -> u64 {
    let weights = vec![WeightRecord { hotkey: hotkey(2), uid: 4, value, reward: 0.5 }];
    let record = SubmissionRecord { block: 60, epoch_index: 3, version_key: u64::MAX, weights };
    let id = store.intend(record).await.unwrap();
    if let Some(fate) = fate {
        store.resolve(id, fate).await.unwrap();
    }
    id
}

#[tokio::test]
async fn scores_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let store = open(&path, KEEP).await;
    assert!(!store.has_scores().await.unwrap());
    let answers = vec![
        answer(2, OutcomeKind::Answered, Some(0.75)),
        answer(3, OutcomeKind::TimedOut, Some(0.0)),
        answer(4, OutcomeKind::Refused, None),
    ];
    let first = round(&store, answers).await;
    drop(store);

    let store = open(&path, KEEP).await;
    assert!(store.has_scores().await.unwrap());
    let ledger = store.view().unwrap();
    let scores = ledger.scores(10);
    assert_eq!(
        scores.keys().copied().collect::<Vec<_>>(),
        [hotkey(2), hotkey(3)],
        "asked, not scored: no entry"
    );
    let kept = scores[&hotkey(2)][0];
    assert_eq!((kept.round, kept.score), (first, 0.75));
    assert_eq!((kept.outcome, kept.elapsed), (OutcomeKind::Answered, Some(Duration::from_micros(1500))));
    assert_eq!(ledger.history(&hotkey(3), 5)[0].score, 0.0);
    assert_eq!(ledger.outcomes(10)[&hotkey(4)], BTreeMap::from([(OutcomeKind::Refused, 1)]));
    assert!(round(&store, vec![]).await > first, "round numbers go on");
}

#[tokio::test]
async fn a_view_opened_earlier_sees_later_rounds_of_another_connection() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("ledger.sqlite"), KEEP).await;
    let ledger = store.view().unwrap();
    assert_eq!(ledger.last_round(), None);
    let id = round(&store, vec![answer(2, OutcomeKind::Answered, Some(1.0))]).await;
    assert_eq!(ledger.last_round(), Some(id));
}

#[tokio::test]
async fn only_confirmed_weights_are_remembered_as_set() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let store = open(&path, KEEP).await;
    assert_eq!(store.last_confirmed().await.unwrap(), None);
    submission(&store, 100, Some(Fate::Confirmed { block: 61 })).await;
    submission(&store, 200, Some(Fate::Refused { reason: "no".to_owned() })).await;
    submission(&store, 300, Some(Fate::Included { block: 70 })).await;
    submission(&store, 400, None).await;
    drop(store);

    // Whatever the end of the process cut short is unknown, not set.
    let store = open(&path, KEEP).await;
    let confirmed = store.last_confirmed().await.unwrap().unwrap();
    assert_eq!(confirmed.included_block, 61);
    assert_eq!(confirmed.values, BTreeMap::from([(hotkey(2), 100)]));
    let states = rusqlite::Connection::open(&path).unwrap();
    let states: Vec<String> = states
        .prepare("SELECT state FROM submission ORDER BY id")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(states, ["confirmed", "refused", "unknown", "unknown"]);
}

#[tokio::test]
async fn history_is_bounded_but_the_last_confirmed_weights_stay() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("ledger.sqlite"), Retention { rounds: 3, submissions: 2 }).await;
    let mut last = 0;
    for _ in 0..10 {
        last = round(&store, vec![answer(2, OutcomeKind::Answered, Some(1.0))]).await;
    }
    let rounds: Vec<u64> =
        store.view().unwrap().history(&hotkey(2), 100).iter().map(|scored| scored.round).collect();
    assert_eq!(rounds, [last - 2, last - 1, last]);

    submission(&store, 100, Some(Fate::Confirmed { block: 61 })).await;
    for _ in 0..10 {
        submission(&store, 200, Some(Fate::Refused { reason: "no".to_owned() })).await;
    }
    assert_eq!(store.last_confirmed().await.unwrap().unwrap().included_block, 61);
}

#[tokio::test]
async fn a_ledger_serves_one_hotkey_on_one_subnet_of_one_chain() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    drop(open(&path, KEEP).await);
    for other in [
        LedgerOwner { genesis_hash: [8; 32], ..owner() },
        LedgerOwner { netuid: 3, ..owner() },
        LedgerOwner { hotkey: hotkey(9), ..owner() },
    ] {
        let error = LedgerStore::open(&path, other, KEEP).await.unwrap_err();
        assert!(matches!(error, LedgerError::ForeignLedger { .. }), "{error}");
        assert!(error.to_string().contains("ledger_path"), "{error}");
    }
    open(&path, KEEP).await;
}

#[tokio::test]
async fn a_ledger_of_a_newer_program_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = LedgerStore::open(&path, owner(), KEEP).await.unwrap_err();
    assert!(matches!(error, LedgerError::TooNew { found: 99, .. }), "{error}");
}

#[tokio::test]
async fn a_path_that_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let error = LedgerStore::open(&folder.path().join("no/such/ledger"), owner(), KEEP).await.unwrap_err();
    assert!(
        error.to_string().contains("no/such/ledger") && error.to_string().contains("ledger_path"),
        "{error}"
    );
}
