//! The connection: dialling, redialling and requests, each with a hard limit of time.
//!
//! A broken connection is dialled anew on the next request, endpoint after endpoint. Reads are asked a second time
//! after a break; submissions never are, since the first one may have arrived.

use crate::{ConnectError, ReadError, Settings};
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use subxt::{
    SubstrateConfig,
    config::{RpcConfigFor, substrate::H256},
    ext::jsonrpsee::ws_client::{PingConfig, WsClient, WsClientBuilder},
    rpcs::{self, LegacyRpcMethods, RpcClient},
};
use tokio::sync::Mutex;

pub(crate) type Methods = LegacyRpcMethods<RpcConfigFor<SubstrateConfig>>;

/// How long jsonrpsee itself waits beyond the limit that is reported.
const GRACE: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub(crate) struct Live {
    client: Arc<WsClient>,
    methods: Methods,
    url: Arc<str>,
}

pub(crate) struct Rpc {
    endpoints: Vec<String>,
    settings: Settings,
    expected_genesis: Option<H256>,
    live: Mutex<Live>,
    next: AtomicUsize,
}

impl Rpc {
    /// Dials the endpoints in order; gives the genesis hash found too.
    pub(crate) async fn connect(
        endpoints: Vec<String>,
        settings: Settings,
        known_genesis: Option<[u8; 32]>,
    ) -> Result<(Self, H256), ConnectError> {
        let known = known_genesis.map(H256::from);
        let (index, live, genesis) = dial(&endpoints, 0, &settings, known).await?;
        let rpc = Self {
            endpoints,
            settings,
            expected_genesis: Some(genesis),
            live: Mutex::new(live),
            next: AtomicUsize::new(index),
        };
        Ok((rpc, genesis))
    }

    /// The endpoint in use.
    pub(crate) async fn url(&self) -> Arc<str> {
        self.live.lock().await.url.clone()
    }

    /// The endpoint tried first.
    pub(crate) fn first_endpoint(&self) -> &str {
        self.endpoints.first().map_or("", String::as_str)
    }

    async fn live(&self) -> Result<Live, ConnectError> {
        let mut live = self.live.lock().await;
        if !live.client.is_connected() {
            tracing::warn!(url = %live.url, "the connection to the chain broke; dialling anew");
            let start = self.next.load(Ordering::Relaxed);
            let (index, fresh, _) =
                dial(&self.endpoints, start, &self.settings, self.expected_genesis).await?;
            tracing::info!(url = %fresh.url, "connected to the chain again");
            self.next.store(index, Ordering::Relaxed);
            *live = fresh;
        }
        Ok(live.clone())
    }

    /// A request that changes nothing: asked once more if the connection breaks under it.
    pub(crate) async fn read<T, F, Fut>(&self, request: &str, ask: F) -> Result<T, ReadError>
    where
        F: Fn(Methods) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, rpcs::Error>> + Send,
        T: Send,
    {
        match self.once(request, &ask).await {
            Err(ReadError::Disconnected { .. }) => self.once(request, &ask).await,
            answer => answer,
        }
    }

    /// A request that is sent at most once.
    pub(crate) async fn once<T, F, Fut>(&self, request: &str, ask: F) -> Result<T, ReadError>
    where
        F: Fn(Methods) -> Fut + Send + Sync,
        Fut: Future<Output = Result<T, rpcs::Error>> + Send,
        T: Send,
    {
        let live = self.live().await?;
        let after = self.settings.request_timeout;
        let url = || live.url.to_string();
        match tokio::time::timeout(after, ask(live.methods.clone())).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(rpcs::Error::User(error))) => {
                let data = error.data.map(|data| format!(": {}", data.get())).unwrap_or_default();
                Err(ReadError::Rejected {
                    url: url(),
                    request: request.to_owned(),
                    code: error.code,
                    message: format!("{}{data}", error.message),
                })
            }
            Ok(Err(error)) => Err(ReadError::Disconnected {
                url: url(),
                request: request.to_owned(),
                reason: error.to_string(),
            }),
            Err(_) => Err(ReadError::Timeout { url: url(), request: request.to_owned(), after }),
        }
    }
}

/// Tries every endpoint once, from `start` on. A chain that is another one ends the search: it is a mistake of
/// configuration that a fallback must not hide.
async fn dial(
    endpoints: &[String],
    start: usize,
    settings: &Settings,
    expected: Option<H256>,
) -> Result<(usize, Live, H256), ConnectError> {
    let mut last = ConnectError::BadUrl { url: String::new() };
    for offset in 0..endpoints.len() {
        let index = (start + offset) % endpoints.len();
        match dial_one(&endpoints[index], settings).await {
            Ok((live, genesis)) => {
                if let Some(expected) = expected.filter(|expected| *expected != genesis) {
                    return Err(ConnectError::WrongNetwork {
                        url: endpoints[index].clone(),
                        found: hex::encode(genesis),
                        expected: hex::encode(expected),
                    });
                }
                return Ok((index, live, genesis));
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn dial_one(url: &str, settings: &Settings) -> Result<(Live, H256), ConnectError> {
    if !url.starts_with("ws://") && !url.starts_with("wss://") {
        return Err(ConnectError::BadUrl { url: url.to_owned() });
    }
    let unreachable = |reason: String| ConnectError::Unreachable { url: url.to_owned(), reason };
    let ping = PingConfig::new()
        .ping_interval(settings.ping_interval)
        .inactive_limit(settings.ping_interval * 2)
        .max_failures(3);
    let dialling = WsClientBuilder::default()
        .connection_timeout(settings.connect_timeout)
        .request_timeout(settings.request_timeout + GRACE)
        .max_concurrent_requests(settings.max_concurrent_requests)
        .max_buffer_capacity_per_subscription(settings.max_buffered_notifications)
        .max_response_size(settings.max_response_bytes)
        .enable_ws_ping(ping)
        .build(url);
    let client = match tokio::time::timeout(settings.connect_timeout, dialling).await {
        Ok(Ok(client)) => Arc::new(client),
        Ok(Err(error)) => return Err(unreachable(error.to_string())),
        Err(_) => {
            let limit = settings.connect_timeout.as_secs_f32();
            return Err(unreachable(format!("no answer within {limit} s")));
        }
    };
    let methods = Methods::new(RpcClient::new(client.clone()));
    let genesis = match tokio::time::timeout(settings.request_timeout, methods.genesis_hash()).await {
        Ok(Ok(genesis)) => genesis,
        Ok(Err(error)) => return Err(unreachable(format!("no genesis hash: {error}"))),
        Err(_) => return Err(unreachable("no genesis hash in time".to_owned())),
    };
    Ok((Live { client, methods, url: url.into() }, genesis))
}
