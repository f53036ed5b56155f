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
    main_with(|miner| miner.serve::<S>(forward))
}

/// The same for a miner whose answers come in pieces.
///
/// ```no_run
/// # use subnetkit::prelude::*;
/// # struct Words;
/// # impl Synapse for Words { const NAME: &'static str = "words"; type Request = String; type Response = String; }
/// struct Splitter;
///
/// #[async_trait]
/// impl ForwardStream<Words> for Splitter {
///     async fn stream(&self, call: Call<String>) -> Result<Chunks<String>, Refusal> {
///         Ok(produce(async move |out| {
///             for word in call.request.split(' ') {
///                 out.send(word.to_owned()).await?;
///             }
///             Ok(())
///         }))
///     }
/// }
///
/// fn main() -> std::process::ExitCode {
///     subnetkit::miner::main_streaming::<Words>(Splitter)
/// }
/// ```
pub fn main_streaming<S: Synapse>(forward: impl ForwardStream<S>) -> ExitCode {
    main_with(|miner| miner.serve_stream::<S>(forward))
}

/// The same for a miner of several synapses, or with an admission rule of its own.
///
/// ```no_run
/// # use subnetkit::{miner::{Chunks, ForwardStream, produce}, prelude::*};
/// # use std::sync::Arc;
/// # struct Whole;
/// # impl Synapse for Whole { const NAME: &'static str = "whole"; type Request = String; type Response = String; }
/// # struct Words;
/// # impl Synapse for Words { const NAME: &'static str = "words"; type Request = String; type Response = String; }
/// # struct Model;
/// # #[async_trait]
/// # impl Forward<Whole> for Model {
/// #     async fn forward(&self, call: Call<String>) -> Result<String, Refusal> { Ok(call.request) }
/// # }
/// # #[async_trait]
/// # impl ForwardStream<Words> for Model {
/// #     async fn stream(&self, _: Call<String>) -> Result<Chunks<String>, Refusal> { Ok(produce(async |_| Ok(()))) }
/// # }
/// fn main() -> std::process::ExitCode {
///     let model = Arc::new(Model);
///     subnetkit::miner::main_with(|miner| miner.serve::<Whole>(model.clone()).serve_stream::<Words>(model))
/// }
/// ```
pub fn main_with(serve: impl FnOnce(Miner) -> Miner) -> ExitCode {
    let run = |settings, _, shutdown| async move { run_serving(&settings, serve, shutdown).await };
    ExitCode::from(process::main(std::env::args_os(), run))
}

/// [`main`] from the settings on, until `shutdown`.
///
/// # Errors
/// See [`RunError`].
pub async fn run_with<S: Synapse>(
    settings: &Settings<MinerConfig>,
    forward: impl Forward<S>,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    run_serving(settings, |miner| miner.serve::<S>(forward), shutdown).await
}

async fn run_serving(
    settings: &Settings<MinerConfig>,
    serve: impl FnOnce(Miner) -> Miner,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    let bound = async { Ok(serve(prepare(settings).await?).bind().await?) };
    match start::unless_stopped(&shutdown, bound).await? {
        Some(miner) => Ok(miner.run(shutdown).await?),
        None => Ok(()),
    }
}

/// [`main`] up to a miner that serves nothing yet, for callers that bind and run it themselves.
///
/// # Errors
/// See [`RunError`].
pub async fn prepare(settings: &Settings<MinerConfig>) -> Result<Miner, RunError> {
    settings.role.check().map_err(|error| MinerError::Bind(error.into()))?;
    let hotkey = Keys::named_by(&settings.common)?.hotkey()?;
    let (chain, netuid) = start::connect_to_subnet(&settings.common).await?;
    Ok(Miner::new(settings.role.clone(), chain, netuid, hotkey))
}
