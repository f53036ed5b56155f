//! The validator's first hook: what to ask, and what an answer is worth.

use std::time::Duration;

use subnetkit::prelude::*;
use subnetkit::rand::rngs::StdRng;
use subnetkit::rand::{Rng, SeedableRng};

use crate::matrix::PRIME;
use crate::{MatMul, Matrix, Problem, Solution};

/// Vectors an answer is checked with. A wrong one passes each with a chance of at most 1 in 2^31 - 1.
const CHECKS: usize = 2;

/// Rewards right answers by speed, and wrong ones not at all.
///
/// The score of a right answer falls from 1 at once to 0 at the deadline. It depends on nobody else's answer, so that a
/// miner gains nothing from how others fare. A refusal, a timeout or garbage is worth 0 like a wrong answer; a miner that
/// was not asked has no score at all.
///
/// One machine must not be paid for many hotkeys. So work and deadline belong together: before the subnet goes live,
/// make `size` so large that two products take an ordinary machine longer than the deadline.
#[derive(Debug, Clone, Copy)]
pub struct Judge {
    /// Size of the matrices. At 64 a request of two is about 90 kB; miners take 1 MiB by default.
    pub size: usize,
    /// After this time an answer is worth nothing.
    pub deadline: Duration,
}

impl Default for Judge {
    fn default() -> Self {
        Self { size: 64, deadline: Duration::from_secs(1) }
    }
}

#[async_trait]
impl Score<MatMul> for Judge {
    /// Every miner gets a problem of its own, so that nobody can copy an answer.
    async fn task(&self, round: &Round) -> Task<MatMul> {
        let mut rng = StdRng::seed_from_u64(round.seed);
        Task::each(round.sample.iter().map(|miner| {
            let (left, right) = (Matrix::random(self.size, &mut rng), Matrix::random(self.size, &mut rng));
            (*miner, Problem { left, right })
        }))
    }

    async fn score(&self, task: &Task<MatMul>, answers: &[Answer<MatMul>]) -> Scores {
        let score = |answer: &Answer<MatMul>| match (task.request(&answer.hotkey), answer.response()) {
            (Some(problem), Some((solution, elapsed))) if is_right(problem, solution) => {
                1.0 - elapsed.as_secs_f64() / self.deadline.as_secs_f64()
            }
            _ => 0.0,
        };
        answers.iter().map(|answer| (answer.hotkey, score(answer).max(0.0))).collect()
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
