//! Checks the crate against a file of epochs recorded from the chain (format `yuma-epoch/1`).
//!
//! `cargo run --release -p subnetkit-yuma --example check -- FILE` prints the first difference of each scenario
//! that fails and a count of both kinds, and fails itself if any does.

// A program for the terminal: its output is what it is for.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../tests/it/replay/mod.rs"]
mod replay;

use std::{env, path::PathBuf, process::ExitCode};

fn main() -> ExitCode {
    let Some(path) = env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("name the file to check: check FILE");
        return ExitCode::from(2);
    };
    let scenarios = match replay::read(&path) {
        Ok(scenarios) => scenarios,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    let mut failed = 0;
    for scenario in &scenarios {
        if let Err(difference) = replay::check(scenario) {
            println!("{}: {difference}", scenario.name);
            failed += 1;
        }
    }
    println!("{} passed, {failed} failed", scenarios.len() - failed);
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
