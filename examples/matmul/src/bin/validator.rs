//! A validator in production: one process per hotkey. `--help` lists the settings.

use std::process::ExitCode;

use matmul::MatMul;
use matmul::reward::Payout;
use matmul::score::Judge;

fn main() -> ExitCode {
    subnetkit::validator::main::<MatMul>(Judge, Payout)
}
