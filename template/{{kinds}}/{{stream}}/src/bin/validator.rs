//! A validator in production: one process per hotkey. `--help` lists the settings.

use std::process::ExitCode;

use subnet::Tale;
use subnet::reward::Payout;
use subnet::score::Judge;

fn main() -> ExitCode {
    subnetkit::validator::main::<Tale>(Judge, Payout::default())
}
