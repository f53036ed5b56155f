//! Making, keeping and sending a transaction: in this order, so that nothing is sent that is not kept.

use std::sync::Arc;
use std::time::Duration;

use rand::TryRngCore;
use rand::rngs::OsRng;
use subnetkit_chain::{Call, ReadError, SignedExtrinsic, SubmitError, commit_hash};

use super::{LOOP, NotReady, StepError, Submitter};
use crate::ledger::{
    Commitment, Extrinsic, ExtrinsicFate, ExtrinsicKind, Fate, Intent, LedgerError, RewardRecord, Submission,
};
use crate::link::View;
use crate::run::ValidatorError;
use crate::schedule::Decision;
use crate::scores::Weights;
use crate::sealing::{Moment, SealError, Sealed, seal};
use crate::weights::{Prepared, Rules, Way, WhenAllZero, prepare};

/// Words of the salt of a hash commit.
const SALT_WORDS: usize = 8;

/// How long a transaction may wait for a block: long enough to reach the coming epoch, and short because nothing else is sent
/// while it waits.
const ERA_BLOCKS: std::ops::RangeInclusive<u64> = 8..=64;

impl Submitter {
    /// Makes, keeps and sends the weights of a mechanism; says whether it sent anything.
    pub(super) async fn submit(&mut self, mecid: u8, before: &View) -> Result<bool, StepError> {
        let rewards = self.rewards(mecid, before).await?;
        // While the hook ran, blocks passed, rules changed and uids went from one hotkey to another: what is sent must fit
        // the chain of now.
        let best = self.link.best().await?;
        let view =
            if best.head() == before.pinned.head() { before.clone() } else { self.link.view(best).await? };
        if mecid >= view.mechanisms {
            return Ok(false);
        }
        let situation = self.situation(mecid, &view).await?;
        let (began, way) = (situation.epoch_began_at, situation.way);
        let decision = self.schedule(mecid).decide(&situation);
        self.announce(mecid, decision);
        if decision != Decision::Submit {
            return Ok(false);
        }
        let prepared = match rewards {
            Ok(rewards) => self.prepare(mecid, rewards, &view).await?,
            Err(error) => Err(error),
        };
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(error) => {
                if error.is_decision() {
                    self.schedule(mecid).note_skipped(began, way);
                } else {
                    self.schedule(mecid).note_failure(began, way, error.may_retry());
                }
                self.tell_unsent(mecid, &view, None, &error);
                return Ok(false);
            }
        };
        let told = (prepared.payout, prepared.weights.clone());
        match self.seal_and_sign(mecid, way, prepared, &view).await? {
            Ok((intent, signed)) => {
                let submission = self.ledger.intend(intent, signed).await?;
                self.tell(&submission);
                self.hand_over_first(submission, &view).await?;
                Ok(true)
            }
            Err(error) => {
                self.schedule(mecid).note_failure(began, way, error.may_retry());
                self.tell_unsent(mecid, &view, Some(told), &error);
                Ok(false)
            }
        }
    }

    /// Asks the reward hook.
    async fn rewards(&self, mecid: u8, view: &View) -> Result<Result<Weights, NotReady>, StepError> {
        let (reward, ledger, subnet) =
            (Arc::clone(&self.reward), self.ledger.clone(), Arc::clone(&view.subnet));
        self.progress.step(LOOP, "asking the reward hook", self.guard.limit());
        let rewards = self.guard.run_blocking(move || -> Result<Weights, LedgerError> {
            let view = ledger.view()?;
            let rewards = reward.mechanism_reward(mecid, &view, &subnet);
            view.into_fault().map_or(Ok(rewards), Err)
        });
        let rewards = rewards.await;
        self.progress.step(LOOP, "setting weights", Duration::ZERO);
        let rewards = match rewards {
            Ok(rewards) => rewards?,
            Err(error) => {
                // No block brings it back.
                let stuck = error.stuck_hook().map(|hook| ValidatorError::HookStuck { hook }.into());
                return stuck.map_or(Ok(Err(error.into())), Err);
            }
        };
        let record = RewardRecord { block: view.block(), mecid, rewards: rewards.clone() };
        self.ledger.record_rewards(record).await?;
        Ok(Ok(rewards))
    }

    async fn prepare(
        &self,
        mecid: u8,
        rewards: Weights,
        view: &View,
    ) -> Result<Result<Prepared, NotReady>, LedgerError> {
        let held = match self.settings.when_all_zero {
            WhenAllZero::HoldLast => self.ledger.last_effective(mecid).await?,
            WhenAllZero::BurnToOwner | WhenAllZero::Skip => None,
        };
        let rules = Rules {
            uids: &view.uids(),
            me: self.link.hotkey(),
            owner: view.subnet.owner_hotkey,
            min_allowed_weights: view.rules.min_allowed_weights,
            max_weights_limit: view.rules.max_weights_limit,
            weights_version: view.rules.weights_version,
            when_all_zero: self.settings.when_all_zero,
            held: held.as_ref().map(|effective| &effective.values),
            owner_burn_share: self.settings.owner_burn_share,
            version_key: self.settings.version_key,
        };
        Ok(prepare(rewards, &rules).map_err(NotReady::from))
    }

    async fn seal_and_sign(
        &self,
        mecid: u8,
        way: Way,
        prepared: Prepared,
        view: &View,
    ) -> Result<Result<(Intent, SignedExtrinsic), NotReady>, ReadError> {
        let (of, me, runtime) = (self.link.mechanism(mecid), self.link.hotkey(), view.pinned.runtime());
        let (pairs, version_key) = (prepared.pairs(), prepared.version_key);
        let (commitment, call) = match way {
            Way::Plain => (Commitment::None, Call::set_weights(runtime, of, &pairs, version_key)),
            Way::Hash => {
                let salt: Vec<u16> = match random::<{ SALT_WORDS * 2 }>() {
                    Ok(bytes) => {
                        bytes.chunks_exact(2).map(|word| u16::from_le_bytes([word[0], word[1]])).collect()
                    }
                    Err(error) => return Ok(Err(error)),
                };
                let hash = commit_hash(&me, of, &pairs, &salt, version_key);
                (Commitment::Hash { salt, hash }, Call::commit_weights(runtime, of, hash))
            }
            Way::Timelocked => {
                let (ciphertext, round) = match self.seal(&pairs, version_key, view).await? {
                    Ok(sealed) => sealed,
                    Err(error) => return Ok(Err(error)),
                };
                let version = view.pinned.commit_reveal_version().await?;
                let call = Call::commit_timelocked_weights(runtime, of, &ciphertext, round, version);
                (Commitment::Timelocked { ciphertext, round }, call)
            }
        };
        let until_epoch = view.clock.blocks_until_next().unwrap_or(*ERA_BLOCKS.start());
        let signed = match self.sign(&call, until_epoch, view).await? {
            Ok(signed) => signed,
            Err(error) => return Ok(Err(error.into())),
        };
        let intent = Intent {
            mecid,
            block: view.block(),
            epoch: view.clock.index_next_block(),
            payout: prepared.payout,
            version_key,
            weights: prepared.weights,
            commitment,
        };
        Ok(Ok((intent, signed)))
    }

    /// Seals weights for the drand round that is out when the chain opens them, by the chain's own time.
    async fn seal(
        &self,
        pairs: &[(u16, u16)],
        version_key: u64,
        view: &View,
    ) -> Result<Result<(Vec<u8>, u64), NotReady>, ReadError> {
        let nominal = self.link.nominal_block_time().await?;
        let moment = Moment {
            clock: view.clock,
            reveal_period: view.rules.commit_reveal_period,
            time_ms: view.time_ms,
            block_time: self.block_times.at_least(nominal),
        };
        let (netuid, me) = (self.link.netuid(), self.link.hotkey());
        match seal(&view.pinned, &moment, netuid, &me, pairs, version_key).await {
            Ok(Sealed { ciphertext, round, .. }) => Ok(Ok((ciphertext, round))),
            Err(SealError::Read(error)) => Err(error),
            Err(error) => Ok(Err(NotReady::Seal(error.to_string()))),
        }
    }

    /// Signs a call that is wanted within so many blocks.
    async fn sign(
        &self,
        call: &Call,
        within_blocks: u64,
        view: &View,
    ) -> Result<Result<SignedExtrinsic, SubmitError>, ReadError> {
        // The era starts at the last final block, which is some blocks behind.
        let settled = self.link.chain().finalized_head().await?.number;
        let wanted = within_blocks.saturating_add(view.block().saturating_sub(settled)).saturating_add(1);
        let era_blocks = wanted.clamp(*ERA_BLOCKS.start(), *ERA_BLOCKS.end());
        Ok(self.link.chain().sign_extrinsic(self.link.keypair(), call, era_blocks).await)
    }

    /// Signs, keeps and sends the reveal of a hash commit; says whether it sent anything.
    pub(super) async fn send_reveal(
        &mut self,
        submission: &Submission,
        view: &View,
    ) -> Result<bool, StepError> {
        let Commitment::Hash { salt, .. } = &submission.intent.commitment else { return Ok(false) };
        let of = self.link.mechanism(submission.intent.mecid);
        let (pairs, version_key) = (submission.intent.pairs(), submission.intent.version_key);
        let call = Call::reveal_weights(view.pinned.runtime(), of, &pairs, salt, version_key);
        let epoch_ends = view.clock.block_of_index(view.clock.index_next_block().saturating_add(1));
        let until_then = epoch_ends.map_or(*ERA_BLOCKS.end(), |end| end.saturating_sub(view.block()));
        match self.sign(&call, until_then, view).await? {
            Ok(signed) => {
                let mut submission = submission.clone();
                submission.extrinsics.push(self.ledger.intend_reveal(submission.id, signed).await?);
                tracing::info!(mecid = of.mecid, block = view.block(), "revealing committed weights");
                self.hand_over_first(submission, view).await?;
                Ok(true)
            }
            Err(error) => {
                self.note(submission, format!("the reveal could not be signed: {error}")).await?;
                Ok(false)
            }
        }
    }

    /// Hands over the newest transaction of a submission, for the first time. A refusal is proof that it is nowhere; any other
    /// answer than that leaves the chain to tell.
    async fn hand_over_first(&mut self, mut submission: Submission, view: &View) -> Result<(), StepError> {
        let Some(Extrinsic { id, kind, signed, .. }) = submission.extrinsics.last().cloned() else {
            return Ok(());
        };
        match self.link.chain().hand_over(&signed).await {
            Ok(()) => {
                self.handed_over.insert(id, view.block());
            }
            Err(SubmitError::Refused(refusal)) => {
                let reason = refusal.to_string();
                self.ledger.settle(id, ExtrinsicFate::Refused { reason: reason.clone() }).await?;
                if kind == ExtrinsicKind::Reveal {
                    self.note(&submission, format!("the reveal was refused: {reason}")).await?;
                } else {
                    // It cost nothing, and the next block may bring what was missing: a new runtime, room in the pool.
                    self.resolve(&mut submission, Fate::Refused { reason }, view, true).await?;
                }
            }
            Err(error) => {
                tracing::warn!(mecid = submission.intent.mecid, %error, "what became of a transaction will be seen on chain");
            }
        }
        Ok(())
    }
}

/// Bytes from the system.
fn random<const N: usize>() -> Result<[u8; N], NotReady> {
    let mut bytes = [0; N];
    match OsRng.try_fill_bytes(&mut bytes) {
        Ok(()) => Ok(bytes),
        Err(error) => Err(NotReady::Seal(format!("the system gave no random bytes: {error}"))),
    }
}
