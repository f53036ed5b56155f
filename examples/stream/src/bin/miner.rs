//! A miner in production: one process per hotkey. `--help` lists the settings.

use std::process::ExitCode;

use subnet::Tale;
use subnet::forward::Teller;

fn main() -> ExitCode {
    subnetkit::miner::main_streaming::<Tale>(Teller)
}
