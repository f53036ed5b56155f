//! What may come between weights and their effect.

use serde_json::{Value as Json, json};
use subnetkit_chain::WaitFor;
use subnetkit_devnet::Config;
use subnetkit_validator::CommitWith;
use subnetkit_validator::ledger::{
    ExtrinsicFate, ExtrinsicKind, Fate, LedgerOwner, LedgerStore, Retention, Submission,
};
use subnetkit_validator::{SubmissionReport, ValidatorConfig, WhenAllZero};

use super::stage::{Running, Stage, TEMPO};

/// The validator's journal, read while it does not run.
async fn journal(stage: &Stage) -> Vec<Submission> {
    let owner = LedgerOwner {
        genesis_hash: stage.chain.genesis_hash(),
        netuid: stage.subnet.netuid,
        hotkey: stage.hotkey(),
    };
    let keep = Retention::of(&ValidatorConfig::new(WhenAllZero::Skip));
    let store = LedgerStore::open(&stage.ledger_path(), owner, keep).await.unwrap();
    store.newest_submissions(100).await.unwrap()
}

fn reason(news: &SubmissionReport) -> String {
    news.fate.reason().unwrap_or_default().to_owned()
}

async fn committed(commit_with: CommitWith, rate_limit: u64) -> (Stage, Running) {
    let stage = Stage::new(Some(commit_with), 1, rate_limit).await;
    let mut running = stage.start().await;
    stage.to_fate(&mut running, 0, "committed").await;
    (stage, running)
}

/// A validator killed between commit and reveal, with the journal it left.
async fn killed_in_between(commit_with: CommitWith) -> (Stage, Submission) {
    let (stage, running) = committed(commit_with, 0).await;
    running.kill().await;
    let mut journal = journal(&stage).await;
    assert_eq!(journal.len(), 1);
    (stage, journal.remove(0))
}

#[tokio::test]
async fn a_restart_between_commit_and_reveal_forgets_nothing_and_sends_nothing_twice() {
    let (stage, before) = killed_in_between(CommitWith::Hash).await;
    let mut running = stage.start().await;
    let effective = stage.to_fate(&mut running, 0, "effective").await;
    assert_eq!(effective.id, Some(before.id), "the commit of before, by its salt of before");
    running.end().await;
    let journal = journal(&stage).await;
    let first = journal.iter().find(|submission| submission.id == before.id).unwrap();
    assert_eq!(first.intent, before.intent);
    let reveals = first.extrinsics.iter().filter(|extrinsic| extrinsic.kind == ExtrinsicKind::Reveal);
    assert_eq!(reveals.count(), 1);
    let included = journal.iter().flat_map(|submission| &submission.extrinsics);
    let included = included.filter(|extrinsic| matches!(extrinsic.fate, ExtrinsicFate::Succeeded { .. }));
    assert_eq!(
        included.count() as u64,
        stage.extrinsics().await,
        "each transaction on chain is in the journal"
    );
}

#[tokio::test]
async fn a_timelocked_commit_is_seen_to_open_by_whoever_starts_next() {
    let (stage, before) = killed_in_between(CommitWith::Timelocked).await;
    // Nobody watches while the chain opens it.
    stage.devnet.advance_epochs(stage.subnet.netuid, 1).await.unwrap();
    stage.devnet.mine(5).await.unwrap();
    let mut running = stage.start().await;
    let effective = stage.to_fate(&mut running, 0, "effective").await;
    assert_eq!(effective.id, Some(before.id));
    running.end().await;
}

#[tokio::test]
async fn a_validator_killed_at_every_block_sends_each_transaction_once() {
    let stage = Stage::new(Some(CommitWith::Hash), 2, 0).await;
    for _ in 0..(3 * u32::from(TEMPO)) {
        let mut running = stage.start().await;
        stage.step(&mut running).await;
        running.kill().await;
    }
    let journal = journal(&stage).await;
    let extrinsics = || journal.iter().flat_map(|submission| &submission.extrinsics);
    let included = extrinsics().filter(|extrinsic| matches!(extrinsic.fate, ExtrinsicFate::Succeeded { .. }));
    let undecided =
        extrinsics().filter(|extrinsic| extrinsic.fate == ExtrinsicFate::Undecided).count() as u64;
    let (included, on_chain) = (included.count() as u64, stage.extrinsics().await);
    assert!(
        (included..=included + undecided).contains(&on_chain),
        "{included} of {on_chain}, {undecided} open"
    );
    let effective = |mecid| {
        let effective = journal.iter().filter(|submission| submission.intent.mecid == mecid);
        effective.filter(|submission| matches!(submission.fate, Fate::Effective { .. })).count()
    };
    assert!(effective(0) >= 2 && effective(1) >= 2, "{} and {} were effective", effective(0), effective(1));
    for submission in &journal {
        assert!(
            submission.fate.is_open() || submission.fate.effective_block().is_some(),
            "{:?}",
            submission.fate
        );
    }
}

#[tokio::test]
async fn a_hash_commit_is_withheld_when_a_uid_changes_hands_and_another_is_made() {
    let (stage, mut running) = committed(CommitWith::Hash, 8).await;
    let heir = stage.pass_on_first_miner().await;
    let withheld = stage.to_fate(&mut running, 0, "withheld").await;
    let (miner, reason) = (&stage.subnet.miners[0].hotkey, reason(&withheld));
    assert!(reason.contains(miner) && reason.contains(&heir.to_string()), "{reason}");
    let again = stage.to_fate(&mut running, 0, "committed").await;
    let uids: Vec<u16> = again.weights.iter().map(|weight| weight.uid).collect();
    assert_eq!(uids, [stage.subnet.miners[1].uid], "what belonged to the one who left is dropped");
    let effective = stage.to_fate(&mut running, 0, "effective").await;
    assert_eq!(effective.id, again.id);
    assert_eq!(stage.row(0).await, [(stage.subnet.miners[1].uid, 65535)]);
    running.end().await;
    let journal = journal(&stage).await;
    let first = journal.iter().find(|submission| Some(submission.id) == withheld.id).unwrap();
    assert_eq!(first.extrinsics.len(), 1, "it was never revealed");
}

#[tokio::test]
async fn a_timelocked_commit_is_replaced_within_its_epoch_when_a_uid_changes_hands() {
    let (stage, mut running) = committed(CommitWith::Timelocked, 4).await;
    stage.pass_on_first_miner().await;
    let again = stage.to_fate(&mut running, 0, "committed").await;
    let superseded = stage.to_fate(&mut running, 0, "unrevealed").await;
    assert!(reason(&superseded).contains("took their place"), "{}", reason(&superseded));
    let effective = stage.to_fate(&mut running, 0, "effective").await;
    assert_eq!(effective.id, again.id);
    assert_eq!(stage.row(0).await, [(stage.subnet.miners[1].uid, 65535)]);
    running.end().await;
}

#[tokio::test]
async fn a_permit_lost_before_the_reveal_is_named() {
    for commit_with in [CommitWith::Hash, CommitWith::Timelocked] {
        let (stage, mut running) = committed(commit_with, 0).await;
        let (netuid, hotkey) = (stage.subnet.netuid, &stage.validator().hotkey);
        stage.devnet.set_stake(netuid, hotkey, None, 0).await.unwrap();
        let unrevealed = stage.to_fate(&mut running, 0, "unrevealed").await;
        assert!(reason(&unrevealed).contains("permit"), "{commit_with:?}: {}", reason(&unrevealed));
        assert_eq!(stage.row(0).await, []);
        running.end().await;
    }
}

#[tokio::test]
async fn a_change_of_the_tempo_between_commit_and_reveal_does_no_harm() {
    for commit_with in [CommitWith::Hash, CommitWith::Timelocked] {
        let (stage, mut running) = committed(commit_with, 0).await;
        stage.set("tempo", json!(TEMPO + 13)).await;
        let first = stage.to_fate(&mut running, 0, "effective").await;
        stage.set("tempo", json!(TEMPO - 7)).await;
        let second = stage.to_fate(&mut running, 0, "effective").await;
        assert!(second.id > first.id);
        let lost =
            running.news.iter().find(|news| !news.fate.is_open() && news.fate.effective_block().is_none());
        assert!(lost.is_none(), "{lost:?}");
        running.end().await;
    }
}

#[tokio::test]
async fn a_pulse_that_never_comes_is_named() {
    let (stage, mut running) = committed(CommitWith::Timelocked, 0).await;
    // The chain waits for quicknet's pulses now, and nobody brings them.
    stage.devnet.set_storage("Drand", "BeaconConfig", &[], &Json::Null).await.unwrap();
    let unrevealed = stage.to_fate(&mut running, 0, "unrevealed").await;
    let reason = reason(&unrevealed);
    assert!(reason.contains("pulse of drand round"), "{reason}");
    running.end().await;
}

#[tokio::test]
async fn a_subnet_that_turns_commit_reveal_on_and_off_gets_its_weights_all_the_same() {
    let stage = Stage::new(None, 1, 0).await;
    let mut running = stage.start().await;
    stage.to_fate(&mut running, 0, "effective").await;
    stage.set("commit_reveal_weights_enabled", json!(true)).await;
    stage.to_fate(&mut running, 0, "committed").await;
    stage.to_fate(&mut running, 0, "effective").await;
    stage.set("commit_reveal_weights_enabled", json!(false)).await;
    let plain = stage.to_fate(&mut running, 0, "included").await;
    assert_eq!(plain.way.as_str(), "plain");
    stage.to_fate(&mut running, 0, "effective").await;
    running.end().await;
}

#[tokio::test]
async fn a_mechanism_that_comes_later_is_served_and_one_that_goes_is_named() {
    let stage = Stage::new(Some(CommitWith::Timelocked), 1, 0).await;
    let mut running = stage.start().await;
    stage.to_fate(&mut running, 0, "effective").await;
    stage.set("max_allowed_uids", json!(128)).await;
    stage.set("mechanism_count", json!(2)).await;
    stage.to_fate(&mut running, 1, "committed").await;
    stage.set("mechanism_count", json!(1)).await;
    let gone = stage.to_fate(&mut running, 1, "unrevealed").await;
    assert!(reason(&gone).contains("only 1 mechanisms"), "{}", reason(&gone));
    running.end().await;
}

#[tokio::test]
async fn fates_are_judged_by_final_blocks_where_those_are_waited_for() {
    let mut stage = Stage::new(Some(CommitWith::Hash), 2, 0).await;
    stage.wait_for = WaitFor::Finalized;
    let mut running = stage.start().await;
    for mecid in [0, 1] {
        stage.to_fate(&mut running, mecid, "effective").await;
    }
    running.end().await;
}

#[tokio::test]
async fn a_transaction_whose_block_no_node_has_any_more_holds_nothing_up() {
    let config = Config { history_blocks: 16, kept_blocks: 32, ..Config::default() };
    let stage = Stage::on(config, None, 1, 0).await;
    let mut running = stage.start().await;
    let intended = stage.to_fate(&mut running, 0, "intended").await;
    running.kill().await;
    stage.devnet.mine(100).await.unwrap();
    let mut running = stage.start().await;
    let first = stage.to_fate(&mut running, 0, "effective").await;
    assert_eq!(first.id, intended.id, "the chain holds what it sent");
    let next = stage.to_fate(&mut running, 0, "effective").await;
    assert!(next.id > first.id);
    running.end().await;
}
