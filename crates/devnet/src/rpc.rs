//! JSON-RPC as a Substrate node serves it, WebSocket and HTTP on one port.
//!
//! One module per namespace. Calls that run the state machine are blocking methods, so they never hold up the server.

mod author;
mod bittensor;
mod chain;
mod connections;
mod dev;
mod disturbed;
mod engine;
mod error;
mod payment;
mod state;
mod system;

use std::{net::TcpListener, sync::Arc};

use jsonrpsee::{
    RpcModule,
    core::{RegisterMethodError, middleware::RpcServiceBuilder, server::SubscriptionSink},
    server::{
        BatchRequestConfig, Server, ServerConfig, ServerHandle, middleware::http::ProxyGetRequestLayer,
        serve_with_graceful_shutdown, stop_channel,
    },
    types::Params,
};
use serde::Serialize;
use serde_json::json;
use sp_core::H256;
use tower_http::cors::CorsLayer;

use self::{disturbed::Disturbed, error::RpcResult};
use crate::{
    config::RpcLimits,
    control::{Control, ControlError},
    node::Node,
};

type Module = RpcModule<Control>;

/// Serves the chain on `listener` until the handle is stopped.
pub(crate) fn serve(
    listener: TcpListener,
    control: Control,
    limits: &RpcLimits,
) -> std::io::Result<ServerHandle> {
    let config = ServerConfig::builder()
        .max_connections(limits.connections)
        .max_subscriptions_per_connection(limits.subscriptions_per_connection)
        .max_request_body_size(limits.request_bytes)
        .max_response_body_size(limits.response_bytes)
        .set_message_buffer_capacity(limits.buffered_messages)
        .set_batch_request_config(BatchRequestConfig::Limit(limits.batch_calls))
        .build();
    // Browser tools such as polkadot.js apps come from other origins, and a GET of /health suits scripts.
    let health = ProxyGetRequestLayer::new([("/health", "system_health")]).map_err(std::io::Error::other)?;
    let http = tower::ServiceBuilder::new().layer(CorsLayer::permissive()).layer(health);
    let faults = Arc::clone(control.faults());
    let disturb = {
        let faults = Arc::clone(&faults);
        RpcServiceBuilder::new().layer_fn(move |inner| Disturbed { inner, faults: Arc::clone(&faults) })
    };
    let builder = Server::builder()
        .set_config(config)
        .set_http_middleware(http)
        .set_rpc_middleware(disturb)
        .to_service_builder();
    let methods = methods(control).map_err(std::io::Error::other)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let (stop, handle) = stop_channel();
    tokio::spawn(async move {
        let stopped = stop.clone().shutdown();
        tokio::pin!(stopped);
        loop {
            let connection = tokio::select! {
                connection = connections::accept(&listener, &faults) => connection,
                () = &mut stopped => return,
            };
            let service = builder.clone().build(methods.clone(), stop.clone());
            let stopped = stop.clone().shutdown();
            tokio::spawn(async move {
                if let Err(error) = serve_with_graceful_shutdown(connection, service, stopped).await {
                    tracing::debug!(%error, "a connection ended");
                }
            });
        }
    });
    Ok(handle)
}

fn methods(control: Control) -> Result<Module, RegisterMethodError> {
    let mut module = RpcModule::new(control);
    system::register(&mut module)?;
    chain::register(&mut module)?;
    state::register(&mut module)?;
    author::register(&mut module)?;
    payment::register(&mut module)?;
    bittensor::register(&mut module)?;
    engine::register(&mut module)?;
    dev::register(&mut module)?;
    let mut names: Vec<&str> = module.method_names().chain(["rpc_methods"]).collect();
    names.sort_unstable();
    let answer = json!({ "methods": names });
    module.register_method("rpc_methods", move |_, _, _| answer.clone())?;
    Ok(module)
}

/// Registers a method that reads parameters by position and may run the state machine.
fn method<T, F>(module: &mut Module, name: &'static str, handler: F) -> Result<(), RegisterMethodError>
where
    T: Serialize + Clone + Send + 'static,
    F: Fn(&Node, &Params<'_>) -> RpcResult<T> + Clone + Send + Sync + 'static,
{
    module.register_async_method(name, move |params, control, _| {
        let handler = handler.clone();
        async move { blocking(move || handler(control.node(), &params)).await? }
    })?;
    Ok(())
}

/// Runs the state machine where it does not hold up the server. When the chain is stopping, what has not begun never will.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> RpcResult<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_| error::control(&ControlError::Stopping))
}

fn aliases(module: &mut Module, of: &'static str, names: &[&'static str]) -> Result<(), RegisterMethodError> {
    names.iter().try_for_each(|name| module.register_alias(name, of))
}

/// Sends one message, not before the chain stops hanging; false when the subscriber is gone.
async fn send(control: &Control, sink: &SubscriptionSink, message: &impl Serialize) -> bool {
    tokio::select! {
        () = control.faults().hang.over() => {}
        () = sink.closed() => return false,
    }
    match serde_json::value::to_raw_value(message) {
        Ok(message) => sink.send(message).await.is_ok(),
        Err(error) => {
            tracing::error!(%error, "a subscription message could not be written");
            false
        }
    }
}

/// Follows the chain block by block. A reader that is slow gets every block still kept, then the new ones.
struct Follower {
    heads: tokio::sync::watch::Receiver<Arc<crate::header::Block>>,
    last: Arc<crate::header::Block>,
}

impl Follower {
    fn new(node: &Node) -> Self {
        let mut heads = node.history.heads();
        let last = Arc::clone(&heads.borrow_and_update());
        Self { heads, last }
    }

    /// The next block, or none when the chain has stopped.
    async fn next(&mut self, node: &Node) -> Option<Arc<crate::header::Block>> {
        loop {
            let head = Arc::clone(&self.heads.borrow_and_update());
            if head.hash != self.last.hash {
                let follows = self.last.number().saturating_add(1);
                let next = match node.history.block_at(follows) {
                    Some(next) if next.header.parent_hash == self.last.hash => next,
                    // What came in between is forgotten, or the chain was rewound.
                    _ => head,
                };
                self.last = Arc::clone(&next);
                return Some(next);
            }
            self.heads.changed().await.ok()?;
        }
    }
}

/// `Some` hash at the position, if it is given.
fn optional_hash(sequence: &mut jsonrpsee::types::ParamsSequence<'_>) -> RpcResult<Option<H256>> {
    sequence.optional_next()
}
