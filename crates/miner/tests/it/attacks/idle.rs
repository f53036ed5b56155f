//! Connections that take places and say nothing.

use subnetkit_miner::MinerConfig;
use tokio::{io::AsyncWriteExt, task::JoinSet};

use super::{
    replays::without_limits,
    wire::{alice_is_served, connect, exchange, forged, response, rest, signed},
};
use crate::support::{config, key, start};

#[tokio::test]
async fn a_thousand_idle_connections_leave_room_for_the_honest_caller() {
    let axon = start(MinerConfig { max_connections: 1_000, ..without_limits() }).await;
    let mut idle = Vec::new();
    for number in 0..1_000_u16 {
        let connected = connect(axon.address, 2 + u8::try_from(number % 5).unwrap()).await;
        idle.push(
            connected.expect("both ends of 1,000 connections are open files: `ulimit -n 4096` allows them"),
        );
    }
    alice_is_served(&axon, 1, 50).await;
    // From an address of theirs too: her newest connection needs its place more than their oldest.
    alice_is_served(&axon, 2, 50).await;
}

#[tokio::test]
async fn one_address_cannot_take_all_places() {
    let crowded = MinerConfig { max_connections: 100, max_connections_per_address: 60, ..without_limits() };
    let axon = start(crowded).await;
    let mut idle = Vec::new();
    for _ in 0..300 {
        idle.push(connect(axon.address, 2).await.unwrap());
    }
    alice_is_served(&axon, 1, 20).await;
    assert!(axon.get("/metrics").await.1.contains("subnetkit_axon_turned_away_total 240\n"));
}

#[tokio::test]
async fn who_proved_itself_keeps_its_next_connection_before_it_has_said_anything() {
    const PLACES: u8 = 4;
    let axon = start(MinerConfig { max_connections: PLACES.into(), ..config() }).await;
    alice_is_served(&axon, 1, 1).await;
    // Connections on which something goes on, each from an address of its own.
    let mut crowd = JoinSet::new();
    let head = String::from_utf8(forged(&key("Alice"), &axon.own)).unwrap();
    let head = head.split_inclusive("\r\n\r\n").next().unwrap();
    let head = head.replacen("Host: x", "Host: x\r\nExpect: 100-continue", 1);
    for last in 2..2 + PLACES {
        let mut stream = connect(axon.address, last).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        assert_eq!(response(&mut stream).await.unwrap().0, 100);
        crowd.spawn(async move { rest(&mut stream).await });
    }

    let mut alice = connect(axon.address, 1).await.unwrap();
    crowd.join_next().await.expect("somebody gave its place to her").unwrap();
    let _newcomer = connect(axon.address, 2 + PLACES).await.unwrap();
    tokio::select! {
        _ = crowd.join_next() => {}
        said = rest(&mut alice) => panic!("the newcomer got her place: {said:?}"),
    }
    let request = signed(&key("Alice"), &axon.own);
    assert_eq!(exchange(&mut alice, &request).await.unwrap().0, 200);
}
