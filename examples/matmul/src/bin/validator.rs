//! A validator in production: one process per hotkey. `--help` lists the settings.

use std::process::ExitCode;

use subnet::MatMul;
use subnet::reward::Payout;
use subnet::score::Judge;

fn main() -> ExitCode {
    subnetkit::validator::main::<MatMul>(Judge::default(), Payout::default())
}
