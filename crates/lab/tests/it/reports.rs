//! Runs that repeat, what-ifs, and assertions that show their numbers.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use async_trait::async_trait;
use subnetkit_lab::{Lab, Miner, Report, Validator};
use subnetkit_miner::{Call, Chunks, ForwardStream, Refusal, produce};
use subnetkit_validator::{Answer, Outcome, OutcomeKind, Round, Score, Scores, Task};

use crate::support::{Judge, Payout, Sleeper, Square, Squarer, Wrong, lab, open_rules};

fn crowd() -> Lab<Square> {
    lab([
        Miner::honest(Squarer).count(3),
        Miner::new("sleeper", Sleeper(Duration::from_millis(120))),
        Miner::lazy(Squarer, 0.5),
        Miner::copycat("honest"),
        Miner::sybil(Squarer, 3).work(Duration::from_millis(30)),
        Miner::wrong(Wrong).rejoins(true),
        Miner::late(Squarer, 4),
    ])
    .validators([
        Validator::honest(10_000.0).count(4),
        Validator::lazy(2_000.0),
        Validator::weight_copying(3_000.0),
        Validator::colluding(1_000.0, "wrong"),
    ])
    .epochs(12)
    .rounds_per_epoch(2)
}

#[test]
fn a_run_repeats_on_any_number_of_threads_and_another_seed_is_another() {
    let with = |threads| crowd().threads(NonZeroUsize::new(threads).unwrap()).run().unwrap();
    let (one, four) = (with(1), with(4));
    assert_eq!(one, four);
    assert_ne!(crowd().seed(8).run().unwrap().epochs, one.epochs);
    let json = serde_json::to_value(&one).unwrap();
    assert_eq!(json["epochs"].as_array().unwrap().len(), 12);
}

#[test]
fn what_ifs_are_the_same_subnet_under_other_values() {
    let report = lab([Miner::honest(Squarer).count(3), Miner::slow(Squarer, Duration::from_millis(300))])
        .reward(Payout { power: 2 })
        .epochs(8)
        .what_if("power", "", [1.0, 2.0, 4.0], |lab, power| lab.reward(Payout { power: power as i32 }))
        .what_if("tempo", "blocks", [180.0, 360.0], |lab, tempo| {
            lab.with_rules(|rules| rules.tempo = tempo as u16)
        })
        .run()
        .unwrap();
    let [power, tempo] = &report.what_ifs[..] else { panic!("{:?}", report.what_ifs) };
    assert_eq!((power.name.as_str(), tempo.unit.as_str()), ("power", "blocks"));
    let share = |at: usize| power.points[at].strategies[1].share;
    assert!(share(0) > share(1) && share(1) > share(2), "the slow one loses by the power");
    assert_eq!(share(1), report.strategies[1].share);
    let current: Vec<bool> = power.points.iter().chain(&tempo.points).map(|point| point.current).collect();
    assert_eq!(current, [false, true, false, false, true]);
    assert!(power.points[2].gini > power.points[0].gini);
    assert!((power.points[1].gini - report.gini()).abs() < 1e-12);
    let plain = crowd().what_if("seed", "", [1.0], |lab, seed| lab.seed(seed as u64)).without_what_ifs();
    assert!(plain.run().unwrap().what_ifs.is_empty());
}

fn message(claim: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(claim)).unwrap_err();
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

fn fails(report: &Report, claim: impl FnOnce(&Report), words: &[&str]) {
    let said = message(|| claim(report));
    for word in words {
        assert!(said.contains(word), "{word} is not in: {said}");
    }
}

#[test]
fn assertions_that_fail_show_the_numbers() {
    let report = lab([
        Miner::honest(Squarer).count(3),
        Miner::wrong(Wrong),
        Miner::sybil(Squarer, 3).cost(0.001),
        Miner::honest(Squarer).named("dear").cost(1e6),
    ])
    .rules(open_rules())
    .epochs(10)
    .run()
    .unwrap();
    report.assert_earns_more("honest", "wrong");
    report.assert_unprofitable("wrong");
    report.assert_unprofitable("dear");
    report.assert_profitable("honest");
    report.assert_sybil_gain_below(100.0, "sybil");
    report.assert_share_above("honest", 0.3);
    report.assert_share_below("wrong", 0.01);

    let honest = format!("{:.4} α", report.strategy("honest").unwrap().earned_per_identity() / 1e9);
    fails(
        &report,
        |report| report.assert_earns_more("wrong", "honest"),
        &["\"wrong\" does not earn", &honest],
    );
    fails(&report, |report| report.assert_profitable("wrong"), &["it earned 0.0000 α", "1 registrations"]);
    fails(&report, |report| report.assert_unprofitable("honest"), &["\"honest\" pays", "which leaves"]);
    fails(
        &report,
        |report| report.assert_sybil_gain_below(1.0, "sybil"),
        &["3 hotkeys earn", "of one alone"],
    );
    fails(&report, |report| report.assert_share_below("honest", 0.1), &["no share below 0.1"]);
    fails(&report, |report| report.assert_share_above("wrong", 0.1), &["no share above 0.1", "it is 0.0000"]);
    fails(
        &report,
        |report| report.assert_earns_more("wrong", "honest"),
        &["squares", "identities", "earned α"],
    );
    let names = ["no miner is named \"nobody\"", "\"honest\"", "\"wrong\"", "\"sybil\""];
    fails(&report, |report| report.assert_profitable("nobody"), &names);
    fails(&report, |report| report.assert_sybil_gain_below(1.0, "honest"), &["Miner::sybil"]);
}

/// Digits of the square, one by one.
struct Digits {
    pause: Duration,
    breaks_after: usize,
}

#[async_trait]
impl ForwardStream<Square> for Digits {
    async fn stream(&self, call: Call<u64>) -> Result<Chunks<u64>, Refusal> {
        let Self { pause, breaks_after } = *self;
        Ok(produce(async move |out| {
            for digit in 0..4_usize {
                tokio::time::sleep(pause).await;
                if digit == breaks_after {
                    return Err(Refusal::busy(Duration::ZERO));
                }
                out.send(call.request * call.request / 10_u64.pow(digit as u32) % 10).await?;
            }
            Ok(())
        }))
    }
}

/// Scores streams by the time of their first piece, and checks what it sees of them.
#[derive(Clone, Copy)]
struct StreamJudge;

#[async_trait]
impl Score<Square> for StreamJudge {
    async fn task(&self, round: &Round) -> Task<Square> {
        Task::same(1234, round.sample.iter().copied()).with_timeout(Duration::from_secs(1)).streamed()
    }

    async fn score(&self, _: &Task<Square>, answers: &[Answer<Square>]) -> Scores {
        let score = |answer: &Answer<Square>| match answer.pieces() {
            Some(pieces) => {
                let digits: Vec<u64> = pieces.iter().map(|piece| piece.value).collect();
                assert_eq!(digits, [6, 5, 7, 2]);
                let times: Vec<u128> = pieces.iter().map(|piece| piece.at.as_millis()).collect();
                assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{times:?}");
                assert_eq!(Some(pieces[3].at), answer.outcome.elapsed());
                100.0 / times[0] as f64
            }
            None => match (answer.outcome.kind(), answer.partial.len()) {
                (OutcomeKind::TimedOut, 2) | (OutcomeKind::Unreachable, 1) => 0.0,
                (OutcomeKind::Malformed, 0) => 0.0,
                _ => panic!("{:?} with {} pieces", answer.outcome.kind(), answer.partial.len()),
            },
        };
        let scores = answers.iter().map(|answer| (answer.hotkey, score(answer))).collect();
        assert!(!answers.iter().any(|answer| matches!(answer.outcome, Outcome::Answered { .. })));
        scores
    }
}

#[test]
fn streams_come_piece_by_piece_in_virtual_time() {
    let digits =
        |milliseconds, breaks_after| Digits { pause: Duration::from_millis(milliseconds), breaks_after };
    let report = Lab::new(StreamJudge, Payout::default())
        .miners([
            Miner::streaming("fast", digits(10, 9)),
            Miner::streaming("thoughtful", digits(10, 9)).work(Duration::from_millis(100)),
            Miner::streaming("late", digits(400, 9)),
            Miner::streaming("broken", digits(10, 1)),
            Miner::copycat("fast"),
            Miner::new("whole", Squarer),
        ])
        .epochs(5)
        .run()
        .unwrap();
    report.assert_earns_more("fast", "copycat");
    report.assert_earns_more("copycat", "thoughtful");
    for name in ["late", "broken", "whole"] {
        assert_eq!(report.strategy(name).unwrap().earned, 0, "{name}");
    }
}

/// Knows the score of a round three rounds later.
#[derive(Clone, Copy)]
struct Patient;

#[async_trait]
impl Score<Square> for Patient {
    async fn task(&self, round: &Round) -> Task<Square> {
        Judge::default().task(round).await.with_notes(serde_json::json!(round.id))
    }

    async fn score(&self, _: &Task<Square>, _: &[Answer<Square>]) -> Scores {
        Scores::later()
    }

    async fn settle(&self, now: &Round, task: &Task<Square>, answers: &[Answer<Square>]) -> Scores {
        if now.id < task.notes().as_u64().unwrap() + 3 {
            return Scores::later();
        }
        Judge::default().score(task, answers).await
    }
}

#[test]
fn scores_may_come_later() {
    let report = lab([Miner::honest(Squarer).count(2), Miner::wrong(Wrong)])
        .score(Patient)
        .rules(open_rules())
        .epochs(10)
        .run()
        .unwrap();
    report.assert_earns_more("honest", "wrong");
    let scored: Vec<bool> = (0..10)
        .map(|at: usize| report.epochs[at].neurons.iter().any(|neuron| neuron.score.is_some()))
        .collect();
    assert_eq!(scored, [false, false, false, true, true, true, true, true, true, true]);
    assert_eq!(report.epochs[2].neurons.iter().map(|neuron| u64::from(neuron.incentive)).sum::<u64>(), 0);
    assert!(report.epochs[5].neurons.iter().any(|neuron| neuron.incentive > 0));
}
