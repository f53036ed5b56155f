//! What the operator's tools ask: is it alive, is it ready, what has it counted.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Serialize;
use subnetkit_protocol::Hotkey;

use crate::{Admit, SharedRoster, metrics, metrics::Metrics, slots::Slots};

/// The paths that no synapse may take.
pub(crate) const RESERVED: [&str; 3] = ["healthz", "readyz", "metrics"];

/// Whether the axon can be reached by the callers the subnet has: bound, published and not shutting down.
///
/// Clones share the value. [`crate::Miner`] sets it; who runs an [`crate::Axon`] without a chain sets it by hand.
#[derive(Clone, Debug, Default)]
pub struct Serving(Arc<AtomicBool>);

impl Serving {
    /// Says whether callers can reach the axon under its published address.
    pub fn set(&self, serving: bool) {
        self.0.store(serving, Ordering::Release);
    }

    /// What was said last; false at first.
    #[must_use]
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

pub(crate) struct Health {
    pub(crate) own: Hotkey,
    pub(crate) roster: SharedRoster,
    pub(crate) rule: Arc<dyn Admit>,
    pub(crate) max_age: Duration,
    pub(crate) serving: Serving,
    pub(crate) slots: Slots,
    pub(crate) metrics: Arc<Metrics>,
}

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    /// A new block was heard of within `metagraph_max_age`.
    chain: bool,
    /// This axon's hotkey has a uid on the subnet.
    registered: bool,
    /// The address is published and requests are accepted.
    serving: bool,
    /// Seconds since a new block was heard of.
    metagraph_age_seconds: Option<f64>,
}

pub(crate) fn routes(health: Arc<Health>) -> Router {
    Router::new()
        .route("/healthz", get(async || "alive\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(counted))
        .with_state(health)
}

async fn ready(State(health): State<Arc<Health>>) -> (StatusCode, Json<Readiness>) {
    let age = health.roster.age();
    let chain = age.is_some_and(|age| age <= health.max_age);
    let registered = health.roster.standing(&health.own).is_some();
    let serving = health.serving.get();
    let ready = chain && registered && serving;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let metagraph_age_seconds = age.map(|age| age.as_secs_f64());
    (status, Json(Readiness { ready, chain, registered, serving, metagraph_age_seconds }))
}

async fn counted(State(health): State<Arc<Health>>) -> Response {
    let admitted = health.roster.count(|hotkey, standing| health.rule.admit(hotkey, Some(standing)).is_ok());
    match health.metrics.text(health.slots.waiting(), admitted, health.roster.age()) {
        Ok(text) => ([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(error) => {
            tracing::error!(cause = %error, "the metrics can't be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
