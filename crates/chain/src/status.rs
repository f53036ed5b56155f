//! How the connection is doing, for whoever has to tell people.

use crate::Head;
use std::time::Duration;
use tokio::time::Instant;

/// The state of a [`crate::Chain`]'s connection, from [`crate::Chain::status`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Status {
    /// The endpoint in use, or the one in use last; that tried first before there was a connection.
    pub endpoint: String,
    /// Whether there is a connection that answers, as far as is known.
    pub connected: bool,
    /// What is wrong, in a sentence with numbers; `None` if nothing is. A chain that makes no blocks is a fault also
    /// while connected.
    pub fault: Option<String>,
    /// How often the connection was replaced by another one.
    pub reconnects: u64,
    /// The newest best block heard of, and when it arrived.
    pub last_head: Option<(Head, Instant)>,
    /// The measured time between blocks: the median over the last arrivals (setting `block_time_window`). `None` until
    /// enough arrived. The nominal one is [`crate::Chain::block_time`].
    pub block_time: Option<Duration>,
}

impl Status {
    pub(crate) fn new(endpoint: &str) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            connected: false,
            fault: Some("the chain has not been reached yet".to_owned()),
            reconnects: 0,
            last_head: None,
            block_time: None,
        }
    }

    /// Whether there is a connection and nothing is wrong with it.
    pub const fn is_healthy(&self) -> bool {
        self.connected && self.fault.is_none()
    }
}
