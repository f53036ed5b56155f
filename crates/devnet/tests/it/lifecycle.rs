//! Start and end.

use std::{net::TcpListener, time::Duration};

use serde_json::json;
use subnetkit_devnet::{BlockProduction, Config, Devnet, SpawnError};

use crate::{
    client::{Client, next, number_of, on_demand, tiny},
    tiny::Tiny,
};

fn interval(millis: u64) -> BlockProduction {
    BlockProduction::Interval(Duration::from_millis(millis))
}

#[tokio::test]
async fn dropping_the_handle_frees_the_port_and_ends_connections() {
    let (devnet, client) = tiny(Config { block_production: interval(250), ..on_demand() }).await;
    let mut heads = client.subscribe("chain_subscribeNewHeads", json!([]), "chain_unsubscribeNewHeads").await;
    next(&mut heads).await;
    let address = devnet.address();
    drop(devnet);
    TcpListener::bind(address).expect("the port is free at once");
    while heads.next().await.is_some() {}
    assert!(!client.0.is_connected());
    let again = Devnet::spawn_with(Config { listen: address, ..on_demand() }, Tiny).await.unwrap();
    assert_eq!(Client::to(&again).await.call("system_chain", json!([])).await, "Bittensor");
}

#[tokio::test]
async fn a_port_in_use_is_named_with_the_remedy() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap();
    let error = Devnet::spawn_with(Config { listen, ..on_demand() }, Tiny).await.unwrap_err();
    assert!(matches!(error, SpawnError::PortInUse(address) if address == listen));
    let text = error.to_string();
    assert!(text.contains(&listen.port().to_string()) && text.contains("`listen`"), "{text}");
}

#[tokio::test]
async fn bad_settings_are_refused_and_leave_nothing_behind() {
    let config = Config { block_production: BlockProduction::Interval(Duration::ZERO), ..Config::default() };
    assert!(matches!(Devnet::spawn_with(config, Tiny).await, Err(SpawnError::ZeroInterval)));
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let config = Config { listen: free, genesis: json!({ "a": 1 }), ..on_demand() };
    let error = Devnet::spawn_with(config, Tiny).await.unwrap_err();
    assert!(error.to_string().contains("a must be a text"), "{error}");
    TcpListener::bind(free).expect("the port was given back");
}

#[tokio::test]
async fn blocks_come_by_themselves_at_an_interval() {
    let (_devnet, client) = tiny(Config { block_production: interval(5), ..on_demand() }).await;
    let mut heads =
        client.subscribe("chain_subscribeFinalizedHeads", json!([]), "chain_unsubscribeFinalizedHeads").await;
    let first = next(&mut heads).await;
    for step in 1..20 {
        let head = next(&mut heads).await;
        assert_eq!(number_of(&head), number_of(&first) + step, "no block is left out");
    }
}

#[tokio::test]
async fn the_same_configuration_and_requests_give_the_same_blocks() {
    let mut hashes = Vec::new();
    for genesis in ["1", "1", "2"] {
        let config = Config { genesis: json!({ "seed": genesis }), ..on_demand() };
        let (devnet, client) = tiny(config).await;
        for nonce in 0..3 {
            let transaction = crate::tiny::Transaction::write(1, nonce, "k", &format!("{nonce}"));
            client.call("author_submitExtrinsic", json!([transaction.hex()])).await;
            devnet.mine(2).await.unwrap();
        }
        hashes.push(devnet.head());
    }
    assert_eq!(hashes[0], hashes[1]);
    assert_ne!(hashes[0], hashes[2]);
}
