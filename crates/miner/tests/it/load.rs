//! Rates, slots and deadlines.

use std::time::Duration;

use subnetkit_miner::MinerConfig;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{config, key, refusal, retry_after, start};

#[tokio::test]
async fn a_hotkey_beyond_its_rate_is_told_when_to_come_back() {
    let slow = MinerConfig { rate_per_hotkey: 0.01, burst_per_hotkey: 2, ..config() };
    let axon = start(slow).await;
    assert_eq!(axon.say("Alice", "hi").await.status(), 200);
    assert_eq!(axon.say("Alice", "hi").await.status(), 200);
    let response = axon.say("Alice", "hi").await;
    let wait = retry_after(&response);
    assert!((90..=100).contains(&wait), "{wait}");
    refusal(response, 429, "rate_limited").await;
    assert_eq!(axon.say("Bob", "hi").await.status(), 200);
}

#[tokio::test]
async fn stake_buys_a_part_of_the_shared_rate() {
    // Alice has 1000 of the 1500 rao of stake weight of all who are admitted, Bob the rest, Dave nothing.
    let shared =
        MinerConfig { rate_per_hotkey: 0.01, rate_shared_by_stake: 0.03, burst_per_hotkey: 2, ..config() };
    let axon = start(shared).await;
    for (signer, burst) in [("Alice", 6), ("Bob", 4), ("Dave", 2)] {
        for _ in 0..burst {
            assert_eq!(axon.say(signer, "hi").await.status(), 200, "{signer}");
        }
        refusal(axon.say(signer, "hi").await, 429, "rate_limited").await;
    }
}

#[tokio::test]
async fn an_address_that_proves_nothing_is_told_when_to_come_back() {
    let strict = MinerConfig { rate_unproven_per_address: 0.01, burst_unproven_per_address: 3, ..config() };
    let axon = start(strict).await;
    for _ in 0..10 {
        assert_eq!(axon.say("Alice", "hi").await.status(), 200, "what is proven does not count");
    }
    let body = crate::support::ask("hi");
    for _ in 0..3 {
        let response = axon.post("/echo", vec![], body.clone()).send().await.unwrap();
        refusal(response, 401, "malformed_auth").await;
    }
    let response = axon.post("/echo", vec![], body).send().await.unwrap();
    let wait = retry_after(&response);
    assert!((90..=100).contains(&wait), "{wait}");
    refusal(response, 429, "rate_limited").await;
    refusal(axon.say("Mallory", "hi").await, 429, "rate_limited").await;
    assert_eq!(axon.say("Alice", "hi").await.status(), 200, "who is known from here is let in");
    assert_eq!(axon.say("Bob", "hi").await.status(), 200, "and so is who may be served");
    for _ in 0..3 {
        let body = crate::support::ask("ho");
        let headers = axon.headers(&key("Dave"), "/echo", &crate::support::ask("hi"));
        let response = axon.post("/echo", headers, body).send().await.unwrap();
        refusal(response, 401, "bad_signature").await;
    }
    refusal(axon.say("Dave", "hi").await, 429, "rate_limited").await;
}

#[tokio::test]
async fn who_waits_longer_than_the_line_allows_is_answered_busy() {
    let impatient = MinerConfig { queue_timeout: Duration::from_millis(50), max_concurrency: 1, ..config() };
    let axon = start(impatient).await;
    let held = tokio::spawn(axon.signed("Alice", "/echo", crate::support::ask("wait")).send());
    axon.parrot.began.notified().await;
    refusal(axon.say("Bob", "hi").await, 503, "busy").await;
    axon.parrot.go.add_permits(1);
    assert_eq!(held.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn a_full_axon_answers_busy_at_once() {
    let axon = start(MinerConfig { max_concurrency: 1, queue: 0, ..config() }).await;
    let held = tokio::spawn(axon.signed("Alice", "/echo", crate::support::ask("wait")).send());
    axon.parrot.began.notified().await;
    let response = axon.say("Bob", "hi").await;
    assert_eq!(retry_after(&response), 1);
    refusal(response, 503, "busy").await;
    axon.parrot.go.add_permits(1);
    assert_eq!(held.await.unwrap().unwrap().status(), 200);
    assert_eq!(axon.say("Bob", "hi").await.status(), 200);
}

#[tokio::test]
async fn in_a_full_queue_more_stake_takes_the_place_of_less() {
    let axon = start(MinerConfig { max_concurrency: 1, queue: 1, ..config() }).await;
    let held = tokio::spawn(axon.signed("Dave", "/echo", crate::support::ask("wait")).send());
    axon.parrot.began.notified().await;
    let low = tokio::spawn(axon.signed("Bob", "/echo", crate::support::ask("hi")).send());
    while !axon.get("/metrics").await.1.contains("subnetkit_axon_waiting 1") {}
    let high = tokio::spawn(axon.signed("Alice", "/echo", crate::support::ask("hi")).send());
    refusal(low.await.unwrap().unwrap(), 503, "busy").await;
    axon.parrot.go.add_permits(1);
    assert_eq!(held.await.unwrap().unwrap().status(), 200);
    assert_eq!(high.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn a_handler_is_ended_at_the_deadline_and_its_slot_is_free_again() {
    let short = Duration::from_millis(100);
    let axon = start(MinerConfig { request_timeout: short, max_concurrency: 1, ..config() }).await;
    refusal(axon.say("Alice", "wait").await, 504, "timed_out").await;
    assert_eq!(axon.say("Alice", "hi").await.status(), 200);
}

#[tokio::test]
async fn a_request_whose_turn_never_comes_is_answered_busy() {
    let short = Duration::from_millis(100);
    let axon = start(MinerConfig { request_timeout: short, max_concurrency: 1, ..config() }).await;
    let held = tokio::spawn(axon.signed("Alice", "/echo", crate::support::ask("wait")).send());
    axon.parrot.began.notified().await;
    let second = tokio::spawn(axon.signed("Bob", "/echo", crate::support::ask("wait")).send());
    refusal(held.await.unwrap().unwrap(), 504, "timed_out").await;
    let status = second.await.unwrap().unwrap().status();
    assert!(status == 503 || status == 504, "{status}");
}

#[tokio::test]
async fn connections_beyond_the_bound_wait_for_a_place() {
    let axon = start(MinerConfig { max_connections: 1, ..config() }).await;
    let held = tokio::spawn(axon.signed("Alice", "/echo", crate::support::ask("wait")).send());
    axon.parrot.began.notified().await;

    let request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut answer = [0; 12];
    let mut second = TcpStream::connect(axon.address).await.unwrap();
    second.write_all(request).await.unwrap();
    let early = timeout(Duration::from_millis(100), second.read_exact(&mut answer)).await;
    assert!(early.is_err(), "the second connection was served beside a proven request");
    axon.parrot.go.add_permits(1);
    assert_eq!(held.await.unwrap().unwrap().status(), 200);
    // The first is kept open by its client, and idle.
    second.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
}

#[tokio::test]
async fn an_address_with_too_many_connections_gets_no_more() {
    let axon = start(MinerConfig { max_connections_per_address: 2, ..config() }).await;
    let first = TcpStream::connect(axon.address).await.unwrap();
    let mut second = TcpStream::connect(axon.address).await.unwrap();
    let mut third = TcpStream::connect(axon.address).await.unwrap();
    assert_eq!(third.read(&mut [0; 1]).await.unwrap_or(0), 0, "the third was not closed");
    second.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    second.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
    drop(first);
}
