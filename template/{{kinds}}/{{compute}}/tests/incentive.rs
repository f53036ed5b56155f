//! The incentive: who earns what, in the laboratory and by the hooks alone. When you change a hook, think of a new way to
//! cheat and add it here.

use std::sync::Arc;
use std::time::Duration;

use subnet::forward::Solver;
use subnet::matrix::PRIME;
use subnet::reward::Payout;
use subnet::score::Judge;
use subnet::{MatMul, Matrix, Problem, Solution, population};

use subnetkit::lab::Report;
use subnetkit::prelude::*;
use subnetkit::tokio;

mod subnets;

/// As shipped, with work that is done in no time.
const JUDGE: Judge = Judge { size: 16, deadline: seconds(1) };
const VALIDATOR: Hotkey = Hotkey::from_bytes([1; 32]);
const HONEST: Hotkey = Hotkey::from_bytes([2; 32]);
const SLOW: Hotkey = Hotkey::from_bytes([3; 32]);
const WRONG: Hotkey = Hotkey::from_bytes([4; 32]);
const SILENT: Hotkey = Hotkey::from_bytes([5; 32]);
const MINERS: [Hotkey; 4] = [HONEST, SLOW, WRONG, SILENT];
/// Epochs that the laboratory plays.
const EPOCHS: u32 = 40;

#[test]
fn work_is_paid_and_pretence_is_not() {
    let report = population::lab().epochs(EPOCHS).run().unwrap();
    report.assert_earns_more("fast", "honest");
    report.assert_earns_more("fast", "slow");
    report.assert_earns_more("fast", "lazy");
    report.assert_unprofitable("guess");
    report.assert_unprofitable("copycat");
}

/// What the check of every answer is for.
#[test]
fn who_looks_at_the_clock_alone_pays_those_who_guess() {
    let report = population::lab().score(Credulous).epochs(EPOCHS).run().unwrap();
    report.assert_earns_more("guess", "fast");
    report.assert_profitable("guess");
}

/// What a problem for each miner is for: with one for all, a machine that solves it once answers for many hotkeys.
#[test]
fn one_problem_for_all_pays_sybils_and_copycats() {
    let lab = population::lab().epochs(EPOCHS).reward(ByAverage);
    let same = lab.clone().score(SameForAll).run().unwrap();
    let each = lab.run().unwrap();
    same.assert_share_above("sybil", 3.0 * share(&each, "sybil"));
    same.assert_profitable("copycat");
    each.assert_sybil_gain_below(1.5, "sybil");
    each.assert_unprofitable("copycat");
}

fn share(report: &Report, strategy: &str) -> f64 {
    report.strategy(strategy).unwrap().share
}

/// Pays for any answer by its time.
#[derive(Debug, Clone)]
struct Credulous;

#[async_trait]
impl Score<MatMul> for Credulous {
    async fn task(&self, round: &Round) -> Task<MatMul> {
        JUDGE.task(round).await
    }

    async fn score(&self, _: &Task<MatMul>, answers: &[Answer<MatMul>]) -> Scores {
        let speed = |elapsed: Duration| 1.0 - elapsed.as_secs_f64() / JUDGE.deadline.as_secs_f64();
        let score =
            |answer: &Answer<MatMul>| answer.response().map_or(0.0, |(_, elapsed)| speed(elapsed).max(0.0));
        answers.iter().map(|answer| (answer.hotkey, score(answer))).collect()
    }
}

/// Asks all miners for the same product, and checks it.
#[derive(Debug, Clone)]
struct SameForAll;

#[async_trait]
impl Score<MatMul> for SameForAll {
    async fn task(&self, round: &Round) -> Task<MatMul> {
        let task = JUDGE.task(round).await;
        let problem = round.sample.first().and_then(|miner| task.request(miner)).cloned();
        problem.map_or_else(Task::nobody, |problem| Task::same(problem, round.sample.iter().copied()))
    }

    async fn score(&self, task: &Task<MatMul>, answers: &[Answer<MatMul>]) -> Scores {
        JUDGE.score(task, answers).await
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

#[tokio::test(crate = "subnetkit::tokio")]
async fn honest_miners_earn_most_slow_ones_less_and_wrong_ones_nothing() {
    let subnet = subnets::of(&MINERS);
    let mut rounds = Vec::new();
    for seed in 0..3 {
        let task = JUDGE.task(&round(seed, &subnet)).await;
        let mut answers = vec![Answer::new(SILENT, Outcome::TimedOut { after: seconds(12) })];
        for (miner, elapsed) in [(HONEST, 20), (SLOW, 820), (WRONG, 5)] {
            let mut solution = solve(&task, miner).await;
            if miner == WRONG {
                change(&mut solution.product.cells[0]);
            }
            answers.push(answer(miner, solution, elapsed));
        }
        let scores = JUDGE.score(&task, &answers).await;
        let score = |miner| scores.get(&miner).unwrap();
        assert!(score(HONEST) > 2.0 * score(SLOW) && score(SLOW) > 0.0, "late is worth less: {scores:?}");
        rounds.push(scores);
    }

    let ledger = Ledger::of_rounds(&rounds).unwrap();
    let weights = Payout::default().reward(&ledger, &subnet);
    let weight = |miner| weights.get(&miner).unwrap_or(0.0);
    assert!(weight(HONEST) > weight(SLOW), "speed pays: {weights:?}");
    assert_eq!((weight(WRONG), weight(SILENT)), (0.0, 0.0), "{weights:?}");
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn a_miner_that_was_not_asked_has_no_score() {
    let task = JUDGE.task(&round(0, &subnets::of(&[HONEST]))).await;
    let scores = JUDGE.score(&task, &[answer(HONEST, solve(&task, HONEST).await, 20)]).await;
    assert_eq!(scores.iter().map(|(miner, _)| miner).collect::<Vec<_>>(), [HONEST]);
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn one_wrong_cell_is_found_wherever_it_is() {
    let task = JUDGE.task(&round(1, &subnets::of(&[WRONG]))).await;
    let right = solve(&task, WRONG).await;
    for cell in (0..right.product.cells.len()).step_by(17) {
        let mut wrong = right.clone();
        change(&mut wrong.product.cells[cell]);
        assert_eq!(score(&task, WRONG, wrong).await, 0.0, "cell {cell}");
    }
    assert!(score(&task, WRONG, right).await > 0.0);
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn another_miners_answer_is_worth_nothing() {
    let task = JUDGE.task(&round(2, &subnets::of(&[HONEST, WRONG]))).await;
    assert_eq!(score(&task, WRONG, solve(&task, HONEST).await).await, 0.0);
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn a_malformed_matrix_is_worth_nothing() {
    let task = JUDGE.task(&round(3, &subnets::of(&[WRONG]))).await;
    let right = solve(&task, WRONG).await.product;
    let Matrix { size, cells } = right.clone();
    let malformed = [
        Matrix { size: 0, cells: Vec::new() },
        Matrix { size: 1, cells: cells[..1].to_vec() },
        Matrix { size, cells: cells[1..].to_vec() },
        Matrix { size: usize::MAX, cells: cells.clone() },
        // The same numbers in the field, written differently.
        Matrix { size, cells: cells.iter().map(|cell| cell + PRIME).collect() },
    ];
    for product in malformed {
        let (size, cells) = (product.size, product.cells.len());
        assert_eq!(score(&task, WRONG, Solution { product }).await, 0.0, "size {size}, {cells} cells");
    }
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn a_miner_refuses_what_makes_no_sense() {
    let matrix = |size: usize, cells: usize| Matrix { size, cells: vec![1; cells] };
    let senseless = [
        (matrix(2, 3), matrix(2, 4)),
        (matrix(2, 4), matrix(3, 9)),
        (matrix(0, 0), matrix(0, 0)),
        (matrix(2, 4), Matrix { size: 2, cells: vec![PRIME; 4] }),
    ];
    for (left, right) in senseless {
        let refusal = forward(Problem { left, right }).await.unwrap_err();
        assert!(refusal.to_string().starts_with("invalid request"), "{refusal}");
    }
}

fn round(seed: u64, subnet: &Arc<Metagraph>) -> Round {
    Round::new(seed, VALIDATOR, seed, subnet.neurons.len(), Arc::clone(subnet))
}

async fn forward(problem: Problem) -> Result<Solution, Refusal> {
    Solver.forward(Call::new(problem, VALIDATOR, seconds(12))).await
}

/// What an honest miner answers to what `miner` was asked.
async fn solve(task: &Task<MatMul>, miner: Hotkey) -> Solution {
    forward(task.request(&miner).unwrap().clone()).await.unwrap()
}

async fn score(task: &Task<MatMul>, miner: Hotkey, solution: Solution) -> f64 {
    JUDGE.score(task, &[answer(miner, solution, 20)]).await.get(&miner).unwrap()
}

fn answer(hotkey: Hotkey, response: Solution, milliseconds: u64) -> Answer<MatMul> {
    let elapsed = Duration::from_millis(milliseconds);
    Answer::new(hotkey, Outcome::Answered { response, elapsed })
}

fn change(cell: &mut u32) {
    *cell = (*cell + 1) % PRIME;
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}
