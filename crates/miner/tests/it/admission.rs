//! Whom the miner serves.

use std::collections::BTreeSet;

use subnetkit_miner::{Admit, Denial, MinerConfig, Roster, Standing, WhenStale};
use subnetkit_protocol::Hotkey;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{config, key, refusal, retry_after, start, start_with};

#[tokio::test]
async fn strangers_and_hotkeys_without_permit_are_refused_and_the_owner_is_not() {
    let axon = start(config()).await;
    refusal(axon.say("Mallory", "hi").await, 403, "not_registered").await;
    refusal(axon.say("Charlie", "hi").await, 403, "no_permit").await;
    assert_eq!(axon.say("Dave", "hi").await.status(), 200);
}

#[tokio::test]
async fn stake_below_the_minimum_is_refused() {
    let axon = start(MinerConfig { min_stake_rao: 501, ..config() }).await;
    refusal(axon.say("Bob", "hi").await, 403, "stake_too_low").await;
    assert_eq!(axon.say("Alice", "hi").await.status(), 200);
}

#[tokio::test]
async fn without_the_permit_rule_registration_is_enough() {
    let axon = start(MinerConfig { require_permit: false, ..config() }).await;
    assert_eq!(axon.say("Charlie", "hi").await.status(), 200);
    refusal(axon.say("Mallory", "hi").await, 403, "not_registered").await;
}

#[tokio::test]
async fn the_lists_win_and_deny_wins_over_allow() {
    let hotkeys = |names: &[&str]| names.iter().map(|name| key(name).account()).collect::<BTreeSet<_>>();
    let lists =
        MinerConfig { allow: hotkeys(&["Mallory", "Bob"]), deny: hotkeys(&["Alice", "Bob"]), ..config() };
    let axon = start(lists).await;
    assert_eq!(axon.say("Mallory", "hi").await.status(), 200);
    refusal(axon.say("Alice", "hi").await, 403, "denied").await;
    refusal(axon.say("Bob", "hi").await, 403, "denied").await;
}

#[tokio::test]
async fn a_builders_rule_replaces_the_default() {
    struct EvenUids;
    impl Admit for EvenUids {
        fn admit(&self, _: &Hotkey, standing: Option<&Standing>) -> Result<(), Denial> {
            match standing {
                Some(standing) if standing.uid % 2 == 0 => Ok(()),
                _ => Err(Denial::ByRule("only even uids are served".into())),
            }
        }
    }
    let axon = start_with(config(), |axon| axon.admit_by(EvenUids)).await;
    assert_eq!(axon.say("Charlie", "hi").await.status(), 200);
    refusal(axon.say("Bob", "hi").await, 403, "denied").await;
}

#[tokio::test]
async fn a_new_snapshot_counts_from_the_next_request_on() {
    let axon = start(config()).await;
    assert_eq!(axon.say("Alice", "hi").await.status(), 200);
    axon.roster.publish(Roster { block: 2, ..Roster::default() });
    refusal(axon.say("Alice", "hi").await, 403, "not_registered").await;
}

#[tokio::test]
async fn a_stale_metagraph_refuses_only_if_told_to() {
    let stale = MinerConfig {
        metagraph_refresh: std::time::Duration::from_nanos(1),
        metagraph_max_age: std::time::Duration::from_nanos(2),
        ..config()
    };
    let axon = start(stale.clone()).await;
    assert_eq!(axon.say("Alice", "hi").await.status(), 200);
    let axon = start(MinerConfig { when_stale: WhenStale::Refuse, ..stale }).await;
    let response = axon.say("Alice", "hi").await;
    assert_eq!(retry_after(&response), 1);
    refusal(response, 503, "stale_metagraph").await;
}

#[tokio::test]
async fn a_stranger_leaves_no_trace_in_the_replay_store() {
    let axon = start(MinerConfig { replay_capacity: 1, ..config() }).await;
    for _ in 0..3 {
        refusal(axon.say("Mallory", "hi").await, 403, "not_registered").await;
    }
    assert_eq!(axon.say("Alice", "hi").await.status(), 200);
    let response = axon.say("Bob", "hi").await;
    assert_eq!(retry_after(&response), 1);
    refusal(response, 503, "busy").await;
    refusal(axon.say("Alice", "hi").await, 429, "rate_limited").await;
}

#[tokio::test]
async fn a_stranger_is_refused_before_its_body_is_read() {
    let axon = start(config()).await;
    let body = vec![b' '; 1 << 20];
    let headers = axon.headers(&key("Mallory"), "/echo", &body);
    let mut stream = TcpStream::connect(axon.address).await.unwrap();
    let mut head = format!("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n", body.len());
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    stream.write_all((head + "\r\n").as_bytes()).await.unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 403");
}
