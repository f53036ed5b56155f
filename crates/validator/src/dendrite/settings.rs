//! What bounds outgoing requests, and what is demanded of answers.

use std::collections::BTreeMap;
use std::time::Duration;

use subnetkit_protocol::{Hotkey, Scheme};

/// The settings of a [`Dendrite`](super::Dendrite). The defaults are those of
/// [`ValidatorConfig`](crate::ValidatorConfig), which describes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DendriteSettings {
    /// Longest wait for a whole answer.
    pub timeout: Duration,
    /// Longest wait for a connection, TLS included.
    pub connect_timeout: Duration,
    /// Attempts per request. Only one that never reached the miner is repeated.
    pub attempts: u32,
    /// Most requests in flight.
    pub concurrency: usize,
    /// Most requests in flight to one host: one IPv4 address, or one /64 of IPv6.
    pub concurrency_per_host: usize,
    /// Largest answer read.
    pub max_response_bytes: usize,
    /// Most pieces of a streamed answer that is judged whole.
    pub max_response_pieces: usize,
    /// Whether private and loopback addresses are dialled.
    pub allow_private_addresses: bool,
    /// Whether an answer without its miner's signature counts as forged.
    pub require_signed_responses: bool,
    /// The signature schemes of the miners' keys.
    pub schemes: MinerSchemes,
}

impl Default for DendriteSettings {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(12),
            connect_timeout: Duration::from_secs(4),
            attempts: 2,
            concurrency: 256,
            concurrency_per_host: 16,
            max_response_bytes: 8 * 1024 * 1024,
            max_response_pieces: 16_384,
            allow_private_addresses: false,
            require_signed_responses: true,
            schemes: MinerSchemes::default(),
        }
    }
}

/// Which scheme each miner signs with. An address does not tell, and what a response says of itself is not asked: a
/// caller that lets the other side choose has two signature schemes to be attacked through instead of one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MinerSchemes {
    /// The scheme of everyone not named below.
    pub default: Scheme,
    /// Exceptions.
    pub by_hotkey: BTreeMap<Hotkey, Scheme>,
}

impl MinerSchemes {
    /// The scheme of one miner.
    #[must_use]
    pub fn of(&self, hotkey: &Hotkey) -> Scheme {
        self.by_hotkey.get(hotkey).copied().unwrap_or(self.default)
    }
}
