//! A role's program from its command line to its exit status.

use std::{ffi::OsString, future::Future, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::{
    RunError, lifeline, logging, output,
    pulse::Pulse,
    settings::{CommandLine, Given, Layers, ReplayFlags, Role, Settings, SettingsError},
    shutdown::Shutdown,
};

/// How long work on blocking threads may hold up the end of the process.
const END_GRACE: Duration = Duration::from_secs(2);

/// Runs a role until it ends or a signal ends it, and reports on standard error why it did.
pub(crate) fn main<R, F, Run>(arguments: impl IntoIterator<Item = OsString>, run: F) -> u8
where
    R: Role,
    F: FnOnce(Settings<R>, Option<ReplayFlags>, CancellationToken) -> Run,
    Run: Future<Output = Result<(), RunError>>,
{
    match try_main(arguments, Given::by_process(), run) {
        Ok(()) => 0,
        Err(RunError::Settings(SettingsError::Usage(usage))) => {
            // Help goes to standard output and is no failure; clap knows which is which.
            let shown = usage.print().is_ok();
            if usage.exit_code() == 0 && shown { 0 } else { USAGE }
        }
        Err(error) => {
            output::error(&error);
            if error.is_unexpected() { UNEXPECTED } else { FAILED }
        }
    }
}

/// The exit status of a program that could not start, or not go on, for a reason outside of it.
const FAILED: u8 = 1;
/// The exit status of a command line that is not understood, as clap has it.
const USAGE: u8 = 2;
/// The exit status where a part of the program ended, hung or panicked: `EX_SOFTWARE` of sysexits.h.
const UNEXPECTED: u8 = 70;

fn try_main<R, F, Run>(
    arguments: impl IntoIterator<Item = OsString>,
    given: Given,
    run: F,
) -> Result<(), RunError>
where
    R: Role,
    F: FnOnce(Settings<R>, Option<ReplayFlags>, CancellationToken) -> Run,
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
    let limit = settings.role.stall_timeout();
    let end_with_stdin = settings.common.end_with_stdin;
    let _pulse = Pulse::watch(runtime.handle(), limit, move || give_up(&RunError::Frozen { limit }))?;
    let ended = runtime.block_on(async {
        let shutdown = Shutdown::watch()?;
        let (asked, insisted) = (shutdown.asked(), shutdown.insisted());
        if end_with_stdin {
            lifeline::watch(asked.clone(), || {
                give_up(&RunError::Abandoned { grace: lifeline::GRACE });
            })?;
        }
        tokio::select! {
            ended = run(settings, line.replay, asked) => ended,
            () = insisted.cancelled() => Err(RunError::Impatient),
        }
    });
    runtime.shutdown_timeout(END_GRACE);
    ended
}

/// Ends the process from outside of its runtime, which cannot end any more: it would wait for the threads that are held.
#[expect(clippy::exit, reason = "there is nobody left to return to")]
fn give_up(error: &RunError) {
    output::error(error);
    std::process::exit(i32::from(UNEXPECTED))
}
