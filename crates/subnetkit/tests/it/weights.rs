//! Weights from the reward hook to what an epoch pays by them, on a development chain: in the open and committed, on one and
//! on two mechanisms, and through everything that may come between.

mod stage;
mod trouble;

use stage::{Stage, pairs};
use subnetkit_validator::CommitWith;
use subnetkit_validator::ledger::Fate;

/// Runs a validator through three epochs and compares what the chain holds and pays with what was sent.
async fn lands(commit_with: Option<CommitWith>, mechanisms: u8) {
    let stage = Stage::new(commit_with, mechanisms, 0).await;
    let mut running = stage.start().await;
    for epoch in 0..3 {
        for mecid in 0..mechanisms {
            let effective = stage.to_fate(&mut running, mecid, "effective").await;
            let sent = pairs(&effective);
            let (high, low) = (65535, 21845);
            let expected = if mecid == 0 { [high, low] } else { [low, high] };
            let uids = [stage.subnet.miners[0].uid, stage.subnet.miners[1].uid];
            assert_eq!(sent, uids.into_iter().zip(expected).collect::<Vec<_>>());
            assert_eq!(stage.row(mecid).await, sent, "epoch {epoch}, mechanism {mecid}");
            // Nothing but effective ends: nothing was refused, lost or sent in vain.
            let ended = running.news.iter().find(|news| news.mecid == mecid && !news.fate.is_open());
            assert_eq!(ended.map(|news| news.fate.clone()), None);
        }
        stage.to_next_epoch(&mut running).await;
        for mecid in 0..mechanisms {
            let paid = stage.incentives(mecid).await;
            let (most, least) = if mecid == 0 { (paid[0], paid[1]) } else { (paid[1], paid[0]) };
            assert!(most.abs_diff(49151) <= 2 && least.abs_diff(16383) <= 2, "epoch {epoch} paid {paid:?}");
        }
    }
    // One submission per epoch and mechanism, and for a hash commit its reveal.
    let epochs = stage.epoch().await;
    let news = &running.news;
    let last = news.iter().filter(|news| news.fate == Fate::Intended).map(|news| (news.mecid, news.epoch));
    let last: Vec<_> = last.collect();
    let distinct: std::collections::BTreeSet<_> = last.iter().collect();
    assert_eq!(last.len(), distinct.len(), "an epoch was served twice: {last:?} by epoch {epochs}");
    assert_eq!(running.failures, Vec::<String>::new());
    running.end().await;
}

#[tokio::test]
async fn plain_weights_land_and_pay() {
    lands(None, 1).await;
}

#[tokio::test]
async fn plain_weights_of_two_mechanisms_land_and_pay() {
    lands(None, 2).await;
}

#[tokio::test]
async fn hash_committed_weights_land_and_pay() {
    lands(Some(CommitWith::Hash), 1).await;
}

#[tokio::test]
async fn hash_committed_weights_of_two_mechanisms_land_and_pay() {
    lands(Some(CommitWith::Hash), 2).await;
}

#[tokio::test]
async fn timelocked_weights_land_and_pay() {
    lands(Some(CommitWith::Timelocked), 1).await;
}

#[tokio::test]
async fn timelocked_weights_of_two_mechanisms_land_and_pay() {
    lands(Some(CommitWith::Timelocked), 2).await;
}
