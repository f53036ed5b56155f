//! The whole validator: checks at start, then supervised tasks (blocks, rounds, submissions, a watchdog over them, and what
//! operators look at) until shutdown.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use subnetkit_chain::{Chain, ReadError, WaitFor};
use subnetkit_protocol::{Hotkey, Keypair, Synapse};
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::blocks::watch_chain;
use crate::checkup::Checkup;
use crate::config::{ConfigError, ValidatorConfig};
use crate::dendrite::Dendrite;
use crate::doctor::{Examination, Plan};
use crate::guard::MAX_STUCK_CALLS;
use crate::health::Health;
use crate::hooks::{Reward, Score};
use crate::ledger::{LedgerError, LedgerOwner, LedgerStore, Retention};
use crate::link::Link;
use crate::metrics::Metrics;
use crate::progress::{Progress, watch_progress};
use crate::report::Report;
use crate::rounds::Rounds;
use crate::scoring::Scoring;
use crate::status;
use crate::submission::{Shared, Submitter, submit_on_blocks};
use crate::supervision::Tasks;

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
    /// A loop stood still while the chain went on.
    #[error(
        "the {task} loop of the validator stood still for {} s at: {doing} (stall_timeout), while the chain went on; a \
         validator that does nothing is worse than one that is started anew", .still_for.as_secs()
    )]
    Stalled {
        /// Which loop.
        task: &'static str,
        /// At which of its steps.
        doing: &'static str,
        /// For how long.
        still_for: Duration,
    },
    /// A hook holds all the threads it may have.
    #[error(
        "{MAX_STUCK_CALLS} calls of the {hook} hook are still running past {hook}_timeout, so no other can be made: they \
         block their threads instead of awaiting; move blocking work to tokio::task::spawn_blocking, and bound it"
    )]
    HookStuck {
        /// Which hook.
        hook: &'static str,
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

    /// Whether this is a fault of the program or of its hooks rather than of anything it was given: starting it anew
    /// helps where changing settings would not.
    #[must_use]
    pub const fn is_unexpected(&self) -> bool {
        matches!(self, Self::TaskEnded { .. } | Self::Stalled { .. } | Self::HookStuck { .. })
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
        let ledger = LedgerStore::open(&config.ledger_path, owner, Retention::of(&config)).await?;
        let cut_short = ledger.cut_short();
        let metrics = Arc::new(Metrics::new());
        let block_time = link.chain().block_time().await?;
        let health = Arc::new(Health::new());
        let progress = Arc::new(Progress::new(config.stall_timeout));
        let dendrite = Arc::new(Dendrite::new(keypair, config.dendrite_settings()));
        let rounds = Rounds::new(
            &config,
            link.hotkey(),
            score,
            dendrite,
            ledger.clone(),
            Arc::clone(&metrics),
            Arc::clone(&progress),
        );
        let checkup = Checkup {
            chain: link.chain().clone(),
            examination: Examination {
                netuid: owner.netuid,
                hotkey: owner.hotkey,
                coldkey: None,
                plan: Plan::of(&config),
                // It is open already, so it is fine.
                ledger: None,
                public: link.chain().wait_for() == WaitFor::Finalized,
                connect_timeout: config.connect_timeout,
            },
            ledger: ledger.clone(),
            metrics: Arc::clone(&metrics),
            health: Arc::clone(&health),
        };
        let shared = Shared {
            link: link.clone(),
            ledger,
            metrics: Arc::clone(&metrics),
            health: Arc::clone(&health),
            progress: Arc::clone(&progress),
            reports: reports.clone(),
        };
        let submitter = Submitter::new(&config, reward, shared);

        let stop = shutdown.child_token();
        let mut tasks = Tasks::new(stop.clone());
        if let Some(address) = config.status_listen {
            let failed = move |source| ValidatorError::StatusListen { address, source };
            // An address that cannot be used is an error at once, and not after some restarts.
            let mut first = Some(TcpListener::bind(address).await.map_err(failed)?);
            let shared = status::Shared {
                health: Arc::clone(&health),
                metrics: Arc::clone(&metrics),
                progress: Arc::clone(&progress),
            };
            let (until, counts) = (stop.clone(), Arc::clone(&metrics));
            let serve = move || {
                let (first, shared, until) = (first.take(), shared.clone(), until.clone());
                async move {
                    let listener = match first {
                        Some(listener) => listener,
                        None => TcpListener::bind(address).await.map_err(failed)?,
                    };
                    status::serve(listener, shared, until).await.map_err(failed)
                }
            };
            tasks.spawn_restarting("status", serve, move |task| counts.task_restarted(task));
        }
        let (heads, max_silence) = (link.chain().follow(), link.chain().max_silence());
        let (status, counts) = (link.chain().status(), Arc::clone(&metrics));
        let watching = watch_chain(status, block_time, counts, Arc::clone(&health));
        let until = stop.clone();
        tasks.spawn("blocks", async move { until.run_until_cancelled(watching).await.unwrap_or(Ok(())) });
        let scoring = Scoring {
            link,
            rounds,
            interval: config.round_interval,
            cut_short,
            reports,
            health: Arc::clone(&health),
            progress: Arc::clone(&progress),
        };
        let watching = watch_progress(Arc::clone(&progress), heads.clone(), max_silence);
        let until = stop.clone();
        tasks.spawn("watchdog", async move { until.run_until_cancelled(watching).await.unwrap_or(Ok(())) });
        let (until, looking) = (stop.clone(), checkup.run(heads.clone()));
        tasks.spawn("checkup", async move { until.run_until_cancelled(looking).await.unwrap_or(Ok(())) });
        tasks.spawn("scoring", scoring.run(heads.clone(), stop.clone()));
        tasks.spawn("weights", submit_on_blocks(submitter, heads, health, stop));
        tracing::info!(netuid = owner.netuid, hotkey = %owner.hotkey, synapse = S::NAME, "validating");
        tasks.supervise().await
    }

    /// What must hold before anything starts.
    async fn check_subnet(&self) -> Result<(), ValidatorError> {
        let (hotkey, netuid) = (self.link.hotkey(), self.link.netuid());
        if self.link.metagraph().await?.neuron(&hotkey).is_none() {
            return Err(ValidatorError::NotRegistered { hotkey, netuid });
        }
        Ok(())
    }
}
