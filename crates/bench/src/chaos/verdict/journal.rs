//! The journal beside the blocks: nothing was sent that is not in it, nothing twice, and what it says of each is so.

use std::collections::BTreeMap;

use super::{Evidence, LEARNING_BLOCKS};
use crate::{
    chaos::record::Block,
    stage::ledger::{Extrinsic, Submission},
};

/// States in which the journal says that a transaction is in a block.
const IN_A_BLOCK: [&str; 3] = ["succeeded", "failed", "pruned"];

/// The journal's entries by their bytes.
type Journal<'a> = BTreeMap<&'a str, (&'a Submission, &'a Extrinsic)>;

pub(super) fn check(evidence: &Evidence<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut journal = Journal::new();
    for submission in &evidence.ledger.submissions {
        for extrinsic in &submission.extrinsics {
            if journal.insert(&extrinsic.bytes, (submission, extrinsic)).is_some() {
                found.push(format!(
                    "submission {} holds a transaction that another one holds too",
                    submission.id
                ));
            }
        }
    }
    let end = evidence.blocks.last().map_or(0, |block| block.number.saturating_sub(LEARNING_BLOCKS));
    let mut included: BTreeMap<&str, u64> = BTreeMap::new();
    // By mechanism and epoch, and by submission.
    let (mut sent, mut revealed) = (BTreeMap::<_, Vec<i64>>::new(), BTreeMap::<i64, u32>::new());
    for block in evidence.blocks {
        for bytes in &block.signed {
            let Some((submission, extrinsic)) = journal.get(bytes.as_str()) else {
                found.push(format!("block {} has a transaction that the journal has not", block.number));
                continue;
            };
            if let Some(before) = included.insert(bytes, block.number) {
                found.push(format!("blocks {before} and {} have the same transaction", block.number));
            }
            if extrinsic.state != "undecided" || block.number <= end {
                found.extend(false_entry(submission, extrinsic, block));
            }
            match (extrinsic.kind.as_str(), extrinsic.state.as_str()) {
                ("reveal", "succeeded") => *revealed.entry(submission.id).or_default() += 1,
                (_, "succeeded") => {
                    sent.entry((submission.mecid, block.epoch)).or_default().push(submission.id)
                }
                _ => {}
            }
        }
    }
    found.extend(sent.iter().filter(|(_, ids)| ids.len() > 1).map(|((mecid, epoch), ids)| {
        format!("mechanism {mecid} was sent weights more than once in epoch {epoch}: submissions {ids:?}")
    }));
    found.extend(
        revealed
            .iter()
            .filter(|(_, times)| **times > 1)
            .map(|(id, times)| format!("submission {id} was revealed {times} times")),
    );
    found.extend(claims_of_nothing(evidence, &journal, &included));
    found
}

/// What the journal says of a transaction that is in a block, if it is not so.
fn false_entry(submission: &Submission, extrinsic: &Extrinsic, block: &Block) -> Option<String> {
    let Extrinsic { kind, state, included_block, .. } = extrinsic;
    let (id, number) = (submission.id, block.number);
    if !IN_A_BLOCK.contains(&state.as_str()) || *included_block != Some(number) {
        return Some(format!(
            "the {kind} of submission {id} is in block {number}, and the journal says {state} in {included_block:?}"
        ));
    }
    let last_update = block.last_updates.get(usize::from(submission.mecid));
    // What sets or commits moves the last update; what reveals does not.
    let took_effect = last_update == Some(&number);
    if kind != "reveal" && took_effect != (state == "succeeded") {
        return Some(format!(
            "the {kind} of submission {id} in block {number}: the journal says {state}, and the last update is {last_update:?}"
        ));
    }
    let epoch = submission.commit_epoch.filter(|epoch| kind == "commit" && *epoch != block.epoch)?;
    Some(format!("submission {id} was committed in epoch {}, and the ledger says {epoch}", block.epoch))
}

/// Transactions that the journal says are in blocks that do not have them.
fn claims_of_nothing<'a>(
    evidence: &'a Evidence<'_>,
    journal: &'a Journal<'_>,
    included: &'a BTreeMap<&str, u64>,
) -> impl Iterator<Item = String> + 'a {
    let absent = journal.iter().filter(|(bytes, _)| !included.contains_key(*bytes));
    absent.filter_map(|(_, (submission, Extrinsic { kind, state, included_block, .. }))| {
        let block = included_block.filter(|_| IN_A_BLOCK.contains(&state.as_str()))?;
        evidence.at(block)?;
        Some(format!(
            "the {kind} of submission {} is not in block {block}, where the journal says it is",
            submission.id
        ))
    })
}
