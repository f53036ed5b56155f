//! Checks this implementation of SDK 10's protocol against a file of recorded behaviour.
//!
//! `cargo run -p subnetkit-protocol --features axon-v10 --example axon-v10-check -- FILE` names each failing case with
//! what was expected and what happened, prints `N passed, M failed` last, and exits with 1 if a case failed, with 2 if
//! the file is unusable.

mod cases;
mod classes;
mod kinds;

use std::{
    env, fs,
    io::{self, Write},
    process::ExitCode,
};

fn main() -> ExitCode {
    let Some(path) = env::args_os().nth(1) else {
        return unusable("name the file of recorded behaviour to check");
    };
    let file = fs::read(&path).map_err(|error| format!("cannot read {}: {error}", path.display()));
    match file.and_then(|file| cases::check(&file)) {
        Ok(report) => print(&report).unwrap_or(ExitCode::from(2)),
        Err(message) => unusable(&message),
    }
}

fn print(report: &cases::Report) -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    for failure in &report.failures {
        writeln!(out, "{failure}")?;
    }
    writeln!(out, "{} passed, {} failed", report.passed(), report.failures.len())?;
    Ok(if report.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn unusable(message: &str) -> ExitCode {
    // A closed standard error leaves the exit code to speak.
    let _ = writeln!(io::stderr(), "{message}");
    ExitCode::from(2)
}
