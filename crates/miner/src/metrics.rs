//! What one axon counts. Each axon has a registry of its own: several run in one process without sharing a number.

use std::{sync::Arc, time::Duration};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};
use tokio::time::Instant;

use crate::rejection::Outcome;

/// The content type of [`Metrics::text`].
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Label of requests that no synapse answers.
pub(crate) const NO_SYNAPSE: &str = "-";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    synapse: &'static str,
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    synapse: &'static str,
}

/// The counters of one axon.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Ended, Counter>,
    seconds: Family<Of, Histogram>,
    in_flight: Gauge,
    waiting: Gauge,
    pub(crate) connections: Gauge,
    pub(crate) failed_handshakes: Counter,
    pub(crate) turned_away: Counter,
    admitted_hotkeys: Gauge,
    metagraph_age: Gauge<f64, std::sync::atomic::AtomicU64>,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let requests = Family::default();
        // 1 ms to about 65 s in doublings: from a refusal to the longest reasonable deadline.
        let seconds = Family::new_with_constructor(
            (|| Histogram::new(exponential_buckets(0.001, 2.0, 17))) as fn() -> _,
        );
        let (in_flight, waiting, connections, admitted_hotkeys, metagraph_age) =
            (Gauge::default(), Gauge::default(), Gauge::default(), Gauge::default(), Gauge::default());
        let failed_handshakes = Counter::default();
        let turned_away = Counter::default();
        let mut registry = Registry::with_prefix("subnetkit_axon");
        registry.register("requests", "Requests by how they ended", requests.clone());
        registry.register_with_unit(
            "request",
            "Time from request head to complete answer",
            Unit::Seconds,
            seconds.clone(),
        );
        registry.register("in_flight", "Requests being read, waiting or answered", in_flight.clone());
        registry.register("waiting", "Requests waiting for the handler", waiting.clone());
        registry.register("connections", "Open connections", connections.clone());
        registry.register(
            "failed_handshakes",
            "Connections that ended before TLS was agreed on",
            failed_handshakes.clone(),
        );
        registry.register(
            "turned_away",
            "Connections closed because their address has too many or proves nothing, or for a newcomer",
            turned_away.clone(),
        );
        registry.register(
            "admitted_hotkeys",
            "Registered hotkeys that the admission rule admits",
            admitted_hotkeys.clone(),
        );
        registry.register_with_unit(
            "metagraph_age",
            "Time since a new block was heard of",
            Unit::Seconds,
            metagraph_age.clone(),
        );
        Self {
            registry,
            requests,
            seconds,
            in_flight,
            waiting,
            connections,
            failed_handshakes,
            turned_away,
            admitted_hotkeys,
            metagraph_age,
        }
    }

    /// Begins to observe a request; its outcome is [`Outcome::Abandoned`] unless [`Observed::end`] says otherwise.
    pub(crate) fn begin(self: &Arc<Self>, synapse: &'static str) -> Observed {
        self.in_flight.inc();
        Observed { metrics: Arc::clone(self), synapse, started: Instant::now(), outcome: Outcome::Abandoned }
    }

    /// The numbers in Prometheus' text format. The arguments are read off other parts at this moment.
    pub(crate) fn text(
        &self,
        waiting: usize,
        admitted_hotkeys: usize,
        metagraph_age: Option<Duration>,
    ) -> Result<String, std::fmt::Error> {
        self.waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        self.admitted_hotkeys.set(i64::try_from(admitted_hotkeys).unwrap_or(i64::MAX));
        self.metagraph_age.set(metagraph_age.map_or(f64::NAN, |age| age.as_secs_f64()));
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// A request under observation.
pub(crate) struct Observed {
    metrics: Arc<Metrics>,
    synapse: &'static str,
    started: Instant,
    outcome: Outcome,
}

impl Observed {
    pub(crate) fn end(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        let Self { metrics, synapse, started, outcome } = self;
        metrics.in_flight.dec();
        metrics.requests.get_or_create(&Ended { synapse, outcome: outcome.name() }).inc();
        metrics.seconds.get_or_create(&Of { synapse }).observe(started.elapsed().as_secs_f64());
    }
}
