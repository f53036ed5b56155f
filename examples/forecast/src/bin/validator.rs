//! A validator in production: one process per hotkey. `--help` lists the settings.

use std::process::ExitCode;

use subnet::AlphaPrice;
use subnet::reward::Payout;
use subnet::score::Judge;

fn main() -> ExitCode {
    subnetkit::validator::main::<AlphaPrice>(Judge::default(), Payout::default())
}
