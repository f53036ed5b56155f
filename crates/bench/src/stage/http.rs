//! The little HTTP the harness speaks itself: the validator's status, and the chain's JSON-RPC where the client has no word
//! for what is looked at.

use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Method, Request};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use serde_json::{Value, json};
use tokio::time::timeout;

/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks; clones share connections.
#[derive(Clone, Debug)]
pub(crate) struct Http(Client<HttpConnector, Full<Bytes>>);

impl Http {
    pub(crate) fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }

    /// Status and text.
    pub(crate) async fn get(&self, url: &str) -> anyhow::Result<(u16, String)> {
        self.ask(Request::builder().uri(url).body(Full::default())?).await
    }

    /// The result of a call of JSON-RPC.
    pub(crate) async fn call(&self, url: &str, method: &str, params: Value) -> anyhow::Result<Value> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        let request = Request::builder()
            .method(Method::POST)
            .uri(url)
            .header("content-type", "application/json")
            .body(Full::from(body))?;
        let (_, text) = self.ask(request).await?;
        let mut answer: Value = serde_json::from_str(&text).with_context(|| format!("{method}: {text:?}"))?;
        match answer.get_mut("result") {
            Some(result) => Ok(result.take()),
            None => bail!("{method} was refused: {text}"),
        }
    }

    async fn ask(&self, request: Request<Full<Bytes>>) -> anyhow::Result<(u16, String)> {
        let asking = async {
            let answer = self.0.request(request).await?;
            let status = answer.status().as_u16();
            let body = answer.into_body().collect().await?.to_bytes();
            Ok((status, String::from_utf8_lossy(&body).into_owned()))
        };
        timeout(PATIENCE, asking).await.context("no answer in time")?
    }
}
