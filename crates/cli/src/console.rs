//! How every command talks: results, failures, exit statuses, and progress while it waits.

use std::{fmt, future::Future, process::ExitCode, time::Duration};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;
use subnetkit::{RunError, chain::SubmitError};

use crate::output;

/// The end of `subnetkit --help`.
pub(crate) const AFTER_HELP: &str = "\
Exit status:
  0   done; with --dry-run: it could be done
  1   failed, refused, or a check found a fault (call, doctor, up --epochs, wallet verify, subnet hyperparams get --lint)
  2   the command line is not understood
  70  this program itself is at fault: a part of it ended, hung or panicked

With --json the result is one JSON object on standard output, or one per line where a command goes on. A failure is
{\"error\": TEXT, \"because\": [TEXT, ...]} there, with \"refusal\": NAME if the chain refused; a check that found a
fault says so in its ordinary object. Amounts whose names end in _rao are whole numbers of rao: 1 TAO is 1000000000.

What signs an extrinsic shows it first, with its fee and what it takes, and asks. --yes agrees beforehand, --dry-run shows it
only. Without a terminal and without --yes nothing is signed.

Environment (a flag beats a variable, a variable the file, the file the default):
  BT_NETWORK, BT_WALLET, BT_WALLET_HOTKEY, BT_WALLET_PATH  as in btcli
  BT_CHAIN_ENDPOINT                                        URL of the network local
  BT_WALLET_PASSWORD, BT_WALLET_PASSWORD_FILE, BT_PW_PATH  the password of an encrypted key, as in btcli
  SUBNETKIT_NAME                                           any setting of subnet.toml by its name
  RUST_LOG                                                 what is logged on standard error [default: warn]";

/// The exit status of a command that failed, was refused, or found a fault.
const FAILED: u8 = 1;
/// The exit status where this program itself is at fault: `EX_SOFTWARE` of sysexits.h.
const UNEXPECTED: u8 = 70;
/// Nobody needs to be told what takes less than this.
const PATIENCE: Duration = Duration::from_millis(400);
/// Between two pictures of a spinner.
const TICK: Duration = Duration::from_millis(120);

/// The flag that all commands have, and what follows from it.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Console {
    /// Print JSON: one object, or one per line where the command goes on; a failure is {"error": ...}
    #[arg(long, global = true)]
    json: bool,
}

/// A check found a fault: the exit status is 1. Its report has been printed, so with `--json` there is no second object.
#[derive(Debug)]
pub(crate) struct FaultFound(pub(crate) String);

impl fmt::Display for FaultFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FaultFound {}

/// A failure for programs.
#[derive(Serialize)]
struct Failure {
    error: String,
    because: Vec<String>,
    /// The chain's name for its refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
}

impl Console {
    /// Whether programs read the output.
    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// The result: `value` for programs, its `text` for people.
    pub(crate) fn result<T: Serialize>(
        self,
        value: &T,
        text: impl FnOnce(&T) -> String,
    ) -> anyhow::Result<()> {
        if self.json { output::json(value) } else { output::say(&text(value)) }
    }

    /// Does the work, and from a moment on shows that it is under way: on standard error, if that is a terminal.
    pub(crate) async fn during<F: Future>(self, what: &str, work: F) -> F::Output {
        tokio::pin!(work);
        if let Ok(done) = tokio::time::timeout(PATIENCE, &mut work).await {
            return done;
        }
        let _progress = Progress::new(what);
        work.await
    }

    /// Reports how the command ended, and gives the status of the process.
    pub(crate) fn end(self, ended: anyhow::Result<()>) -> ExitCode {
        let Err(error) = ended else { return ExitCode::SUCCESS };
        let said = if self.json && !error.is::<FaultFound>() {
            output::json(&Failure::of(&error))
        } else {
            subnetkit::output::error(error.as_ref());
            Ok(())
        };
        let unexpected = error.downcast_ref::<RunError>().is_some_and(RunError::is_unexpected);
        ExitCode::from(if unexpected || said.is_err() { UNEXPECTED } else { FAILED })
    }

    /// The same after a panic, which has told of itself on standard error.
    pub(crate) fn end_panicked(self) -> ExitCode {
        let error =
            "the program panicked, which is a defect of its own: standard error says where".to_owned();
        // Nobody is left to hear of a failure to say it.
        let _ = self.json.then(|| output::json(&Failure { error, because: Vec::new(), refusal: None }));
        ExitCode::from(UNEXPECTED)
    }
}

impl Failure {
    /// The error with its causes; what the line before has already quoted is left out, as in the text for people.
    fn of(error: &anyhow::Error) -> Self {
        let mut said = error.to_string();
        let mut because = Vec::new();
        for cause in error.chain().skip(1) {
            let text = cause.to_string();
            if !said.contains(&text) {
                because.push(text.clone());
                said = text;
            }
        }
        let refusal = error.chain().find_map(|cause| cause.downcast_ref::<SubmitError>()?.refusal());
        Self { error: error.to_string(), because, refusal: refusal.map(|refusal| refusal.name().to_owned()) }
    }
}

/// A spinner on standard error while it lives; nothing where that is no terminal.
#[derive(Debug, Clone)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn new(what: &str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        bar.set_style(ProgressStyle::default_spinner());
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(TICK);
        Self(bar)
    }

    /// Takes it off the screen for as long as something else, such as a question, is there.
    pub(crate) fn aside<T>(&self, other: impl FnOnce() -> T) -> T {
        self.0.suspend(other)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
