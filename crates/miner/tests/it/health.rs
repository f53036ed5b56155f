//! What the operator sees.

use std::time::Duration;

use subnetkit_miner::{MinerConfig, Roster};

use crate::support::{config, key, refusal, roster, start};

#[tokio::test]
async fn readiness_needs_registration_and_serving_and_a_moving_chain() {
    let axon = start(config()).await;
    assert_eq!(axon.get("/healthz").await.0, 200);
    let (status, body) = axon.get("/readyz").await;
    assert_eq!(status, 503);
    assert!(body.contains(r#""chain":true,"registered":true,"serving":false"#), "{body}");

    axon.serving.set(true);
    let (status, body) = axon.get("/readyz").await;
    assert_eq!(status, 200);
    assert!(body.contains(r#""ready":true"#), "{body}");

    let mut without_us = roster();
    without_us.members.remove(&key("Miner").account());
    axon.roster.publish(Roster { block: 2, ..without_us });
    let (status, body) = axon.get("/readyz").await;
    assert_eq!(status, 503);
    assert!(body.contains(r#""registered":false"#), "{body}");
}

#[tokio::test]
async fn the_same_block_again_is_not_a_sign_of_life() {
    let quick = MinerConfig {
        metagraph_refresh: Duration::from_millis(1),
        metagraph_max_age: Duration::from_millis(300),
        ..config()
    };
    let axon = start(quick).await;
    axon.serving.set(true);
    while axon.get("/readyz").await.0 == 200 {
        axon.roster.publish(roster());
    }
    assert!(axon.get("/readyz").await.1.contains(r#""chain":false"#));
    axon.roster.publish(Roster { block: 2, ..roster() });
    assert_eq!(axon.get("/readyz").await.0, 200);
    assert_eq!(axon.get("/healthz").await.0, 200);
}

#[tokio::test]
async fn metrics_count_by_outcome_and_belong_to_one_axon() {
    let axon = start(config()).await;
    let other = start(config()).await;
    assert_eq!(axon.say("Alice", "hi").await.status(), 200);
    assert_eq!(axon.say("Alice", "hi").await.status(), 200);
    refusal(axon.say("Mallory", "hi").await, 403, "not_registered").await;
    axon.say("Alice", "panic").await;
    assert_eq!(axon.get("/nothing").await.0, 404);

    let (status, text) = axon.get("/metrics").await;
    assert_eq!(status, 200);
    for line in [
        r#"subnetkit_axon_requests_total{synapse="echo",outcome="answered"} 2"#,
        r#"subnetkit_axon_requests_total{synapse="echo",outcome="not_registered"} 1"#,
        r#"subnetkit_axon_requests_total{synapse="echo",outcome="panicked"} 1"#,
        r#"subnetkit_axon_requests_total{synapse="-",outcome="not_found"} 1"#,
        r#"subnetkit_axon_request_seconds_count{synapse="echo"} 4"#,
        "subnetkit_axon_in_flight 0",
        "subnetkit_axon_waiting 0",
        // Alice, Bob, and Dave the owner.
        "subnetkit_axon_admitted_hotkeys 3",
    ] {
        assert!(text.contains(line), "{line} is missing in\n{text}");
    }
    let age = text.lines().find_map(|line| line.strip_prefix("subnetkit_axon_metagraph_age_seconds "));
    assert!(age.unwrap().parse::<f64>().unwrap().is_finite(), "{text}");
    assert!(!other.get("/metrics").await.1.contains("requests_total{"));
}

#[tokio::test]
async fn a_caller_that_hangs_up_is_counted_as_abandoned() {
    let axon = start(config()).await;
    let held = tokio::spawn(axon.signed("Alice", "/echo", crate::support::ask("wait")).send());
    axon.parrot.began.notified().await;
    assert!(axon.get("/metrics").await.1.contains("subnetkit_axon_in_flight 1"));
    held.abort();
    while !axon.get("/metrics").await.1.contains(r#"outcome="abandoned"} 1"#) {}
    assert!(axon.get("/metrics").await.1.contains("subnetkit_axon_in_flight 0"));
}

#[tokio::test]
async fn the_operators_routes_can_be_kept_off_the_public_address() {
    let apart = MinerConfig { operator_listen: Some(config().listen), ..config() };
    let mut axon = start(apart).await;
    assert_ne!(axon.operator, axon.address);
    assert_eq!(axon.get("/healthz").await.0, 200);
    for target in ["/healthz", "/readyz", "/metrics"] {
        let response = axon.client.get(axon.url(target)).send().await.unwrap();
        refusal(response, 404, "not_found").await;
    }
    assert_eq!(axon.say("Alice", "hi").await.status(), 200);

    // The operator can still look while the last request is drained.
    axon.serving.set(true);
    let held = tokio::spawn(axon.signed("Alice", "/echo", crate::support::ask("wait")).send());
    axon.parrot.began.notified().await;
    assert_eq!(axon.roster.standing(&axon.own).map(|standing| standing.uid), Some(9));
    axon.shutdown.cancel();
    while axon.serving.get() {
        tokio::task::yield_now().await;
    }
    assert!(axon.get("/readyz").await.1.contains(r#""serving":false"#));
    axon.parrot.go.add_permits(1);
    assert_eq!(held.await.unwrap().unwrap().status(), 200);
    (&mut axon.ended).await.unwrap();
}
