//! Block heads, one by one.

use crate::{Chain, ReadError, chain::no_answer};
use codec::Encode;
use futures::{Stream, StreamExt, stream};
use serde::{Deserialize, Serialize};
use subxt::config::{
    Hasher,
    substrate::{BlakeTwo256, H256, SubstrateHeader},
};

/// A block's number and hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Head {
    /// The block's number.
    pub number: u64,
    /// The block's hash.
    pub hash: [u8; 32],
}

impl Head {
    fn of(header: &SubstrateHeader<H256>) -> Self {
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

    /// Best blocks as they come. After the first error (a broken connection, or a silence longer than the setting
    /// `head_timeout`) the stream ends; calling this again connects anew. Heads may skip numbers or go back when the
    /// chain does.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn heads(
        &self,
    ) -> Result<impl Stream<Item = Result<Head, ReadError>> + Send + Unpin + 'static, ReadError> {
        const REQUEST: &str = "chain_subscribeNewHeads";
        let rpc = &self.inner().rpc;
        let subscription =
            rpc.read(REQUEST, |rpc| async move { rpc.chain_subscribe_new_heads().await }).await?;
        let (url, silence) = (rpc.url().await, self.settings().head_timeout);
        let broken = move |reason: String| ReadError::Disconnected {
            url: url.to_string(),
            request: REQUEST.to_owned(),
            reason,
        };
        let heads = stream::unfold(Some(subscription), move |subscription| {
            let broken = broken.clone();
            async move {
                let mut subscription = subscription?;
                match tokio::time::timeout(silence, subscription.next()).await {
                    Ok(Some(Ok(header))) => Some((Ok(Head::of(&header)), Some(subscription))),
                    Ok(Some(Err(error))) => Some((Err(broken(error.to_string())), None)),
                    Ok(None) => Some((Err(broken("the stream ended".to_owned())), None)),
                    Err(_) => {
                        let seconds = silence.as_secs_f32();
                        Some((Err(broken(format!("no block within {seconds} s"))), None))
                    }
                }
            }
        });
        Ok(heads.boxed())
    }

    pub(crate) async fn header(&self, hash: H256) -> Result<Head, ReadError> {
        let header = self
            .inner()
            .rpc
            .read("chain_getHeader", |rpc| async move { rpc.chain_get_header(Some(hash)).await });
        let header = header.await?.ok_or_else(|| no_answer("chain_getHeader"))?;
        // The hash asked for is taken as it is; hashing again would only prove that the node can hash.
        Ok(Head { number: header.number, hash: hash.0 })
    }
}
