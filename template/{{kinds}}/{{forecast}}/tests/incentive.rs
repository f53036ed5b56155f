//! The incentive: who earns what. When you change a hook, think of a new way to cheat and add it here.

use std::sync::Arc;
use std::time::Duration;

use subnet::forward::Forecaster;
use subnet::population;
use subnet::record::Record;
use subnet::score::{CUT_OFF, Judge, PART_OF_EPOCH, REACH, won};
use subnet::{AlphaPrice, Forecast, Price, Question};

use subnetkit::lab::Report;
use subnetkit::prelude::*;
use subnetkit::tokio;

mod subnets;

const VALIDATOR: Hotkey = Hotkey::from_bytes([1; 32]);
const MINER: Hotkey = Hotkey::from_bytes([2; 32]);
/// Blocks of an epoch, and those a forecast looks ahead.
const TEMPO: u64 = 100;
const AHEAD: u64 = TEMPO / PART_OF_EPOCH as u64;
/// Prices of a market that trembles around 1, one for every `AHEAD` blocks. Every move is a typical one.
const PAST: [f64; 8] = [1.0, 1.01, 1.0, 0.99, 1.0, 0.99, 1.0, 1.01];

#[tokio::test(crate = "subnetkit::tokio")]
async fn nobody_is_asked_before_the_price_was_seen_for_a_while() {
    let judge = Judge::default();
    for (seen, price) in PAST.into_iter().enumerate() {
        let task = judge.task(&round(seen, price)).await;
        assert_eq!(task.asks(&MINER), seen >= 2, "after {seen} prices before");
    }
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn whoever_is_nearer_than_the_last_price_wins_and_who_repeats_it_does_not() {
    // From 1.01 to 1.0, one typical move down.
    let (right, nearer) = (skill(1.0, 1.0).await, skill(1.007, 1.0).await);
    assert!(right > 2.0 * nearer && nearer > 0.0, "{right} {nearer}");
    assert_eq!(skill(1.01, 1.0).await, 0.0, "the price stays");
    assert_eq!(skill(1.02, 1.0).await, 0.0, "the wrong way");
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn wild_guesses_win_no_more_than_reach() {
    // The price doubles: far more than anybody could say.
    let wild = skill(1e9, 2.0).await;
    assert!(wild > 0.0 && wild < REACH, "{wild}");
    assert!((wild - skill(1.01 + 0.02 * REACH, 2.0).await).abs() < 1e-9, "{wild}");
    assert_eq!(skill(f64::INFINITY, 2.0).await, wild);
    assert_eq!((skill(f64::NEG_INFINITY, 2.0).await, skill(f64::NAN, 2.0).await), (0.0, 0.0));
}

#[test]
fn only_a_row_of_wins_is_skill() {
    let skill = |wins: &[f64]| {
        let mut record = Record::default();
        wins.iter().for_each(|won| record.add(*won));
        record.skill()
    };
    assert_eq!(skill(&[]), 0.0);
    assert_eq!(skill(&[0.0; 100]), 0.0, "the price stays");
    assert_eq!(skill(&[2.0; 2]), 0.0, "two lucky guesses");
    assert_eq!(skill(&[1.0, -1.0].repeat(50)), 0.0, "as often wrong as right");
    assert_eq!(skill(&[[0.1; 19].as_slice(), &[-2.0]].concat()), 0.0, "small wins, and once a large loss");
    let (newcomer, proven) = (skill(&[0.5; 6]), skill(&[0.5; 100]));
    assert!(proven > 2.0 * newcomer && newcomer > 0.0, "{newcomer} {proven}");
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn silence_and_late_answers_win_nothing() {
    let late =
        Outcome::Answered { response: Forecast { tao: 1.0 }, elapsed: CUT_OFF + Duration::from_millis(1) };
    let silence = Outcome::TimedOut { after: CUT_OFF };
    let refusal = Outcome::Refused { status: 503, message: String::new(), retry_after: None };
    for outcome in [late, silence, refusal] {
        let (judge, task) = asked().await;
        let kind = outcome.kind();
        let settle =
            async |answer| judge.settle(&round(PAST.len(), 1.0), &task, &[answer]).await.get(&MINER).unwrap();
        let mut proven = 0.0;
        for _ in 0..10 {
            proven = settle(said(1.0)).await;
        }
        let silent = settle(Answer::new(MINER, outcome)).await;
        assert!(silent < 0.95 * proven, "{kind}: {proven} before, {silent} after");
    }
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn a_forecast_is_scored_when_its_block_is_there_and_not_long_after() {
    let (judge, task) = asked().await;
    let answers = [said(1.0)];
    assert_eq!(judge.score(&task, &answers).await, Scores::later());
    let asked_at = TEMPO + (PAST.len() as u64 - 1) * AHEAD;
    let after = async |blocks| judge.clone().settle(&at_block(asked_at + blocks, 1.0), &task, &answers).await;
    assert_eq!(after(AHEAD - 1).await, Scores::later());
    assert!(after(AHEAD).await.get(&MINER).is_some());
    assert!(after(2 * AHEAD).await.get(&MINER).is_some());
    assert_eq!(after(2 * AHEAD + 1).await, Scores::new(), "nobody was asked for this price");
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn a_price_that_stands_still_pays_nobody() {
    let judge = Judge::default();
    for seen in 0..4 {
        judge.task(&round(seen, 1.0)).await;
    }
    let task = judge.task(&round(4, 1.0)).await;
    for tao in [1.0, 1.01, 0.5] {
        let scores = judge.clone().settle(&round(5, 1.0), &task, &[said(tao)]).await;
        assert_eq!(scores.get(&MINER), Some(0.0), "{tao}");
    }
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn a_judge_that_was_restarted_remembers_from_its_open_rounds() {
    let (_, task) = asked().await;
    let fresh = Judge::default();
    let answer = Answer::new(MINER, Outcome::TimedOut { after: CUT_OFF });
    fresh.settle(&round(PAST.len(), 1.0), &task, &[answer]).await;
    assert!(fresh.task(&round(PAST.len(), 1.0)).await.asks(&MINER));
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn the_miner_goes_on_with_a_rise_and_expects_a_deviation_to_pass() {
    let rise: Vec<_> = (0..20).map(|step| 1.0 + 0.01 * f64::from(step)).collect();
    assert!((forecast(&rise).await - 1.2).abs() < 1e-9);
    // Half of each deviation is gone one step later.
    let mut deviation = 0.0;
    let pulled: Vec<_> = (0..64)
        .map(|step| {
            deviation = deviation / 2.0 + if step % 7 == 0 { 0.02 } else { -0.01 / 3.0 };
            1.0 + deviation
        })
        .collect();
    let (last, said) = (pulled[63], forecast(&pulled).await);
    assert!(last > 1.005 && said < last - 0.002 && said > 1.0, "from {last} to {said}");
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn a_miner_refuses_what_makes_no_sense() {
    let price = |block, tao| Price { block, tao };
    let senseless = [
        (vec![], 9),
        (vec![price(1, 1.0)], 9),
        (vec![price(2, 1.0), price(1, 1.0)], 9),
        (vec![price(1, 1.0), price(2, 0.0)], 9),
        (vec![price(1, 1.0), price(2, f64::NAN)], 9),
        (vec![price(1, 1.0), price(9, 1.0)], 9),
    ];
    for (past, due) in senseless {
        let call = Call::new(Question { past, due }, VALIDATOR, CUT_OFF);
        let refusal = Forecaster.forward(call).await.unwrap_err();
        assert!(refusal.to_string().starts_with("invalid request"), "{refusal}");
    }
}

#[test]
fn skill_is_paid_and_nothing_else_is() {
    let report = population::lab().run().unwrap();
    for other in ["lazy", "slow", "intermittent", "echo", "gambler", "bull", "bear"] {
        report.assert_earns_more("honest", other);
    }
    for pretender in ["slow", "echo", "gambler", "bull", "bear"] {
        report.assert_unprofitable(pretender);
    }
}

/// What cannot be known is not paid for.
#[test]
fn a_price_that_walks_at_random_pays_nobody_for_long() {
    let walk = population::lab().reward(ByAverage).with_rules(|rules| rules.market_half_life = 0);
    let (walk, pulled) = (walk.run().unwrap(), population::lab().reward(ByAverage).run().unwrap());
    let earned = |report: &Report| report.strategies.iter().map(|strategy| strategy.earned).sum::<u64>();
    assert!(earned(&walk) * 4 < earned(&pulled), "{} and {}", earned(&walk), earned(&pulled));
}

/// The judge that comes to mind first counts what a forecast won, and forgets what it lost.
#[test]
fn a_judge_that_forgives_losses_pays_for_guesses() {
    let report = population::lab().score(Forgiving::default()).reward(ByAverage).run().unwrap();
    report.assert_earns_more("bull", "honest");
    report.assert_profitable("gambler");
    report.assert_profitable("bear");
}

#[derive(Debug, Clone, Default)]
struct Forgiving(Judge);

#[async_trait]
impl Score<AlphaPrice> for Forgiving {
    async fn task(&self, round: &Round) -> Task<AlphaPrice> {
        self.0.task(round).await
    }

    async fn score(&self, task: &Task<AlphaPrice>, answers: &[Answer<AlphaPrice>]) -> Scores {
        self.0.score(task, answers).await
    }

    async fn settle(&self, now: &Round, task: &Task<AlphaPrice>, answers: &[Answer<AlphaPrice>]) -> Scores {
        let settled = self.0.settle(now, task, answers).await;
        let price = Price::of(&now.subnet).unwrap().tao;
        let score = |(miner, _)| {
            let last = task.request(&miner)?.past.last()?.tao;
            let (forecast, _) = answers.iter().find(|answer| answer.hotkey == miner)?.response()?;
            Some((miner, won(*forecast, last, price, task.notes()["unit"].as_f64()?).max(0.0)))
        };
        if settled.is_later() { settled } else { settled.iter().filter_map(score).collect() }
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

/// The subnet after so many steps of [`AHEAD`] blocks, at this price.
fn round(step: usize, price: f64) -> Round {
    at_block(TEMPO + step as u64 * AHEAD, price)
}

fn at_block(block: u64, price: f64) -> Round {
    let mut subnet = subnets::of(&[MINER]).as_ref().clone();
    subnet.block = block;
    subnet.tempo = TEMPO as u16;
    (subnet.tao_in, subnet.alpha_in) = ((price * 1e15) as u64, 1_000_000_000_000_000);
    Round::new(block, VALIDATOR, block, 1, Arc::new(subnet))
}

/// A judge that has seen all of [`PAST`], and what it asks then.
async fn asked() -> (Judge, Task<AlphaPrice>) {
    let judge = Judge::default();
    let mut task = Task::nobody();
    for (step, price) in PAST.into_iter().enumerate() {
        task = judge.task(&round(step, price)).await;
    }
    (judge, task)
}

/// The score of a miner whose forecasts of the price after [`PAST`] are all this.
async fn skill(forecast: f64, price: f64) -> f64 {
    let (judge, task) = asked().await;
    let mut score = 0.0;
    for _ in 0..10 {
        let settled = judge.settle(&round(PAST.len(), price), &task, &[said(forecast)]).await;
        score = settled.get(&MINER).unwrap();
    }
    score
}

fn said(tao: f64) -> Answer<AlphaPrice> {
    Answer::new(MINER, Outcome::Answered { response: Forecast { tao }, elapsed: Duration::ZERO })
}

/// What the miner says comes after these prices.
async fn forecast(past: &[f64]) -> f64 {
    let price = |(step, tao): (usize, &f64)| Price { block: step as u64 * AHEAD, tao: *tao };
    let past: Vec<_> = past.iter().enumerate().map(price).collect();
    let due = past.len() as u64 * AHEAD;
    Forecaster.forward(Call::new(Question { past, due }, VALIDATOR, CUT_OFF)).await.unwrap().tao
}
