//! Checks weight conversion against a file of recorded cases: `weights-check FILE`.
//!
//! Prints `N passed, M failed` and exits with a failure if a case differs or the file holds none.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program talks to its user")]

use std::process::ExitCode;

mod cases;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: weights-check FILE (a weights-vectors/1 file)");
        return ExitCode::FAILURE;
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("cannot read {path}: {error}");
            return ExitCode::FAILURE;
        }
    };
    match cases::run(&text) {
        Ok(outcome) => {
            for failure in &outcome.failures {
                println!("{failure}");
            }
            println!("{} passed, {} failed", outcome.passed, outcome.failures.len());
            if outcome.failures.is_empty() && outcome.passed > 0 {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            eprintln!("{path} is not a weights-vectors/1 file: {error}");
            ExitCode::FAILURE
        }
    }
}
