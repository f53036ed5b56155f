//! Why a program ended otherwise than by being asked to.

use std::time::Duration;

use crate::{keys::KeysError, settings::SettingsError};

/// Why a miner or a validator did not start, or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// Settings are missing or wrong.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// There are no keys to sign with.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The chain can't be reached, or is another one.
    #[error(transparent)]
    Connect(#[from] subnetkit_chain::ConnectError),
    /// The chain can't be read.
    #[error(transparent)]
    Read(#[from] subnetkit_chain::ReadError),
    /// The chain has no such subnet.
    #[error(
        "subnet {netuid} does not exist on the network {network}: check the settings `netuid` and `network`"
    )]
    NoSuchSubnet {
        /// The subnet.
        netuid: u16,
        /// The chain.
        network: String,
    },
    /// A validator of a public network that would dial private addresses.
    #[cfg(feature = "validator")]
    #[error(
        "`allow_private_addresses` is true and {network} is a public network, where anybody can publish an address \
         behind your firewall as that of a miner: set it to false"
    )]
    PrivateAddresses {
        /// The chain.
        network: String,
    },
    /// The miner.
    #[cfg(feature = "miner")]
    #[error(transparent)]
    Miner(#[from] subnetkit_miner::MinerError),
    /// The validator.
    #[cfg(feature = "validator")]
    #[error(transparent)]
    Validator(#[from] subnetkit_validator::ValidatorError),
    /// Past rounds could not be judged again.
    #[cfg(feature = "validator")]
    #[error(transparent)]
    Replay(#[from] subnetkit_validator::replay::ReplayError),
    /// Logging could not be set up.
    #[error("the setting `log` is unusable: {0}; write for example info, or subnetkit_miner=debug,info")]
    Log(String),
    /// The system gave no threads, or no signals.
    #[error("the system refused a resource: {0}")]
    System(#[from] std::io::Error),
    /// All threads of the program are held.
    #[error(
        "nothing of this program has run for {} s (stall_timeout): something that blocks, such as reading a request or an \
         answer, holds all of its threads", .limit.as_secs_f64()
    )]
    Frozen {
        /// For how long.
        limit: Duration,
    },
    /// Whoever started the program is gone, and the program did not end.
    #[error(
        "standard input was closed (end_with_stdin), and the program did not end in order within {} s", .grace.as_secs()
    )]
    Abandoned {
        /// The time it had.
        grace: Duration,
    },
    /// A second signal came before everything was finished.
    #[error("ended at the second signal, before everything in flight was finished")]
    Impatient,
}

impl RunError {
    /// Whether a part of the program ended, hung or panicked, so that starting it anew may help where changing what it was
    /// given would not.
    #[must_use]
    pub const fn is_unexpected(&self) -> bool {
        match self {
            Self::Frozen { .. } | Self::Abandoned { .. } => true,
            #[cfg(feature = "validator")]
            Self::Validator(error) => error.is_unexpected(),
            #[cfg(feature = "miner")]
            Self::Miner(subnetkit_miner::MinerError::ServerEnded) => true,
            _ => false,
        }
    }
}
