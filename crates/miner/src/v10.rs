//! The bridge to SDK 10: the same handlers behind the same limits, asked and answered in the protocol of
//! [`axon_v10`](subnetkit_protocol::axon_v10).
//!
//! A route of its own for each class, `GET` or `POST /{CLASS}`, differs from the axon's other routes in its outermost
//! and its innermost steps only: `dress.rs` words refusals as SDK 10 does, `gate.rs` proves the caller, `reply.rs`
//! turns fields into a call and the handler's answer into fields. What lies between is the axon's own stack.

mod dress;
mod gate;
mod reply;

use std::sync::Arc;

use async_trait::async_trait;
use axum::{
    extract::Request,
    routing::{MethodFilter, MethodRouter, on},
};
use subnetkit_protocol::axon_v10::{BodyHash, Model, ModelError, Nothing, Ping, SynapseV10};

use crate::{Call, Forward, ForwardStream, Refusal, streaming::StreamBounds};

pub(crate) use dress::Dress;
pub(crate) use gate::{Gate, Turnstile};

/// A class that is served: how its bodies are read, and what answers.
#[derive(Clone)]
pub(crate) struct Served {
    pub(crate) class: &'static str,
    pub(crate) read: Read,
    pub(crate) route: MethodRouter,
}

/// Tells the hash that must have been signed for a body of the class.
pub(crate) type Read = fn(&[u8]) -> Result<BodyHash, ModelError>;

impl Served {
    pub(crate) fn new<S: SynapseV10>(forward: impl Forward<S>) -> Self {
        let forward: Arc<dyn Forward<S>> = Arc::new(forward);
        let answer = move |request: Request| reply::answer::<S>(Arc::clone(&forward), request);
        let route = on(MethodFilter::GET.or(MethodFilter::POST), answer);
        Self { class: S::CLASS, read: read::<S>, route }
    }

    pub(crate) fn streaming<S: SynapseV10>(forward: impl ForwardStream<S>, bounds: StreamBounds) -> Self {
        let forward: Arc<dyn ForwardStream<S>> = Arc::new(forward);
        let answer = move |request: Request| reply::stream::<S>(Arc::clone(&forward), bounds, request);
        let route = on(MethodFilter::GET.or(MethodFilter::POST), answer);
        Self { class: S::CLASS, read: read::<S>, route }
    }

    /// The ping that every axon of SDK 10 answers.
    pub(crate) fn ping() -> Self {
        Self::new::<Ping>(Pong)
    }
}

/// The instance is not kept: as values it takes many times the memory of its text, and the line for a slot can be long.
fn read<S: SynapseV10>(body: &[u8]) -> Result<BodyHash, ModelError> {
    Ok(Model::<S>::read(body)?.0.hash())
}

struct Pong;

#[async_trait]
impl Forward<Ping> for Pong {
    async fn forward(&self, _: Call<Nothing>) -> Result<Nothing, Refusal> {
        Ok(Nothing {})
    }
}
