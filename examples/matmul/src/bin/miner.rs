//! A miner in production: one process per hotkey. `--help` lists the settings.

use std::process::ExitCode;

use subnet::MatMul;
use subnet::forward::Solver;

fn main() -> ExitCode {
    subnetkit::miner::main::<MatMul>(Solver)
}
