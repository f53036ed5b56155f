//! The validator: everything of `subnetkit_validator`, and a whole program around it.

use std::ffi::OsString;
use std::process::ExitCode;
use std::time::Duration;

use subnetkit_chain::Network;
use subnetkit_protocol::Synapse;
use tokio_util::sync::CancellationToken;

pub use subnetkit_validator::*;

use subnetkit_validator::ledger::RoundRange;
use subnetkit_validator::replay::replay_scores;

use crate::{
    RunError,
    keys::Keys,
    output, process, replayed,
    settings::{ReplayFlags, Role, Settings},
    start,
};

impl Role for ValidatorConfig {
    const TABLE: &'static str = "validator";
    const ABOUT: &'static str = "Scores the miners of a subnet and sets its weights.";
    const REQUIRED: &'static [&'static str] = &["when_all_zero"];
    const SCORES: bool = true;

    fn stall_timeout(&self) -> Duration {
        self.stall_timeout
    }

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
///
/// With the command `replay-scores` it judges rounds of its ledger again instead, by [`replay::replay_scores`]. Its exit
/// status is 0 if it ended as asked, 1 if it could not start or go on, 2 if the command line is not understood, and 70 if
/// a part of it ended, hung or panicked, so that starting it anew may help.
pub fn main<S: Synapse>(judge: impl Score<S>, reward: impl Reward) -> ExitCode {
    ExitCode::from(program::<S>(std::env::args_os(), judge, reward))
}

/// The same with the command line given, its first word the program's name, up to the exit status.
pub fn program<S: Synapse>(
    arguments: impl IntoIterator<Item = OsString>,
    judge: impl Score<S>,
    reward: impl Reward,
) -> u8 {
    process::main(arguments, |settings, replay, shutdown| async move {
        match replay {
            Some(flags) => {
                start::unless_stopped(&shutdown, replay_and_print::<S>(&settings, &flags, judge, reward))
                    .await
                    .map(|_| ())
            }
            None => run_with::<S>(&settings, judge, reward, shutdown).await,
        }
    })
}

/// Judges past rounds again and prints what would change.
async fn replay_and_print<S: Synapse>(
    settings: &Settings<ValidatorConfig>,
    flags: &ReplayFlags,
    judge: impl Score<S>,
    reward: impl Reward,
) -> Result<(), RunError> {
    settings.role.validate().map_err(ValidatorError::from)?;
    let range = match flags.from {
        Some(from) => RoundRange::Between(from, flags.to.unwrap_or(u64::MAX)),
        None => RoundRange::Newest(flags.rounds),
    };
    let netuid = settings.common.netuid()?;
    let replay = replay_scores::<S>(&settings.role, netuid, range, judge, reward).await?;
    output::document(&if flags.json { replayed::json(&replay)? } else { replayed::text(&replay) });
    Ok(())
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
