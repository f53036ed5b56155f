//! A miner in production: one process per hotkey. `--help` lists the settings.

use std::process::ExitCode;

use subnet::AlphaPrice;
use subnet::forward::Forecaster;

fn main() -> ExitCode {
    subnetkit::miner::main::<AlphaPrice>(Forecaster)
}
