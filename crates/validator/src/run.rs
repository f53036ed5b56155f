//! The whole validator: checks at start, then three supervised tasks (blocks, rounds, submissions) until shutdown.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use subnetkit_chain::{Chain, Head, ReadError};
use subnetkit_protocol::{Hotkey, Keypair, Synapse};
use tokio::net::TcpListener;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::config::{ConfigError, RoundInterval, ValidatorConfig};
use crate::dendrite::Dendrite;
use crate::guard::panic_message;
use crate::health::Health;
use crate::hooks::{Reward, Score};
use crate::ledger::{LedgerError, LedgerOwner, LedgerStore, Retention};
use crate::link::Link;
use crate::metrics::Metrics;
use crate::report::Report;
use crate::rounds::Rounds;
use crate::schedule::WaitReason;
use crate::status;
use crate::submission::Submitter;

/// Between two attempts to follow a chain that does not answer, doubling from the first to the last.
const RECONNECT_DELAYS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// How long tasks may finish what they hold after shutdown was asked for; a submission in flight is worth waiting for.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(20);

/// On chains with very short block times, a hiccup of this length is no loss of the chain.
const LEAST_SILENCE: Duration = Duration::from_secs(10);

/// Why a validator did not start, or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValidatorError {
    /// A setting cannot work.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The hotkey is not on the subnet, or no longer.
    #[error(
        "the hotkey {hotkey} is not registered on subnet {netuid}: register it (its coldkey pays the burn), or name the \
         right hotkey and netuid"
    )]
    NotRegistered {
        /// The hotkey.
        hotkey: Hotkey,
        /// The subnet.
        netuid: u16,
    },
    /// The subnet takes weights in a way this version cannot send.
    #[error("weights cannot be set on subnet {netuid}: {}", WaitReason::CommitRevealDemanded)]
    CommitRevealDemanded {
        /// The subnet.
        netuid: u16,
    },
    /// The chain cannot be read.
    #[error(transparent)]
    Chain(#[from] ReadError),
    /// The ledger failed. Scores that cannot be kept are worse than none, so this ends the process.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The status address cannot be used.
    #[error("cannot listen on {address} (status_listen): {source}; free the port or choose another address")]
    StatusListen {
        /// The setting.
        address: SocketAddr,
        /// The cause.
        source: std::io::Error,
    },
    /// A task ended although nobody asked it to.
    #[error("the {task} task of the validator ended: {reason}")]
    TaskEnded {
        /// Which one.
        task: &'static str,
        /// What it said.
        reason: String,
    },
}

impl ValidatorError {
    /// Whether the validator cannot go on. The others pass when the chain answers again.
    #[must_use]
    pub const fn is_fatal(&self) -> bool {
        !matches!(self, Self::Chain(error) if !matches!(error, ReadError::NoSuchSubnet { .. }))
    }
}

/// A validator ready to run. Most callers want [`run`]; this form lets a caller watch its reports.
pub struct Validator<S: Synapse> {
    config: ValidatorConfig,
    link: Link,
    keypair: Keypair,
    score: Arc<dyn Score<S>>,
    reward: Arc<dyn Reward>,
    reports: broadcast::Sender<Report>,
}

impl<S: Synapse> std::fmt::Debug for Validator<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Validator")
            .field("synapse", &S::NAME)
            .field("link", &self.link)
            .finish_non_exhaustive()
    }
}

/// Runs a validator until `shutdown` is cancelled, or something ends it that it cannot mend.
pub async fn run<S: Synapse>(
    config: ValidatorConfig,
    chain: Chain,
    netuid: u16,
    hotkey: Keypair,
    score: impl Score<S>,
    reward: impl Reward,
    shutdown: CancellationToken,
) -> Result<(), ValidatorError> {
    Validator::new(config, chain, netuid, hotkey, score, reward)?.run(shutdown).await
}

impl<S: Synapse> Validator<S> {
    /// Checks the settings; touches neither chain nor disk.
    pub fn new(
        config: ValidatorConfig,
        chain: Chain,
        netuid: u16,
        hotkey: Keypair,
        score: impl Score<S>,
        reward: impl Reward,
    ) -> Result<Self, ValidatorError> {
        config.validate()?;
        let (reports, _) = broadcast::channel(config.report_buffer);
        let link = Link::new(chain, hotkey.clone(), netuid);
        Ok(Self { config, link, keypair: hotkey, score: Arc::new(score), reward: Arc::new(reward), reports })
    }

    /// A stream of what happens from now on. A subscriber that falls more than `report_buffer` reports behind loses the
    /// oldest ones, and is told so.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Report> {
        self.reports.subscribe()
    }

    /// Runs until `shutdown` is cancelled, or something ends it that it cannot mend.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), ValidatorError> {
        self.check_subnet().await?;
        let Self { config, link, keypair, score, reward, reports } = self;
        let owner = LedgerOwner {
            genesis_hash: link.chain().genesis_hash(),
            netuid: link.netuid(),
            hotkey: link.hotkey(),
        };
        let retention = Retention { rounds: config.ledger_rounds, submissions: config.ledger_submissions };
        let ledger = LedgerStore::open(&config.ledger_path, owner, retention).await?;
        let metrics = Arc::new(Metrics::new());
        let silence = link.chain().block_time().await?.saturating_mul(config.max_silent_blocks);
        let health = Arc::new(Health::new(silence.max(LEAST_SILENCE)));
        let dendrite = Arc::new(Dendrite::new(keypair, config.dendrite_settings()));
        let rounds =
            Rounds::new(&config, link.hotkey(), score, dendrite, ledger.clone(), Arc::clone(&metrics));
        let submitter =
            Submitter::new(&config, link.clone(), ledger, reward, Arc::clone(&metrics), Arc::clone(&health))
                .await?;

        let stop = shutdown.child_token();
        let mut tasks = Tasks::new(stop.clone());
        if let Some(address) = config.status_listen {
            let listening = TcpListener::bind(address).await;
            let listener = listening.map_err(|source| ValidatorError::StatusListen { address, source })?;
            let serving = status::serve(listener, Arc::clone(&health), Arc::clone(&metrics), stop.clone());
            tasks.spawn("status", async move {
                serving.await.map_err(|source| ValidatorError::StatusListen { address, source })
            });
        }
        let (heads_in, heads) = watch::channel(None);
        let following = follow_blocks(link.clone(), heads_in, Arc::clone(&metrics), Arc::clone(&health));
        let until = stop.clone();
        tasks.spawn("blocks", async move { until.run_until_cancelled(following).await.unwrap_or(Ok(())) });
        let scoring = Scoring {
            link,
            rounds,
            interval: config.round_interval,
            reports: reports.clone(),
            health: Arc::clone(&health),
        };
        tasks.spawn("scoring", scoring.run(heads.clone(), stop.clone()));
        tasks.spawn("weights", submit_on_blocks(submitter, heads, reports, health, stop));
        tracing::info!(netuid = owner.netuid, hotkey = %owner.hotkey, synapse = S::NAME, "validating");
        tasks.supervise().await
    }

    /// What must hold before anything starts.
    async fn check_subnet(&self) -> Result<(), ValidatorError> {
        let state = self.link.state().await?;
        let (hotkey, netuid) = (self.link.hotkey(), self.link.netuid());
        if state.subnet.neuron(&hotkey).is_none() {
            return Err(ValidatorError::NotRegistered { hotkey, netuid });
        }
        if state.rules.commit_reveal_weights_enabled {
            return Err(ValidatorError::CommitRevealDemanded { netuid });
        }
        Ok(())
    }
}

/// The tasks of one validator: when one ends unasked, all end, and the reason is the validator's.
struct Tasks {
    set: JoinSet<(&'static str, Result<(), ValidatorError>)>,
    names: Vec<(tokio::task::Id, &'static str)>,
    stop: CancellationToken,
}

impl Tasks {
    fn new(stop: CancellationToken) -> Self {
        Self { set: JoinSet::new(), names: Vec::new(), stop }
    }

    fn spawn(
        &mut self,
        name: &'static str,
        task: impl Future<Output = Result<(), ValidatorError>> + Send + 'static,
    ) {
        let handle = self.set.spawn(async move { (name, task.await) });
        self.names.push((handle.id(), name));
    }

    async fn supervise(mut self) -> Result<(), ValidatorError> {
        let stop = self.stop.clone();
        let ended = tokio::select! {
            // First, because a shutdown also ends the tasks.
            biased;
            () = stop.cancelled() => Ok(()),
            ended = self.next_end() => Err(ended),
        };
        stop.cancel();
        // Tasks that do not end within the grace are aborted when the set is dropped.
        let drained = timeout(SHUTDOWN_GRACE, async { while self.set.join_next().await.is_some() {} }).await;
        if drained.is_err() {
            tracing::warn!("some tasks did not end within {} s and were stopped", SHUTDOWN_GRACE.as_secs());
        }
        ended
    }

    async fn next_end(&mut self) -> ValidatorError {
        let unasked = |task, reason: &str| ValidatorError::TaskEnded { task, reason: reason.to_owned() };
        match self.set.join_next_with_id().await {
            Some(Ok((_, (_, Err(error))))) => error,
            Some(Ok((_, (task, Ok(()))))) => unasked(task, "without a reason"),
            Some(Err(ended)) => {
                let task =
                    self.names.iter().find(|(id, _)| *id == ended.id()).map_or("unnamed", |(_, name)| name);
                unasked(task, &panic_message(ended))
            }
            None => unasked("only", "there was nothing to do"),
        }
    }
}

type Heads = watch::Receiver<Option<Head>>;

/// Keeps `heads` at the newest block, whatever happens to the connection. Does not end by itself.
async fn follow_blocks(
    link: Link,
    heads: watch::Sender<Option<Head>>,
    metrics: Arc<Metrics>,
    health: Arc<Health>,
) -> Result<(), ValidatorError> {
    let (first_delay, last_delay) = RECONNECT_DELAYS;
    let mut delay = first_delay;
    loop {
        metrics.head_stream_opened();
        let broke = match link.heads().await {
            Ok(mut stream) => loop {
                match stream.next().await {
                    Some(Ok(head)) => {
                        delay = first_delay;
                        metrics.head(head.number);
                        health.head_seen();
                        health.clear("chain");
                        heads.send_replace(Some(head));
                    }
                    Some(Err(error)) => break error.to_string(),
                    None => break "the stream of blocks ended".to_owned(),
                }
            },
            Err(error) => error.to_string(),
        };
        tracing::warn!(reason = %broke, "lost the chain; following it again");
        health.fault("chain", broke);
        sleep(delay).await;
        delay = (delay * 2).min(last_delay);
    }
}

/// The scoring half of a validator.
struct Scoring<S: Synapse> {
    link: Link,
    rounds: Rounds<S>,
    interval: RoundInterval,
    reports: broadcast::Sender<Report>,
    health: Arc<Health>,
}

impl<S: Synapse> Scoring<S> {
    /// One round after the other, each to its end before the next. A round cut short by shutdown is marked as abandoned
    /// when the ledger is opened again.
    async fn run(self, mut heads: Heads, stop: CancellationToken) -> Result<(), ValidatorError> {
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

/// Waits for a block with at least this number.
async fn next_block(heads: &mut Heads, number: u64) -> Result<u64, ValidatorError> {
    let seen = heads.wait_for(|head| head.is_some_and(|head| head.number >= number)).await;
    let head = seen.ok().and_then(|head| *head);
    head.map(|head| head.number).ok_or_else(blocks_ended)
}

fn blocks_ended() -> ValidatorError {
    ValidatorError::TaskEnded { task: "blocks", reason: "no more blocks are followed".to_owned() }
}

/// Looks at each new block whether it is time; blocks that pass during a submission are skipped. A submission in flight
/// at shutdown is finished, within the grace.
async fn submit_on_blocks(
    mut submitter: Submitter,
    mut heads: Heads,
    reports: broadcast::Sender<Report>,
    health: Arc<Health>,
    stop: CancellationToken,
) -> Result<(), ValidatorError> {
    loop {
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            changed = heads.changed() => changed.map_err(|_| blocks_ended())?,
        }
        match submitter.on_block().await {
            Ok(Some(report)) => {
                let _ = reports.send(Report::Submission(report));
                health.clear("clock");
            }
            Ok(None) => health.clear("clock"),
            Err(error) if error.is_fatal() => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "the epoch clock cannot be read");
                health.fault("clock", error.to_string());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_that_ended_because_of_the_shutdown_is_no_failure() {
        // Often enough for a choice by chance to be seen.
        for _ in 0..64 {
            let stop = CancellationToken::new();
            let mut tasks = Tasks::new(stop.clone());
            tasks.spawn("quick", async { Ok(()) });
            tokio::task::yield_now().await;
            stop.cancel();
            tasks.supervise().await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_task_that_ends_unasked_ends_the_validator_with_its_name() {
        let mut tasks = Tasks::new(CancellationToken::new());
        tasks.spawn("quick", async { Ok(()) });
        let ended = tasks.supervise().await.unwrap_err();
        assert!(matches!(ended, ValidatorError::TaskEnded { task: "quick", .. }), "{ended}");
    }
}
