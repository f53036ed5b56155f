//! The whole subnet on this machine: a chain, validators, and miners, of which one is slow and one is wrong.

use std::process::ExitCode;
use std::time::Duration;

use subnet::forward::Solver;
use subnet::reward::Payout;
use subnet::score::Judge;
use subnet::{MatMul, Problem, Solution};

use subnetkit::local::Local;
use subnetkit::prelude::*;

fn main() -> ExitCode {
    Local::<MatMul>::new(Judge::default(), Payout::default(), Solver).slow(Slow).wrong(Wrong).main()
}

/// Right, but late.
struct Slow;

#[async_trait]
impl Forward<MatMul> for Slow {
    async fn forward(&self, call: Call<Problem>) -> Result<Solution, Refusal> {
        subnetkit::tokio::time::sleep(Duration::from_millis(400)).await;
        Solver.forward(call).await
    }
}

/// The right shape, and fast, but one cell is off: it hopes that nobody looks closely.
struct Wrong;

#[async_trait]
impl Forward<MatMul> for Wrong {
    async fn forward(&self, call: Call<Problem>) -> Result<Solution, Refusal> {
        let mut solution = Solver.forward(call).await?;
        if let Some(cell) = solution.product.cells.last_mut() {
            *cell = u32::from(*cell == 0);
        }
        Ok(solution)
    }
}
