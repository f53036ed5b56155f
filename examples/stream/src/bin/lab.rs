//! The laboratory: who earns what, played over many epochs. `--help` lists the settings.

use std::process::ExitCode;

use subnet::{population, reward};

fn main() -> ExitCode {
    reward::what_ifs(population::lab()).main()
}
