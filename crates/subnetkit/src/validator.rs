//! The validator: everything of `subnetkit_validator`, and a whole program around it.

use std::process::ExitCode;

use subnetkit_chain::Network;
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
    let network = &settings.common.network;
    check_reach(&settings.role, network, None)?;
    let hotkey = Keys::named_by(&settings.common)?.hotkey()?;
    let (chain, netuid) = start::connect_to_subnet(&settings.common).await?;
    check_reach(&settings.role, network, Some(chain.genesis_hash()))?;
    Ok(Validator::new(settings.role.clone(), chain, netuid, hotkey, judge, reward)?)
}

/// Refuses to dial private addresses for a network that strangers can register on: one that is public by its name, or the
/// main network behind whatever URL. Another chain behind a URL can be one's own, and gets a warning.
fn check_reach(
    config: &ValidatorConfig,
    network: &Network,
    genesis: Option<[u8; 32]>,
) -> Result<(), RunError> {
    if !config.allow_private_addresses {
        return Ok(());
    }
    let named = !matches!(network, Network::Url(_)) && network.is_public();
    if named || (genesis.is_some() && genesis == Network::Finney.known_genesis()) {
        return Err(RunError::PrivateAddresses { network: network.to_string() });
    }
    if genesis.is_some() && network.is_public() {
        tracing::warn!(%network, "allow_private_addresses is true: miners of this network can name addresses in yours");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_for_networks_of_ones_own() {
        let mut config = ValidatorConfig::new(WhenAllZero::Skip);
        let url = || Network::Url("ws://10.0.0.1:9944".to_owned());
        let (own, main) = (Some([7; 32]), Network::Finney.known_genesis());
        let refused = |config: &_, network: Network, genesis| check_reach(config, &network, genesis).is_err();
        assert!(!refused(&config, Network::Finney, main));
        config.allow_private_addresses = true;
        for network in [Network::Finney, Network::Test, Network::Archive] {
            assert!(refused(&config, network, None));
        }
        for network in [Network::Local, url()] {
            assert!(!refused(&config, network.clone(), None));
            assert!(!refused(&config, network.clone(), own));
            assert!(refused(&config, network, main), "it is a node of the main network");
        }
        let error = check_reach(&config, &Network::Test, None).unwrap_err().to_string();
        assert!(error.contains("`allow_private_addresses`") && error.contains("test"), "{error}");
    }
}
