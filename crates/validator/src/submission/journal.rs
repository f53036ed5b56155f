//! Learning what became of what was sent.

use subnetkit_chain::{Found, Outcome, Pinned, WaitFor};

use super::{StepError, Submitter};
use crate::journal::{Search, Verdict, is_wanted, judge, settle};
use crate::ledger::{Extrinsic, ExtrinsicFate, Fate, LedgerError, Submission};
use crate::link::View;

/// Blocks after which bytes are handed over again that no block has taken: the node may have lost them at a restart, and another
/// node may never have had them.
const HAND_OVER_AGAIN_BLOCKS: u64 = 4;

impl Submitter {
    /// Looks for undecided transactions and judges open submissions, all at the settled head. Returns what is still open.
    pub(super) async fn learn(
        &mut self,
        open: Vec<Submission>,
        settled: Pinned,
        best: &View,
    ) -> Result<Vec<Submission>, StepError> {
        let view =
            if settled.head() == best.pinned.head() { best.clone() } else { self.link.view(settled).await? };
        let mut still_open = Vec::new();
        for mut submission in open {
            let mut may_retry = true;
            for extrinsic in &mut submission.extrinsics {
                if extrinsic.fate == ExtrinsicFate::Undecided
                    && let Some((fate, retryable)) = self.look_for(extrinsic, &view).await?
                {
                    self.ledger.settle(extrinsic.id, fate.clone()).await?;
                    self.searches.remove(&extrinsic.id);
                    self.handed_over.remove(&extrinsic.id);
                    extrinsic.fate = fate;
                    may_retry = retryable;
                }
            }
            if submission.fate.is_open() {
                self.judge(&mut submission, &view, best, may_retry).await?;
            }
            if submission.fate.is_open() || undecided(&submission).is_some() {
                still_open.push(submission);
            }
        }
        Ok(still_open)
    }

    /// What became of a transaction, and whether another one may fare better.
    async fn look_for(
        &mut self,
        extrinsic: &Extrinsic,
        view: &View,
    ) -> Result<Option<(ExtrinsicFate, bool)>, StepError> {
        let signed = &extrinsic.signed;
        let nonce = view.pinned.account_nonce(&self.link.hotkey()).await?;
        // Final blocks need no second look, except before anything is concluded from not finding it.
        let known = self.searches.get(&extrinsic.id).copied().filter(|_| nonce <= signed.nonce);
        let from = known.unwrap_or(signed.birth_block).saturating_add(1);
        let (search, may_retry) = match self.link.find(signed, from, &view.pinned).await {
            // It stays so however often they are asked for.
            Err(error) if error.is_pruned() => (Search::Gone, true),
            Err(error) => return Err(error.into()),
            Ok(None) => (Search::Absent, true),
            Ok(Some(Found { block, outcome })) => {
                let block = block.number;
                match outcome {
                    Outcome::Succeeded(_) => (Search::Found(ExtrinsicFate::Succeeded { block }), true),
                    Outcome::Refused(refusal) => {
                        let fate = ExtrinsicFate::Failed { block, reason: refusal.to_string() };
                        (Search::Found(fate), refusal.is_retryable())
                    }
                    _ => (Search::Found(ExtrinsicFate::Pruned { block }), true),
                }
            }
        };
        if search == Search::Absent && self.link.chain().wait_for() == WaitFor::Finalized {
            self.searches.insert(extrinsic.id, view.block());
        }
        Ok(settle(extrinsic, search, nonce, view.block()).map(|fate| (fate, may_retry)))
    }

    /// Follows an open submission as far as the settled head tells.
    async fn judge(
        &mut self,
        submission: &mut Submission,
        view: &View,
        best: &View,
        may_retry: bool,
    ) -> Result<(), StepError> {
        let is_on_its_way = submission.fate == Fate::Intended && undecided(submission).is_some();
        if is_on_its_way {
            return Ok(());
        }
        let shown = self.link.shown(view, submission).await?;
        let newest = self.ledger.newest_taken(submission.intent.mecid).await?;
        let newer = newest.filter(|newest| newest.id > submission.id);
        while submission.fate.is_open() {
            match judge(submission, &shown, newer.as_ref()) {
                Verdict::Waits(None) => break,
                Verdict::Waits(Some(note)) => {
                    self.note(submission, note).await?;
                    break;
                }
                Verdict::Becomes(fate) => self.resolve(submission, fate, best, may_retry).await?,
            }
        }
        Ok(())
    }

    /// Records and tells what became of a submission; one that came to nothing counts as an attempt of its epoch.
    pub(super) async fn resolve(
        &mut self,
        submission: &mut Submission,
        fate: Fate,
        best: &View,
        may_retry: bool,
    ) -> Result<(), LedgerError> {
        self.ledger.resolve(submission.id, fate.clone()).await?;
        submission.fate = fate;
        self.tell(submission);
        let (epoch_began_at, way) = (best.epoch_began_at(), submission.intent.commitment.way());
        let is_of_this_epoch = submission.intent.block >= epoch_began_at;
        if !submission.fate.is_open() && !submission.fate.is_taken() && is_of_this_epoch {
            self.schedule(submission.intent.mecid).note_failure(epoch_began_at, way, may_retry);
        }
        Ok(())
    }

    /// Hands the bytes of an undecided transaction over again if they are still wanted and may have been lost; says
    /// whether there is one. Nothing else is sent beside it.
    pub(super) async fn push_undecided(
        &mut self,
        open: &[Submission],
        best: &View,
    ) -> Result<bool, StepError> {
        let mut undecided = open.iter().filter_map(|submission| Some((submission, undecided(submission)?)));
        let Some((submission, extrinsic)) = undecided.next() else { return Ok(false) };
        let block = best.block();
        let last = self.handed_over.get(&extrinsic.id);
        let may_be_lost = last.is_none_or(|last| block >= last.saturating_add(HAND_OVER_AGAIN_BLOCKS));
        if !may_be_lost || !is_wanted(submission, extrinsic, &self.at_best(best)) {
            return Ok(true);
        }
        let used = best.pinned.account_nonce(&self.link.hotkey()).await? > extrinsic.signed.nonce;
        if !used {
            // Whatever the answer, it proves nothing: these bytes may have been taken before.
            let answer = self.link.chain().hand_over(&extrinsic.signed).await;
            if answer.is_ok() {
                self.handed_over.insert(extrinsic.id, block);
            }
            let answer = answer.map_or_else(|error| error.to_string(), |()| "taken".to_owned());
            tracing::info!(mecid = submission.intent.mecid, %answer, "handed a transaction over again");
        }
        Ok(true)
    }
}

fn undecided(submission: &Submission) -> Option<&Extrinsic> {
    submission.extrinsics.iter().find(|extrinsic| extrinsic.fate == ExtrinsicFate::Undecided)
}
