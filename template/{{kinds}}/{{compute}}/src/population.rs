//! Who is in the laboratory: miners that compute, miners that pretend to, and validators.

use std::time::Duration;

use subnetkit::lab::{Lab, Miner, Validator};
use subnetkit::prelude::*;

use crate::forward::Solver;
use crate::reward::Payout;
use crate::score::Judge;
use crate::{MatMul, Matrix, Problem, Solution};

/// How long an ordinary machine takes for a product, in the laboratory's time: two are not done by the deadline.
const WORK: Duration = Duration::from_millis(600);
/// Size of the laboratory's matrices. What a hook computes takes none of its time.
const SIZE: usize = 4;

/// The laboratory of this subnet. `cargo run --bin lab` plays it, and `tests/incentive.rs` holds it to its claims.
pub fn lab() -> Lab<MatMul> {
    Lab::new(Judge { size: SIZE, ..Judge::default() }, Payout::default())
        .title("{{project-name}}")
        .miners([
            Miner::honest(Solver).work(WORK).count(6),
            Miner::new("fast", Solver).work(WORK / 2),
            Miner::slow(Solver, WORK * 5 / 4),
            Miner::lazy(Solver, 0.5).work(WORK),
            Miner::new("guess", Guess).cheats(),
            Miner::copycat("honest"),
            Miner::sybil(Solver, 5).work(WORK),
            Miner::late(Solver, 30).work(WORK),
        ])
        .validators([
            Validator::honest(10_000.0).count(3),
            Validator::weight_copying(5_000.0),
            Validator::lazy(5_000.0),
        ])
        .epochs(100)
}

/// A matrix of the right size, and fast, in the hope that nobody looks closely.
#[derive(Debug, Clone, Copy)]
pub struct Guess;

#[async_trait]
impl Forward<MatMul> for Guess {
    async fn forward(&self, call: Call<Problem>) -> Result<Solution, Refusal> {
        let Matrix { size, mut cells } = call.request.left;
        cells.fill(0);
        Ok(Solution { product: Matrix { size, cells } })
    }
}
