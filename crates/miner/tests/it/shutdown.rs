//! Ending: what is in flight finishes, nothing new begins, nothing outlives the axon.

use std::time::Duration;

use subnetkit_miner::MinerConfig;
use tokio::net::TcpStream;

use crate::support::{ask, config, start};

#[tokio::test]
async fn a_request_in_flight_finishes_and_new_ones_are_not_accepted() {
    let mut axon = start(config()).await;
    axon.serving.set(true);
    let held = tokio::spawn(axon.signed("Alice", "/echo", ask("wait")).send());
    axon.parrot.began.notified().await;
    axon.shutdown.cancel();
    while TcpStream::connect(axon.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!axon.ended.is_finished());
    assert!(!axon.serving.get(), "readiness turns red when the drain begins");
    axon.parrot.go.add_permits(1);
    assert_eq!(held.await.unwrap().unwrap().status(), 200);
    (&mut axon.ended).await.unwrap();
}

#[tokio::test]
async fn what_does_not_finish_is_cut_off_at_the_drain_timeout() {
    let mut axon = start(MinerConfig { drain_timeout: Duration::from_millis(50), ..config() }).await;
    let held = tokio::spawn(axon.signed("Alice", "/echo", ask("wait")).send());
    axon.parrot.began.notified().await;
    axon.shutdown.cancel();
    (&mut axon.ended).await.unwrap();
    assert!(held.await.unwrap().is_err());
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_the_end() {
    let mut axon = start(config()).await;
    let _idle = TcpStream::connect(axon.address).await.unwrap();
    assert_eq!(axon.say("Alice", "hi").await.status(), 200);
    axon.shutdown.cancel();
    (&mut axon.ended).await.unwrap();
}
