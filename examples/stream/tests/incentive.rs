//! The incentive: who earns what. When you change a hook, think of a new way to cheat and add it here.

use std::time::Duration;

use subnet::model::MODEL;
use subnet::population;
use subnet::score::{Judge, LENGTH, PACE, PATIENCE};
use subnet::{Beginning, Tale};

use subnetkit::prelude::*;
use subnetkit::tokio;

mod subnets;

const VALIDATOR: Hotkey = Hotkey::from_bytes([1; 32]);
const MINER: Hotkey = Hotkey::from_bytes([2; 32]);
const OTHER: Hotkey = Hotkey::from_bytes([3; 32]);
/// Epochs that the laboratory plays.
const EPOCHS: u32 = 30;
/// How often something is tried that is found by chance.
const TRIES: usize = 400;

#[tokio::test(crate = "subnetkit::tokio")]
async fn a_tale_in_time_is_worth_one_and_a_late_one_less() {
    let task = task(0).await;
    let words = told(&task, MINER);
    let delayed = |by| at_pace(&words, by);
    assert_eq!(score(&task, delayed(Duration::ZERO)).await, 1.0);
    assert!((score(&task, delayed(PATIENCE / 2)).await - 0.5).abs() < 1e-9);
    assert_eq!(score(&task, delayed(PATIENCE)).await, 0.0);
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn who_keeps_the_words_until_all_are_there_gets_less_for_the_same_time() {
    let task = task(1).await;
    let words = told(&task, MINER);
    let end = PACE * LENGTH as u32;
    let kept = words.iter().map(|word| Piece { value: word.clone(), at: end }).collect();
    let burst = score(&task, kept).await;
    assert!(burst < 0.5 && burst < score(&task, at_pace(&words, PACE)).await / 1.5, "{burst}");
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn a_tale_that_stops_early_is_worth_its_share() {
    let task = task(2).await;
    let words = told(&task, MINER);
    let half = score(&task, at_pace(&words[..LENGTH / 2], Duration::ZERO)).await;
    assert!((half - 0.5).abs() < 1e-3, "{half}");
    assert_eq!(score(&task, Vec::new()).await, 0.0);
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn a_good_beginning_does_not_pay_for_what_follows() {
    let task = task(3).await;
    let mut words = told(&task, MINER);
    for word in &mut words[1..] {
        "sea".clone_into(word);
    }
    assert_eq!(passed(&task, &words).await, 0);
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn saying_the_same_again_is_no_tale() {
    let task = task(4).await;
    let mut words = told(&task, MINER);
    let phrase = words[..6].to_vec();
    for (place, word) in words.iter_mut().enumerate() {
        word.clone_from(&phrase[place % phrase.len()]);
    }
    let passed = passed(&task, &words).await;
    assert!(passed * 20 < TRIES, "{passed} of {TRIES} passed");
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn leaving_out_a_fifth_of_the_work_costs_more_than_a_fifth() {
    let task = task(5).await;
    let mut words = told(&task, MINER);
    for word in words.iter_mut().skip(2).step_by(5) {
        "whale".clone_into(word);
    }
    let passed = passed(&task, &words).await;
    assert!(passed * 5 < TRIES * 2, "{passed} of {TRIES} passed");
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn another_miners_tale_and_another_beginnings_are_worth_nothing() {
    let (task, later) = (task(6).await, task(7).await);
    assert_eq!(passed(&task, &told(&task, OTHER)).await, 0);
    assert_eq!(passed(&later, &told(&task, MINER)).await, 0);
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn more_words_than_asked_for_or_a_stream_that_broke_off_are_worth_nothing() {
    let task = task(8).await;
    let mut words = told(&task, MINER);
    let broke = Outcome::Unreachable { reason: "reset".to_owned() };
    let broken = Answer::broken_off(MINER, at_pace(&words, Duration::ZERO), broke);
    assert_eq!(Judge.score(&task, &[broken]).await.get(&MINER), Some(0.0));
    words.push("and".to_owned());
    assert_eq!(score(&task, at_pace(&words, Duration::ZERO)).await, 0.0);
}

#[test]
fn readers_pay_for_tales_that_are_right_and_in_time() {
    let report = population::lab().epochs(EPOCHS).run().unwrap();
    for other in ["slow", "hoarder", "quitter", "bait", "copycat", "sybil"] {
        report.assert_earns_more("honest", other);
    }
    report.assert_unprofitable("bait");
    report.assert_unprofitable("copycat");
}

/// What a tale for each miner and the end of patience are for.
#[test]
fn a_machine_is_not_paid_twice_for_two_hotkeys() {
    let report = population::lab().epochs(EPOCHS).reward(ByAverage).run().unwrap();
    report.assert_sybil_gain_below(1.05, "sybil");
}

/// The judge that comes to mind first: how soon the first word comes, if it is right.
#[test]
fn a_judge_of_first_words_pays_for_bait() {
    let report = population::lab().score(FirstWord).reward(ByAverage).epochs(EPOCHS).run().unwrap();
    report.assert_earns_more("bait", "honest");
    report.assert_profitable("bait");
}

#[derive(Debug, Clone)]
struct FirstWord;

#[async_trait]
impl Score<Tale> for FirstWord {
    async fn task(&self, round: &Round) -> Task<Tale> {
        Judge.task(round).await
    }

    async fn score(&self, task: &Task<Tale>, answers: &[Answer<Tale>]) -> Scores {
        let score = |answer: &Answer<Tale>| {
            let beginning = task.request(&answer.hotkey)?;
            let first = answer.pieces()?.first()?;
            let right = first.value == MODEL.next(&beginning.word, beginning.seed, 0);
            right.then(|| 1.0 / (1.0 + first.at.as_secs_f64()))
        };
        answers.iter().map(|answer| (answer.hotkey, score(answer).unwrap_or(0.0))).collect()
    }
}

/// Weights are averages, whatever the subnet pays by.
#[derive(Debug, Clone)]
struct ByAverage;

impl Reward for ByAverage {
    fn reward(&self, ledger: &Ledger, _: &Metagraph) -> Weights {
        ledger.ema(0.2, 100).into_iter().collect()
    }
}

/// A round in which both miners are asked.
async fn task(seed: u64) -> Task<Tale> {
    let round = Round::new(seed, VALIDATOR, seed, 2, subnets::of(&[MINER, OTHER]));
    Judge.task(&round).await
}

/// The right tale for what this miner was asked.
fn told(task: &Task<Tale>, miner: Hotkey) -> Vec<String> {
    let Beginning { mut word, length, seed } = task.request(&miner).unwrap().clone();
    let next = |place| {
        word = MODEL.next(&word, seed, place).to_owned();
        word.clone()
    };
    (0..length).map(next).collect()
}

/// Each word when a reader wants it, and so much later.
fn at_pace(words: &[String], late: Duration) -> Vec<Piece<String>> {
    let piece =
        |(place, word): (usize, &String)| Piece { value: word.clone(), at: PACE * place as u32 + late };
    words.iter().enumerate().map(piece).collect()
}

async fn score(task: &Task<Tale>, words: Vec<Piece<String>>) -> f64 {
    let elapsed = words.last().map_or(Duration::ZERO, |word| word.at);
    Judge.score(task, &[Answer::streamed(MINER, words, elapsed)]).await.get(&MINER).unwrap()
}

/// How many of [`TRIES`] times these words were worth anything.
async fn passed(task: &Task<Tale>, words: &[String]) -> usize {
    let mut passed = 0;
    for _ in 0..TRIES {
        passed += usize::from(score(task, at_pace(words, Duration::ZERO)).await > 0.0);
    }
    passed
}
