//! Rounds whose scores come later, over restarts, and those whose scores never come.

use std::sync::{Mutex, PoisonError};

use super::*;

type Settled = fn(&Round, &Task<Echo>, &[Answer<Echo>]) -> Scores;

/// Asks everyone in the sample, knows nothing yet, and settles by a function.
#[derive(Clone, Copy)]
struct Prophet(Settled);

#[async_trait]
impl Score<Echo> for Prophet {
    async fn task(&self, round: &Round) -> Task<Echo> {
        Task::same(json!("hello"), round.sample.iter().copied()).with_notes(json!({ "round": round.id }))
    }

    async fn score(&self, _: &Task<Echo>, _: &[Answer<Echo>]) -> Scores {
        Scores::later()
    }

    async fn settle(&self, now: &Round, task: &Task<Echo>, answers: &[Answer<Echo>]) -> Scores {
        assert_eq!((now.netuid, now.subnet.block, now.me), (1, 100, me().account()));
        (self.0)(now, task, answers)
    }
}

/// The round that asked.
fn round_of(task: &Task<Echo>) -> u64 {
    task.notes()["round"].as_u64().unwrap()
}

/// Everyone who answered, the number of the round that asked.
fn numbered(task: &Task<Echo>, answers: &[Answer<Echo>]) -> Scores {
    let answered = answers.iter().filter(|answer| answer.response().is_some_and(|(said, _)| said == "hello"));
    answered.map(|answer| (answer.hotkey, round_of(task) as f64)).collect()
}

/// Odd rounds are known three rounds later, even ones in the next.
fn in_time(now: &Round, task: &Task<Echo>, answers: &[Answer<Echo>]) -> Scores {
    let asked = round_of(task);
    let horizon = if asked % 2 == 1 { 3 } else { 1 };
    if now.id >= asked + horizon { numbered(task, answers) } else { Scores::later() }
}

fn never(_: &Round, _: &Task<Echo>, _: &[Answer<Echo>]) -> Scores {
    Scores::later()
}

fn config() -> ValidatorConfig {
    let mut config = ValidatorConfig::new(WhenAllZero::Skip);
    config.require_signed_responses = false;
    config
}

async fn bench_of(settled: Settled, change: impl FnOnce(&mut ValidatorConfig)) -> (Bench, Metagraph) {
    let mut config = config();
    change(&mut config);
    (bench_with(Prophet(settled), config).await, metagraph(&[(hotkey(1), Some(miner().await))]))
}

/// The same validator after a restart.
async fn again(bench: Bench, settled: Settled) -> Bench {
    let Bench { rounds, ledger, config, _folder } = bench;
    drop((rounds, ledger));
    let owner = LedgerOwner { genesis_hash: [0; 32], netuid: 1, hotkey: me().account() };
    let ledger = LedgerStore::open(&config.ledger_path, owner, Retention::of(&config)).await.unwrap();
    assert_eq!(ledger.cut_short(), None, "what waits is not cut short");
    let settings = DendriteSettings { allow_private_addresses: true, ..config.dendrite_settings() };
    let (metrics, progress) = (Arc::new(Metrics::new()), Arc::new(Progress::new(config.stall_timeout)));
    let dendrite = Arc::new(Dendrite::new(me(), settings));
    let judge = Arc::new(Prophet(settled));
    let rounds = Rounds::new(&config, me().account(), judge, dendrite, ledger.clone(), metrics, progress);
    Bench { rounds, ledger, config, _folder }
}

async fn open(bench: &Bench) -> Vec<u64> {
    bench.ledger.open_rounds().await.unwrap().iter().map(|open| open.id).collect()
}

fn state(bench: &Bench, round: u64) -> (String, String) {
    let file = rusqlite::Connection::open(&bench.config.ledger_path).unwrap();
    let sql = "SELECT state, coalesce(reason, '') FROM round WHERE id = ?1";
    file.query_row(sql, [round as i64], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

#[tokio::test]
async fn scores_count_in_the_order_in_which_they_come_and_wait_through_a_restart() {
    let (mut bench, subnet) = bench_of(in_time, |_| {}).await;
    for id in 1..=3 {
        let report = bench.rounds.run(subnet.clone()).await.unwrap();
        assert_eq!((report.id, report.open, report.failure), (id, true, None));
        assert_eq!(report.entries[0].score, None);
        let settled: Vec<u64> = report.settled.iter().map(|settled| settled.id).collect();
        assert_eq!(settled, if id == 3 { vec![2] } else { vec![] });
    }
    assert_eq!(bench.ledger.view().unwrap().last_round(), Some(2));
    bench = again(bench, in_time).await;
    assert_eq!(open(&bench).await, [1, 3]);
    let report = bench.rounds.run(subnet).await.unwrap();
    let [settled] = &report.settled[..] else { panic!("{report:?}") };
    assert_eq!((settled.id, settled.open, &settled.failure), (1, false, &None));
    assert_eq!(settled.entries[0].score, Some(1.0));
    assert_eq!(state(&bench, 1).0, "scored");

    let ledger = bench.ledger.view().unwrap();
    let told = |scored: &crate::ledger::Scored| (scored.round, scored.settled_in, scored.score);
    let history: Vec<_> = ledger.history(&hotkey(1), 10).iter().map(told).collect();
    assert_eq!(history, [(2, 3, 2.0), (1, 4, 1.0)], "as they came, not as they were asked");
    let scores: Vec<_> = ledger.scores(10)[&hotkey(1)].iter().map(told).collect();
    assert_eq!(scores, history);
    assert_eq!(ledger.history(&hotkey(1), 1).len(), 1);
    assert_eq!(ledger.history(&hotkey(1), 1)[0].round, 1, "the newest is the one that came last");
    // Of the newest round alone: what came at its start, though it was asked three rounds before.
    assert_eq!(ledger.scores(1)[&hotkey(1)].iter().map(told).collect::<Vec<_>>(), [(1, 4, 1.0)]);
    assert_eq!(ledger.ema(0.5, 10)[&hotkey(1)], 1.0);
    assert_eq!(open(&bench).await, [3, 4]);
}

#[tokio::test]
async fn some_scores_may_come_at_once_and_others_bit_by_bit() {
    /// The first hotkey is known in round 3, the second in round 4.
    fn bit_by_bit(now: &Round, _: &Task<Echo>, _: &[Answer<Echo>]) -> Scores {
        match now.id {
            3 => [(hotkey(1), 0.25)].into_iter().collect::<Scores>().and_later(),
            4 => [(hotkey(2), 0.5)].into_iter().collect(),
            _ => Scores::later(),
        }
    }
    struct Hasty;

    #[async_trait]
    impl Score<Echo> for Hasty {
        async fn task(&self, round: &Round) -> Task<Echo> {
            if round.id == 1 {
                Task::same(json!("hello"), round.sample.iter().copied())
            } else {
                Task::nobody()
            }
        }

        async fn score(&self, _: &Task<Echo>, answers: &[Answer<Echo>]) -> Scores {
            let mut scores = Scores::new();
            if !answers.is_empty() {
                scores = Scores::later();
                scores.set(hotkey(3), 0.75);
            }
            scores
        }

        async fn settle(&self, now: &Round, task: &Task<Echo>, answers: &[Answer<Echo>]) -> Scores {
            bit_by_bit(now, task, answers)
        }
    }
    let bench = bench_with(Hasty, config()).await;
    let axon = miner().await;
    let axons: Vec<_> = (1..=3).map(|n| (hotkey(n), Some(axon))).collect();
    let first = bench.rounds.run(metagraph(&axons)).await.unwrap();
    assert!(first.open);
    let mut settled = Vec::new();
    for _ in 2..=4 {
        settled.push(bench.rounds.run(metagraph(&axons)).await.unwrap().settled);
    }
    assert!(settled[0].is_empty(), "nothing came");
    assert!(settled[1][0].open && !settled[2][0].open, "{settled:?}");
    let ledger = bench.ledger.view().unwrap();
    let came = |n| ledger.history(&hotkey(n), 5).iter().map(|s| (s.settled_in, s.score)).collect::<Vec<_>>();
    assert_eq!((came(1), came(2), came(3)), (vec![(3, 0.25)], vec![(4, 0.5)], vec![(1, 0.75)]));
    assert!(open(&bench).await.is_empty());
}

#[tokio::test]
async fn a_round_that_is_not_settled_in_time_ends_unscored_after_it_was_asked_about_once_more() {
    let (bench, subnet) = bench_of(never, |config| config.settle_within = Duration::from_nanos(1)).await;
    assert!(bench.rounds.run(subnet.clone()).await.unwrap().open);
    let report = bench.rounds.run(subnet.clone()).await.unwrap();
    let [ended] = &report.settled[..] else { panic!("{report:?}") };
    assert!(ended.id == 1 && !ended.open && ended.failure.as_ref().unwrap().contains("settle_within"));
    let (state, reason) = state(&bench, 1);
    assert!(state == "failed" && reason.contains("settle_within"), "{state}: {reason}");
    assert!(!bench.ledger.has_scores().await.unwrap(), "unknown is not zero");
    let text = bench.rounds.metrics.text(None).unwrap();
    for line in
        ["settled_rounds_total{outcome=\"unscored\"} 1", "open_rounds 1", "rounds_total{outcome=\"open\"} 2"]
    {
        assert!(text.contains(&format!("subnetkit_validator_{line}\n")), "{line} not in:\n{text}");
    }
    drop(report);

    // Known in the very turn that would have been the last.
    let bench = again(bench, |_, task, answers| numbered(task, answers)).await;
    let report = bench.rounds.run(subnet).await.unwrap();
    assert_eq!(report.settled[0].failure, None);
    assert_eq!(bench.ledger.view().unwrap().history(&hotkey(1), 5)[0].score, 2.0);
}

#[tokio::test]
async fn the_oldest_makes_room_where_too_many_wait_and_what_is_not_kept_whole_cannot_wait() {
    let (bench, subnet) = bench_of(never, |config| config.open_rounds = 2).await;
    let mut ended = Vec::new();
    for _ in 0..4 {
        let report = bench.rounds.run(subnet.clone()).await.unwrap();
        ended.extend(report.settled.iter().map(|settled| (report.id, settled.id)));
    }
    assert_eq!(ended, [(3, 1), (4, 2)]);
    assert!(state(&bench, 1).1.contains("open_rounds"));
    assert_eq!(open(&bench).await, [3, 4]);

    let (bench, subnet) = bench_of(never, |config| config.ledger_body_rounds = 0).await;
    let report = bench.rounds.run(subnet).await.unwrap();
    assert!(!report.open && report.failure.as_ref().unwrap().contains("ledger_body_rounds"), "{report:?}");
    assert!(open(&bench).await.is_empty());
}

#[tokio::test]
async fn what_waits_is_kept_beyond_the_bounds_of_the_past() {
    fn last(now: &Round, task: &Task<Echo>, answers: &[Answer<Echo>]) -> Scores {
        if now.id == 6 { numbered(task, answers) } else { Scores::later() }
    }
    let bounds = |config: &mut ValidatorConfig| (config.ledger_rounds, config.ledger_body_rounds) = (2, 1);
    let (bench, subnet) = bench_of(last, bounds).await;
    for _ in 0..6 {
        bench.rounds.run(subnet.clone()).await.unwrap();
    }
    let history = bench.ledger.view().unwrap().history(&hotkey(1), 10);
    assert_eq!(history.iter().map(|scored| scored.round).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(open(&bench).await, [6]);
    // From then on they are of the past as any others.
    for _ in 7..=9 {
        bench.rounds.run(subnet.clone()).await.unwrap();
    }
    assert!(bench.ledger.view().unwrap().history(&hotkey(1), 10).is_empty());
    assert_eq!(open(&bench).await, [6, 7, 8, 9]);
}

/// Which rounds were asked about, and when.
static ASKED: Mutex<Vec<(u64, u64)>> = Mutex::new(Vec::new());

#[tokio::test]
async fn a_round_that_panics_or_hangs_costs_its_turn_and_no_other_waits_for_ever() {
    fn ill(now: &Round, task: &Task<Echo>, answers: &[Answer<Echo>]) -> Scores {
        assert!(round_of(task) != 1, "round 1 is ill");
        in_time(now, task, answers)
    }
    let (bench, subnet) = bench_of(ill, |_| {}).await;
    for _ in 0..2 {
        bench.rounds.run(subnet.clone()).await.unwrap();
    }
    let report = bench.rounds.run(subnet.clone()).await.unwrap();
    let [first, second] = &report.settled[..] else { panic!("{report:?}") };
    assert!(first.id == 1 && first.open && first.failure.as_ref().unwrap().contains("round 1 is ill"));
    assert_eq!((report.failure, second.id, second.open), (None, 2, false), "behind one that is ill");
    assert!(bench.rounds.metrics.text(None).unwrap().contains("settle_failures_total 2\n"));
    assert_eq!(open(&bench).await, [1, 3], "it may get well");

    /// Hangs for some time whatever it is asked about.
    struct Slow;

    #[async_trait]
    impl Score<Echo> for Slow {
        async fn task(&self, round: &Round) -> Task<Echo> {
            Task::same(json!("hello"), round.sample.iter().copied()).with_notes(json!({ "round": round.id }))
        }

        async fn score(&self, _: &Task<Echo>, _: &[Answer<Echo>]) -> Scores {
            Scores::later()
        }

        async fn settle(&self, now: &Round, task: &Task<Echo>, _: &[Answer<Echo>]) -> Scores {
            ASKED.lock().unwrap_or_else(PoisonError::into_inner).push((now.id, round_of(task)));
            std::future::pending().await
        }
    }
    let mut config = config();
    (config.settle_timeout, config.settle_budget) = (Duration::from_millis(20), Duration::from_millis(1));
    let bench = bench_with(Slow, config).await;
    for _ in 0..6 {
        let report = bench.rounds.run(subnet.clone()).await.unwrap();
        assert_eq!(report.failure, None, "the round itself goes on");
    }
    let asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(asked, [(2, 1), (3, 1), (4, 2), (5, 1), (6, 3)], "one per round, and in the end each");
}

#[tokio::test]
async fn scores_for_hotkeys_that_were_not_asked_and_numbers_that_are_none_are_dropped() {
    fn wild(_: &Round, _: &Task<Echo>, _: &[Answer<Echo>]) -> Scores {
        [(hotkey(1), f64::NAN), (hotkey(8), 1.0)].into_iter().collect()
    }
    let (bench, subnet) = bench_of(wild, |_| {}).await;
    bench.rounds.run(subnet.clone()).await.unwrap();
    let report = bench.rounds.run(subnet).await.unwrap();
    assert_eq!((report.settled[0].open, report.settled[0].entries[0].score), (false, None));
    assert!(!bench.ledger.has_scores().await.unwrap());
    assert_eq!(state(&bench, 1).0, "scored");
}
