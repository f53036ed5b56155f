//! What the chain's blocks and the ledger say together. Nothing here looks at a log.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{record::Block, timeline::Timeline};
use crate::stage::{
    Terms,
    ledger::{Contents, Submission},
};

/// One epoch of one mechanism.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Epoch {
    pub(crate) mecid: u8,
    /// The block it ran in.
    pub(crate) block: u64,
    /// The submission whose weights it used, if that was the one it should use.
    pub(crate) landed: Option<i64>,
    /// Why weights did not have to land; empty if they had to.
    pub(crate) excuses: Vec<String>,
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
        verdict.epochs.extend(epochs(evidence, mecid));
        verdict.violations.extend(unexplained_rows(evidence, mecid));
    }
    let missed = verdict.epochs.iter().filter(|epoch| epoch.landed.is_none() && epoch.excuses.is_empty());
    verdict.violations.extend(missed.map(|epoch| {
        format!(
            "the epoch in block {} of mechanism {} did not use weights of its own",
            epoch.block, epoch.mecid
        )
    }));
    verdict.violations.extend(false_claims(evidence));
    verdict.violations.extend(evidence.ledger.faults.iter().map(|fault| format!("the ledger: {fault}")));
    verdict.violations.extend(unfinished(evidence));
    verdict
}

/// The blocks in which epochs ran, by number.
fn epoch_blocks(blocks: &[Block]) -> Vec<u64> {
    blocks.windows(2).filter(|pair| pair[0].epoch < pair[1].epoch).map(|pair| pair[1].number).collect()
}

fn at(blocks: &[Block], number: u64) -> Option<&Block> {
    let first = blocks.first()?.number;
    blocks.get(usize::try_from(number.checked_sub(first)?).ok()?)
}

fn epochs(evidence: &Evidence<'_>, mecid: u8) -> Vec<Epoch> {
    let Evidence { terms, blocks, ledger, timeline, begin } = evidence;
    let ran = epoch_blocks(blocks);
    let judged = ran.windows(2).filter(|pair| pair[0] >= *begin);
    let index = usize::from(mecid);
    judged
        .map(|pair| {
            let (opened, block) = (pair[0], pair[1]);
            let used = at(blocks, block - 1).and_then(|before| before.rows.get(index));
            let landed = ledger.submissions.iter().rev().find(|submission| {
                let in_time =
                    submission.included_block.is_some_and(|block| (opened..pair[1]).contains(&block));
                submission.mecid == mecid
                    && submission.is_effective()
                    && in_time
                    && used == Some(&submission.weights)
            });
            let margin = u64::from(terms.tempo) / 2;
            let excuses =
                timeline.had_a_chance(block.saturating_sub(margin), block - 2).err().unwrap_or_default();
            Epoch { mecid, block, landed: landed.map(|submission| submission.id), excuses }
        })
        .collect()
}

/// Weights on chain that no submission of the ledger accounts for.
fn unexplained_rows(evidence: &Evidence<'_>, mecid: u8) -> Vec<String> {
    let index = usize::from(mecid);
    let changes = evidence.blocks.windows(2).filter_map(|pair| {
        let (before, after) = (pair[0].rows.get(index)?, pair[1].rows.get(index)?);
        (before != after && !after.is_empty()).then_some((pair[1].number, after))
    });
    changes
        .filter(|(_, row)| {
            let explains =
                |submission: &&Submission| submission.mecid == mecid && submission.weights == **row;
            evidence.ledger.submissions.iter().find(explains).is_none()
        })
        .map(|(block, _)| {
            format!("the weights of mechanism {mecid} since block {block} are in no submission")
        })
        .collect()
}

/// Submissions that the ledger says the chain holds, and the chain does not.
fn false_claims(evidence: &Evidence<'_>) -> Vec<String> {
    let claims = evidence.ledger.submissions.iter().filter(|submission| submission.is_effective());
    claims
        .filter(|submission| {
            let block = submission.included_block.and_then(|block| at(evidence.blocks, block));
            // Earlier than the record: nothing is known of it.
            block.is_some_and(|block| {
                block.rows.get(usize::from(submission.mecid)) != Some(&submission.weights)
            })
        })
        .map(|submission| {
            format!("submission {} is effective by the ledger and not by the chain", submission.id)
        })
        .collect()
}

/// What should have ended long ago.
fn unfinished(evidence: &Evidence<'_>) -> Vec<String> {
    let last = evidence.blocks.last().map_or(0, |block| block.number);
    let patience = u64::from(evidence.terms.tempo) * 4;
    let submissions = evidence.ledger.submissions.iter();
    let open = submissions.filter(|submission| !submission.is_final() && submission.block + patience < last);
    let mut found: Vec<String> = open
        .map(|submission| {
            format!(
                "submission {} of block {} is still {}",
                submission.id, submission.block, submission.state
            )
        })
        .collect();
    // The newest round may be cut short by the end of the run.
    let open = evidence.ledger.rounds.get("open").copied().unwrap_or(0);
    if open > 1 {
        found.push(format!("{open} rounds are open"));
    }
    found
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
    pub(crate) fn excuses(&self) -> BTreeMap<&str, usize> {
        let mut excuses = BTreeMap::new();
        for excuse in self.epochs.iter().flat_map(|epoch| &epoch.excuses) {
            *excuses.entry(excuse.as_str()).or_default() += 1;
        }
        excuses
    }
}
