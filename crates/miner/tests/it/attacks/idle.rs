//! Connections that take places and say nothing.

use subnetkit_miner::MinerConfig;

use super::{
    replays::without_limits,
    wire::{alice_is_served, connect},
};
use crate::support::start;

#[tokio::test]
async fn a_thousand_idle_connections_leave_room_for_the_honest_caller() {
    let axon = start(MinerConfig { max_connections: 1_000, ..without_limits() }).await;
    let mut idle = Vec::new();
    for number in 0..1_000_u16 {
        idle.push(connect(axon.address, 2 + u8::try_from(number % 5).unwrap()).await.unwrap());
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
