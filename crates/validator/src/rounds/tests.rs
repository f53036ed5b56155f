//! Rounds with real miners' sockets and hooks that misbehave. Here, because only `run` is public and needs a chain.

mod later;
mod streams;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use axum::Router;
use axum::routing::post;
use serde_json::{Value, json};
use subnetkit_miner::{Axon, Call, Forward, MinerConfig, Refusal, Roster, Standing};
use subnetkit_protocol::{Keypair, Scheme};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::*;
use crate::answer::OutcomeKind;
use crate::dendrite::DendriteSettings;
use crate::guard::MAX_STUCK_CALLS;
use crate::ledger::{LedgerOwner, Retention};
use crate::weights::WhenAllZero;

pub(crate) struct Echo;

impl Synapse for Echo {
    const NAME: &'static str = "echo";
    type Request = Value;
    type Response = Value;
}

type Scored = fn(&Task<Echo>, &[Answer<Echo>]) -> Scores;

/// Asks everyone in the sample and `extra`, and judges by a function.
struct Judge {
    extra: Vec<Hotkey>,
    scored: Scored,
}

#[async_trait]
impl Score<Echo> for Judge {
    async fn task(&self, round: &Round) -> Task<Echo> {
        assert!(!round.sample.contains(&round.me), "a validator does not ask itself");
        Task::same(json!("hello"), round.sample.iter().chain(&self.extra).copied())
            .with_notes(json!("secret"))
    }

    async fn score(&self, task: &Task<Echo>, answers: &[Answer<Echo>]) -> Scores {
        assert_eq!(task.notes(), &json!("secret"));
        (self.scored)(task, answers)
    }
}

pub(crate) fn hotkey(n: u8) -> Hotkey {
    Hotkey::from_bytes([n; 32])
}

pub(crate) fn me() -> Keypair {
    Keypair::from_uri("//Alice", Scheme::Sr25519).unwrap()
}

/// A miner that answers `"hello"` to anything.
pub(crate) async fn miner() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = Router::new().route("/echo", post(|| async { "\"hello\"" }));
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

pub(crate) fn metagraph(axons: &[(Hotkey, Option<SocketAddr>)]) -> Metagraph {
    let neuron = |(uid, (hotkey, axon)): (usize, &(Hotkey, Option<SocketAddr>))| {
        json!({
            "uid": uid, "hotkey": hotkey, "coldkey": hotkey, "axon": axon, "active": false, "validator_permit": false,
            "last_update": 0, "registered_at": 0, "incentive": 0, "dividends": 0, "consensus": 0, "emission": 0,
            "alpha_stake": 0, "tao_stake": 0, "total_stake": 0,
        })
    };
    let neurons: Vec<Value> = axons.iter().enumerate().map(neuron).collect();
    serde_json::from_value(json!({
        "netuid": 1, "block": 100, "block_hash": vec![0; 32], "name": "test", "tempo": 10, "last_step": 90,
        "owner_hotkey": hotkey(0), "owner_coldkey": hotkey(0), "max_uids": 256, "max_validators": 64,
        "tao_in": 0, "alpha_in": 0, "alpha_out": 0, "burn": 0, "neurons": neurons,
    }))
    .unwrap()
}

pub(crate) struct Bench {
    pub(crate) rounds: Rounds<Echo>,
    pub(crate) ledger: LedgerStore,
    /// The settings it runs on.
    pub(crate) config: ValidatorConfig,
    _folder: tempfile::TempDir,
}

pub(crate) async fn bench_with(score: impl Score<Echo>, mut config: ValidatorConfig) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    config.ledger_path = folder.path().join("ledger.sqlite");
    let owner = LedgerOwner { genesis_hash: [0; 32], netuid: 1, hotkey: me().account() };
    let ledger = LedgerStore::open(&config.ledger_path, owner, Retention::of(&config)).await.unwrap();
    let settings = DendriteSettings { allow_private_addresses: true, ..config.dendrite_settings() };
    let dendrite = Arc::new(Dendrite::new(me(), settings));
    let metrics = Arc::new(Metrics::new());
    let progress = Arc::new(Progress::new(config.stall_timeout));
    let rounds =
        Rounds::new(&config, me().account(), Arc::new(score), dendrite, ledger.clone(), metrics, progress);
    Bench { rounds, ledger, config, _folder: folder }
}

async fn bench(extra: Vec<Hotkey>, scored: Scored) -> Bench {
    // Most miners here sign nothing.
    let mut config = ValidatorConfig::new(WhenAllZero::Skip);
    config.require_signed_responses = false;
    bench_with(Judge { extra, scored }, config).await
}

fn scores_of(report: &RoundReport) -> Vec<(Hotkey, OutcomeKind, Option<f64>)> {
    report.entries.iter().map(|entry| (entry.hotkey, entry.outcome, entry.score)).collect()
}

#[tokio::test]
async fn everyone_asked_is_recorded_and_only_the_scored_are_scored() {
    let bench = bench(vec![hotkey(3), hotkey(9)], |_, answers| {
        let right =
            |answer: &Answer<Echo>| answer.response().is_some_and(|(response, _)| response == "hello");
        let scored = answers.iter().filter(|answer| answer.hotkey != hotkey(2));
        scored.map(|answer| (answer.hotkey, f64::from(u8::from(right(answer))))).collect()
    })
    .await;
    let (one, two) = (miner().await, miner().await);
    let subnet = metagraph(&[
        (me().account(), Some(one)),
        (hotkey(1), Some(one)),
        (hotkey(2), Some(two)),
        (hotkey(3), None),
        (hotkey(4), None),
    ]);
    let report = bench.rounds.run(subnet).await.unwrap();
    assert_eq!(report.failure, None);
    let expected = [
        (hotkey(1), OutcomeKind::Answered, Some(1.0)),
        (hotkey(2), OutcomeKind::Answered, None),
        (hotkey(3), OutcomeKind::NotServing, Some(0.0)),
        (hotkey(9), OutcomeKind::NotServing, Some(0.0)),
    ];
    assert_eq!(scores_of(&report), expected);
    let kept = bench.ledger.view().unwrap().scores(1);
    assert_eq!(kept.keys().copied().collect::<Vec<_>>(), [hotkey(1), hotkey(3), hotkey(9)]);
}

pub(crate) struct Parrot;

#[async_trait]
impl Forward<Echo> for Parrot {
    async fn forward(&self, call: Call<Value>) -> Result<Value, Refusal> {
        Ok(call.request)
    }
}

/// A miner that repeats what it is asked, and signs; it ends with the guard.
pub(crate) async fn axon(hotkey: &Keypair) -> (SocketAddr, DropGuard) {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let config = MinerConfig { listen, ..MinerConfig::default() };
    let axon = Axon::new(hotkey.clone(), config).serve::<Echo>(Parrot).bind().await.unwrap();
    let standing = Standing { uid: 0, validator_permit: true, stake_rao: 1, owner: false };
    axon.roster().publish(Roster { block: 1, members: [(me().account(), standing)].into() });
    let (address, stop) = (axon.local_addr(), CancellationToken::new());
    tokio::spawn(axon.run(stop.clone()));
    (address, stop.drop_guard())
}

#[tokio::test]
async fn by_default_only_answers_that_their_miners_signed_count_and_the_judge_has_the_evidence() {
    let judge = Judge {
        extra: vec![],
        scored: |_, answers| {
            for answer in answers {
                let signed = answer.evidence.as_ref().is_some_and(|evidence| evidence.verify().is_ok());
                assert_eq!(signed, answer.response().is_some(), "{answer:?}");
            }
            answers
                .iter()
                .map(|answer| (answer.hotkey, f64::from(u8::from(answer.response().is_some()))))
                .collect()
        },
    };
    let bench = bench_with(judge, ValidatorConfig::new(WhenAllZero::Skip)).await;
    let bob = Keypair::from_uri("//Bob", Scheme::Sr25519).unwrap();
    let (honest, _stop) = axon(&bob).await;

    let unsigned = miner().await;
    let subnet = metagraph(&[
        (hotkey(1), Some(unsigned)),
        // Behind another's axon: it refuses what is not for it.
        (hotkey(2), Some(honest)),
        (bob.account(), Some(honest)),
    ]);
    let report = bench.rounds.run(subnet).await.unwrap();
    assert_eq!(report.failure, None);
    let expected = [
        (hotkey(1), OutcomeKind::Forged, Some(0.0)),
        (hotkey(2), OutcomeKind::Refused, Some(0.0)),
        (bob.account(), OutcomeKind::Answered, Some(1.0)),
    ];
    assert_eq!(scores_of(&report), expected);
    let kept = bench.ledger.view().unwrap().outcomes(1);
    assert_eq!(kept[&hotkey(1)], [(OutcomeKind::Forged, 1)].into());
}

#[tokio::test]
async fn a_number_that_is_no_score_becomes_none_not_zero() {
    let bench = bench(vec![], |_, _| {
        [(hotkey(1), f64::NAN), (hotkey(2), -1.0), (hotkey(3), 0.5), (hotkey(8), 1.0)].into_iter().collect()
    })
    .await;
    let axon = miner().await;
    let subnet = metagraph(&[
        (hotkey(1), Some(axon)),
        (hotkey(2), Some(axon)),
        (hotkey(3), Some(axon)),
        (hotkey(8), None),
    ]);
    let report = bench.rounds.run(subnet).await.unwrap();
    let scores: Vec<_> = report.entries.iter().map(|entry| (entry.hotkey, entry.score)).collect();
    assert_eq!(scores, [(hotkey(1), None), (hotkey(2), None), (hotkey(3), Some(0.5))], "8 was not asked");
}

#[tokio::test]
async fn a_judge_that_panics_costs_the_scores_of_one_round_and_not_its_answers() {
    static PANIC: AtomicBool = AtomicBool::new(true);
    let bench = bench(vec![], |_, answers| {
        assert!(!PANIC.load(Ordering::SeqCst), "the judge is ill");
        answers.iter().map(|answer| (answer.hotkey, 1.0)).collect()
    })
    .await;
    let subnet = metagraph(&[(hotkey(1), Some(miner().await))]);
    let ill = bench.rounds.run(subnet.clone()).await.unwrap();
    let failure = ill.failure.clone().unwrap();
    assert!(failure.contains("score hook panicked") && failure.contains("the judge is ill"), "{failure}");
    assert_eq!(scores_of(&ill), [(hotkey(1), OutcomeKind::Answered, None)]);
    assert!(!bench.ledger.has_scores().await.unwrap());

    PANIC.store(false, Ordering::SeqCst);
    let well = bench.rounds.run(subnet).await.unwrap();
    assert_eq!(scores_of(&well), [(hotkey(1), OutcomeKind::Answered, Some(1.0))]);
    assert!(well.id > ill.id);
}

/// Never finishes its task.
struct Stuck;

#[async_trait]
impl Score<Echo> for Stuck {
    async fn task(&self, _: &Round) -> Task<Echo> {
        std::future::pending().await
    }

    async fn score(&self, _: &Task<Echo>, _: &[Answer<Echo>]) -> Scores {
        Scores::new()
    }
}

#[tokio::test]
async fn a_hook_that_hangs_costs_its_timeout_each_round_and_no_more() {
    let mut config = ValidatorConfig::new(WhenAllZero::Skip);
    config.task_timeout = std::time::Duration::from_millis(20);
    let bench = bench_with(Stuck, config).await;
    for _ in 0..2 {
        let report = bench.rounds.run(metagraph(&[])).await.unwrap();
        let failure = report.failure.unwrap();
        assert!(failure.contains("task hook took longer than 20 ms (task_timeout)"), "{failure}");
    }
}

#[tokio::test]
async fn an_empty_subnet_is_a_round_without_answers() {
    let bench = bench(vec![], |_, answers| {
        assert!(answers.is_empty());
        Scores::new()
    })
    .await;
    let report = bench.rounds.run(metagraph(&[])).await.unwrap();
    assert_eq!((report.failure, report.entries.len()), (None, 0));
}

#[test]
fn a_sample_is_drawn_by_its_seed_from_those_who_serve() {
    let axon = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    let all: Vec<_> = (1..=50).map(|n| (hotkey(n), (n != 7).then_some(axon))).collect();
    let subnet = Arc::new(metagraph(&all));
    let draw = |seed, size| Round::new(1, hotkey(1), seed, size, Arc::clone(&subnet)).sample;
    let everyone = draw(1, 100);
    assert_eq!(everyone.len(), 48, "neither the validator nor the one without an axon");
    assert!(!everyone.contains(&hotkey(1)) && !everyone.contains(&hotkey(7)));
    assert_eq!(draw(5, 10), draw(5, 10));
    assert_eq!(draw(5, 10).len(), 10);
    assert_ne!(draw(5, 10), draw(6, 10));
}

#[tokio::test]
async fn a_hook_that_blocks_for_ever_costs_a_round_each_time_until_the_validator_says_it_cannot_go_on() {
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::sync::{Mutex, PoisonError};

    /// Its judge waits, without awaiting, for whoever holds the other ends.
    struct Blocking(Mutex<Vec<Receiver<()>>>);

    #[async_trait]
    impl Score<Echo> for Blocking {
        async fn task(&self, _: &Round) -> Task<Echo> {
            Task::nobody()
        }

        async fn score(&self, _: &Task<Echo>, _: &[Answer<Echo>]) -> Scores {
            let until = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let _ = until.map(|until| until.recv());
            Scores::new()
        }
    }

    let (held, until): (Vec<Sender<()>>, Vec<_>) = (0..MAX_STUCK_CALLS).map(|_| channel()).unzip();
    let mut config = ValidatorConfig::new(WhenAllZero::Skip);
    config.score_timeout = Duration::from_millis(20);
    let bench = bench_with(Blocking(Mutex::new(until)), config).await;
    for _ in 0..MAX_STUCK_CALLS {
        let failure = bench.rounds.run(metagraph(&[])).await.unwrap().failure.unwrap();
        assert!(failure.contains("score_timeout"), "{failure}");
    }
    let ended = bench.rounds.run(metagraph(&[])).await.unwrap_err();
    assert!(matches!(ended, ValidatorError::HookStuck { hook: "score" }) && ended.is_fatal(), "{ended}");
    assert!(ended.to_string().contains("spawn_blocking"), "{ended}");
    drop(held);
}

/// A request that panics when it is written.
struct Unwritable;

impl Synapse for Unwritable {
    const NAME: &'static str = "unwritable";
    type Request = Panics;
    type Response = Value;
}

#[derive(Clone, serde::Deserialize)]
struct Panics;

impl serde::Serialize for Panics {
    fn serialize<Out: serde::Serializer>(&self, _: Out) -> Result<Out::Ok, Out::Error> {
        panic!("no words");
    }
}

/// Asks for what cannot be written.
struct Speechless;

#[async_trait]
impl Score<Unwritable> for Speechless {
    async fn task(&self, _: &Round) -> Task<Unwritable> {
        Task::same(Panics, [hotkey(1)])
    }

    async fn score(&self, _: &Task<Unwritable>, _: &[Answer<Unwritable>]) -> Scores {
        Scores::new()
    }
}

#[tokio::test]
async fn a_request_that_cannot_be_written_costs_a_round() {
    let Bench { ledger, config, _folder, .. } = bench(vec![], |_, _| Scores::new()).await;
    let dendrite = Arc::new(Dendrite::new(me(), config.dendrite_settings()));
    let progress = Arc::new(Progress::new(config.stall_timeout));
    let metrics = Arc::new(Metrics::new());
    let rounds =
        Rounds::new(&config, me().account(), Arc::new(Speechless), dendrite, ledger, metrics, progress);
    let failure = rounds.run(metagraph(&[])).await.unwrap().failure.unwrap();
    assert!(failure.contains("no words"), "{failure}");
}

/// A judge that holds up its round until its process is gone.
struct Slow(Arc<tokio::sync::Notify>);

#[async_trait]
impl Score<Echo> for Slow {
    async fn task(&self, round: &Round) -> Task<Echo> {
        Task::same(json!("hello"), round.sample.iter().copied()).with_notes(json!("secret"))
    }

    async fn score(&self, _: &Task<Echo>, _: &[Answer<Echo>]) -> Scores {
        self.0.notify_one();
        std::future::pending().await
    }
}

#[tokio::test]
async fn answers_that_waited_for_a_judge_when_the_process_ended_are_judged_by_the_next_and_only_by_that() {
    let judging = Arc::new(tokio::sync::Notify::new());
    let mut config = ValidatorConfig::new(WhenAllZero::Skip);
    config.require_signed_responses = false;
    let Bench { rounds, ledger, config, _folder } = bench_with(Slow(Arc::clone(&judging)), config).await;
    let subnet = metagraph(&[(hotkey(1), Some(miner().await)), (hotkey(2), None)]);
    tokio::select! {
        ended = rounds.run(subnet) => panic!("{ended:?}"),
        () = judging.notified() => {}
    }
    drop((rounds, ledger));

    let next = async |judge: Scored| {
        let owner = LedgerOwner { genesis_hash: [0; 32], netuid: 1, hotkey: me().account() };
        let ledger = LedgerStore::open(&config.ledger_path, owner, Retention::of(&config)).await.unwrap();
        let judge = Arc::new(Judge { extra: vec![], scored: judge });
        let dendrite = Arc::new(Dendrite::new(me(), config.dendrite_settings()));
        let progress = Arc::new(Progress::new(config.stall_timeout));
        let metrics = Arc::new(Metrics::new());
        let rounds = Rounds::new(&config, me().account(), judge, dendrite, ledger.clone(), metrics, progress);
        (rounds, ledger)
    };
    // One whose judge fails leaves the round as it was, for good.
    let (rounds, ledger) = next(|_, _| panic!("the judge is ill")).await;
    let id = ledger.cut_short().unwrap();
    assert!(rounds.finish(id, 1).await.unwrap().is_none());
    assert!(!ledger.has_scores().await.unwrap());
    drop((rounds, ledger));
    let (rounds, ledger) = next(|_, answers| {
        answers
            .iter()
            .map(|answer| (answer.hotkey, f64::from(u8::from(answer.response().is_some()))))
            .collect()
    })
    .await;
    assert_eq!(ledger.cut_short(), None, "nobody is asked to judge it twice");

    // Had it been this one's to judge, it would have been.
    let report = rounds.finish(id, 1).await.unwrap().unwrap();
    assert_eq!(scores_of(&report), [(hotkey(1), OutcomeKind::Answered, Some(1.0))]);
    assert_eq!(ledger.view().unwrap().history(&hotkey(1), 5)[0].round, id);
    assert_eq!(ledger.view().unwrap().last_round(), Some(id));
}
