//! Counters of one validator. A process may run several, so nothing here is global.

use std::time::Duration;

use ::metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use crate::answer::OutcomeKind;
use crate::ledger::Fate;

/// The validator's metrics, and their text for Prometheus.
pub(crate) struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    head_block: Gauge,
    confirmed_block: Gauge,
    rounds_scored: Counter,
    rounds_failed: Counter,
    round_seconds: Histogram,
    head_streams: Counter,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        ::metrics::with_local_recorder(&recorder, || {
            describe_gauge!("subnetkit_validator_head_block", "Newest block heard of.");
            describe_gauge!(
                "subnetkit_validator_confirmed_block",
                "Block of the last weights read back from the chain."
            );
            describe_counter!("subnetkit_validator_rounds_total", "Rounds by how they ended.");
            describe_histogram!("subnetkit_validator_round_seconds", "Time a round took.");
            describe_counter!("subnetkit_validator_answers_total", "Requests to miners by how they ended.");
            describe_counter!(
                "subnetkit_validator_submissions_total",
                "Submissions of weights by their fate."
            );
            describe_counter!(
                "subnetkit_validator_head_streams_total",
                "Times the stream of blocks was opened."
            );
        });
        let (head_block, confirmed_block, rounds_scored, rounds_failed, round_seconds, head_streams) =
            ::metrics::with_local_recorder(&recorder, || {
                (
                    gauge!("subnetkit_validator_head_block"),
                    gauge!("subnetkit_validator_confirmed_block"),
                    counter!("subnetkit_validator_rounds_total", "state" => "scored"),
                    counter!("subnetkit_validator_rounds_total", "state" => "failed"),
                    histogram!("subnetkit_validator_round_seconds"),
                    counter!("subnetkit_validator_head_streams_total"),
                )
            });
        Self {
            recorder,
            handle,
            head_block,
            confirmed_block,
            rounds_scored,
            rounds_failed,
            round_seconds,
            head_streams,
        }
    }

    pub(crate) fn head(&self, block: u64) {
        self.head_block.set(block as f64);
    }

    pub(crate) fn head_stream_opened(&self) {
        self.head_streams.increment(1);
    }

    pub(crate) fn round(&self, scored: bool, took: Duration) {
        if scored {
            self.rounds_scored.increment(1)
        } else {
            self.rounds_failed.increment(1)
        }
        self.round_seconds.record(took.as_secs_f64());
    }

    pub(crate) fn answer(&self, outcome: OutcomeKind) {
        ::metrics::with_local_recorder(&self.recorder, || {
            counter!("subnetkit_validator_answers_total", "outcome" => outcome.as_str()).increment(1);
        });
    }

    pub(crate) fn submission(&self, fate: &Fate) {
        ::metrics::with_local_recorder(&self.recorder, || {
            counter!("subnetkit_validator_submissions_total", "fate" => fate.as_str()).increment(1);
        });
        if let Fate::Confirmed { block } = fate {
            self.confirmed_block.set(*block as f64);
        }
    }

    /// The Prometheus text. Also folds what histograms have gathered, so their memory stays bounded while scraped.
    pub(crate) fn render(&self) -> String {
        self.handle.render()
    }

    /// Folds what histograms have gathered; called once per round so that memory is bounded without scrapes too.
    pub(crate) fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}
