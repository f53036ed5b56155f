//! The validator: everything of `subnetkit_validator`, and a whole program around it.

use std::process::ExitCode;

use subnetkit_protocol::Synapse;
use tokio_util::sync::CancellationToken;

pub use subnetkit_validator::*;

use crate::{
    RunError,
    keys::Keys,
    process,
    settings::{Role, Settings},
    start,
};

impl Role for ValidatorConfig {
    const TABLE: &'static str = "validator";
    const ABOUT: &'static str = "Scores the miners of a subnet and sets its weights.";
    const REQUIRED: &'static [&'static str] = &["when_all_zero"];

    fn sample() -> Self {
        Self::new(WhenAllZero::Skip)
    }
}

/// The program of a validator, to be the whole of its `main`: flags, environment and file; log; chain; scoring loop; an
/// orderly end at Ctrl-C or SIGTERM. Errors go to standard error, and the exit status is not zero.
///
/// ```no_run
/// # use subnetkit::prelude::*;
/// # struct Echo;
/// # impl Synapse for Echo { const NAME: &'static str = "echo"; type Request = String; type Response = String; }
/// # struct Judge;
/// # #[async_trait]
/// # impl Score<Echo> for Judge {
/// #     async fn task(&self, round: &Round) -> Task<Echo> { Task::nobody() }
/// #     async fn score(&self, task: &Task<Echo>, answers: &[Answer<Echo>]) -> Scores { Scores::default() }
/// # }
/// fn main() -> std::process::ExitCode {
///     subnetkit::validator::main::<Echo>(Judge, Ema::default())
/// }
/// ```
pub fn main<S: Synapse>(judge: impl Score<S>, reward: impl Reward) -> ExitCode {
    process::main(|settings, shutdown| async move { run_with::<S>(&settings, judge, reward, shutdown).await })
}

/// The same from the settings on, until `shutdown`.
///
/// # Errors
/// See [`RunError`].
pub async fn run_with<S: Synapse>(
    settings: &Settings<ValidatorConfig>,
    judge: impl Score<S>,
    reward: impl Reward,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    match start::unless_stopped(&shutdown, prepare::<S>(settings, judge, reward)).await? {
        Some(validator) => Ok(validator.run(shutdown).await?),
        None => Ok(()),
    }
}

/// The same up to a validator that is ready to run, for callers that watch its reports.
///
/// # Errors
/// See [`RunError`].
pub async fn prepare<S: Synapse>(
    settings: &Settings<ValidatorConfig>,
    judge: impl Score<S>,
    reward: impl Reward,
) -> Result<Validator<S>, RunError> {
    settings.role.validate().map_err(ValidatorError::from)?;
    let hotkey = Keys::named_by(&settings.common)?.hotkey()?;
    let (chain, netuid) = start::connect_to_subnet(&settings.common).await?;
    Ok(Validator::new(settings.role.clone(), chain, netuid, hotkey, judge, reward)?)
}
