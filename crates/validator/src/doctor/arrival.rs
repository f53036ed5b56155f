//! The moment a block arrives: the one at which this machine's clock and the chain's can be compared.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use subnetkit_chain::{Chain, Head, ReadError};
use tokio::time::{Instant, timeout_at};

/// What was heard of new blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// A block arrived, when this machine's clock said so: milliseconds since 1970.
    Block {
        /// The block.
        head: Head,
        /// Local time.
        local_ms: u64,
    },
    /// None arrived for as long as the limit.
    Silence {
        /// The newest known block.
        head: Head,
        /// The limit.
        limit: Duration,
    },
}

impl Arrival {
    /// A block that arrived just now.
    #[must_use]
    pub fn now(head: Head) -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::Block { head, local_ms: u64::try_from(since.as_millis()).unwrap_or(u64::MAX) }
    }

    /// Waits for a new block, at most for `limit`.
    ///
    /// # Errors
    /// If the chain cannot be followed at all.
    pub async fn of_next(chain: &Chain, limit: Duration) -> Result<Self, ReadError> {
        let deadline = Instant::now() + limit;
        let known = chain.head().await?;
        let mut heads = chain.follow();
        let newer = heads.wait_for(|head| head.is_some_and(|head| head.number > known.number));
        // The channel closes only when the connection's task is gone, and then nothing more arrives.
        let arrived = timeout_at(deadline, newer).await.ok().and_then(|head| *head.ok()?);
        Ok(arrived.map_or(Self::Silence { head: known, limit }, Self::now))
    }

    pub(super) const fn head(&self) -> Head {
        match self {
            Self::Block { head, .. } | Self::Silence { head, .. } => *head,
        }
    }
}
