//! A miner in production: one process per hotkey. `--help` lists the settings.

use std::process::ExitCode;

use {{crate_name}}::MatMul;
use {{crate_name}}::forward::Solver;

fn main() -> ExitCode {
    subnetkit::miner::main::<MatMul>(Solver)
}
