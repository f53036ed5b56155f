//! Block heads.

use crate::{Chain, ReadError, Status, chain::no_answer};
use codec::Encode;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use subxt::config::{
    Hasher,
    substrate::{BlakeTwo256, H256, SubstrateHeader},
};
use tokio::sync::watch;

/// A block's number and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Head {
    /// The block's number.
    pub number: u64,
    /// The block's hash.
    pub hash: [u8; 32],
}

impl Head {
    pub(crate) fn of(header: &SubstrateHeader<H256>) -> Self {
        // Not `Hasher::new`, which wants metadata: block hashes are BLAKE2 on every Bittensor chain.
        Self { number: header.number, hash: BlakeTwo256.hash(&header.encode()).0 }
    }
}

impl Chain {
    /// The best block.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn head(&self) -> Result<Head, ReadError> {
        let header =
            self.inner().rpc.read("chain_getHeader", |rpc| async move { rpc.chain_get_header(None).await });
        header.await?.map(|header| Head::of(&header)).ok_or_else(|| no_answer("chain_getHeader"))
    }

    /// The last final block.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn finalized_head(&self) -> Result<Head, ReadError> {
        let hash = self
            .inner()
            .rpc
            .read("chain_getFinalizedHead", |rpc| async move { rpc.chain_get_finalized_head().await });
        self.header(hash.await?).await
    }

    /// The best block, kept current for as long as any clone of this `Chain` exists, whatever happens to its connection;
    /// after that the channel is closed. All callers share one subscription. `Some` from the start.
    ///
    /// Numbers may be skipped: the newest one counts. They go back only if the chain does, that is, if a node shows
    /// another block under a number seen before, if the node in use itself goes back, or if every endpoint stands still
    /// behind what was seen. After a change to a node that is merely behind, the last head stays until that node has
    /// caught up; reads of "the best block" meanwhile are that node's.
    pub fn follow(&self) -> watch::Receiver<Option<Head>> {
        self.inner().rpc.connection().heads()
    }

    /// How long no new block may come before that is a fault: `max_silent_blocks` times the nominal or the measured block
    /// time, whichever is longer, and at least `min_silence` ([`Settings`](crate::Settings)).
    pub fn max_silence(&self) -> Duration {
        self.inner().rpc.connection().max_silence()
    }

    /// How the connection is doing, kept current like [`follow`](Self::follow).
    pub fn status(&self) -> watch::Receiver<Status> {
        self.inner().rpc.connection().status()
    }

    pub(crate) async fn header(&self, hash: H256) -> Result<Head, ReadError> {
        let rpc = &self.inner().rpc;
        let header =
            rpc.find_at(hash, "chain_getHeader", |rpc| async move { rpc.chain_get_header(Some(hash)).await });
        let header = header.await?;
        // The hash asked for is taken as it is; hashing again would only prove that the node can hash.
        Ok(Head { number: header.number, hash: hash.0 })
    }
}
