//! The miner: everything of `subnetkit_miner`, and a whole program around it.

use std::process::ExitCode;

use subnetkit_protocol::Synapse;
use tokio_util::sync::CancellationToken;

pub use subnetkit_miner::*;

use crate::{
    RunError,
    keys::Keys,
    process,
    settings::{Role, Settings},
    start,
};

impl Role for MinerConfig {
    const TABLE: &'static str = "miner";
    const ABOUT: &'static str = "Answers the requests of a subnet's validators.";

    fn sample() -> Self {
        Self::default()
    }
}

/// The program of a miner, to be the whole of its `main`: flags, environment and file; log; chain; axon; an orderly end
/// at Ctrl-C or SIGTERM. Errors go to standard error, and the exit status is not zero.
///
/// ```no_run
/// # use subnetkit::prelude::*;
/// # struct Echo;
/// # impl Synapse for Echo { const NAME: &'static str = "echo"; type Request = String; type Response = String; }
/// struct Repeat;
///
/// #[async_trait]
/// impl Forward<Echo> for Repeat {
///     async fn forward(&self, call: Call<String>) -> Result<String, Refusal> {
///         Ok(call.request)
///     }
/// }
///
/// fn main() -> std::process::ExitCode {
///     subnetkit::miner::main::<Echo>(Repeat)
/// }
/// ```
pub fn main<S: Synapse>(forward: impl Forward<S>) -> ExitCode {
    process::main(|settings, shutdown| async move { run_with::<S>(&settings, forward, shutdown).await })
}

/// The same from the settings on, until `shutdown`.
///
/// # Errors
/// See [`RunError`].
pub async fn run_with<S: Synapse>(
    settings: &Settings<MinerConfig>,
    forward: impl Forward<S>,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    let bound = async { Ok(prepare::<S>(settings, forward).await?.bind().await?) };
    match start::unless_stopped(&shutdown, bound).await? {
        Some(miner) => Ok(miner.run(shutdown).await?),
        None => Ok(()),
    }
}

/// The same up to a miner that is ready to be bound, for callers that add synapses or an admission rule.
///
/// # Errors
/// See [`RunError`].
pub async fn prepare<S: Synapse>(
    settings: &Settings<MinerConfig>,
    forward: impl Forward<S>,
) -> Result<Miner, RunError> {
    settings.role.check().map_err(|error| MinerError::Bind(error.into()))?;
    let hotkey = Keys::named_by(&settings.common)?.hotkey()?;
    let (chain, netuid) = start::connect_to_subnet(&settings.common).await?;
    Ok(Miner::new(settings.role.clone(), chain, netuid, hotkey).serve::<S>(forward))
}
