//! What a local chain is started with.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use serde_json::json;

use crate::genesis::Genesis;

/// When blocks are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlockProduction {
    /// One block per period of real time, empty or not.
    Interval(Duration),
    /// A block as soon as a transaction is ready.
    OnSubmit,
    /// Only when asked: [`Devnet::mine`](crate::Devnet::mine), `dev_mine` or `engine_createBlock`.
    OnDemand,
}

/// How a chain is started. Equal configurations and equal requests give equal blocks.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where JSON-RPC is served, WebSocket and HTTP on one port. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// When blocks are made.
    pub block_production: BlockProduction,
    /// The genesis configuration, or what in it differs from the runtime's default: objects are merged, other values replaced,
    /// null removes. [`Genesis`] writes one for the Bittensor runtime.
    pub genesis: serde_json::Value,
    /// Chain time of block 0 in milliseconds since 1970. Block `n` is `n` slot durations later, whatever the real clock
    /// says, so that a chain is reproducible and can run faster than time.
    pub genesis_time_ms: u64,
    /// Whether blocks carry the real time instead: one per slot, on the slot, and no travelling in time.
    pub real_clock: bool,
    /// A dumped chain to go on with in place of a new one, if the file exists. It is written only by
    /// [`Control::dump_to`](crate::Control::dump_to).
    pub state: Option<PathBuf>,
    /// How many blocks before the head keep their state. Reads of older ones get the real node's error.
    pub history_blocks: u32,
    /// How many headers and bodies are kept besides the genesis block's.
    pub kept_blocks: u32,
    /// How many snapshots are kept; a further one takes the place of the oldest.
    pub snapshots: usize,
    /// What the chain says of itself.
    pub identity: Identity,
    /// Bounds of the transaction pool.
    pub pool: PoolLimits,
    /// Bounds of the JSON-RPC server.
    pub rpc: RpcLimits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            block_production: BlockProduction::Interval(Duration::from_millis(250)),
            genesis: Genesis::fast().into_json(),
            // 2025-01-01, a whole number of slots of any usual length.
            genesis_time_ms: 1_735_689_600_000,
            real_clock: false,
            state: None,
            history_blocks: 256,
            kept_blocks: 16_384,
            snapshots: 64,
            identity: Identity::default(),
            pool: PoolLimits::default(),
            rpc: RpcLimits::default(),
        }
    }
}

/// Answers to `system_name` and its siblings.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Name of the chain.
    pub chain: String,
    /// Name of the node's software.
    pub node: String,
    /// Version of the node's software.
    pub version: String,
    /// `ss58Format`, `tokenDecimals`, `tokenSymbol` and whatever else clients read from `system_properties`.
    pub properties: serde_json::Map<String, serde_json::Value>,
}

impl Default for Identity {
    fn default() -> Self {
        let mut properties = serde_json::Map::new();
        properties.insert("ss58Format".to_owned(), json!(42));
        properties.insert("tokenDecimals".to_owned(), json!(9));
        properties.insert("tokenSymbol".to_owned(), json!("TAO"));
        Self {
            chain: "Bittensor".to_owned(),
            node: "Subnetkit Devnet".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            properties,
        }
    }
}

/// Bounds of the transaction pool.
#[derive(Debug, Clone)]
pub struct PoolLimits {
    /// Transactions that can go into the next block.
    pub ready_transactions: usize,
    /// Bytes of those.
    pub ready_bytes: usize,
    /// Transactions that wait for another one, for example an earlier nonce.
    pub future_transactions: usize,
    /// Bytes of those.
    pub future_bytes: usize,
    /// Hashes remembered as included or refused; submitting one again is answered with 1012.
    pub banned_transactions: usize,
    /// For how many blocks such a hash is remembered.
    pub ban_blocks: u32,
    /// Transactions checked again after each block, those checked longest ago first.
    pub revalidated_per_block: usize,
}

impl Default for PoolLimits {
    fn default() -> Self {
        Self {
            ready_transactions: 8192,
            ready_bytes: 20 << 20,
            future_transactions: 819,
            future_bytes: 2 << 20,
            banned_transactions: 4096,
            // Half an hour of 12 s blocks.
            ban_blocks: 150,
            revalidated_per_block: 64,
        }
    }
}

/// Bounds of the JSON-RPC server.
#[derive(Debug, Clone)]
pub struct RpcLimits {
    /// Open connections.
    pub connections: u32,
    /// Subscriptions of one connection.
    pub subscriptions_per_connection: u32,
    /// Calls in one batch.
    pub batch_calls: u32,
    /// Bytes of one request.
    pub request_bytes: u32,
    /// Bytes of one response.
    pub response_bytes: u32,
    /// Messages waiting to be written to one connection; a subscription waits when they are full.
    pub buffered_messages: u32,
    /// Calls that run the state machine at the same time.
    pub concurrent_calls: usize,
    /// Blocks that one request may ask for.
    pub blocks_per_request: u32,
}

impl Default for RpcLimits {
    fn default() -> Self {
        Self {
            connections: 256,
            subscriptions_per_connection: 1024,
            batch_calls: 1024,
            request_bytes: 15 << 20,
            response_bytes: 15 << 20,
            buffered_messages: 256,
            concurrent_calls: 16,
            blocks_per_request: 100_000,
        }
    }
}
