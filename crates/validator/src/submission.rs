//! Sets weights when the schedule says so, and believes only what it reads back.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use subnetkit_chain::{EpochClock, ReadError, SubmitError};
use subnetkit_protocol::Hotkey;
use tokio::sync::broadcast;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::blocks::{Heads, blocks_ended};
use crate::config::ValidatorConfig;
use crate::guard::{HookError, HookGuard};
use crate::health::Health;
use crate::hooks::Reward;
use crate::ledger::{Fate, LedgerError, LedgerStore, SubmissionRecord};
use crate::link::{Link, ReadBack, SubnetState};
use crate::metrics::Metrics;
use crate::progress::Progress;
use crate::report::{Report, SubmissionReport};
use crate::run::ValidatorError;
use crate::schedule::{Decision, Schedule, Situation, WaitReason};
use crate::scores::Weights;
use crate::weights::{PrepareError, Prepared, Subnet, WhenAllZero, prepare};

/// The name of the loop that sets weights.
const LOOP: &str = "weights";

/// How often the chain is asked for weights it was said to hold, one block time apart.
const CONFIRM_READS: u32 = 4;

/// The pause between two of these, if the chain does not tell its block time.
const CONFIRM_PAUSE: Duration = Duration::from_secs(12);

/// The submitting half of a validator.
pub(crate) struct Submitter {
    link: Link,
    ledger: LedgerStore,
    reward: Arc<dyn Reward>,
    guard: HookGuard,
    schedule: Schedule,
    policy: WhenAllZero,
    version_key: u64,
    metrics: Arc<Metrics>,
    health: Arc<Health>,
    /// The subnet as last read; read anew after each epoch and before each submission.
    known: Option<SubnetState>,
    /// The reason last logged.
    waiting: Option<WaitReason>,
}

/// Why an attempt ended before anything was sent.
#[derive(Debug, thiserror::Error)]
enum NotReady {
    #[error(transparent)]
    Hook(#[from] HookError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Prepare(#[from] PrepareError),
}

impl Submitter {
    pub(crate) async fn new(
        config: &ValidatorConfig,
        link: Link,
        ledger: LedgerStore,
        reward: Arc<dyn Reward>,
        metrics: Arc<Metrics>,
        health: Arc<Health>,
    ) -> Result<Self, LedgerError> {
        let last_included = ledger.last_confirmed().await?.map(|confirmed| confirmed.included_block);
        Ok(Self {
            link,
            ledger,
            reward,
            guard: HookGuard::new("reward", config.reward_timeout),
            schedule: Schedule::new(config.submit_margin_blocks, config.submit_attempts, last_included),
            policy: config.when_all_zero,
            version_key: config.version_key,
            metrics,
            health,
            known: None,
            waiting: None,
        })
    }

    /// To be called at each new block. A chain that cannot be read is an error of this block, not of the process: see
    /// [`ValidatorError::is_fatal`].
    pub(crate) async fn on_block(&mut self) -> Result<Option<SubmissionReport>, ValidatorError> {
        let clock = self.link.clock().await?;
        let stale = |known: &SubnetState| known.clock.last_epoch_block != clock.last_epoch_block;
        if self.known.as_ref().is_none_or(stale) {
            self.known = Some(self.link.state().await?);
        }
        let Decision::Submit = self.decide(&clock).await? else { return Ok(None) };
        // Decided on what may be an epoch old; act only on what holds now.
        let state = self.link.state().await?;
        let clock = state.clock;
        self.known = Some(state);
        let Decision::Submit = self.decide(&clock).await? else { return Ok(None) };
        self.submit().await.map(Some)
    }

    async fn decide(&mut self, clock: &EpochClock) -> Result<Decision, ValidatorError> {
        let situation = self.situation(clock).await?;
        let decision = self.schedule.decide(&situation);
        self.announce(decision);
        Ok(decision)
    }

    async fn situation(&self, clock: &EpochClock) -> Result<Situation, ValidatorError> {
        let has_scores = self.ledger.has_scores().await?;
        let me = self.link.hotkey();
        let known = self.known.as_ref();
        known
            .and_then(|known| known.situation(clock, &me, has_scores))
            .ok_or_else(|| ValidatorError::NotRegistered { hotkey: me, netuid: self.link.netuid() })
    }

    /// Logs a reason when it changes, and lets readiness show those that somebody has to act on.
    fn announce(&mut self, decision: Decision) {
        let Decision::Wait(reason) = decision else {
            self.waiting = None;
            self.health.clear("weights");
            return;
        };
        if self.waiting.as_ref().is_some_and(|waiting| waiting.same_kind(&reason)) {
            return;
        }
        self.waiting = Some(reason);
        if reason.needs_attention() {
            tracing::warn!(%reason, "weights are not being set");
            self.health.fault("weights", reason.to_string());
        } else {
            tracing::info!(%reason, "waiting to set weights");
            self.health.clear("weights");
        }
    }

    async fn submit(&mut self) -> Result<SubmissionReport, ValidatorError> {
        // Set by `on_block` before it decides.
        let Some(state) = self.known.take() else {
            return Err(ValidatorError::NotRegistered {
                hotkey: self.link.hotkey(),
                netuid: self.link.netuid(),
            });
        };
        let situation = self.situation_of(&state)?;
        let mut report = SubmissionReport {
            validator: self.link.hotkey(),
            netuid: self.link.netuid(),
            block: state.clock.block,
            epoch_index: state.clock.epoch_index,
            payout: None,
            weights: Vec::new(),
            fate: Fate::NotSent { reason: String::new() },
        };
        match self.prepare(state).await {
            Ok(prepared) => {
                report.payout = Some(prepared.payout);
                report.weights.clone_from(&prepared.weights);
                report.fate = self.send(&situation, report.epoch_index, &prepared).await?;
            }
            Err(NotReady::Ledger(error)) => return Err(error.into()),
            Err(NotReady::Prepare(error @ PrepareError::Skipped)) => {
                self.schedule.note_skipped(&situation);
                report.fate = Fate::NotSent { reason: error.to_string() };
            }
            Err(error) => {
                // The same rewards under the same rules end the same way; a hook that panicked may not.
                let may_retry = matches!(error, NotReady::Hook(_) | NotReady::Read(_));
                self.schedule.note_failure(&situation, may_retry);
                report.fate = Fate::NotSent { reason: error.to_string() };
            }
        }
        self.metrics.submission(&report.fate);
        log(&report);
        Ok(report)
    }

    fn situation_of(&self, state: &SubnetState) -> Result<Situation, ValidatorError> {
        let me = self.link.hotkey();
        let situation = state.situation(&state.clock, &me, true);
        situation.ok_or_else(|| ValidatorError::NotRegistered { hotkey: me, netuid: self.link.netuid() })
    }

    /// Rewards, fitted to the subnet's rules.
    async fn prepare(&self, state: SubnetState) -> Result<Prepared, NotReady> {
        let SubnetState { rules, subnet, .. } = state;
        let (reward, ledger) = (Arc::clone(&self.reward), self.ledger.clone());
        let rewards = self.guard.run_blocking(move || -> Result<Weights, LedgerError> {
            let view = ledger.view()?;
            let rewards = reward.reward(&view, &subnet);
            view.into_fault().map_or(Ok(rewards), Err)
        });
        let rewards = rewards.await??;
        // Rewards belong to hotkeys and the call names uids, so the uids must be those of this moment: while the hook ran,
        // a uid may have passed to another hotkey.
        let subnet = self.link.metagraph().await?;
        let uids: BTreeMap<Hotkey, u16> =
            subnet.neurons.iter().map(|neuron| (neuron.hotkey, neuron.uid)).collect();
        let held = match self.policy {
            WhenAllZero::HoldLast => self.ledger.last_confirmed().await?,
            WhenAllZero::BurnToOwner | WhenAllZero::Skip => None,
        };
        let rules = Subnet {
            uids: &uids,
            me: self.link.hotkey(),
            owner: subnet.owner_hotkey,
            min_allowed_weights: rules.min_allowed_weights,
            max_weights_limit: rules.max_weights_limit,
            weights_version: rules.weights_version,
        };
        let held = held.as_ref().map(|confirmed| &confirmed.values);
        Ok(prepare(rewards, &rules, self.policy, held, self.version_key)?)
    }

    /// Records the intent, sends, reads back, records the fate.
    async fn send(
        &mut self,
        at: &Situation,
        epoch_index: u64,
        prepared: &Prepared,
    ) -> Result<Fate, LedgerError> {
        let record = SubmissionRecord {
            block: at.block,
            epoch_index,
            version_key: prepared.version_key,
            weights: prepared.weights.clone(),
        };
        let id = self.ledger.intend(record).await?;
        let pairs = prepared.pairs();
        let (fate, may_retry) = match self.link.set_weights(&pairs, prepared.version_key).await {
            Ok(block) => {
                self.ledger.resolve(id, Fate::Included { block }).await?;
                (self.confirm(&pairs, block).await, false)
            }
            Err(SubmitError::NotSent(error)) => {
                (Fate::NotSent { reason: error.to_string() }, error.is_retryable())
            }
            // It may have arrived all the same; the chain knows.
            Err(error @ SubmitError::Unknown { .. }) => {
                let fate = match self.confirm(&pairs, at.block + 1).await {
                    confirmed @ Fate::Confirmed { .. } => confirmed,
                    _ => Fate::Unknown { reason: error.to_string() },
                };
                (fate, false)
            }
            Err(error) => (Fate::Refused { reason: error.to_string() }, error.is_retryable()),
        };
        self.ledger.resolve(id, fate.clone()).await?;
        match &fate {
            Fate::Confirmed { block } => self.schedule.note_confirmed(*block),
            _ => self.schedule.note_failure(at, may_retry),
        }
        Ok(fate)
    }

    /// Compares what the chain holds with what was sent. `since` is the earliest block it can be from.
    ///
    /// Behind a public endpoint are several nodes, and the one asked may be a block behind the one that told of the
    /// inclusion; so what is not there yet is looked for again.
    async fn confirm(&self, sent: &[(u16, u16)], since: u64) -> Fate {
        let pause = self.link.chain().block_time().await.unwrap_or(CONFIRM_PAUSE);
        let mut reads = 1;
        loop {
            let found = self.link.read_back().await;
            let behind = match &found {
                Ok(Some(found)) => found.last_update < since,
                Ok(None) => false,
                Err(error) => error.is_retryable(),
            };
            if !behind || reads == CONFIRM_READS {
                return judge(found, sent, since);
            }
            reads += 1;
            sleep(pause).await;
        }
    }
}

/// Looks at each new block whether it is time; blocks that pass during a submission are skipped. A submission in flight
/// at shutdown is finished, within the grace.
pub(crate) async fn submit_on_blocks(
    mut submitter: Submitter,
    mut heads: Heads,
    reports: broadcast::Sender<Report>,
    health: Arc<Health>,
    progress: Arc<Progress>,
    stop: CancellationToken,
) -> Result<(), ValidatorError> {
    loop {
        progress.step(LOOP, "waiting for a block", Duration::ZERO);
        tokio::select! {
            () = stop.cancelled() => return Ok(()),
            changed = heads.changed() => changed.map_err(|_| blocks_ended())?,
        }
        progress.step(LOOP, "setting weights", submitter.guard.limit());
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

/// What a reading back says of a submission.
fn judge(found: Result<Option<ReadBack>, ReadError>, sent: &[(u16, u16)], since: u64) -> Fate {
    match found {
        Ok(Some(found)) if found.last_update < since => Fate::Mismatch {
            block: since,
            reason: format!(
                "the chain's last update of this uid is block {}, before {since}",
                found.last_update
            ),
        },
        Ok(Some(found)) if !same_weights(&found.weights, sent) => Fate::Mismatch {
            block: since,
            reason: format!(
                "the chain holds {} weights that differ from the {} sent",
                found.weights.len(),
                sent.len()
            ),
        },
        Ok(Some(found)) => Fate::Confirmed { block: found.last_update },
        Ok(None) => {
            let reason = "this hotkey lost its uid before the weights could be read back".to_owned();
            Fate::Mismatch { block: since, reason }
        }
        Err(error) => Fate::Unknown { reason: format!("included, but not read back: {error}") },
    }
}

/// The order of a row carries no meaning.
fn same_weights(found: &[(u16, u16)], sent: &[(u16, u16)]) -> bool {
    let (mut found, mut sent) = (found.to_vec(), sent.to_vec());
    found.sort_unstable();
    sent.sort_unstable();
    found == sent
}

fn log(report: &SubmissionReport) {
    let (block, weights) = (report.block, report.weights.len());
    match &report.fate {
        Fate::Confirmed { block } => tracing::info!(block, weights, "the chain holds our weights"),
        fate => tracing::error!(
            block,
            weights,
            fate = fate.as_str(),
            reason = fate.reason().unwrap_or_default(),
            "our weights are not on chain"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_chain_shows_is_confirmed() {
        let sent = [(1, 65535), (4, 100)];
        let found = |weights: &[(u16, u16)], last_update| {
            Ok(Some(ReadBack { weights: weights.to_vec(), last_update }))
        };
        assert_eq!(judge(found(&[(4, 100), (1, 65535)], 90), &sent, 90), Fate::Confirmed { block: 90 });
        assert_eq!(judge(found(&sent, 89), &sent, 90).as_str(), "mismatch", "weights of an earlier epoch");
        assert_eq!(judge(found(&[(1, 65535)], 90), &sent, 90).as_str(), "mismatch");
        assert_eq!(judge(found(&[], 90), &sent, 90).as_str(), "mismatch");
        assert_eq!(judge(Ok(None), &sent, 90).as_str(), "mismatch");
        assert_eq!(judge(Err(ReadError::NoSuchSubnet { netuid: 1 }), &sent, 90).as_str(), "unknown");
    }
}
