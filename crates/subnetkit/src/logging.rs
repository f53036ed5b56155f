//! Logging of a program, by the settings `log` and `log_format`.

use std::io::{self, IsTerminal};

use tracing_subscriber::{EnvFilter, fmt};

use crate::{
    RunError,
    settings::{Common, LogFormat},
};

/// Sends log lines to standard error. A program that has set up its own logging keeps it.
///
/// # Errors
/// [`RunError::Log`] if the setting `log` can't be parsed.
pub fn start(settings: &Common) -> Result<(), RunError> {
    let filter = EnvFilter::try_new(&settings.log).map_err(|error| RunError::Log(error.to_string()))?;
    let lines = fmt().with_env_filter(filter).with_writer(io::stderr).with_ansi(io::stderr().is_terminal());
    let started = match settings.log_format {
        LogFormat::Pretty => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging was set up before; `log` and `log_format` have no effect");
    }
    Ok(())
}
