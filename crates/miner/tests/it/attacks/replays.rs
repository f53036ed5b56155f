//! Requests that were captured and sent again.

use subnetkit_miner::MinerConfig;
use tokio::task::JoinSet;

use super::wire::{connect, exchange, forged, signed};
use crate::support::{Running, config, key, start};

/// What would hide that it is the memory that refuses.
pub(super) fn without_limits() -> MinerConfig {
    MinerConfig {
        rate_per_hotkey: 1_000_000.0,
        burst_per_hotkey: 1_000_000,
        burst_unproven_per_address: 1_000_000,
        signature_max_age: std::time::Duration::from_secs(60),
        ..config()
    }
}

/// Sends every request `times` times over several connections to each axon, all at once, and counts the times each was
/// served.
pub(super) async fn replay(axons: &[&Running], requests: &[Vec<u8>], times: usize) -> Vec<usize> {
    const CONNECTIONS: usize = 10;
    let mut senders = JoinSet::new();
    for axon in axons {
        for _ in 0..CONNECTIONS {
            let (address, requests) = (axon.address, requests.to_vec());
            let rounds = times / CONNECTIONS / axons.len();
            senders.spawn(async move {
                let mut stream = connect(address, 1).await.unwrap();
                let mut served = vec![0; requests.len()];
                for _ in 0..rounds {
                    for (request, served) in requests.iter().zip(&mut served) {
                        match exchange(&mut stream, request).await.unwrap() {
                            (200, _) => *served += 1,
                            (401, body) => assert!(body.contains("replayed_request"), "{body}"),
                            (status, body) => panic!("{status}: {body}"),
                        }
                    }
                }
                served
            });
        }
    }
    let mut total = vec![0; requests.len()];
    while let Some(served) = senders.join_next().await {
        total.iter_mut().zip(served.unwrap()).for_each(|(total, served)| *total += served);
    }
    total
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_thousand_replays_none_is_served_twice() {
    let axon = start(without_limits()).await;
    let requests: Vec<_> = (0..100).map(|_| signed(&key("Alice"), &axon.own)).collect();
    assert_eq!(replay(&[&axon], &requests, 100).await, vec![1; 100]);
}

#[tokio::test]
async fn a_replay_with_another_body_is_a_forgery_and_no_replay() {
    let axon = start(without_limits()).await;
    let request = signed(&key("Alice"), &axon.own);
    let mut stream = connect(axon.address, 1).await.unwrap();
    assert_eq!(exchange(&mut stream, &request).await.unwrap().0, 200);
    let text = String::from_utf8(request).unwrap();
    let (status, body) = exchange(&mut stream, text.replace(r#""hi""#, r#""ho""#).as_bytes()).await.unwrap();
    assert!(status == 401 && body.contains("bad_signature"), "{status}: {body}");
    let (status, body) = exchange(&mut stream, text.as_bytes()).await.unwrap();
    assert!(status == 401 && body.contains("replayed_request"), "{status}: {body}");
}

#[tokio::test]
async fn forgeries_leave_no_trace_in_the_memory() {
    // There is room for two requests: the first forgery that was remembered would take it.
    let axon =
        start(MinerConfig { replay_capacity: 2, replay_capacity_per_hotkey: 2, ..without_limits() }).await;
    let mut stream = connect(axon.address, 1).await.unwrap();
    for _ in 0..100 {
        let (status, body) = exchange(&mut stream, &forged(&key("Alice"), &axon.own)).await.unwrap();
        assert!(status == 401 && body.contains("bad_signature"), "{status}: {body}");
    }
    for name in ["Alice", "Bob"] {
        let (status, body) = exchange(&mut stream, &signed(&key(name), &axon.own)).await.unwrap();
        assert_eq!(status, 200, "{body}");
    }
}

#[tokio::test]
async fn copies_count_against_their_address_though_their_signatures_hold() {
    // Signed before the axon started, so it is never accepted and never remembered.
    let request = signed(&key("Alice"), &key("Miner").account());
    let bounded =
        MinerConfig { burst_unproven_per_address: 3, rate_unproven_per_address: 0.000_001, ..config() };
    let axon = start(bounded).await;
    let mut stream = connect(axon.address, 2).await.unwrap();
    // Three as anybody's, and three more as of a hotkey that is served.
    for expected in [401, 401, 401, 401, 401, 401, 429] {
        let (status, body) = exchange(&mut stream, &request).await.unwrap();
        assert_eq!(status, expected, "{body}");
    }
    let forged = forged(&key("Alice"), &axon.own);
    assert_eq!(exchange(&mut stream, &forged).await.unwrap().0, 429, "the address is not known for Alice's");
}
