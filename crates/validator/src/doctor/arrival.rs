//! The moment a block arrives: the one at which this machine's clock and the chain's can be compared.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures::StreamExt;
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
        let mut heads = chain.heads().await?;
        loop {
            match timeout_at(deadline, heads.next()).await {
                Ok(Some(Ok(head))) if head.number > known.number => return Ok(Self::now(head)),
                Ok(Some(Ok(_))) => {}
                Ok(Some(Err(error))) => return Err(error),
                Ok(None) | Err(_) => return Ok(Self::Silence { head: known, limit }),
            }
        }
    }

    pub(super) const fn head(&self) -> Head {
        match self {
            Self::Block { head, .. } | Self::Silence { head, .. } => *head,
        }
    }
}
