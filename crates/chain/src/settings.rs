//! The limits and habits of a connection.

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
    /// Longest wait for a connection to one endpoint.
    pub connect_timeout: Duration,
    /// Longest wait for the answer to one request.
    pub request_timeout: Duration,
    /// Longest wait, from submission on, for a transaction to be done.
    pub inclusion_timeout: Duration,
    /// Longest silence of a head stream before it counts as broken.
    pub head_timeout: Duration,
    /// A silent connection is pinged this often, and given up after three unanswered pings.
    pub ping_interval: Duration,
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
            connect_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(60),
            // An era of 128 blocks of 12 s bounds how long a transaction can still be included; this is that and a bit.
            inclusion_timeout: Duration::from_secs(1600),
            head_timeout: Duration::from_secs(120),
            ping_interval: Duration::from_secs(15),
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
    /// The defaults for a network: a transaction is done when final on a public one, when in a block on a local one.
    pub fn for_network(network: &crate::Network) -> Self {
        let wait_for = if network.is_public() { WaitFor::Finalized } else { WaitFor::InBlock };
        Self { wait_for, ..Self::default() }
    }
}
