//! Requests, each with a hard limit of time.
//!
//! What changes nothing is sent anew when the connection breaks under it or the endpoint turns it away, so often and so
//! long as the settings say. What might be done twice is sent once.

use crate::{
    ConnectError, ReadError, Settings,
    connection::Connection,
    dial::Methods,
    endpoints::without_secrets,
    refused::Refused,
    unknown_block::{self, BlockName},
};
use std::{future::Future, sync::OnceLock, time::Duration};
use subxt::{config::substrate::H256, rpcs};
use tokio::time::Instant;

/// How long it may take until the end of a connection is noticed by its supervisor.
const MAX_NOTICE_DELAY: Duration = Duration::from_secs(2);

pub(crate) struct Rpc {
    settings: Settings,
    connection: Connection,
    genesis: H256,
    /// Made when it is needed first.
    archive: OnceLock<Connection>,
}

impl Rpc {
    /// Tries every endpoint once, in order, until one answers; goes on trying only if one did.
    pub(crate) async fn connect(endpoints: &[String], settings: Settings) -> Result<Self, ConnectError> {
        let is_url = |url: &&String| url.starts_with("ws://") || url.starts_with("wss://");
        let mut named = endpoints.iter().chain(&settings.archive_endpoints);
        if let Some(url) = named.find(|url| !is_url(url)) {
            return Err(ConnectError::BadUrl { url: without_secrets(url) });
        }
        let connection = Connection::spawn(endpoints, &settings, settings.genesis.map(H256::from));
        let genesis = connection.first(endpoints.len()).await?.genesis;
        Ok(Self { settings, connection, genesis, archive: OnceLock::new() })
    }

    /// The hash of block 0.
    pub(crate) const fn genesis(&self) -> H256 {
        self.genesis
    }

    pub(crate) const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// A request that changes nothing.
    pub(crate) async fn read<T, F, Fut>(&self, request: &str, ask: F) -> Result<T, ReadError>
    where
        F: Fn(Methods) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, rpcs::Error>> + Send,
        T: Send,
    {
        self.read_from(&self.connection, request, &ask).await
    }

    /// A request about a block that the node may no longer have, or not have yet: if so, the archive is asked.
    pub(crate) async fn read_at<T, F, Fut>(
        &self,
        block: impl Into<BlockName> + Send,
        request: &str,
        ask: F,
    ) -> Result<T, ReadError>
    where
        F: Fn(Methods) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, rpcs::Error>> + Send,
        T: Send,
    {
        match self.read_from(&self.connection, request, &ask).await {
            Err(ReadError::Rejected { url, message, .. }) if unknown_block::is_meant_by(&message) => {
                self.read_from_archive(block.into(), request, &ask, url, message).await
            }
            answer => answer,
        }
    }

    /// The same where the answer is nothing if the node does not have the block.
    pub(crate) async fn find_at<T, F, Fut>(
        &self,
        block: impl Into<BlockName> + Send,
        request: &str,
        ask: F,
    ) -> Result<T, ReadError>
    where
        F: Fn(Methods) -> Fut + Send + Sync,
        Fut: Future<Output = Result<Option<T>, rpcs::Error>> + Send,
        T: Send,
    {
        let block = block.into();
        if let Some(found) = self.read_at(block, request, &ask).await? {
            return Ok(found);
        }
        let (url, reason) = (self.connection.url(), "it has no such block".to_owned());
        match self.read_from_archive(block, request, &ask, url.clone(), reason.clone()).await? {
            Some(found) => Ok(found),
            None => Err(pruned(block, request, url, &reason)),
        }
    }

    /// A request that is sent at most once.
    pub(crate) async fn once<T, F, Fut>(&self, request: &str, ask: F) -> Result<T, ReadError>
    where
        F: Fn(Methods) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, rpcs::Error>> + Send,
        T: Send,
    {
        self.send(&self.connection, request, &ask).await
    }

    async fn read_from_archive<T, F, Fut>(
        &self,
        block: BlockName,
        request: &str,
        ask: &F,
        url: String,
        reason: String,
    ) -> Result<T, ReadError>
    where
        F: Fn(Methods) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, rpcs::Error>> + Send,
        T: Send,
    {
        let endpoints = &self.settings.archive_endpoints;
        if endpoints.is_empty() {
            return Err(pruned(block, request, url, &reason));
        }
        let archive = self.archive.get_or_init(|| {
            tracing::info!(endpoints = endpoints.len(), "connecting to the chain's archive");
            Connection::spawn(endpoints, &self.settings, Some(self.genesis))
        });
        match self.read_from(archive, request, ask).await {
            Err(ReadError::Rejected { url, message, .. }) if unknown_block::is_meant_by(&message) => {
                Err(pruned(block, request, url, &message))
            }
            answer => answer,
        }
    }

    async fn read_from<T, F, Fut>(
        &self,
        connection: &Connection,
        request: &str,
        ask: &F,
    ) -> Result<T, ReadError>
    where
        F: Fn(Methods) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, rpcs::Error>> + Send,
        T: Send,
    {
        let mut left = self.settings.read_attempts.max(1);
        loop {
            left -= 1;
            match self.send(connection, request, ask).await {
                Err(error) if left > 0 && error.may_be_sent_anew() => {
                    tracing::debug!(%error, request, "asking again");
                }
                answer => return answer,
            }
        }
    }

    async fn send<T, F, Fut>(&self, connection: &Connection, request: &str, ask: &F) -> Result<T, ReadError>
    where
        F: Fn(Methods) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, rpcs::Error>> + Send,
        T: Send,
    {
        let live = connection.ready(Instant::now() + self.settings.reconnect_patience).await?;
        let after = self.settings.request_timeout;
        let (url, request) = (|| live.url.to_string(), || request.to_owned());
        let answer = tokio::select! {
            // First, so that an answer is not lost to the end of its connection.
            biased;
            answer = tokio::time::timeout(after, ask(live.methods.clone())) => answer,
            reason = live.gave_up() => {
                let reason = reason.to_string();
                return Err(ReadError::Disconnected { url: url(), request: request(), reason });
            }
        };
        match answer {
            Ok(Ok(answer)) => {
                connection.answered(&live);
                Ok(answer)
            }
            Ok(Err(rpcs::Error::User(error))) => {
                connection.answered(&live);
                let data = error.data.map(|data| format!(": {}", data.get())).unwrap_or_default();
                let message = format!("{}{data}", error.message);
                if let Some(refused) = Refused::by_code(error.code, &message) {
                    connection.refused(&live, refused.reason).await;
                }
                Err(ReadError::Rejected { url: url(), request: request(), code: error.code, message })
            }
            Ok(Err(error)) => {
                let reason = error.to_string();
                // Until the supervisor has noticed, whoever asks again would be given the same dead connection.
                if !live.client.is_connected() {
                    let _ = tokio::time::timeout(MAX_NOTICE_DELAY, live.gave_up()).await;
                }
                Err(ReadError::Disconnected { url: url(), request: request(), reason })
            }
            Err(_) => {
                connection.timed_out(&live, after);
                Err(ReadError::Timeout { url: url(), request: request(), after })
            }
        }
    }
}

fn pruned(block: BlockName, request: &str, url: String, reason: &str) -> ReadError {
    ReadError::Pruned { block: block.to_string(), url, reason: format!("{request}: {reason}") }
}
