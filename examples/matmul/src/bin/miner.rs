//! A miner in production: one process per hotkey. `--help` lists the settings.

use std::process::ExitCode;

use matmul::MatMul;
use matmul::forward::Solver;

fn main() -> ExitCode {
    subnetkit::miner::main::<MatMul>(Solver)
}
