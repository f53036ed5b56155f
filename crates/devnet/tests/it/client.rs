//! A plain JSON-RPC client, and chains to talk to.

use jsonrpsee::{
    core::client::{ClientT, Error, Subscription, SubscriptionClientT},
    core::params::ArrayParams,
    types::ErrorObjectOwned,
    ws_client::{WsClient, WsClientBuilder},
};
use serde_json::{Value, json};
use subnetkit_devnet::{BlockProduction, Config, Devnet};

use crate::tiny::Tiny;

pub(crate) struct Client(pub(crate) WsClient);

impl Client {
    pub(crate) async fn to(devnet: &Devnet) -> Self {
        Self(WsClientBuilder::new().build(devnet.ws_url()).await.unwrap())
    }

    async fn request(&self, method: &str, params: Value) -> Result<Value, Error> {
        self.0.request(method, positional(&params)).await
    }

    pub(crate) async fn call(&self, method: &str, params: Value) -> Value {
        self.request(method, params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    pub(crate) async fn refusal(&self, method: &str, params: Value) -> ErrorObjectOwned {
        refused(self.request(method, params).await)
    }

    pub(crate) async fn subscribe(
        &self,
        method: &str,
        params: Value,
        unsubscribe: &str,
    ) -> Subscription<Value> {
        self.0.subscribe(method, positional(&params), unsubscribe).await.unwrap()
    }

    pub(crate) async fn watch(&self, extrinsic: &str) -> Subscription<Value> {
        self.subscribe("author_submitAndWatchExtrinsic", json!([extrinsic]), "author_unwatchExtrinsic").await
    }
}

fn positional(params: &Value) -> ArrayParams {
    let mut array = ArrayParams::new();
    for value in params.as_array().unwrap() {
        array.insert(value).unwrap();
    }
    array
}

pub(crate) fn refused<T: std::fmt::Debug>(answer: Result<T, Error>) -> ErrorObjectOwned {
    match answer.unwrap_err() {
        Error::Call(error) => error,
        other => panic!("the transport failed: {other}"),
    }
}

pub(crate) async fn next(subscription: &mut Subscription<Value>) -> Value {
    subscription.next().await.expect("the subscription goes on").unwrap()
}

/// The statuses of a watched transaction up to the one that ends the watch.
pub(crate) async fn all(mut subscription: Subscription<Value>) -> Vec<Value> {
    let mut statuses: Vec<Value> = Vec::new();
    let is_last = |status: &Value| {
        ["dropped", "invalid"].iter().any(|last| status == last)
            || ["finalized", "usurped"].iter().any(|last| status.get(last).is_some())
    };
    while !statuses.last().is_some_and(is_last) {
        statuses.push(next(&mut subscription).await);
    }
    statuses
}

pub(crate) fn number_of(header: &Value) -> u64 {
    let text = header["number"].as_str().unwrap();
    u64::from_str_radix(text.trim_start_matches("0x"), 16).unwrap()
}

pub(crate) fn data_of(error: &ErrorObjectOwned) -> String {
    error.data().map_or_else(String::new, |data| serde_json::from_str(data.get()).unwrap())
}

/// An empty chain that makes blocks when asked.
pub(crate) fn on_demand() -> Config {
    Config { block_production: BlockProduction::OnDemand, genesis: json!({}), ..Config::default() }
}

pub(crate) async fn tiny(config: Config) -> (Devnet, Client) {
    let devnet = Devnet::spawn_with(config, Tiny).await.unwrap();
    let client = Client::to(&devnet).await;
    (devnet, client)
}
