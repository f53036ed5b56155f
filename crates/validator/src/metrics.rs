//! What one validator counts. Each has a registry of its own: several run in one process without sharing a number.

use std::time::Duration;

use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::answer::OutcomeKind;
use crate::ledger::Fate;

/// The content type of [`Metrics::text`].
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Of {
    mechanism: u32,
}

/// The validator's numbers.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    rounds: Family<Ended, Counter>,
    round_seconds: Histogram,
    answers: Family<Ended, Counter>,
    submissions: Family<Ended, Counter>,
    chain_reconnects: Counter,
    head_block: Gauge,
    effective_block: Family<Of, Gauge>,
    task_restarts: Family<Restarted, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Restarted {
    task: &'static str,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        // 10 ms to about 11 min in doublings: from an empty round to one at every limit.
        let round_seconds = Histogram::new(exponential_buckets(0.01, 2.0, 17));
        let (rounds, answers, submissions) = (Family::default(), Family::default(), Family::default());
        let (chain_reconnects, head_block, effective_block) =
            (Counter::default(), Gauge::default(), Family::<Of, Gauge>::default());
        let mut registry = Registry::with_prefix("subnetkit_validator");
        registry.register("rounds", "Rounds by how they ended", rounds.clone());
        registry.register_with_unit("round", "Time a round took", Unit::Seconds, round_seconds.clone());
        registry.register("answers", "Requests to miners by how they ended", answers.clone());
        registry.register("submissions", "Submissions of weights by their fate", submissions.clone());
        registry.register(
            "chain_reconnects",
            "Times the connection to the chain was replaced",
            chain_reconnects.clone(),
        );
        registry.register("head_block", "Newest block heard of", head_block.clone());
        registry.register(
            "effective_block",
            "Block since which the chain is known to hold the last weights, by mechanism",
            effective_block.clone(),
        );
        let task_restarts = Family::default();
        registry.register(
            "task_restarts",
            "Times a task ended unasked and was started again",
            task_restarts.clone(),
        );
        Self {
            registry,
            rounds,
            round_seconds,
            answers,
            submissions,
            chain_reconnects,
            head_block,
            effective_block,
            task_restarts,
        }
    }

    pub(crate) fn head(&self, block: u64) {
        self.head_block.set(i64::try_from(block).unwrap_or(i64::MAX));
    }

    /// How often the connection was replaced so far.
    pub(crate) fn reconnected(&self, times: u64) {
        self.chain_reconnects.inc_by(times.saturating_sub(self.chain_reconnects.get()));
    }

    pub(crate) fn task_restarted(&self, task: &'static str) {
        self.task_restarts.get_or_create(&Restarted { task }).inc();
    }

    pub(crate) fn round(&self, scored: bool, took: Duration) {
        let outcome = if scored { "scored" } else { "failed" };
        self.rounds.get_or_create(&Ended { outcome }).inc();
        self.round_seconds.observe(took.as_secs_f64());
    }

    pub(crate) fn answer(&self, outcome: OutcomeKind) {
        self.answers.get_or_create(&Ended { outcome: outcome.as_str() }).inc();
    }

    /// Counts a submission when its fate is final.
    pub(crate) fn submission(&self, mecid: u8, fate: &Fate) {
        if fate.is_open() {
            return;
        }
        self.submissions.get_or_create(&Ended { outcome: fate.as_str() }).inc();
        if let Some(block) = fate.effective_block() {
            let block = i64::try_from(block).unwrap_or(i64::MAX);
            self.effective_block.get_or_create(&Of { mechanism: mecid.into() }).set(block);
        }
    }

    /// The numbers in Prometheus' text format.
    pub(crate) fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
