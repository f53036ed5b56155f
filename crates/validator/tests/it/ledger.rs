//! The ledger's file: what survives, what is refused, what is forgotten.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use subnetkit_validator::ledger::{
    AnswerRecord, AskedRecord, Bodies, LedgerError, LedgerOwner, LedgerStore, Retention, RewardRecord,
    RoundRecord, RoundState, SettledRecord, TaskRecord,
};
use subnetkit_validator::{Ledger, Outcome, OutcomeKind, Scores, Timing};

use crate::support::{hotkey, metagraph};

pub(crate) const KEEP: Retention = Retention {
    rounds: 100,
    open_rounds: 100,
    submissions: 100,
    bodies: Bodies { rounds: 100, largest: 10_000, total: 1_000_000 },
};

fn owner() -> LedgerOwner {
    LedgerOwner { genesis_hash: [7; 32], netuid: 2, hotkey: hotkey(1) }
}

pub(crate) async fn open(path: &Path, retention: Retention) -> LedgerStore {
    LedgerStore::open(path, owner(), retention).await.unwrap()
}

pub(crate) type Told = (AnswerRecord, Option<f64>);

pub(crate) fn answer(n: u8, outcome: Outcome<()>, score: Option<f64>) -> Told {
    let timing = Timing { answering: Duration::from_micros(1500), ..Timing::default() };
    let body = if outcome.kind() == OutcomeKind::Answered { "\"hello\"" } else { "" };
    (
        AnswerRecord {
            hotkey: hotkey(n),
            outcome,
            timing,
            pieces: vec![],
            body: body.into(),
            evidence: None,
        },
        score,
    )
}

pub(crate) fn answered() -> Outcome<()> {
    Outcome::Answered { response: (), elapsed: Duration::from_micros(1500) }
}

pub(crate) fn timed_out() -> Outcome<()> {
    Outcome::TimedOut { after: Duration::from_secs(12) }
}

pub(crate) fn refused() -> Outcome<()> {
    Outcome::Refused { status: 429, message: "later".to_owned(), retry_after: Some(Duration::from_secs(2)) }
}

pub(crate) async fn asked(store: &LedgerStore, told: &[Told], request: &str) -> u64 {
    let round = store.open_round(50, u64::MAX).await.unwrap();
    let asks = told.iter().map(|(answer, _)| (answer.hotkey, 0)).collect();
    let task = TaskRecord {
        timeout: None,
        streamed: false,
        notes: json!(null),
        requests: vec![request.to_owned().into()],
        asks,
    };
    let answers = told.iter().map(|(answer, _)| answer.clone()).collect();
    let subnet = Arc::new(metagraph(&[]));
    store.record_answers(AskedRecord { round, task, answers, subnet }).await.unwrap();
    round
}

pub(crate) async fn round(store: &LedgerStore, told: Vec<Told>) -> u64 {
    let id = asked(store, &told, "\"hi\"").await;
    let scores = told.iter().filter_map(|(answer, score)| Some((answer.hotkey, (*score)?))).collect();
    store.close_round(RoundRecord { id, state: RoundState::Scored, scores }).await.unwrap();
    id
}

#[tokio::test]
async fn scores_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let store = open(&path, KEEP).await;
    assert!(!store.has_scores().await.unwrap());
    let answers = vec![
        answer(2, answered(), Some(0.75)),
        answer(3, timed_out(), Some(0.0)),
        answer(4, refused(), None),
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
    let id = round(&store, vec![answer(2, answered(), Some(1.0))]).await;
    assert_eq!(ledger.last_round(), Some(id));
}

#[tokio::test]
async fn history_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let store =
        open(&folder.path().join("ledger.sqlite"), Retention { rounds: 3, submissions: 2, ..KEEP }).await;
    let mut last = 0;
    for _ in 0..10 {
        last = round(&store, vec![answer(2, answered(), Some(1.0))]).await;
    }
    let rounds: Vec<u64> =
        store.view().unwrap().history(&hotkey(2), 100).iter().map(|scored| scored.round).collect();
    assert_eq!(rounds, [last - 2, last - 1, last]);
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

#[tokio::test]
async fn a_ledger_has_one_writer_at_a_time_and_any_number_of_readers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let store = open(&path, KEEP).await;
    let second = LedgerStore::open(&path, owner(), KEEP).await.unwrap_err();
    assert!(matches!(second, LedgerError::InUse { .. }), "{second}");
    let id = round(&store, vec![answer(2, answered(), Some(1.0))]).await;
    assert_eq!(Ledger::open(&path).unwrap().last_round(), Some(id), "beside its writer");
    drop(store);
    assert_eq!(Ledger::open(&path).unwrap().last_round(), Some(id), "without one");
    open(&path, KEEP).await;
}

#[tokio::test]
async fn what_is_not_there_or_no_ledger_is_not_made_one_by_reading() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("ledger.sqlite");
    assert!(matches!(Ledger::open(&missing), Err(LedgerError::Open { .. })));
    assert!(!missing.exists());
    rusqlite::Connection::open(&missing).unwrap().pragma_update(None, "application_id", 7).unwrap();
    let empty = Ledger::open(&missing).unwrap_err();
    assert!(matches!(empty, LedgerError::TooOld { found: 0, .. }), "{empty}");
}

fn count(path: &Path, sql: &str) -> i64 {
    rusqlite::Connection::open(path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
}

#[tokio::test]
async fn answers_are_on_disk_before_they_are_judged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let store = open(&path, KEEP).await;
    asked(&store, &[answer(2, answered(), None), answer(3, timed_out(), None)], "1").await;
    drop(store);

    let store = open(&path, KEEP).await;
    let ledger = store.view().unwrap();
    assert_eq!(ledger.outcomes(1)[&hotkey(3)], BTreeMap::from([(OutcomeKind::TimedOut, 1)]));
    assert!(ledger.scores(1).is_empty(), "nobody judged them: no score, and no zero");
    assert_eq!(count(&path, "SELECT count(*) FROM round WHERE state = 'abandoned'"), 1);
    assert_eq!(count(&path, "SELECT count(*) FROM exchange"), 2);
}

#[tokio::test]
async fn scores_of_hotkeys_that_were_not_asked_are_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("ledger.sqlite"), KEEP).await;
    let id = asked(&store, &[answer(2, answered(), None)], "1").await;
    let scores = [(hotkey(2), 0.5), (hotkey(3), 1.0)].into_iter().collect();
    store.close_round(RoundRecord { id, state: RoundState::Scored, scores }).await.unwrap();
    assert_eq!(store.view().unwrap().scores(5).into_keys().collect::<Vec<_>>(), [hotkey(2)]);
}

#[tokio::test]
async fn whole_rounds_are_kept_within_bounds_of_their_own_and_scores_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let bounds = |rounds, largest, total| Retention { bodies: Bodies { rounds, largest, total }, ..KEEP };
    let tell = || vec![answer(2, answered(), Some(1.0))];
    let kept = || (count(&path, "SELECT count(*) FROM task"), count(&path, "SELECT min(round) FROM task"));

    let store = open(&path, bounds(3, 1000, 1_000_000)).await;
    for _ in 0..10 {
        round(&store, tell()).await;
    }
    assert_eq!(kept(), (3, 8), "by rounds");
    assert_eq!(store.view().unwrap().history(&hotkey(2), 100).len(), 10);
    drop(store);

    // Each of these rounds has a request of 1000 bytes and little else.
    let store = open(&path, bounds(100, 2000, 5000)).await;
    for _ in 0..10 {
        asked(&store, &tell(), &"7".repeat(1000)).await;
    }
    let (rounds, oldest) = kept();
    assert!((3..=4).contains(&rounds) && oldest == 21 - rounds, "by bytes: {rounds} from {oldest}");
    assert!(count(&path, "SELECT sum(bytes) FROM task") <= 5000);
    assert_eq!(
        count(&path, "SELECT (SELECT count(*) FROM request) * 1000 + (SELECT count(*) FROM exchange)"),
        rounds * 1001,
        "what belongs to a round goes with it"
    );
    // One that is too large for all of them together takes nobody else's place.
    asked(&store, &tell(), &"7".repeat(6000)).await;
    asked(&store, &(2..200).map(|n| answer(n, answered(), None)).collect::<Vec<_>>(), "1").await;
    assert!(count(&path, "SELECT max(round) FROM task") <= 21, "round 22 is larger than the bound");
    drop(store);

    let store = open(&path, bounds(0, 1000, 1_000_000)).await;
    round(&store, tell()).await;
    assert_eq!(count(&path, "SELECT count(*) FROM task"), 0);
    assert_eq!(store.view().unwrap().history(&hotkey(2), 100).len(), 11);
}

#[tokio::test]
async fn rounds_that_wait_for_their_scores_make_room_last_and_with_a_word() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    // Each of these rounds has a request of 1000 bytes and little else: four fit.
    let bodies = Bodies { rounds: 100, largest: 2000, total: 6000 };
    let store = open(&path, Retention { bodies, ..KEEP }).await;
    let tell = || vec![answer(2, answered(), None)];
    let ask = async |state: RoundState| {
        let id = store.open_round(50, 1).await.unwrap();
        let request = "7".repeat(1000).into();
        let asks = vec![(hotkey(2), 0)];
        let task =
            TaskRecord { timeout: None, streamed: false, notes: json!(null), requests: vec![request], asks };
        let answers = tell().into_iter().map(|(answer, _)| answer).collect();
        let record = AskedRecord { round: id, task, answers, subnet: Arc::new(metagraph(&[])) };
        let mut lapses = store.record_answers(record).await.unwrap();
        lapses.extend(store.close_round(RoundRecord { id, state, scores: Scores::new() }).await.unwrap());
        lapses
    };
    for _ in 1..=2 {
        assert!(ask(RoundState::Open).await.is_empty());
    }
    for _ in 3..=10 {
        assert!(ask(RoundState::Scored).await.is_empty(), "those that wait do not make room for it");
    }
    let open_now = async || store.open_rounds().await.unwrap().iter().map(|open| open.id).collect::<Vec<_>>();
    assert_eq!(open_now().await, [1, 2]);
    let mut lapses = Vec::new();
    for _ in 11..=13 {
        lapses.extend(ask(RoundState::Open).await);
    }
    let [lapse] = &lapses[..] else { panic!("{lapses:?}") };
    assert!(lapse.round == 1 && lapse.reason.contains("ledger_bodies_total_bytes"), "{lapse:?}");
    assert_eq!(open_now().await, [2, 11, 12, 13]);
    let failed =
        "SELECT count(*) FROM round WHERE state = 'failed' AND reason LIKE '%ledger_bodies_total_bytes%'";
    assert_eq!(count(&path, failed), 1);

    // What one process began to settle is the next one's last.
    store.begin_settling(2, 13).await.unwrap();
    drop(store);
    let store = open(&path, KEEP).await;
    assert_eq!(store.cut_short(), None);
    let order: Vec<u64> = store.open_rounds().await.unwrap().iter().map(|open| open.id).collect();
    assert_eq!(order, [11, 12, 2, 13]);
    assert_eq!(count(&path, "SELECT count(*) FROM round WHERE state = 'open'"), 4);

    let subnet = Arc::new(metagraph(&[]));
    let settled = |scores| SettledRecord { round: 2, turn: 13, scores, subnet: Arc::clone(&subnet) };
    let score = |score: f64| -> Scores { [(hotkey(2), score)].into_iter().collect() };
    store.settle_round(settled(score(0.25).and_later())).await.unwrap();
    store.settle_round(settled(score(0.5))).await.unwrap();
    store.settle_round(settled(score(1.0))).await.unwrap();
    let history = store.view().unwrap().history(&hotkey(2), 5);
    assert_eq!(history.len(), 1, "{history:?}");
    assert_eq!((history[0].round, history[0].settled_in, history[0].score), (2, 13, 0.5), "the last word");
    assert!(store.let_lapse(2, "why".to_owned()).await.unwrap().is_none(), "it waits no more");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_left_out_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let store = open(&path, Retention { bodies: Bodies { largest: 100, ..KEEP.bodies }, ..KEEP }).await;
    let (mut large, score) = answer(3, answered(), None);
    large.body = "x".repeat(101).into();
    asked(&store, &[answer(2, answered(), None), (large, score), answer(4, timed_out(), None)], "1").await;
    let left_out = "SELECT count(*) FROM exchange WHERE body IS NULL";
    assert_eq!(count(&path, left_out), 1);
    assert_eq!(count(&path, "SELECT count(*) FROM exchange WHERE outcome IS NOT NULL"), 3);
}

#[tokio::test]
async fn the_file_stops_growing() {
    const ROUNDS: u64 = 20;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let bodies = Bodies { rounds: ROUNDS, largest: 100_000, total: 400_000 };
    let store = open(&path, Retention { rounds: 4 * ROUNDS, submissions: 10, bodies, ..KEEP }).await;
    let fill = async |rounds: u64| {
        for n in 0..rounds {
            let mut told = vec![answer(2, answered(), Some(0.5)), answer(3, refused(), Some(0.0))];
            // Bodies of different sizes, so that freed pages do not simply fit.
            told[0].0.body = vec![7; 10_000 + 997 * (n as usize % 13)].into();
            round(&store, told).await;
            crate::journal::refused(&store, n).await;
            let rewards = (2..20).map(|n| (hotkey(n), 1.0)).collect();
            store.record_rewards(RewardRecord { block: n, mecid: 0, rewards }).await.unwrap();
        }
        let log = std::fs::metadata(path.with_extension("sqlite-wal")).map_or(0, |file| file.len());
        (count(&path, "PRAGMA page_count"), log)
    };
    let (full, log) = fill(5 * ROUNDS).await;
    let (later, later_log) = fill(15 * ROUNDS).await;
    assert!(full * 4096 < 1_500_000, "{full} pages");
    assert!(later <= full + full / 20, "{full} pages, then {later}");
    assert!(later_log <= log * 2 + 1_000_000, "{log} bytes of log, then {later_log}");
}

#[tokio::test]
async fn rewards_are_kept_per_mechanism_and_hotkey() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let store = open(&path, Retention { submissions: 2, ..KEEP }).await;
    let last = round(&store, vec![answer(2, answered(), Some(1.0))]).await;
    for mecid in 0..3 {
        let rewards = [(hotkey(2), 0.25), (hotkey(3), f64::NAN)].into_iter().collect();
        store.record_rewards(RewardRecord { block: 9, mecid, rewards }).await.unwrap();
    }
    assert_eq!(count(&path, "SELECT min(mecid) FROM reward_run"), 1, "the oldest went");
    assert_eq!(count(&path, "SELECT max(last_round) FROM reward_run"), last as i64);
    assert_eq!(count(&path, "SELECT count(*) FROM reward WHERE value = 0.25"), 2);
    assert_eq!(count(&path, "SELECT count(*) FROM reward"), 2, "what is no number is none in the ledger");
}

/// The statements of the documentation, each over a ledger that has something to say to it.
#[tokio::test]
async fn the_documented_questions_have_answers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.sqlite");
    let store = open(&path, KEEP).await;
    round(&store, vec![answer(2, answered(), Some(1.0)), answer(3, refused(), Some(0.0))]).await;
    let failed = asked(&store, &[answer(2, answered(), None)], "\"again\"").await;
    let state = RoundState::Failed("the judge is ill".to_owned());
    store.close_round(RoundRecord { id: failed, state, scores: Scores::new() }).await.unwrap();
    let open = asked(&store, &[answer(2, answered(), None)], "\"later\"").await;
    store
        .close_round(RoundRecord { id: open, state: RoundState::Open, scores: Scores::new() })
        .await
        .unwrap();
    let rewards = [(hotkey(2), 0.25)].into_iter().collect();
    store.record_rewards(RewardRecord { block: 9, mecid: 0, rewards }).await.unwrap();
    crate::journal::refused(&store, 1).await;

    let docs = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("../../docs/src/ledger.md");
    let text = std::fs::read_to_string(docs).unwrap();
    let statements: Vec<&str> =
        text.split("```sql\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
    assert!(statements.len() >= 7, "{}", statements.len());
    let reader = rusqlite::Connection::open(&path).unwrap();
    for sql in statements {
        let mut statement = reader.prepare(sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
        assert!(statement.readonly(), "{sql}");
        assert!(statement.exists([]).unwrap(), "no row: {sql}");
    }
    // Every table and every setting has its line.
    let mut tables = reader
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        .unwrap();
    for table in tables.query_map([], |row| row.get::<_, String>(0)).unwrap() {
        let row = format!("\n| `{}` | ", table.unwrap());
        assert!(text.contains(&row), "{row}");
    }
}
