//! The limits and habits of a connection.

use crate::Network;
use std::time::Duration;

/// When a transaction counts as done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitFor {
    /// It is in the best block; a public chain may still drop that block.
    InBlock,
    /// Its block is final.
    Finalized,
}

/// Settings of a [`crate::Chain`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Endpoints to go to when that of the network fails, in this order.
    pub fallback_endpoints: Vec<String>,
    /// Endpoints that keep all history, for state that the others no longer have.
    pub archive_endpoints: Vec<String>,
    /// The genesis hash every endpoint must have. Without one, and for a network without a known one, that of the first
    /// endpoint that answers.
    pub genesis: Option<[u8; 32]>,
    /// Longest time to connect to one endpoint: its handshake, its genesis hash and its first head together.
    pub connect_timeout: Duration,
    /// Longest wait for the answer to one request.
    pub request_timeout: Duration,
    /// Longest wait of a request for a connection to come back.
    pub reconnect_patience: Duration,
    /// How often a read is sent at most, if connections break under it. Submissions are sent once.
    pub read_attempts: u32,
    /// Failures of an endpoint in a row after which the next one is tried.
    pub failures_per_endpoint: u32,
    /// The delay after an endpoint's first failure; it doubles with each further one, and any part of it is waited.
    pub first_redial_delay: Duration,
    /// The longest such delay.
    pub max_redial_delay: Duration,
    /// The delay after an endpoint turned this program away (HTTP 403, 429 and 503, JSON-RPC -32004 and -32005, WebSocket
    /// 1008) without saying for how long; it doubles with each further refusal. What an endpoint says in `Retry-After` is
    /// heard without TLS only: behind TLS the WebSocket library shows the status alone.
    pub first_refusal_delay: Duration,
    /// The longest such delay, also if the endpoint asks for more.
    pub max_refusal_delay: Duration,
    /// Requests in a row without an answer in time after which a connection counts as hung.
    pub max_timeouts: u32,
    /// A connection is pinged this often, and counts as hung when nothing came back for two to four intervals.
    pub ping_interval: Duration,
    /// Block times without a new block after which another endpoint is tried.
    pub max_silent_blocks: u32,
    /// However short block times are, a silence of this length is none.
    pub min_silence: Duration,
    /// Blocks that an endpoint may be behind what was seen elsewhere and still be preferred to trying the next one.
    pub max_lag_blocks: u64,
    /// Intervals between blocks of which the measured block time is the median.
    pub block_time_window: usize,
    /// Longest wait, from submission on, for a transaction to be done.
    pub inclusion_timeout: Duration,
    /// Requests in flight at once.
    pub max_concurrent_requests: usize,
    /// Heads or transaction states that may wait unread on one subscription.
    pub max_buffered_notifications: usize,
    /// Largest answer accepted from the node, in bytes.
    pub max_response_bytes: u32,
    /// Accounts whose next nonce is remembered.
    pub max_tracked_nonces: usize,
    /// Blocks after which an unsent transaction expires; a power of two from 4 on.
    pub era_blocks: u64,
    /// When a transaction counts as done.
    pub wait_for: WaitFor,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            fallback_endpoints: Vec::new(),
            archive_endpoints: Vec::new(),
            genesis: None,
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(60),
            reconnect_patience: Duration::from_secs(30),
            read_attempts: 3,
            failures_per_endpoint: 3,
            first_redial_delay: Duration::from_millis(500),
            max_redial_delay: Duration::from_secs(30),
            first_refusal_delay: Duration::from_secs(10),
            max_refusal_delay: Duration::from_secs(600),
            max_timeouts: 3,
            ping_interval: Duration::from_secs(10),
            max_silent_blocks: 8,
            min_silence: Duration::from_secs(30),
            max_lag_blocks: 5,
            block_time_window: 32,
            // An era of 128 blocks of 12 s bounds how long a transaction can still be included; this is that and a bit.
            inclusion_timeout: Duration::from_secs(1600),
            max_concurrent_requests: 256,
            max_buffered_notifications: 1024,
            max_response_bytes: 64 * 1024 * 1024,
            max_tracked_nonces: 1024,
            era_blocks: 128,
            wait_for: WaitFor::Finalized,
        }
    }
}

impl Settings {
    /// The defaults for a network: its own fallbacks, archives and genesis hash; a transaction is done when final on a
    /// public one, when in a block on a local one.
    pub fn for_network(network: &Network) -> Self {
        let wait_for = if network.is_public() { WaitFor::Finalized } else { WaitFor::InBlock };
        Self {
            fallback_endpoints: network.fallback_endpoints(),
            archive_endpoints: network.archive_endpoints(),
            genesis: network.known_genesis(),
            wait_for,
            ..Self::default()
        }
    }

    /// The same for a chain with this genesis hash. A node of the main network may be on this machine, and its best block is
    /// dropped again as often as any other's.
    pub(crate) fn for_chain(self, genesis: [u8; 32]) -> Self {
        let is_main_network = Some(genesis) == Network::Finney.known_genesis();
        let wait_for = if is_main_network { WaitFor::Finalized } else { self.wait_for };
        Self { wait_for, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_main_network_waits_for_finality_wherever_its_node_is() {
        let local = || Settings::for_network(&Network::Url("ws://127.0.0.1:9944".to_owned()));
        assert_eq!(local().for_chain([7; 32]).wait_for, WaitFor::InBlock);
        let genesis = Network::Finney.known_genesis().unwrap();
        assert_eq!(local().for_chain(genesis).wait_for, WaitFor::Finalized);
    }
}
