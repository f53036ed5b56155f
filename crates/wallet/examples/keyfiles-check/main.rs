//! Checks a file of wallet vectors: `cargo run --release -p subnetkit-wallet --example keyfiles-check -- FILE`.
//!
//! Names every failing case, prints `N passed, M failed` last, and fails if any case did.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command's output")]

use std::path::PathBuf;
use std::process::ExitCode;

mod vectors;

fn main() -> ExitCode {
    let Some(path) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: keyfiles-check FILE");
        return ExitCode::FAILURE;
    };
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("cannot read {}: {error}; give the path of a wallet vector file", path.display());
            return ExitCode::FAILURE;
        }
    };
    match vectors::check(&text) {
        Ok(outcome) => {
            for failure in &outcome.failures {
                println!("FAILED {failure}");
            }
            println!("{} passed, {} failed", outcome.passed, outcome.failures.len());
            if outcome.failures.is_empty() && outcome.passed > 0 {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            eprintln!("{} is not a wallet vector file: {error}", path.display());
            ExitCode::FAILURE
        }
    }
}
