//! What the chain's blocks and the ledger say together. Nothing here looks at a log.

mod journal;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;

use super::{record::Block, timeline::Timeline};
use crate::stage::{
    Terms, Way,
    ledger::{Contents, Submission},
};

/// Epochs from a commit to its reveal, as on a new subnet.
const REVEAL_PERIOD: u64 = 1;

/// Blocks that the validator may take to learn of what the chain did.
const LEARNING_BLOCKS: u64 = 10;

/// One epoch of one mechanism.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Epoch {
    pub(crate) mecid: u8,
    /// The block it ran in.
    pub(crate) block: u64,
    /// The submission whose weights it used, if that was the one it should use.
    pub(crate) landed: Option<i64>,
    /// Why weights did not have to land; empty if they had to.
    pub(crate) excuses: Vec<&'static str>,
}

#[derive(Debug, Default, Serialize)]
pub(crate) struct Verdict {
    pub(crate) epochs: Vec<Epoch>,
    pub(crate) violations: Vec<String>,
}

/// Everything a verdict rests on.
pub(crate) struct Evidence<'a> {
    pub(crate) terms: Terms,
    pub(crate) blocks: &'a [Block],
    pub(crate) ledger: &'a Contents,
    pub(crate) timeline: &'a Timeline,
    /// The first block that is judged.
    pub(crate) begin: u64,
}

pub(crate) fn judge(evidence: &Evidence<'_>) -> Verdict {
    let mut verdict = Verdict::default();
    for mecid in 0..evidence.terms.mechanisms {
        verdict.epochs.extend(evidence.epochs(mecid));
        verdict.violations.extend(evidence.unexplained_rows(mecid));
    }
    let missed = verdict.epochs.iter().filter(|epoch| epoch.landed.is_none() && epoch.excuses.is_empty());
    verdict.violations.extend(missed.map(|epoch| {
        format!("the epoch in block {} of mechanism {} used no weights of its own", epoch.block, epoch.mecid)
    }));
    verdict.violations.extend(evidence.false_claims());
    verdict.violations.extend(evidence.forgotten(&verdict.epochs));
    verdict.violations.extend(evidence.ledger.faults.iter().map(|fault| format!("the ledger: {fault}")));
    verdict.violations.extend(evidence.unfinished());
    verdict.violations.extend(journal::check(evidence));
    verdict
}

impl Evidence<'_> {
    fn at(&self, number: u64) -> Option<&Block> {
        let first = self.blocks.first()?.number;
        self.blocks.get(usize::try_from(number.checked_sub(first)?).ok()?)
    }

    fn row(&self, mecid: u8, block: u64) -> Option<&Vec<(u16, u16)>> {
        self.at(block)?.rows.get(usize::from(mecid))
    }

    /// The blocks in which epochs ran, by the number of the epoch that begins there.
    fn ran(&self) -> BTreeMap<u64, u64> {
        let begun = self.blocks.windows(2).filter(|pair| pair[0].epoch < pair[1].epoch);
        begun.map(|pair| (pair[1].epoch, pair[1].number)).collect()
    }

    fn epochs(&self, mecid: u8) -> Vec<Epoch> {
        let ran = self.ran();
        // What an epoch at the very end used, the ledger could not have been told of.
        let end = self.blocks.last().map_or(0, |block| block.number.saturating_sub(LEARNING_BLOCKS));
        let judged = ran.iter().filter(|(_, block)| (self.begin + 1..=end).contains(*block));
        judged.filter_map(|(index, block)| self.epoch(mecid, *index, *block, &ran)).collect()
    }

    /// The epoch that ran in a block; `None` if what it should have used was from before the record.
    fn epoch(&self, mecid: u8, index: u64, block: u64, ran: &BTreeMap<u64, u64>) -> Option<Epoch> {
        // All but timelocked weights come by calls of earlier blocks. Those are sealed for a round that is on chain some
        // blocks after the first in which they may be opened, where an epoch runs: that one may use them, the next one must.
        let (ages, used) = match self.terms.way {
            Way::Plain => (1..=1, block - 1),
            Way::Hash => (REVEAL_PERIOD + 1..=REVEAL_PERIOD + 1, block - 1),
            Way::Timelocked => (REVEAL_PERIOD..=REVEAL_PERIOD + 1, block),
        };
        let span = |age: u64| {
            let sent_in = index.checked_sub(age)?;
            Some((*ran.get(&sent_in)?, *ran.get(&(sent_in + 1))?))
        };
        let (opened, closed) = span(*ages.end())?;
        if opened < self.begin {
            return None;
        }
        let newest = span(*ages.start())?.1;
        let used = self.row(mecid, used)?;
        let landed = self.ledger.submissions.iter().rev().find(|submission| {
            submission.mecid == mecid
                && submission.included_block.is_some_and(|block| (opened..newest).contains(&block))
                && submission.weights == *used
        });
        let window = |opens: u64, closes: u64| self.timeline.had_a_chance(opens, closes).err();
        let margin = (u64::from(self.terms.tempo) / 2).max(2);
        let mut excuses = window(closed.saturating_sub(margin), closed - 2).unwrap_or_default();
        if self.terms.way == Way::Hash {
            let reveal_opens = *ran.get(&(index - 1))? - 1;
            excuses.extend(window(reveal_opens, block - 2).unwrap_or_default());
            excuses.sort_unstable();
            excuses.dedup();
        }
        Some(Epoch { mecid, block, landed: landed.map(|submission| submission.id), excuses })
    }

    /// Weights on chain that no submission of the ledger accounts for.
    fn unexplained_rows(&self, mecid: u8) -> Vec<String> {
        let changes = self.blocks.windows(2).filter_map(|pair| {
            let (before, after) =
                (pair[0].rows.get(usize::from(mecid))?, pair[1].rows.get(usize::from(mecid))?);
            (before != after && !after.is_empty()).then_some((pair[1].number, after))
        });
        let explained = |row: &Vec<(u16, u16)>| {
            let submissions = &self.ledger.submissions;
            submissions.iter().any(|submission| submission.mecid == mecid && submission.weights == *row)
        };
        changes
            .filter(|(_, row)| !explained(row))
            .map(|(block, _)| {
                format!("the weights of mechanism {mecid} since block {block} are in no submission")
            })
            .collect()
    }

    /// Submissions that the ledger says the chain holds, and the chain does not.
    fn false_claims(&self) -> Vec<String> {
        let claims = self.ledger.submissions.iter().filter(|submission| submission.is_effective());
        let is_false = |submission: &&Submission| match submission.effective_block {
            None => true,
            // Earlier than the record: nothing is known of it.
            Some(block) => self.row(submission.mecid, block).is_some_and(|row| *row != submission.weights),
        };
        claims
            .filter(is_false)
            .map(|submission| {
                let Submission { id, effective_block, .. } = submission;
                format!("submission {id} is effective in block {effective_block:?} by the ledger, not by the chain")
            })
            .collect()
    }

    /// Submissions that an epoch used, and of which the ledger says something else.
    fn forgotten(&self, epochs: &[Epoch]) -> Vec<String> {
        let used = epochs.iter().filter_map(|epoch| Some((epoch.block, epoch.landed?)));
        used.filter_map(|(block, id)| {
            let submission = self.ledger.submissions.iter().find(|submission| submission.id == id)?;
            let Submission { state, reason, .. } = submission;
            let reason = reason.as_deref().unwrap_or("no reason");
            let twins = self
                .ledger
                .submissions
                .iter()
                .filter(|other| other.mecid == submission.mecid && other.weights == submission.weights);
            // Of two that are alike the epoch may have used either.
            (!submission.is_effective() && twins.count() == 1).then(|| {
                format!(
                    "the epoch in block {block} used submission {id}, and the ledger says {state}: {reason}"
                )
            })
        })
        .collect()
    }

    /// What should have ended long ago, and what ended without a reason.
    fn unfinished(&self) -> Vec<String> {
        let last = self.blocks.last().map_or(0, |block| block.number);
        let patience = u64::from(self.terms.tempo) * (REVEAL_PERIOD + 2);
        let mut found = Vec::new();
        for Submission { id, block, state, reason, .. } in
            self.ledger.submissions.iter().filter(|submission| !submission.is_final())
        {
            if block + patience < last {
                found.push(format!("submission {id} of block {block} is still {state}: {reason:?}"));
            }
        }
        for Submission { id, state, reason, .. } in self
            .ledger
            .submissions
            .iter()
            .filter(|submission| submission.is_final() && !submission.is_effective())
        {
            if reason.as_ref().is_none_or(String::is_empty) || state == "unknown" {
                found.push(format!("submission {id} ended as {state} for no known reason"));
            }
        }
        // The newest round may be cut short by the end of the run.
        let open = self.ledger.rounds.get("open").copied().unwrap_or(0);
        if open > 1 {
            found.push(format!("{open} rounds are open"));
        }
        found
    }
}

impl Verdict {
    /// Epochs in which weights had to land, those of them in which they did, those excused, and those of them in which
    /// they landed all the same.
    pub(crate) fn counts(&self) -> [usize; 4] {
        let count = |of: &dyn Fn(&Epoch) -> bool| self.epochs.iter().filter(|epoch| of(epoch)).count();
        [
            count(&|epoch| epoch.excuses.is_empty()),
            count(&|epoch| epoch.excuses.is_empty() && epoch.landed.is_some()),
            count(&|epoch| !epoch.excuses.is_empty()),
            count(&|epoch| !epoch.excuses.is_empty() && epoch.landed.is_some()),
        ]
    }

    /// How many epochs each obstacle excused; one may have several.
    pub(crate) fn excuses(&self) -> BTreeMap<String, u64> {
        let mut excuses = BTreeMap::new();
        for excuse in self.epochs.iter().flat_map(|epoch| &epoch.excuses) {
            *excuses.entry((*excuse).to_owned()).or_default() += 1;
        }
        excuses
    }
}
