//! A role's program from its command line to its exit status.

use std::{ffi::OsString, future::Future, process::ExitCode, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::{
    RunError, logging, output,
    settings::{CommandLine, Given, Layers, Role, Settings, SettingsError},
    shutdown::Shutdown,
};

/// How long work on blocking threads may hold up the end of the process.
const END_GRACE: Duration = Duration::from_secs(2);

/// Runs a role until it ends or a signal ends it, and reports on standard error why it did.
pub(crate) fn main<R, F, Run>(run: F) -> ExitCode
where
    R: Role,
    F: FnOnce(Settings<R>, CancellationToken) -> Run,
    Run: Future<Output = Result<(), RunError>>,
{
    match try_main(std::env::args_os(), Given::by_process(), run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(RunError::Settings(SettingsError::Usage(usage))) => {
            // Help goes to standard output and is no failure; clap knows which is which.
            let shown = usage.print().is_ok();
            if usage.exit_code() == 0 && shown { ExitCode::SUCCESS } else { ExitCode::from(USAGE) }
        }
        Err(error) => {
            output::error(&error);
            ExitCode::FAILURE
        }
    }
}

/// The exit status of a command line that is not understood, as clap has it.
const USAGE: u8 = 2;

fn try_main<R, F, Run>(
    arguments: impl IntoIterator<Item = OsString>,
    given: Given,
    run: F,
) -> Result<(), RunError>
where
    R: Role,
    F: FnOnce(Settings<R>, CancellationToken) -> Run,
    Run: Future<Output = Result<(), RunError>>,
{
    let line = CommandLine::of_role::<R>(arguments, given)?;
    let layers = Layers::of_role::<R>(line.given)?;
    if line.print_config {
        output::document(&layers.print());
        return Ok(());
    }
    let settings = layers.settings::<R>()?;
    logging::start(&settings.common)?;
    for remark in &layers.remarks {
        tracing::warn!("{remark}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let ended = runtime.block_on(async {
        let shutdown = Shutdown::watch()?;
        let (asked, insisted) = (shutdown.asked(), shutdown.insisted());
        tokio::select! {
            ended = run(settings, asked) => ended,
            () = insisted.cancelled() => Err(RunError::Impatient),
        }
    });
    runtime.shutdown_timeout(END_GRACE);
    ended
}
