//! The scoring half of a validator: round after round.

use std::sync::Arc;
use std::time::Duration;

use subnetkit_protocol::Synapse;
use tokio::sync::broadcast;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::blocks::{Heads, blocks_ended};
use crate::config::RoundInterval;
use crate::health::Health;
use crate::link::Link;
use crate::progress::Progress;
use crate::report::Report;
use crate::rounds::{LOOP, Rounds};
use crate::run::ValidatorError;

/// The scoring half of a validator.
pub(crate) struct Scoring<S: Synapse> {
    pub(crate) link: Link,
    pub(crate) rounds: Rounds<S>,
    pub(crate) interval: RoundInterval,
    /// The round that an earlier process left to be judged.
    pub(crate) cut_short: Option<u64>,
    pub(crate) reports: broadcast::Sender<Report>,
    pub(crate) health: Arc<Health>,
    pub(crate) progress: Arc<Progress>,
}

impl<S: Synapse> Scoring<S> {
    /// One round after the other, each to its end before the next. A round cut short by shutdown is marked as abandoned
    /// when the ledger is opened again.
    pub(crate) async fn run(self, mut heads: Heads, stop: CancellationToken) -> Result<(), ValidatorError> {
        let rounds = async {
            self.finish().await?;
            // The chain is there before the first round.
            let mut last_block = self.block(&mut heads, 0).await?;
            loop {
                let started = Instant::now();
                self.round().await?;
                match self.interval {
                    RoundInterval::Time(time) => {
                        self.progress.step(LOOP, "waiting for the next round", time);
                        sleep_until(started + time).await;
                    }
                    RoundInterval::Blocks(blocks) => {
                        last_block = self.block(&mut heads, last_block + blocks).await?;
                    }
                }
            }
        };
        tokio::select! {
            () = stop.cancelled() => Ok(()),
            ended = rounds => ended,
        }
    }

    /// Waits for a block with at least this number. Any block that comes meanwhile is a step: a chain that was left for
    /// a node that is behind is no loop that stands still.
    async fn block(&self, heads: &mut Heads, number: u64) -> Result<u64, ValidatorError> {
        loop {
            self.progress.step(LOOP, "waiting for a block", Duration::ZERO);
            let head = *heads.borrow_and_update();
            if let Some(head) = head.filter(|head| head.number >= number) {
                return Ok(head.number);
            }
            heads.changed().await.map_err(|_| blocks_ended())?;
        }
    }

    async fn finish(&self) -> Result<(), ValidatorError> {
        let Some(id) = self.cut_short else { return Ok(()) };
        if let Some(report) = self.rounds.finish(id, self.link.netuid()).await? {
            tracing::info!(round = id, "scored a round that the end of the last process cut short");
            let _ = self.reports.send(Report::Round(report));
        }
        Ok(())
    }

    async fn round(&self) -> Result<(), ValidatorError> {
        self.progress.step(LOOP, "reading the metagraph", Duration::ZERO);
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
                let (asked, settled) = (report.entries.len(), report.settled.len());
                tracing::info!(
                    round = report.id,
                    asked,
                    scored,
                    open = report.open,
                    settled,
                    "scored a round"
                );
                self.health.clear("scoring");
            }
        }
        match report.settled.iter().find_map(|settled| settled.failure.as_ref().map(|why| (settled.id, why)))
        {
            Some((round, why)) => self.health.fault("settling", format!("round {round}: {why}")),
            None => self.health.clear("settling"),
        }
        // Nobody listening is no fault.
        let _ = self.reports.send(Report::Round(report));
        Ok(())
    }
}
