//! Which chain to talk to.

use std::{fmt, str::FromStr};

/// A Bittensor network by name, or the WebSocket URL of any node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Network {
    /// The main network.
    Finney,
    /// The public test network.
    Test,
    /// Main network nodes that keep all history.
    Archive,
    /// A node on this machine: `BT_CHAIN_ENDPOINT`, else `ws://127.0.0.1:9944`.
    Local,
    /// Any `ws://` or `wss://` URL.
    Url(String),
}

/// Genesis block hash of the main network.
const FINNEY_GENESIS: [u8; 32] = [
    0x2f, 0x05, 0x55, 0xcc, 0x76, 0xfc, 0x28, 0x40, 0xa2, 0x5a, 0x6e, 0xa3, 0xb9, 0x63, 0x71, 0x46, 0x80,
    0x6f, 0x1f, 0x44, 0xb0, 0x90, 0xc1, 0x75, 0xff, 0xde, 0x2a, 0x7e, 0x5a, 0xb3, 0x6c, 0x03,
];

/// Main network nodes that keep all history.
const ARCHIVES: [&str; 2] = ["wss://archive.chain.opentensor.ai:443", "wss://archive.sub.latent.to:443"];

impl Network {
    /// The URL tried first.
    pub fn endpoint(&self) -> String {
        match self {
            Self::Finney => "wss://entrypoint-finney.opentensor.ai:443".to_owned(),
            Self::Test => "wss://test.finney.opentensor.ai:443".to_owned(),
            Self::Archive => ARCHIVES[0].to_owned(),
            Self::Local => {
                let url = std::env::var("BT_CHAIN_ENDPOINT").ok().filter(|url| !url.is_empty());
                url.unwrap_or_else(|| "ws://127.0.0.1:9944".to_owned())
            }
            Self::Url(url) => url.clone(),
        }
    }

    /// The URLs known to lead to the same chain, in the order they are tried after the first one.
    pub fn fallback_endpoints(&self) -> Vec<String> {
        let urls: &[&str] = match self {
            Self::Finney => &["wss://lite.chain.opentensor.ai:443", "wss://lite.sub.latent.to:443"],
            Self::Archive => &ARCHIVES[1..],
            Self::Test | Self::Local | Self::Url(_) => &[],
        };
        urls.iter().map(|url| (*url).to_owned()).collect()
    }

    /// The URLs of nodes that keep all of this chain's history.
    pub fn archive_endpoints(&self) -> Vec<String> {
        match self {
            Self::Finney => ARCHIVES.iter().map(|url| (*url).to_owned()).collect(),
            Self::Archive | Self::Test | Self::Local | Self::Url(_) => Vec::new(),
        }
    }

    /// The genesis hash this network is known to have.
    pub fn known_genesis(&self) -> Option<[u8; 32]> {
        match self {
            Self::Finney | Self::Archive => Some(FINNEY_GENESIS),
            _ => None,
        }
    }

    /// Whether blocks of this network are agreed on by many nodes, so that a transaction counts once it is finalized.
    pub fn is_public(&self) -> bool {
        match self {
            Self::Finney | Self::Test | Self::Archive => true,
            Self::Local => false,
            Self::Url(url) => {
                let host = url.split("://").nth(1).unwrap_or(url);
                !["127.", "localhost", "[::1]"].iter().any(|local| host.starts_with(local))
            }
        }
    }
}

/// A network name that means nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("network `{0}` is unknown: use finney, test, archive, local or a ws:// or wss:// URL")]
pub struct UnknownNetwork(String);

impl FromStr for Network {
    type Err = UnknownNetwork;

    fn from_str(text: &str) -> Result<Self, UnknownNetwork> {
        match text {
            "finney" => Ok(Self::Finney),
            "test" => Ok(Self::Test),
            "archive" => Ok(Self::Archive),
            "local" => Ok(Self::Local),
            url if url.starts_with("ws://") || url.starts_with("wss://") => Ok(Self::Url(url.to_owned())),
            _ => Err(UnknownNetwork(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Network {
    type Error = UnknownNetwork;

    fn try_from(text: String) -> Result<Self, UnknownNetwork> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Finney => "finney",
            Self::Test => "test",
            Self::Archive => "archive",
            Self::Local => "local",
            Self::Url(url) => url,
        })
    }
}
