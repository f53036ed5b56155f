//! Connecting to one endpoint, up to the point where it proved to be of use.

use crate::{
    Head, Settings,
    handshake::{self, HandshakeError},
    refused::Refused,
};
use std::sync::Arc;
use subxt::{
    SubstrateConfig,
    config::{
        RpcConfigFor,
        substrate::{H256, SubstrateHeader},
    },
    ext::jsonrpsee::ws_client::WsClient,
    rpcs::{self, LegacyRpcMethods, RpcClient, client::RpcSubscription},
};

pub(crate) type Methods = LegacyRpcMethods<RpcConfigFor<SubstrateConfig>>;
pub(crate) type Heads = RpcSubscription<SubstrateHeader<H256>>;

/// A node that answers.
pub(crate) struct Node {
    pub(crate) client: Arc<WsClient>,
    pub(crate) methods: Methods,
    pub(crate) genesis: H256,
    pub(crate) heads: Heads,
    /// The best block it knows.
    pub(crate) first: Head,
}

/// Why an endpoint is not used.
#[derive(Debug)]
pub(crate) enum DialError {
    /// It turned this program away.
    Refused(Refused),
    /// It is of another chain.
    Stranger {
        /// Its genesis hash.
        found: H256,
        /// The one it should have.
        expected: H256,
    },
    /// Whatever else.
    Failed(String),
}

/// Connects within the setting `connect_timeout`, asks for the genesis hash and follows the heads. Dropping the future
/// gives up.
pub(crate) async fn dial(url: &str, settings: &Settings, expected: Option<H256>) -> Result<Node, DialError> {
    let limit = settings.connect_timeout;
    let dialled = tokio::time::timeout(limit, connect(url, settings, expected)).await;
    dialled.unwrap_or_else(|_| Err(DialError::Failed(format!("no answer within {} s", limit.as_secs_f32()))))
}

async fn connect(url: &str, settings: &Settings, expected: Option<H256>) -> Result<Node, DialError> {
    let client = handshake::open(url, settings).await.map_err(|error| match error {
        HandshakeError::Refused(refused) => DialError::Refused(refused),
        HandshakeError::Broken(reason) => DialError::Failed(reason),
    })?;
    let client = Arc::new(client);
    let methods = Methods::new(RpcClient::new(client.clone()));
    let genesis = methods.genesis_hash().await.map_err(|error| unanswered("its genesis hash", &error))?;
    if let Some(expected) = expected.filter(|expected| *expected != genesis) {
        return Err(DialError::Stranger { found: genesis, expected });
    }
    let heads = methods.chain_subscribe_new_heads().await;
    let mut heads = heads.map_err(|error| unanswered("a stream of heads", &error))?;
    let first = match heads.next().await {
        Some(header) => header.map_err(|error| unanswered("a head", &error))?,
        None => return Err(DialError::Failed("it ended the stream of heads at once".to_owned())),
    };
    Ok(Node { client, methods, genesis, heads, first: Head::of(&first) })
}

fn unanswered(what: &str, error: &rpcs::Error) -> DialError {
    match Refused::by_answer(error) {
        Some(refused) => DialError::Refused(refused),
        None => DialError::Failed(format!("it does not give {what}: {error}")),
    }
}
