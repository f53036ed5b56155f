//! The scoring half of a validator: round after round.

use std::sync::Arc;

use subnetkit_protocol::Synapse;
use tokio::sync::broadcast;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::blocks::{Heads, next_block};
use crate::config::RoundInterval;
use crate::health::Health;
use crate::link::Link;
use crate::report::Report;
use crate::rounds::Rounds;
use crate::run::ValidatorError;

/// The scoring half of a validator.
pub(crate) struct Scoring<S: Synapse> {
    pub(crate) link: Link,
    pub(crate) rounds: Rounds<S>,
    pub(crate) interval: RoundInterval,
    pub(crate) reports: broadcast::Sender<Report>,
    pub(crate) health: Arc<Health>,
}

impl<S: Synapse> Scoring<S> {
    /// One round after the other, each to its end before the next. A round cut short by shutdown is marked as abandoned
    /// when the ledger is opened again.
    pub(crate) async fn run(self, mut heads: Heads, stop: CancellationToken) -> Result<(), ValidatorError> {
        let rounds = async {
            // The chain is there before the first round.
            let mut last_block = next_block(&mut heads, 0).await?;
            loop {
                let started = Instant::now();
                self.round().await?;
                match self.interval {
                    RoundInterval::Time(time) => sleep_until(started + time).await,
                    RoundInterval::Blocks(blocks) => {
                        last_block = next_block(&mut heads, last_block + blocks).await?
                    }
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => Ok(()),
            ended = rounds => ended,
        }
    }

    async fn round(&self) -> Result<(), ValidatorError> {
        let subnet = match self.link.metagraph().await.map_err(ValidatorError::from) {
            Ok(subnet) => subnet,
            Err(error) if error.is_fatal() => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "no round: the metagraph cannot be read");
                return Ok(());
            }
        };
        let report = self.rounds.run(subnet).await?;
        match &report.failure {
            Some(reason) => {
                tracing::error!(round = report.id, %reason, "a round left no scores");
                self.health.fault("scoring", reason.clone());
            }
            None => {
                let scored = report.entries.iter().filter(|entry| entry.score.is_some()).count();
                tracing::info!(round = report.id, asked = report.entries.len(), scored, "scored a round");
                self.health.clear("scoring");
            }
        }
        // Nobody listening is no fault.
        let _ = self.reports.send(Report::Round(report));
        Ok(())
    }
}
