//! A validator in production: one process per hotkey. `--help` lists the settings.

use std::process::ExitCode;

use {{crate_name}}::MatMul;
use {{crate_name}}::reward::Payout;
use {{crate_name}}::score::Judge;

fn main() -> ExitCode {
    subnetkit::validator::main::<MatMul>(Judge, Payout)
}
