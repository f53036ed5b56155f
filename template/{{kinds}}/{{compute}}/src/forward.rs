//! The miner's hook: a problem in, its solution out.

use subnetkit::prelude::*;
use subnetkit::tokio::task::spawn_blocking;

use crate::{MatMul, Problem, Solution};

/// The largest matrices this miner multiplies. The work grows with the third power of the size.
const LARGEST: usize = 512;

/// Multiplies as the textbook does. A faster miner earns more: start here.
#[derive(Debug, Clone, Copy, Default)]
pub struct Solver;

#[async_trait]
impl Forward<MatMul> for Solver {
    async fn forward(&self, call: Call<Problem>) -> Result<Solution, Refusal> {
        let Problem { left, right } = call.request;
        if !left.is_sound() || !right.is_sound() {
            return Err(Refusal::invalid("a matrix needs size x size cells, each below 2^31 - 1"));
        }
        if left.size != right.size || !(1..=LARGEST).contains(&left.size) {
            return Err(Refusal::invalid(format!("both matrices need the same size, 1 to {LARGEST}")));
        }
        // Off the threads that serve requests: it keeps a core busy.
        Ok(Solution { product: spawn_blocking(move || left.multiply(&right)).await? })
    }
}
