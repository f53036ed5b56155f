//! The whole subnet on this machine: a development chain, this subnet's own miners and validators, and what each
//! epoch paid them.
//!
//! Nothing here is a rehearsal of its own: extrinsics are signed and go over the chain's WebSocket, requests are signed
//! and go over HTTP, and miners and validators run the same code as their binaries. Start reading at [`Local`].

mod answering;
mod cast;
mod epochs;
mod flags;
mod output;
mod stage;
mod subnet;

pub use cast::{Behaviour, Cast, Member, Role};
pub use epochs::{EpochReport, NeuronReport, ScoreBoard, Verdict};
pub use flags::LocalFlags;
pub use subnet::{Beat, ChainOptions, Epochs, LocalSubnet};

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use subnetkit_chain::{ConnectError, ReadError, SubmitError};
use subnetkit_devnet::{ControlError, SpawnError};
use subnetkit_miner::{Forward, ForwardStream, MinerError};
use subnetkit_protocol::{KeyError, Synapse};
use subnetkit_validator::{Reward, Score, ValidatorError};
use tokio_util::sync::CancellationToken;

use answering::Answering;
use stage::Stage;

use crate::shutdown::Shutdown;

/// A subnet to be run on this machine: its judge and reward, and miners of every behaviour worth telling apart.
///
/// The first miners are honest; the last is wrong and the one before it slow, where there are enough of them and such
/// behaviours were given.
#[must_use = "a local subnet does nothing until `main` or `run`"]
pub struct Local<S: Synapse> {
    judge: Arc<dyn Score<S>>,
    reward: Arc<dyn Reward>,
    honest: Answering<S>,
    slow: Option<Answering<S>>,
    wrong: Option<Answering<S>>,
}

impl<S: Synapse> std::fmt::Debug for Local<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Local").field("synapse", &S::NAME).finish_non_exhaustive()
    }
}

/// Why the local subnet did not come up, or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocalError {
    /// The development chain did not start.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
    /// The development chain could not be connected to.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The chain could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The chain refused a step of the set-up.
    #[error("setting the subnet up failed at `{step}`: {source}")]
    SetUp {
        /// What was being done.
        step: &'static str,
        /// What the chain said.
        source: Box<SubmitError>,
    },
    /// The development chain could not be edited, or not be kept.
    #[error("the development chain did not do as asked: {0}")]
    Chain(#[source] ControlError),
    /// A development key could not be derived.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A miner stopped.
    #[error("{name} stopped: {source}")]
    Miner {
        /// Which one.
        name: String,
        /// Why.
        source: Box<MinerError>,
    },
    /// A validator stopped.
    #[error("{name} stopped: {source}")]
    Validator {
        /// Which one.
        name: String,
        /// Why.
        source: Box<ValidatorError>,
    },
    /// A part ended that runs until it is told to stop.
    #[error("{name} ended by itself: {cause}")]
    Ended {
        /// Which part.
        name: String,
        /// What it said.
        cause: String,
    },
    /// The validators' ledgers need a place on disk.
    #[error("no temporary folder for the validators' ledgers (set TMPDIR to one that can be written): {0}")]
    Ledgers(#[source] std::io::Error),
    /// The system gave the process no threads or no signals.
    #[error("the process could not be set up: {0}")]
    Process(#[source] std::io::Error),
    /// A second signal: nothing was ended in order.
    #[error("stopped at once, as asked twice; parts may not have ended in order")]
    Impatient,
    /// A flag that cannot work.
    #[error("`{flag}` {problem}")]
    Flag {
        /// The flag.
        flag: &'static str,
        /// What is wrong with it, and what would be right.
        problem: String,
    },
    /// It was stopped before an epoch could show anything.
    #[error("stopped before the first epoch: nothing was shown; let it run for three epochs (`--epochs 3`)")]
    NoEpoch,
    /// The subnet ran, but its last epoch did not pay as it should.
    #[error("the last epoch did not pay as it should: {0}")]
    Verdict(String),
}

impl<S: Synapse> Local<S> {
    /// A subnet judged and rewarded so, mined by `honest`. All validators share the judge and the reward.
    pub fn new(judge: impl Score<S>, reward: impl Reward, honest: impl Forward<S>) -> Self {
        Self::mined_by(judge, reward, Answering::whole(honest))
    }

    /// The same where miners answer in pieces.
    pub fn streaming(judge: impl Score<S>, reward: impl Reward, honest: impl ForwardStream<S>) -> Self {
        Self::mined_by(judge, reward, Answering::in_pieces(honest))
    }

    fn mined_by(judge: impl Score<S>, reward: impl Reward, honest: Answering<S>) -> Self {
        Self { judge: Arc::new(judge), reward: Arc::new(reward), honest, slow: None, wrong: None }
    }

    /// One of the miners answers rightly, but slowly.
    pub fn slow(mut self, forward: impl Forward<S>) -> Self {
        self.slow = Some(Answering::whole(forward));
        self
    }

    /// The same in pieces.
    pub fn slow_stream(mut self, forward: impl ForwardStream<S>) -> Self {
        self.slow = Some(Answering::in_pieces(forward));
        self
    }

    /// One of the miners answers wrongly.
    pub fn wrong(mut self, forward: impl Forward<S>) -> Self {
        self.wrong = Some(Answering::whole(forward));
        self
    }

    /// The same in pieces.
    pub fn wrong_stream(mut self, forward: impl ForwardStream<S>) -> Self {
        self.wrong = Some(Answering::in_pieces(forward));
        self
    }

    /// What a binary's `main` calls: reads flags, runs until enough epochs or Ctrl-C, prints a table per epoch.
    ///
    /// Success means that in the last epoch every validator's weights were on chain, every honest miner earned, and the
    /// wrong one earned nothing.
    pub fn main(self) -> ExitCode {
        let flags = LocalFlags::parse();
        output::init_logs(&flags);
        match self.run_to_the_end(&flags) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                crate::output::error(&error);
                ExitCode::FAILURE
            }
        }
    }

    fn run_to_the_end(self, flags: &LocalFlags) -> Result<(), LocalError> {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(LocalError::Process)?;
        runtime.block_on(async {
            let shutdown = Shutdown::watch().map_err(LocalError::Process)?;
            let insisted = shutdown.insisted();
            tokio::select! {
                ended = self.run(flags, shutdown.asked()) => ended,
                () = insisted.cancelled() => Err(LocalError::Impatient),
            }
        })
    }

    /// Runs the subnet until enough epochs have passed or `shutdown`, then ends every part of it.
    ///
    /// # Errors
    /// [`LocalError`]: a part that did not start or stopped, or a last epoch that did not pay as it should.
    pub async fn run(self, flags: &LocalFlags, shutdown: CancellationToken) -> Result<(), LocalError> {
        flags.validate()?;
        let cast = Cast::new(flags.validators, flags.miners, self.slow.is_some(), self.wrong.is_some())?;
        let starting = Stage::start(self, cast, flags);
        let stage = tokio::select! {
            stage = starting => stage?,
            () = shutdown.cancelled() => return Err(LocalError::NoEpoch),
        };
        stage.play(flags, shutdown).await
    }

    fn answering(&self, behaviour: Behaviour) -> &Answering<S> {
        let special = match behaviour {
            Behaviour::Honest => None,
            Behaviour::Slow => self.slow.as_ref(),
            Behaviour::Wrong => self.wrong.as_ref(),
        };
        special.unwrap_or(&self.honest)
    }
}
