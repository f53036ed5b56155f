//! The submitting half of a validator: at each new block it learns from the chain what became of what it sent, then does
//! the one thing that is due. All it remembers is in the ledger, so that a step after a crash is a step like any other.

mod journal;
mod sending;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use subnetkit_chain::{ReadError, SubmitError};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::block_times::BlockTimes;
use crate::blocks::{Heads, blocks_ended};
use crate::config::ValidatorConfig;
use crate::guard::{HookError, HookGuard};
use crate::health::Health;
use crate::hooks::Reward;
use crate::journal::{Best, Reveal, is_outdated, reveal};
use crate::ledger::{Fate, LedgerError, LedgerStore, Submission, WeightRecord};
use crate::link::{Kept, Link, View};
use crate::metrics::Metrics;
use crate::progress::Progress;
use crate::report::{BlockReport, Report, SubmissionReport};
use crate::run::ValidatorError;
use crate::schedule::{Decision, Newest, Schedule, Situation, WaitReason, is_of_another_run};
use crate::weights::{CommitWith, Payout, PrepareError, Way, WhenAllZero};

/// The name of the loop that sets weights.
const LOOP: &str = "weights";

/// The submitting half of a validator.
pub(crate) struct Submitter {
    link: Link,
    ledger: LedgerStore,
    reward: Arc<dyn Reward>,
    guard: HookGuard,
    settings: Settings,
    metrics: Arc<Metrics>,
    health: Arc<Health>,
    progress: Arc<Progress>,
    reports: broadcast::Sender<Report>,
    /// What was tried of each mechanism in this epoch.
    schedules: BTreeMap<u8, Schedule>,
    /// The reasons last logged.
    waiting: BTreeMap<u8, WaitReason>,
    /// How far each undecided transaction was looked for in final blocks, and when it was last handed over.
    searches: BTreeMap<u64, u64>,
    handed_over: BTreeMap<u64, u64>,
    block_times: BlockTimes,
    /// The highest head acted on.
    newest_head: u64,
}

/// The settings that concern it, under their names.
#[derive(Debug, Clone, Copy)]
struct Settings {
    submit_margin_blocks: u64,
    submit_attempts: u32,
    when_all_zero: WhenAllZero,
    owner_burn_share: f64,
    commit_with: CommitWith,
    version_key: u64,
}

/// Why a step ended before its end. Nothing is lost: the next block brings another.
#[derive(Debug, thiserror::Error)]
enum StepError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Fatal(#[from] ValidatorError),
}

impl From<LedgerError> for StepError {
    fn from(error: LedgerError) -> Self {
        Self::Fatal(error.into())
    }
}

/// Why there is nothing to send.
#[derive(Debug, thiserror::Error)]
enum NotReady {
    #[error(transparent)]
    Hook(#[from] HookError),
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    #[error(transparent)]
    Sign(#[from] SubmitError),
    #[error("{0}")]
    Seal(String),
}

impl NotReady {
    /// Whether trying again in this epoch may help: the same rewards under the same rules end the same way, but a hook that
    /// panicked may not panic again.
    fn may_retry(&self) -> bool {
        match self {
            Self::Hook(_) => true,
            Self::Sign(error) => error.is_retryable(),
            Self::Prepare(_) | Self::Seal(_) => false,
        }
    }

    /// Whether sending nothing is what the operator decided.
    const fn is_decision(&self) -> bool {
        matches!(self, Self::Prepare(error) if error.is_decision())
    }
}

/// What a submitter shares with the other tasks of its validator.
pub(crate) struct Shared {
    pub(crate) link: Link,
    pub(crate) ledger: LedgerStore,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) health: Arc<Health>,
    pub(crate) progress: Arc<Progress>,
    pub(crate) reports: broadcast::Sender<Report>,
}

impl Submitter {
    pub(crate) fn new(config: &ValidatorConfig, reward: Arc<dyn Reward>, shared: Shared) -> Self {
        let Shared { link, ledger, metrics, health, progress, reports } = shared;
        Self {
            link,
            ledger,
            reward,
            guard: HookGuard::new("reward", config.reward_timeout),
            settings: Settings {
                submit_margin_blocks: config.submit_margin_blocks,
                submit_attempts: config.submit_attempts,
                when_all_zero: config.when_all_zero,
                owner_burn_share: config.owner_burn_share,
                commit_with: config.commit_with,
                version_key: config.version_key,
            },
            metrics,
            health,
            progress,
            reports,
            schedules: BTreeMap::new(),
            waiting: BTreeMap::new(),
            searches: BTreeMap::new(),
            handed_over: BTreeMap::new(),
            block_times: BlockTimes::default(),
            newest_head: 0,
        }
    }

    /// To be called at each new block. A chain that cannot be read is an error of this block, not of the process: see
    /// [`ValidatorError::is_fatal`].
    pub(crate) async fn on_block(&mut self) -> Result<(), ValidatorError> {
        self.step().await.map_err(|error| match error {
            StepError::Read(error) => error.into(),
            StepError::Fatal(error) => error,
        })
    }

    /// Learns what became of what was sent, then sends at most one transaction.
    async fn step(&mut self) -> Result<(), StepError> {
        let (settled, best) = self.link.heads_to_act_on().await?;
        let head = best.head().number;
        // Behind one endpoint are several nodes, and not all are up to date.
        if head < self.newest_head && !is_of_another_run(self.newest_head, head) {
            return Ok(());
        }
        self.newest_head = head;
        let view = self.link.view(best).await?;
        self.block_times.observe(head, view.time_ms);

        let open = self.ledger.open_submissions().await?;
        let open = if open.is_empty() { open } else { self.learn(open, settled, &view).await? };
        for mecid in 0..view.mechanisms {
            let waits = |open: &&Submission| {
                open.intent.mecid == mecid && matches!(open.fate, Fate::Committed { .. })
            };
            self.metrics.open_commits(mecid, open.iter().filter(waits).count());
        }
        if view.subnet.neuron(&self.link.hotkey()).is_none() {
            let (hotkey, netuid) = (self.link.hotkey(), self.link.netuid());
            return Err(ValidatorError::NotRegistered { hotkey, netuid }.into());
        }
        if self.push_undecided(&open, &view).await? {
            return Ok(());
        }
        if self.reveal_due(&open, &view).await? {
            return Ok(());
        }
        self.schedules.retain(|mecid, _| *mecid < view.mechanisms);
        self.waiting.retain(|mecid, _| *mecid < view.mechanisms);
        for mecid in 0..view.mechanisms {
            if self.submit_due(mecid, &view).await? {
                break;
            }
        }
        Ok(())
    }

    /// Reveals the first hash commit whose epoch it is; says whether it sent anything.
    async fn reveal_due(&mut self, open: &[Submission], view: &View) -> Result<bool, StepError> {
        for submission in open {
            match reveal(submission, &self.at_best(view)) {
                Reveal::No => {}
                Reveal::Now => return self.send_reveal(submission, view).await,
                Reveal::Blocked(reason) => self.note(submission, reason).await?,
            }
        }
        Ok(false)
    }

    /// Submits the weights of a mechanism if it is time; says whether it sent anything.
    async fn submit_due(&mut self, mecid: u8, view: &View) -> Result<bool, StepError> {
        let situation = self.situation(mecid, view).await?;
        let decision = self.schedule(mecid).decide(&situation);
        self.announce(mecid, decision);
        match decision {
            Decision::Wait(_) => Ok(false),
            Decision::Submit => self.submit(mecid, view).await,
        }
    }

    fn schedule(&mut self, mecid: u8) -> &mut Schedule {
        let Settings { submit_margin_blocks, submit_attempts, .. } = self.settings;
        self.schedules.entry(mecid).or_insert_with(|| Schedule::new(submit_margin_blocks, submit_attempts))
    }

    fn way(&self, view: &View) -> Way {
        Way::demanded(view.rules.commit_reveal_weights_enabled, self.settings.commit_with)
    }

    async fn situation(&self, mecid: u8, view: &View) -> Result<Situation, StepError> {
        let me = self.link.hotkey();
        let Some(uid) = view.subnet.neuron(&me).map(|neuron| neuron.uid) else {
            return Err(ValidatorError::NotRegistered { hotkey: me, netuid: self.link.netuid() }.into());
        };
        let Kept { row, last_update } = self.link.kept(&view.pinned, mecid, uid).await?;
        let newest = self.ledger.newest_taken(mecid).await?;
        Ok(Situation {
            block: view.block(),
            tempo: view.clock.tempo,
            epoch_began_at: view.epoch_began_at(),
            next_epoch_block: view.clock.next_epoch_block(),
            rate_limit_blocks: view.rules.weights_rate_limit,
            last_update,
            may_set_weights: view.may_set_weights(&me),
            has_scores: self.ledger.has_scores().await?,
            way: self.way(view),
            row_is_empty: row.iter().all(|(_, value)| *value == 0),
            newest: newest.and_then(|newest| {
                Some(Newest {
                    included_block: newest.fate.included_block()?,
                    way: newest.intent.commitment.way(),
                    waits: newest.fate.is_open(),
                    outdated: is_outdated(&newest, &view.neurons),
                })
            }),
        })
    }

    fn at_best<'a>(&self, view: &'a View) -> Best<'a> {
        Best {
            block: view.block(),
            epoch: view.clock.index_next_block(),
            reveal_period: view.rules.commit_reveal_period,
            commit_reveal: view.rules.commit_reveal_weights_enabled,
            may_set_weights: view.may_set_weights(&self.link.hotkey()),
            neurons: &view.neurons,
        }
    }

    /// Logs a mechanism's reason when it changes, and lets readiness show those that somebody has to act on.
    fn announce(&mut self, mecid: u8, decision: Decision) {
        match decision {
            Decision::Submit => drop(self.waiting.remove(&mecid)),
            Decision::Wait(reason) => {
                let known = self.waiting.insert(mecid, reason);
                if !known.is_some_and(|known| known.same_kind(&reason)) {
                    if reason.needs_attention() {
                        tracing::warn!(mecid, %reason, "weights are not being set");
                    } else {
                        tracing::info!(mecid, %reason, "waiting to set weights");
                    }
                }
            }
        }
        match self.waiting.values().find(|reason| reason.needs_attention()) {
            Some(reason) => self.health.fault("weights", reason.to_string()),
            None => self.health.clear("weights"),
        }
    }

    /// Keeps what a submission waits for, and says it when it is new.
    async fn note(&self, submission: &Submission, note: String) -> Result<(), LedgerError> {
        if submission.note.as_ref() != Some(&note) {
            tracing::warn!(mecid = submission.intent.mecid, reason = %note, "committed weights are not revealed");
            self.ledger.note(submission.id, note).await?;
        }
        Ok(())
    }

    /// Tells of a recorded submission.
    fn tell(&self, submission: &Submission) {
        let intent = &submission.intent;
        let report = SubmissionReport {
            validator: self.link.hotkey(),
            netuid: self.link.netuid(),
            mecid: intent.mecid,
            id: Some(submission.id),
            block: intent.block,
            epoch: intent.epoch,
            way: intent.commitment.way(),
            payout: Some(intent.payout),
            weights: intent.weights.clone(),
            fate: submission.fate.clone(),
        };
        log_fate(&report);
        self.send_report(report);
    }

    /// Tells of one that came to nothing before it was recorded.
    fn tell_unsent(
        &self,
        mecid: u8,
        view: &View,
        prepared: Option<(Payout, Vec<WeightRecord>)>,
        error: &NotReady,
    ) {
        let (payout, weights) =
            prepared.map_or((None, Vec::new()), |(payout, weights)| (Some(payout), weights));
        let report = SubmissionReport {
            validator: self.link.hotkey(),
            netuid: self.link.netuid(),
            mecid,
            id: None,
            block: view.block(),
            epoch: view.clock.index_next_block(),
            way: self.way(view),
            payout,
            weights,
            fate: Fate::NotSent { reason: error.to_string() },
        };
        if error.is_decision() {
            // What the operator decided is nobody's fault, and usual before the first scores.
            tracing::info!(mecid, way = %report.way, block = report.block, reason = %error, "no weights are sent");
        } else {
            log_fate(&report);
        }
        self.send_report(report);
    }

    fn tell_block(&self, block: u64, failure: Option<String>) {
        let (validator, netuid) = (self.link.hotkey(), self.link.netuid());
        let _ = self.reports.send(Report::Block(BlockReport { validator, netuid, block, failure }));
    }

    fn send_report(&self, report: SubmissionReport) {
        self.metrics.submission(report.mecid, &report.fate);
        let _ = self.reports.send(Report::Submission(report));
    }
}

fn log_fate(report: &SubmissionReport) {
    let SubmissionReport { mecid, way, block, .. } = *report;
    let (weights, fate) = (report.weights.len(), report.fate.as_str());
    match &report.fate {
        Fate::Effective { block, .. } => {
            tracing::info!(mecid, %way, block, weights, "the chain holds our weights");
        }
        open if open.is_open() => {
            tracing::info!(mecid, %way, block, weights, fate, "weights are on their way");
        }
        ended => {
            let reason = ended.reason().unwrap_or_default();
            tracing::error!(mecid, %way, block, weights, fate, reason, "our weights are not on chain");
        }
    }
}

/// Takes a step at each new block; blocks that pass during a step are skipped. A step in flight at shutdown is finished,
/// within the grace; what it could not finish, the next start does.
pub(crate) async fn submit_on_blocks(
    mut submitter: Submitter,
    mut heads: Heads,
    health: Arc<Health>,
    stop: CancellationToken,
) -> Result<(), ValidatorError> {
    loop {
        submitter.progress.step(LOOP, "waiting for a block", Duration::ZERO);
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            changed = heads.changed() => changed.map_err(|_| blocks_ended())?,
        }
        let Some(head) = *heads.borrow_and_update() else { continue };
        submitter.progress.step(LOOP, "setting weights", Duration::ZERO);
        let failure = match submitter.on_block().await {
            Ok(()) => {
                health.clear("clock");
                None
            }
            Err(error) if error.is_fatal() => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "the chain cannot be read at this block; trying again at the next");
                health.fault("clock", error.to_string());
                Some(error.to_string())
            }
        };
        submitter.tell_block(head.number, failure);
    }
}
