//! What one validator counts. Each has a registry of its own: several run in one process without sharing a number.
//!
//! `docs/src/alerts.yml` has alerts on these, `docs/src/operating.md` what they mean. Every series that an alert counts with is
//! there from the start, at 0: what appears with its first event has no increase.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use prometheus_client::encoding::{EncodeLabelSet, text::encode};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::answer::OutcomeKind;
use crate::doctor::Severity;
use crate::ledger::{Fate, RoundState};

/// The content type of [`Metrics::text`].
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The fates at which a submission ends.
const ENDS: [&str; 9] = [
    "effective",
    "refused",
    "expired",
    "not_included",
    "not_sent",
    "mismatch",
    "unrevealed",
    "withheld",
    "unknown",
];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Ended {
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfMechanism {
    mechanism: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Judged {
    severity: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Restarted {
    task: &'static str,
}

type Seconds = Gauge<f64, AtomicU64>;

/// The validator's numbers.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    rounds: Family<Ended, Counter>,
    round_seconds: Histogram,
    settled_rounds: Family<Ended, Counter>,
    settle_failures: Counter,
    open_rounds: Gauge,
    answers: Family<Ended, Counter>,
    submissions: Family<Ended, Counter>,
    reveals: Family<Ended, Counter>,
    open_commits: Family<OfMechanism, Gauge>,
    effective_block: Family<OfMechanism, Gauge>,
    effective_age: Family<OfMechanism, Gauge>,
    effective_age_limit: Gauge,
    findings: Family<Judged, Gauge>,
    chain_reconnects: Counter,
    chain_lag: Seconds,
    head_block: Gauge,
    block_time: Seconds,
    task_restarts: Family<Restarted, Counter>,
    effective: Mutex<Effective>,
}

/// Since when the chain holds the effective weights of each mechanism, and the newest block.
#[derive(Debug, Default)]
struct Effective {
    since: BTreeMap<u8, u64>,
    head: u64,
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("subnetkit_validator");
        // 10 ms to about 11 min in doublings: from an empty round to one at every limit.
        let round_seconds = Histogram::new(exponential_buckets(0.01, 2.0, 17));
        registry.register_with_unit("round", "Time a round took", Unit::Seconds, round_seconds.clone());
        let start: Seconds = Gauge::default();
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        start.set(since.as_secs_f64());
        registry.register_with_unit(
            "start_time",
            "When this validator started, Unix time",
            Unit::Seconds,
            start,
        );
        // Each under its own name.
        macro_rules! registered {
            ($name:literal, $help:literal) => {{
                let metric = Default::default();
                registry.register($name, $help, Clone::clone(&metric));
                metric
            }};
            ($name:literal, $help:literal, $unit:expr) => {{
                let metric = Seconds::default();
                registry.register_with_unit($name, $help, $unit, metric.clone());
                metric
            }};
        }
        let rounds: Family<Ended, Counter> = registered!("rounds", "Rounds by how they ended");
        let settled_rounds: Family<Ended, Counter> =
            registered!("settled_rounds", "Rounds whose scores were to come later, by how they ended");
        let settle_failures: Counter =
            registered!("settle_failures", "Times an open round could not be settled in its turn");
        let open_rounds: Gauge = registered!("open_rounds", "Rounds that wait for their scores");
        let answers: Family<Ended, Counter> = registered!("answers", "Requests to miners by how they ended");
        let submissions: Family<Ended, Counter> =
            registered!("submissions", "Submissions of weights by what became of them");
        let reveals: Family<Ended, Counter> =
            registered!("reveals", "Commits of weights by what became of them");
        let open_commits: Family<OfMechanism, Gauge> =
            registered!("open_commits", "Commits that wait for their reveal");
        let effective_block: Family<OfMechanism, Gauge> =
            registered!("effective_block", "Block since which the chain holds our last effective weights");
        let effective_age: Family<OfMechanism, Gauge> = registered!(
            "effective_weights_age_blocks",
            "Blocks since the chain took our last effective weights, or since the registration if it never did"
        );
        let effective_age_limit: Gauge = registered!(
            "effective_weights_age_limit_blocks",
            "The age beyond which weights are older than tempo and rate limit explain"
        );
        let findings: Family<Judged, Gauge> =
            registered!("findings", "Rules by how they stand, as subnetkit doctor finds them");
        let chain_reconnects: Counter =
            registered!("chain_reconnects", "Times the connection to the chain was replaced");
        let chain_lag = registered!("chain_lag", "Time since the newest block arrived", Unit::Seconds);
        let head_block: Gauge = registered!("head_block", "Newest block heard of");
        let block_time =
            registered!("block_time", "Time between blocks, measured as far as possible", Unit::Seconds);
        let task_restarts: Family<Restarted, Counter> =
            registered!("task_restarts", "Times a task ended unasked and was started again");

        for outcome in ["scored", "open", "failed"] {
            drop(rounds.get_or_create(&Ended { outcome }));
        }
        for outcome in ["scored", "unscored"] {
            drop(settled_rounds.get_or_create(&Ended { outcome }));
        }
        for kind in OutcomeKind::ALL {
            drop(answers.get_or_create(&Ended { outcome: kind.as_str() }));
        }
        for outcome in ENDS {
            drop(submissions.get_or_create(&Ended { outcome }));
        }
        for outcome in ["effective", "unrevealed", "withheld"] {
            drop(reveals.get_or_create(&Ended { outcome }));
        }
        for severity in [Severity::Fine, Severity::Weakens, Severity::Blocks] {
            drop(findings.get_or_create(&Judged { severity: severity.as_str() }));
        }
        drop(task_restarts.get_or_create(&Restarted { task: "status" }));
        Self {
            registry,
            rounds,
            round_seconds,
            settled_rounds,
            settle_failures,
            open_rounds,
            answers,
            submissions,
            reveals,
            open_commits,
            effective_block,
            effective_age,
            effective_age_limit,
            findings,
            chain_reconnects,
            chain_lag,
            head_block,
            block_time,
            task_restarts,
            effective: Mutex::default(),
        }
    }

    /// The newest block; ages grow with it, whatever becomes of weights.
    pub(crate) fn head(&self, block: u64) {
        self.head_block.set(number(block));
        self.with_effective(|effective| effective.head = block);
    }

    /// Time between blocks.
    pub(crate) fn block_time(&self, time: Duration) {
        self.block_time.set(time.as_secs_f64());
    }

    /// How often the connection was replaced so far.
    pub(crate) fn reconnected(&self, times: u64) {
        self.chain_reconnects.inner().fetch_max(times, Ordering::Relaxed);
    }

    pub(crate) fn task_restarted(&self, task: &'static str) {
        self.task_restarts.get_or_create(&Restarted { task }).inc();
    }

    pub(crate) fn round(&self, state: &RoundState, took: Duration) {
        let outcome = match state {
            RoundState::Scored => "scored",
            RoundState::Open => "open",
            RoundState::Failed(_) => "failed",
        };
        self.rounds.get_or_create(&Ended { outcome }).inc();
        self.round_seconds.observe(took.as_secs_f64());
    }

    /// Counts an open round at its end: with the scores it waited for, or without.
    pub(crate) fn settled(&self, scored: bool) {
        let outcome = if scored { "scored" } else { "unscored" };
        self.settled_rounds.get_or_create(&Ended { outcome }).inc();
    }

    pub(crate) fn settle_failed(&self) {
        self.settle_failures.inc();
    }

    pub(crate) fn open_rounds(&self, rounds: usize) {
        self.open_rounds.set(number(u64::try_from(rounds).unwrap_or(u64::MAX)));
    }

    pub(crate) fn answer(&self, outcome: OutcomeKind) {
        self.answers.get_or_create(&Ended { outcome: outcome.as_str() }).inc();
    }

    /// Counts a submission when its fate is final.
    pub(crate) fn submission(&self, mecid: u8, fate: &Fate) {
        if fate.is_open() {
            return;
        }
        let ended = Ended { outcome: fate.as_str() };
        self.submissions.get_or_create(&ended).inc();
        match fate {
            Fate::Effective { included_block, block } => {
                // What was sent in the open is effective in its own block.
                if included_block != block {
                    self.reveals.get_or_create(&ended).inc();
                }
                self.effective(mecid, *block);
            }
            Fate::Unrevealed { .. } | Fate::Withheld { .. } => {
                self.reveals.get_or_create(&ended).inc();
            }
            _ => {}
        }
    }

    /// The block since which the chain holds a mechanism's effective weights; an earlier one than is known is ignored.
    pub(crate) fn effective(&self, mecid: u8, block: u64) {
        self.effective_block.get_or_create(&OfMechanism { mechanism: mecid }).set(number(block));
        self.waiting_since(mecid, block);
    }

    /// A mechanism has had no effective weights since this block, as far as is known.
    pub(crate) fn waiting_since(&self, mecid: u8, block: u64) {
        self.with_effective(|effective| {
            let since = effective.since.entry(mecid).or_insert(block);
            *since = block.max(*since);
        });
    }

    /// The age beyond which weights are too old.
    pub(crate) fn effective_age_limit(&self, blocks: u64) {
        self.effective_age_limit.set(number(blocks));
    }

    pub(crate) fn open_commits(&self, mecid: u8, commits: usize) {
        let commits = u64::try_from(commits).unwrap_or(u64::MAX);
        self.open_commits.get_or_create(&OfMechanism { mechanism: mecid }).set(number(commits));
    }

    pub(crate) fn findings(&self, severity: Severity, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.findings.get_or_create(&Judged { severity: severity.as_str() }).set(number(count));
    }

    /// The numbers in Prometheus' text format; `lag` is the time since the newest block arrived.
    pub(crate) fn text(&self, lag: Option<Duration>) -> Result<String, std::fmt::Error> {
        self.chain_lag.set(lag.map_or(0.0, |lag| lag.as_secs_f64()));
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }

    fn with_effective(&self, change: impl FnOnce(&mut Effective)) {
        let mut effective = self.effective.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut effective);
        for (mecid, since) in &effective.since {
            let age = number(effective.head.saturating_sub(*since));
            self.effective_age.get_or_create(&OfMechanism { mechanism: *mecid }).set(age);
        }
    }
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_age_of_weights_grows_with_every_block_until_new_ones_are_effective() {
        let metrics = Metrics::new();
        let age = |mecid: u8| {
            let text = metrics.text(None).unwrap();
            let line = format!("subnetkit_validator_effective_weights_age_blocks{{mechanism=\"{mecid}\"}} ");
            text.lines().find_map(|found| found.strip_prefix(&line).map(|age| age.parse::<u64>().unwrap()))
        };
        metrics.head(100);
        assert_eq!(age(0), None, "nothing is known yet");
        // After a restart: the ledger says block 40 of one mechanism; the other never had any since the registration.
        metrics.effective(0, 40);
        metrics.waiting_since(1, 10);
        assert_eq!((age(0), age(1)), (Some(60), Some(90)));
        metrics.head(150);
        metrics.submission(0, &Fate::Refused { reason: "no".to_owned() });
        metrics.submission(0, &Fate::Committed { block: 149, epoch: 3 });
        assert_eq!((age(0), age(1)), (Some(110), Some(140)), "what does not land makes nothing younger");
        metrics.submission(1, &Fate::Effective { included_block: 120, block: 145 });
        assert_eq!((age(0), age(1)), (Some(110), Some(5)));
        // A late word of older weights changes nothing.
        metrics.waiting_since(1, 130);
        assert_eq!(age(1), Some(5));
        let text = metrics.text(Some(Duration::from_millis(2_500))).unwrap();
        for line in [
            "subnetkit_validator_submissions_total{outcome=\"refused\"} 1",
            "subnetkit_validator_submissions_total{outcome=\"effective\"} 1",
            "subnetkit_validator_reveals_total{outcome=\"effective\"} 1",
            "subnetkit_validator_reveals_total{outcome=\"unrevealed\"} 0",
            "subnetkit_validator_effective_block{mechanism=\"1\"} 145",
            "subnetkit_validator_chain_lag_seconds 2.5",
        ] {
            assert!(text.contains(line), "{line} not in:\n{text}");
        }
    }
}
