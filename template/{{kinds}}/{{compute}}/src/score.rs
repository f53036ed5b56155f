//! The validator's first hook: what to ask, and what an answer is worth.

use std::time::Duration;

use subnetkit::prelude::*;
use subnetkit::rand::rngs::StdRng;
use subnetkit::rand::{Rng, SeedableRng};

use crate::matrix::PRIME;
use crate::{MatMul, Matrix, Problem, Solution};

/// Size of the matrices. A request of two is about 360 kB, well below the 1 MiB that miners take by default.
pub const SIZE: usize = 128;
/// A right answer after this time is worth half, after three times this time a quarter.
pub const HALF_TIME: Duration = Duration::from_millis(100);
/// Vectors an answer is checked with. A wrong one passes each with a chance of at most 1 in 2^31 - 1.
const CHECKS: usize = 2;

/// Rewards right answers by speed, and wrong ones not at all.
///
/// The score of a right answer is `HALF_TIME / (HALF_TIME + elapsed)`, from 1 down. It depends on nobody else's answer,
/// so that a miner gains nothing from how others fare. A refusal, a timeout or garbage is worth 0 like a wrong answer;
/// a miner that was not asked has no score at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Judge;

#[async_trait]
impl Score<MatMul> for Judge {
    /// Every miner gets a problem of its own, so that nobody can copy an answer.
    async fn task(&self, round: &Round) -> Task<MatMul> {
        let mut rng = StdRng::seed_from_u64(round.seed);
        Task::each(round.sample.iter().map(|miner| {
            let (left, right) = (Matrix::random(SIZE, &mut rng), Matrix::random(SIZE, &mut rng));
            (*miner, Problem { left, right })
        }))
    }

    async fn score(&self, task: &Task<MatMul>, answers: &[Answer<MatMul>]) -> Scores {
        let score = |answer: &Answer<MatMul>| match (task.request(&answer.hotkey), answer.response()) {
            (Some(problem), Some((solution, elapsed))) if is_right(problem, solution) => speed(elapsed),
            _ => 0.0,
        };
        answers.iter().map(|answer| (answer.hotkey, score(answer))).collect()
    }
}

/// Freivalds' check, in n² steps where multiplying takes n³: if `left * right = product`, then
/// `left * (right * v) = product * v` for every vector `v`.
///
/// The vectors are drawn after the answers are in, and not from the round's seed: a miner that knew them could make
/// up a wrong product that passes, in n² steps too.
fn is_right(problem: &Problem, Solution { product }: &Solution) -> bool {
    let Problem { left, right } = problem;
    let mut rng = subnetkit::rand::rng();
    let mut agrees = || {
        let vector: Vec<u32> = (0..product.size).map(|_| rng.random_range(0..PRIME)).collect();
        left.apply(&right.apply(&vector)) == product.apply(&vector)
    };
    product.size == left.size && product.is_sound() && (0..CHECKS).all(|_| agrees())
}

fn speed(elapsed: Duration) -> f64 {
    HALF_TIME.as_secs_f64() / (HALF_TIME + elapsed).as_secs_f64()
}
