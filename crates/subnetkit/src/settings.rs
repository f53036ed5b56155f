//! Settings: one set of names for flags, environment and file.
//!
//! A flag beats a variable, a variable the file, the file the default. The names come from the settings' own types
//! ([`Common`], `MinerConfig`, `ValidatorConfig`), so that a flag can't be spelt differently from its key:
//! `listen` in the table `[miner]` is `--listen` and `SUBNETKIT_LISTEN`.
//!
//! Start reading at [`Settings`], what a program runs on; then [`Layers`], how it is put together.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use subnetkit_chain::Network;

mod endpoints;
mod error;
mod file;
mod flags;
mod help;
mod key;
mod layers;
mod print;

pub use endpoints::{Endpoints, NotEndpoints};
pub use error::SettingsError;
pub use file::DEFAULT_FILE;
pub use flags::{CommandLine, ReplayFlags};
pub use layers::{Given, Layers};

use key::Key;

/// Everything a program with a role runs on.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings<R> {
    /// What every program has.
    pub common: Common,
    /// The role's own: a `MinerConfig` or a `ValidatorConfig`.
    pub role: R,
}

/// The settings of a role: a table of the file.
pub trait Role: Serialize + DeserializeOwned + Send + 'static {
    /// The table, which is also the program's name.
    const TABLE: &'static str;
    /// What the program does, for `--help`.
    const ABOUT: &'static str;
    /// Settings without default.
    const REQUIRED: &'static [&'static str] = &[];
    /// Whether the program keeps scores, and has the command `replay-scores` for them.
    const SCORES: bool = false;

    /// How long the program may run nothing at all before it ends.
    fn stall_timeout(&self) -> Duration {
        Duration::from_secs(300)
    }

    /// A value whose fields are the settings with their defaults; those in `REQUIRED` may hold anything.
    #[must_use]
    fn sample() -> Self;
}

/// The settings of every program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Common {
    /// The chain: `finney`, `test`, `archive`, `local` or a ws:// or wss:// URL. Default `local`, so that nothing is
    /// spent on a public network by forgetting a flag.
    pub network: Network,
    /// The subnet. No default.
    pub netuid: Option<u16>,
    /// Hash of block 0 that the chain must have, in hexadecimal. Default: any, except that known networks are checked.
    pub genesis: Option<GenesisHash>,
    /// Where to go when the network's first endpoint fails, in this order: a list of URLs, also separated by commas, or
    /// `none` to use no other than the first. Default: those of the network.
    pub fallback_endpoints: Option<Endpoints>,
    /// Nodes that keep all history, for state that the others no longer have: a list as above, or `none`. Default: those
    /// of the network.
    pub archive_endpoints: Option<Endpoints>,
    /// The chain counts as lost after this many block times without a new block: another endpoint is tried, and a
    /// validator is not ready; however short block times are, not within half a minute. Default 8.
    pub max_silent_blocks: u32,
    /// The wallet by name, or `wallet/hotkey`, or a development key such as `//Alice`. Default `default`.
    pub wallet: String,
    /// The hotkey by name, or a development key such as `//Alice//miner`. Default `default`.
    pub wallet_hotkey: String,
    /// Directory of all wallets. Default `~/.bittensor/wallets`.
    pub wallet_path: PathBuf,
    /// What is logged, in the directives of `RUST_LOG`. Default `info`.
    pub log: String,
    /// How it is logged. Default `pretty`.
    pub log_format: LogFormat,
    /// Ends in order when standard input is closed, for a program that was started by another: a pipe that only the other
    /// one holds breaks when that ends, also if it is killed. Default false.
    pub end_with_stdin: bool,
}

impl Default for Common {
    fn default() -> Self {
        Self {
            network: Network::Local,
            netuid: None,
            genesis: None,
            fallback_endpoints: None,
            archive_endpoints: None,
            max_silent_blocks: subnetkit_chain::Settings::default().max_silent_blocks,
            wallet: subnetkit_wallet::DEFAULT_WALLET.to_owned(),
            wallet_hotkey: subnetkit_wallet::DEFAULT_HOTKEY.to_owned(),
            wallet_path: PathBuf::from("~/.bittensor/wallets"),
            log: "info".to_owned(),
            log_format: LogFormat::Pretty,
            end_with_stdin: false,
        }
    }
}

impl Common {
    /// The subnet.
    ///
    /// # Errors
    /// [`SettingsError::Missing`] if it is not set, saying how to set it.
    pub fn netuid(&self) -> Result<u16, SettingsError> {
        let key = || Key { name: "netuid".to_owned(), table: None, default: config::ValueKind::Nil };
        self.netuid.ok_or_else(|| layers::missing(&key()))
    }
}

/// The shape of log lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Pretty,
    /// One JSON object per line, for collectors.
    Json,
}

/// The hash of a chain's block 0, by which chains are told apart. Written as 64 hexadecimal digits, with or without 0x.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct GenesisHash(pub [u8; 32]);

/// The text is not a block hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a genesis hash is 0x and 64 hexadecimal digits")]
pub struct NotAHash;

impl FromStr for GenesisHash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let mut hash = [0; 32];
        hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut hash).map_err(|_| NotAHash)?;
        Ok(Self(hash))
    }
}

impl fmt::Display for GenesisHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{}", hex::encode(self.0))
    }
}

impl fmt::Debug for GenesisHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for GenesisHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GenesisHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
