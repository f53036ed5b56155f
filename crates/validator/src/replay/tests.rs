//! Ledgers that real rounds filled over real sockets, judged again. Here, because only `run` makes rounds in public, and it
//! needs a chain.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use subnetkit_protocol::{Keypair, Scheme};

use super::*;
use crate::answer::{Answer, Outcome};
use crate::ema::Ema;
use crate::hooks::Round;
use crate::rounds::tests::{Bench, Echo, axon, bench_with, hotkey, me, metagraph, miner};
use crate::task::Task;
use crate::weights::WhenAllZero;

type Judged = fn(&Task<Echo>, &[Answer<Echo>]) -> Scores;

/// Asks everyone in the sample and one that does not serve, and judges by a function.
#[derive(Clone, Copy)]
struct Judge(Judged);

#[async_trait]
impl Score<Echo> for Judge {
    async fn task(&self, round: &Round) -> Task<Echo> {
        let asks = round.sample.iter().copied().chain([hotkey(9)]);
        Task::each(asks.enumerate().map(|(n, hotkey)| (hotkey, json!({ "n": n, "third": 1.0 / 3.0 }))))
            .with_timeout(Duration::from_secs(5))
            .with_notes(json!({ "round": round.id }))
    }

    async fn score(&self, task: &Task<Echo>, answers: &[Answer<Echo>]) -> Scores {
        assert_eq!(task.timeout(), Some(Duration::from_secs(5)));
        assert!(task.notes()["round"].is_u64());
        (self.0)(task, answers)
    }
}

/// What hangs on everything there is of an answer: its time to the nanosecond, its signature, who was asked what.
fn first(task: &Task<Echo>, answers: &[Answer<Echo>]) -> Scores {
    let score = |answer: &Answer<Echo>| match answer.response() {
        Some((response, elapsed)) => {
            assert!(answer.evidence.as_ref().is_some_and(|evidence| evidence.verify().is_ok()));
            assert_eq!(elapsed, answer.timing.answering);
            assert_eq!(task.request(&answer.hotkey), Some(response), "it repeats what it is asked");
            1.0 / (1.0 + elapsed.as_secs_f64())
        }
        None => 0.0,
    };
    answers.iter().map(|answer| (answer.hotkey, score(answer))).collect()
}

/// Another opinion: who answers gets a half, and who does not serve is not scored at all.
fn second(task: &Task<Echo>, answers: &[Answer<Echo>]) -> Scores {
    let served = answers.iter().filter(|answer| !matches!(answer.outcome, Outcome::NotServing { .. }));
    assert_eq!(task.hotkeys().len(), answers.len());
    served.map(|answer| (answer.hotkey, if answer.response().is_some() { 0.5 } else { 0.0 })).collect()
}

fn bob() -> Keypair {
    Keypair::from_uri("//Bob", Scheme::Sr25519).unwrap()
}

/// A ledger after three rounds with a miner that answers and signs, one that does not sign, and one that does not serve.
async fn filled(judge: Judged, change: impl FnOnce(&mut ValidatorConfig)) -> Bench {
    let mut config = ValidatorConfig::new(WhenAllZero::Skip);
    change(&mut config);
    let bench = bench_with(Judge(judge), config).await;
    let (honest, _stop) = axon(&bob()).await;
    let unsigned = miner().await;
    let subnet =
        metagraph(&[(me().account(), None), (bob().account(), Some(honest)), (hotkey(2), Some(unsigned))]);
    for _ in 0..3 {
        bench.rounds.run(subnet.clone()).await.unwrap();
    }
    bench
}

async fn replay(bench: &Bench, range: RoundRange, judge: Judged) -> Replay {
    replay_scores::<Echo>(&bench.config, 1, range, Judge(judge), Ema::new(0.5)).await.unwrap()
}

/// The database and its log, byte for byte.
fn files(bench: &Bench) -> Vec<Vec<u8>> {
    let path = &bench.config.ledger_path;
    [path.clone(), path.with_extension("sqlite-wal")].map(|path| std::fs::read(path).unwrap()).into()
}

#[tokio::test]
async fn the_same_judge_changes_nothing_and_another_one_exactly_what_it_sees_differently() {
    let bench = filled(first, |_| {}).await;
    let before = files(&bench);
    let same = replay(&bench, RoundRange::Newest(10), first).await;
    assert_eq!((same.validator, same.netuid), (me().account(), 1));
    assert_eq!(same.rounds.iter().map(|round| round.id).collect::<Vec<_>>(), [1, 2, 3]);
    for round in &same.rounds {
        assert_eq!((&round.verdict, round.block), (&Verdict::Judged, 100));
        assert_eq!(round.scores.len(), 3, "everyone asked, and nobody else");
        for score in &round.scores {
            assert_eq!(score.recorded, score.today, "to the last bit");
            assert_eq!(score.difference, Some(0.0));
        }
        assert_eq!(round.changes().count(), 0);
    }
    let [mechanism] = &same.mechanisms[..] else { panic!("{:?}", same.mechanisms) };
    assert_eq!(mechanism.mecid, 0);
    assert!(mechanism.rewards.iter().all(|reward| !reward.is_change()), "{mechanism:?}");
    assert!(mechanism.rewards.iter().any(|reward| reward.hotkey == bob().account() && reward.today == 1.0));

    let other = replay(&bench, RoundRange::Newest(10), second).await;
    for round in &other.rounds {
        let score = |hotkey: Hotkey| *round.scores.iter().find(|score| score.hotkey == hotkey).unwrap();
        let better = score(bob().account());
        assert_eq!(better.today, Some(0.5));
        assert_eq!(better.difference, Some(0.5 - better.recorded.unwrap()));
        assert_eq!((score(hotkey(2)).recorded, score(hotkey(2)).today), (Some(0.0), Some(0.0)));
        let gone = score(hotkey(9));
        assert_eq!((gone.recorded, gone.today, gone.difference), (Some(0.0), None, None));
        assert_eq!(round.changes().count(), 2);
    }
    assert_eq!(files(&bench), before, "nothing is written");
}

#[tokio::test]
async fn rewards_follow_the_scores_that_would_have_been() {
    /// The unsigned one gets all.
    fn strange(_: &Task<Echo>, answers: &[Answer<Echo>]) -> Scores {
        answers
            .iter()
            .map(|answer| (answer.hotkey, f64::from(u8::from(answer.hotkey == hotkey(2)))))
            .collect()
    }
    let bench = filled(first, |_| {}).await;
    // Two of three rounds: with half the old average left, the third weighs as the settings of the average say.
    let newest = replay(&bench, RoundRange::Newest(2), strange).await;
    assert_eq!(newest.rounds.iter().map(|round| round.id).collect::<Vec<_>>(), [2, 3]);
    let reward =
        |hotkey: Hotkey| *newest.mechanisms[0].rewards.iter().find(|reward| reward.hotkey == hotkey).unwrap();
    let (old, new) = (reward(bob().account()), reward(hotkey(2)));
    assert_eq!((old.recorded, new.recorded), (1.0, 0.0));
    // Averages by halves: 0.125 of about 1 is left of the one, 0.75 is the other's.
    assert!(old.today > 0.1 && old.today < 0.15, "{old:?}");
    assert!((old.today + new.today - 1.0).abs() < 1e-12 && new.is_change(), "{new:?}");
    let middle = replay(&bench, RoundRange::Between(2, 2), strange).await;
    assert_eq!(middle.rounds.iter().map(|round| round.id).collect::<Vec<_>>(), [2]);
}

#[tokio::test]
async fn rounds_that_are_not_kept_whole_are_named_and_keep_their_scores() {
    let bench = filled(first, |config| config.ledger_body_rounds = 1).await;
    let replayed = replay(&bench, RoundRange::Newest(3), second).await;
    for round in &replayed.rounds[..2] {
        let Verdict::NotKept { reason } = &round.verdict else { panic!("{round:?}") };
        assert!(reason.contains("ledger_body_rounds"), "{reason}");
        assert_eq!(round.changes().count(), 0);
        assert!(round.scores.iter().all(|score| score.recorded.is_some() && score.today.is_none()));
    }
    assert_eq!(replayed.rounds[2].verdict, Verdict::Judged);

    let small = filled(first, |config| config.ledger_body_bytes = 10).await;
    let replayed = replay(&small, RoundRange::Newest(1), second).await;
    let Verdict::NotKept { reason } = &replayed.rounds[0].verdict else { panic!("{replayed:?}") };
    assert!(reason.contains("ledger_body_bytes"), "{reason}");
}

#[tokio::test]
async fn a_round_whose_judge_failed_can_be_judged_after_all_and_one_that_fails_today_is_a_verdict() {
    fn ill(_: &Task<Echo>, _: &[Answer<Echo>]) -> Scores {
        panic!("the judge is ill")
    }
    let bench = filled(ill, |_| {}).await;
    let replayed = replay(&bench, RoundRange::Newest(1), second).await;
    let round = &replayed.rounds[0];
    assert_eq!((&round.verdict, round.changes().count()), (&Verdict::Judged, 2), "{round:?}");
    assert!(round.scores.iter().all(|score| score.recorded.is_none()));
    assert_eq!(replayed.mechanisms[0].rewards.iter().map(|reward| reward.recorded).sum::<f64>(), 0.0);
    assert!(replayed.mechanisms[0].rewards.iter().any(|reward| reward.today > 0.0));

    let replayed = replay(&bench, RoundRange::Newest(1), ill).await;
    let Verdict::Failed { reason } = &replayed.rounds[0].verdict else { panic!("{replayed:?}") };
    assert!(reason.contains("the judge is ill"), "{reason}");
}

#[tokio::test]
async fn another_subnets_ledger_and_a_missing_one_are_named() {
    let bench = filled(first, |_| {}).await;
    let all = RoundRange::Newest(1);
    let other = replay_scores::<Echo>(&bench.config, 2, all, Judge(first), Ema::default()).await.unwrap_err();
    assert!(other.to_string().contains("`netuid` is 2"), "{other}");
    let mut config = bench.config.clone();
    config.ledger_path = config.ledger_path.with_file_name("none.sqlite");
    let missing = replay_scores::<Echo>(&config, 1, all, Judge(first), Ema::default()).await.unwrap_err();
    assert!(missing.to_string().contains("none.sqlite"), "{missing}");
    assert!(!config.ledger_path.exists(), "reading makes no ledger");
}

/// A judge that knows nothing until two rounds later, and then gives answers the round's number over the number of the
/// round in which it is asked, times `factor`.
#[derive(Clone, Copy)]
struct Late {
    factor: f64,
}

#[async_trait]
impl Score<Echo> for Late {
    async fn task(&self, round: &Round) -> Task<Echo> {
        let notes = json!({ "round": round.id, "block": round.subnet.block });
        Task::same(json!("hello"), round.sample.iter().copied()).with_notes(notes)
    }

    async fn score(&self, _: &Task<Echo>, _: &[Answer<Echo>]) -> Scores {
        Scores::later()
    }

    async fn settle(&self, now: &Round, task: &Task<Echo>, answers: &[Answer<Echo>]) -> Scores {
        let asked = task.notes()["round"].as_u64().unwrap();
        if now.id < asked + 2 {
            return Scores::later();
        }
        // Everything there is of now: its number, its seed, its neurons.
        assert!(now.subnet.block > task.notes()["block"].as_u64().unwrap());
        let luck = now.seed as f64 / u64::MAX as f64;
        let worth = self.factor * (asked as f64 / now.id as f64 + now.subnet.block as f64 + luck);
        answers.iter().map(|answer| (answer.hotkey, worth)).collect()
    }
}

/// Rounds 1 and 2 settled, 3 and 4 open.
async fn settled() -> Bench {
    let mut config = ValidatorConfig::new(WhenAllZero::Skip);
    config.require_signed_responses = false;
    let bench = bench_with(Late { factor: 1.0 }, config).await;
    let mut subnet = metagraph(&[(hotkey(2), Some(miner().await))]);
    for block in 100..104 {
        subnet.block = block;
        bench.rounds.run(subnet.clone()).await.unwrap();
    }
    bench
}

async fn replay_late(bench: &Bench, factor: f64) -> Replay {
    let all = RoundRange::Newest(10);
    replay_scores::<Echo>(&bench.config, 1, all, Late { factor }, Ema::new(0.5)).await.unwrap()
}

#[tokio::test]
async fn a_settled_round_is_settled_again_in_the_frame_in_which_it_was() {
    let bench = settled().await;
    let before = files(&bench);
    let same = replay_late(&bench, 1.0).await;
    assert_eq!(same.rounds.iter().map(|round| round.id).collect::<Vec<_>>(), [1, 2], "3 and 4 wait");
    for round in &same.rounds {
        assert_eq!(round.verdict, Verdict::Judged);
        assert_eq!(round.scores[0].recorded, round.scores[0].today, "to the last bit");
        assert!(round.scores[0].recorded.unwrap() > 102.0);
    }
    assert!(!same.mechanisms[0].rewards[0].is_change());
    let other = replay_late(&bench, 0.5).await;
    for round in &other.rounds {
        assert_eq!(round.scores[0].today, round.scores[0].recorded.map(|score| score / 2.0));
        assert_eq!(round.changes().count(), 1);
    }
    assert_eq!(files(&bench), before, "nothing is written");
}

#[tokio::test]
async fn a_settled_round_whose_frame_is_not_kept_is_named() {
    let bench = settled().await;
    let file = rusqlite::Connection::open(&bench.config.ledger_path).unwrap();
    assert_eq!(file.execute("DELETE FROM frame WHERE round = 4", []).unwrap(), 1);
    let replayed = replay_late(&bench, 0.5).await;
    assert_eq!(replayed.rounds[0].verdict, Verdict::Judged);
    let Verdict::NotKept { reason } = &replayed.rounds[1].verdict else { panic!("{replayed:?}") };
    assert!(reason.contains("round 4") && reason.contains("ledger_body_rounds"), "{reason}");
    assert_eq!(replayed.rounds[1].scores[0].today, None);
}
