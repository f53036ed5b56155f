//! Tells what of the client would fail with a runtime, from that runtime's metadata alone.
//!
//! ```text
//! cargo run -p subnetkit-chain --example surface-check -- FILE...
//! ```
//!
//! A FILE holds metadata of version 14, 15 or 16 as a node gives it: bytes, hexadecimal digits or the answer in JSON.
//! Printed is for everything the client uses whether it fits. The program ends with 0 if all that is required does, with
//! 1 if not, and with 2 if a file cannot be read.

use std::{
    fmt::Write as _,
    io::{self, Write as _},
    process::ExitCode,
};
use subnetkit_chain::{CodecError, Runtime, Surface, Verdict};

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
enum CheckError {
    #[error("name at least one file of metadata: surface-check FILE...")]
    Usage,
    #[error("{0} cannot be read: {1}")]
    File(String, io::Error),
    #[error("{0}: {1}")]
    Metadata(String, CodecError),
    #[error("the report cannot be written: {0}")]
    Output(io::Error),
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Nothing is left to do if standard error is gone, too.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool, CheckError> {
    let files: Vec<_> = std::env::args_os().skip(1).collect();
    if files.is_empty() {
        return Err(CheckError::Usage);
    }
    let mut all_fit = true;
    for file in files {
        let shown = file.display().to_string();
        let contents = std::fs::read(&file).map_err(|error| CheckError::File(shown.clone(), error))?;
        let runtime =
            Runtime::from_recording(&contents).map_err(|error| CheckError::Metadata(shown.clone(), error))?;
        let surface = runtime.surface();
        all_fit &= surface.failures().is_empty();
        io::stdout().write_all(report(&shown, &surface).as_bytes()).map_err(CheckError::Output)?;
    }
    Ok(all_fit)
}

fn report(file: &str, surface: &Surface) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{file}: spec_version {}", surface.spec_version);
    let (failures, differences) = (surface.failures(), surface.differences());
    for known in &surface.uses {
        let mark = match known.verdict {
            Verdict::Fits => "fits",
            _ if failures.contains(&known) => "FAILS",
            Verdict::Undescribed => "unknown",
            _ => "without",
        };
        let _ = writeln!(text, "  {mark:<8}{known}");
    }
    let unknown = surface.uses.iter().filter(|known| known.verdict == Verdict::Undescribed).count();
    let fitting = surface.uses.iter().filter(|known| known.verdict == Verdict::Fits).count();
    let _ = writeln!(
        text,
        "{file}: {fitting} of {} uses fit, {} fail, {} are done without",
        surface.uses.len(),
        failures.len(),
        differences.len() - unknown,
    );
    if unknown > 0 {
        let _ = writeln!(
            text,
            "{file}: {unknown} runtime APIs cannot be judged, since metadata of version 14 describes none: give version 15 \
             or 16 of it. A client that is given no other cannot use them"
        );
    }
    text
}
