//! A made-up run in which all is well, and what is found when one thing in it is not.

use std::time::{Duration, Instant};

use super::*;
use crate::{
    chaos::timeline::Allowances,
    stage::{ledger::Extrinsic, validator::Life},
};

const TEMPO: u64 = 20;
/// Blocks before an epoch at which weights are included.
const BEFORE: u64 = 8;
const END: u64 = TEMPO * 6;

struct Run {
    blocks: Vec<Block>,
    ledger: Contents,
    timeline: Timeline,
}

impl Run {
    /// Epoch `n` runs in block `n * TEMPO`, and weights are set before each.
    fn new() -> Self {
        let start = Instant::now();
        let number = |value: u64| u32::try_from(value).unwrap();
        let set = |block: u64| {
            let block = block.saturating_sub(block % TEMPO) + TEMPO - BEFORE;
            Submission {
                id: i64::from(number(block)),
                state: "effective".to_owned(),
                block: block - 1,
                included_block: Some(block),
                effective_block: Some(block),
                weights: vec![(1, u16::try_from(block).unwrap())],
                extrinsics: vec![Extrinsic {
                    kind: "set".to_owned(),
                    bytes: format!("0x{block}"),
                    state: "succeeded".to_owned(),
                    included_block: Some(block),
                }],
                ..Submission::default()
            }
        };
        let submissions: Vec<Submission> = (0..END / TEMPO).map(|epoch| set(epoch * TEMPO)).collect();
        let blocks = (0..END).map(|block| {
            let newest = submissions.iter().rev().find(|submission| submission.included_block <= Some(block));
            let row = newest.map(|submission| submission.weights.clone()).unwrap_or_default();
            let last_update = newest.and_then(|submission| submission.included_block).unwrap_or(0);
            let signed = (last_update == block && block > 0).then(|| format!("0x{block}"));
            Block {
                number: block,
                epoch: block / TEMPO,
                rows: vec![row],
                last_updates: vec![last_update],
                signed: signed.into_iter().collect(),
            }
        });
        let block_time = Duration::from_millis(100);
        let timeline = Timeline {
            allowances: Allowances {
                restart: block_time,
                reconnect: block_time,
                watchdog: block_time,
                blocks: 3,
            },
            blocks: (0, (0..END + 1).map(|block| start + block_time * number(block)).collect()),
            disturbances: Vec::new(),
            lives: vec![Life { started: start, ready: None, ended: None, by_itself: None }],
        };
        Self { blocks: blocks.collect(), ledger: Contents { submissions, ..Contents::default() }, timeline }
    }

    fn verdict(&self) -> Verdict {
        let terms = Terms {
            way: Way::Plain,
            mechanisms: 1,
            tempo: u16::try_from(TEMPO).unwrap(),
            miners: 1,
            block_time: Duration::from_millis(100),
        };
        let Self { blocks, ledger, timeline } = self;
        judge(&Evidence { terms, blocks, ledger, timeline, begin: 1 })
    }

    /// The submission of the epoch that ends in block 60, which is included in block 52.
    fn third(&mut self) -> &mut Submission {
        &mut self.ledger.submissions[2]
    }
}

/// The one thing that is found.
fn found(run: &Run) -> String {
    let violations = run.verdict().violations;
    assert_eq!(violations.len(), 1, "{violations:?}");
    violations[0].clone()
}

#[test]
fn a_run_in_which_all_is_well_has_no_violations() {
    let verdict = Run::new().verdict();
    assert_eq!(verdict.violations, Vec::<String>::new());
    assert_eq!(verdict.counts(), [4, 4, 0, 0]);
}

#[test]
fn an_epoch_without_weights_of_its_own_is_found_unless_the_validator_was_down() {
    let mut run = Run::new();
    let old = run.blocks[51].rows.clone();
    for block in &mut run.blocks[52..72] {
        block.rows.clone_from(&old);
        block.last_updates = vec![32];
        block.signed.clear();
    }
    let Submission { state, extrinsics, reason, .. } = run.third();
    (*state, *reason) = ("expired".to_owned(), Some("no block took it".to_owned()));
    extrinsics[0].state = "expired".to_owned();
    extrinsics[0].included_block = None;
    assert!(found(&run).contains("the epoch in block 60"));

    let (_, times) = &run.timeline.blocks;
    let (killed, again) = (times[48], times[58]);
    run.timeline.lives[0].ended = Some(killed);
    run.timeline.lives.push(Life { started: again, ready: None, ended: None, by_itself: None });
    let verdict = run.verdict();
    assert_eq!(verdict.violations, Vec::<String>::new());
    assert_eq!(verdict.counts(), [3, 3, 1, 0]);
    assert_eq!(verdict.excuses().get("killed and starting"), Some(&1));
}

#[test]
fn what_was_sent_twice_or_by_nobody_is_found() {
    let mut run = Run::new();
    run.blocks[53].signed.push("0xstranger".to_owned());
    assert!(found(&run).contains("block 53 has a transaction that the journal has not"));

    let mut run = Run::new();
    run.blocks[53].signed.push("0x53".to_owned());
    run.blocks[53].last_updates = vec![53];
    let again =
        Extrinsic { bytes: "0x53".to_owned(), included_block: Some(53), ..run.third().extrinsics[0].clone() };
    run.third().extrinsics.push(again);
    assert!(found(&run).contains("more than once in epoch 2"));
}

#[test]
fn what_the_ledger_says_and_the_chain_does_not_is_found() {
    let mut run = Run::new();
    run.third().effective_block = Some(51);
    assert!(found(&run).contains("not by the chain"));

    let mut run = Run::new();
    run.third().extrinsics[0].state = "expired".to_owned();
    assert!(found(&run).contains("the journal says expired"));

    let mut run = Run::new();
    run.third().state = "unrevealed".to_owned();
    run.third().reason = Some("nobody knows".to_owned());
    assert!(found(&run).contains("the ledger says unrevealed"));

    let mut run = Run::new();
    run.third().weights = vec![(9, 9)];
    let violations = run.verdict().violations;
    assert!(violations.iter().any(|violation| violation.contains("are in no submission")), "{violations:?}");
}
