//! Compares the development runtime's metadata with a recording of the real one's, item by item.
//!
//! ```text
//! cargo run -p subnetkit-devnet --example metadata-diff -- FILE
//! ```
//!
//! FILE is SCALE-encoded metadata of version 14, 15 or 16 with the `meta` prefix, as `state_getMetadata` or
//! `Metadata_metadata_at_version` give it. Printed is what is missing here, what is here only, and what differs;
//! the program ends with 0 if nothing that exists on both sides differs.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

mod catalogue;
mod comparison;
mod own;

use catalogue::Catalogue;
use comparison::Report;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
enum DiffError {
    #[error("name one file of SCALE-encoded metadata: metadata-diff FILE")]
    Usage,
    #[error("{0} cannot be read: {1}")]
    File(String, io::Error),
    #[error("{0}: {1}")]
    Recorded(String, catalogue::CatalogueError),
    #[error("the development runtime's own metadata: {0}")]
    Own(catalogue::CatalogueError),
    #[error("the development runtime gives no metadata: {0}")]
    Runtime(#[from] subnetkit_devnet::runtime::Trap),
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

fn run() -> Result<bool, DiffError> {
    let mut arguments = std::env::args_os().skip(1);
    let (Some(file), None) = (arguments.next(), arguments.next()) else { return Err(DiffError::Usage) };
    let path = PathBuf::from(file);
    let shown = path.display().to_string();
    let bytes = std::fs::read(&path).map_err(|error| DiffError::File(shown.clone(), error))?;
    let recorded = Catalogue::read(&bytes).map_err(|error| DiffError::Recorded(shown, error))?;
    let ours = Catalogue::read(&own::metadata(recorded.version)?).map_err(DiffError::Own)?;
    let report = Report::new(&ours, &recorded);
    write!(io::stdout().lock(), "{report}").map_err(DiffError::Output)?;
    Ok(report.differences().next().is_none())
}
