//! Faults that clients have to live with.

use std::time::Duration;

use jsonrpsee::core::client::{ClientT, Error};
use jsonrpsee::ws_client::WsClientBuilder;
use serde_json::{Value, json};
use subnetkit_devnet::{Answers, ControlError};

use crate::client::{Client, next, number_of, on_demand, tiny};

#[tokio::test]
async fn dropped_connections_break_at_once_and_new_ones_are_taken() {
    let (devnet, client) = tiny(on_demand()).await;
    let mut heads = client.subscribe("chain_subscribeNewHeads", json!([]), "chain_unsubscribeNewHeads").await;
    next(&mut heads).await;
    devnet.drop_connections();
    while heads.next().await.is_some() {}
    client.0.on_disconnect().await;

    let other = Client::to(&devnet).await;
    assert_eq!(other.call("system_chain", json!([])).await, "Bittensor");
    let broken: Result<Value, Error> = other.0.request("dev_dropConnections", [(); 0]).await;
    assert!(!matches!(broken, Err(Error::Call(_))), "{broken:?}");
    other.0.on_disconnect().await;
    devnet.mine(1).await.unwrap();
}

#[tokio::test]
async fn answers_are_refused_so_often_and_only_those_of_a_method() {
    let (devnet, client) = tiny(on_demand()).await;
    client.call("dev_refuseAnswers", json!([-32_005, "too many requests", 2])).await;
    for _ in 0..2 {
        let error = client.refusal("chain_getHeader", json!([])).await;
        assert_eq!((error.code(), error.message()), (-32_005, "too many requests"));
    }
    assert!(client.call("chain_getHeader", json!([])).await.is_object());

    let only = Answers { method: Some("state_getStorage".to_owned()), count: None };
    devnet.refuse_answers(4003, "gone", only).unwrap();
    assert_eq!(client.call("system_chain", json!([])).await, "Bittensor");
    let mut batch = jsonrpsee::core::params::BatchRequestBuilder::new();
    batch.insert("system_chain", [(); 0]).unwrap();
    batch.insert("state_getStorage", ["0x00"]).unwrap();
    let answers = client.0.batch_request::<Value>(batch).await.unwrap();
    let codes: Vec<_> = answers.into_iter().map(|answer| answer.map_err(|error| error.code())).collect();
    assert_eq!(codes, [Ok(json!("Bittensor")), Err(4003)]);
    client.call("dev_clearFaults", json!([])).await;
    assert_eq!(client.call("state_getStorage", json!(["0x00"])).await, Value::Null);

    for _ in 0..64 {
        devnet.refuse_answers(1, "", Answers::default()).unwrap();
    }
    let full = devnet.refuse_answers(1, "", Answers::default());
    assert!(matches!(full, Err(ControlError::TooManyFaults(64))), "{full:?}");
}

#[tokio::test]
async fn a_delayed_answer_lets_the_others_pass() {
    let (_devnet, client) = tiny(on_demand()).await;
    client.call("dev_delayAnswers", json!([200, 1, "system_name"])).await;
    let start = std::time::Instant::now();
    let slow = async {
        client.call("system_name", json!([])).await;
        start.elapsed()
    };
    let quick = async {
        client.call("system_chain", json!([])).await;
        start.elapsed()
    };
    let (slow, quick) = tokio::join!(slow, quick);
    assert!(slow >= Duration::from_millis(200), "{slow:?}");
    assert!(quick < slow, "{quick:?} and {slow:?}");
    client.call("system_name", json!([])).await;
}

#[tokio::test]
async fn a_chain_that_hangs_answers_nothing_and_tells_of_no_block_until_it_stops() {
    let (devnet, client) = tiny(on_demand()).await;
    let mut heads = client.subscribe("chain_subscribeNewHeads", json!([]), "chain_unsubscribeNewHeads").await;
    assert_eq!(number_of(&next(&mut heads).await), 0);
    client.call("dev_hang", json!([])).await;
    let answered = async {
        client.call("system_name", json!([])).await;
        std::time::Instant::now()
    };
    let batch = async {
        let mut batch = jsonrpsee::core::params::BatchRequestBuilder::new();
        batch.insert("system_chain", [(); 0]).unwrap();
        client.0.batch_request::<Value>(batch).await.unwrap();
        std::time::Instant::now()
    };
    let told = async {
        let told = number_of(&next(&mut heads).await);
        (told, std::time::Instant::now())
    };
    let ended = async {
        // New connections are taken, blocks are made, and the chain can be driven.
        let other = Client::to(&devnet).await;
        other.call("dev_mine", json!([2])).await;
        let end = std::time::Instant::now();
        other.call("dev_clearFaults", json!([])).await;
        end
    };
    let (answered, batch, (told, at), end) = tokio::join!(answered, batch, told, ended);
    assert!(answered >= end && batch >= end && at >= end);
    // Blocks that were missed come late, none is left out.
    assert_eq!((told, number_of(&next(&mut heads).await)), (1, 2));

    devnet.hang(Some(Duration::from_millis(200)));
    let start = std::time::Instant::now();
    client.call("system_name", json!([])).await;
    assert!(start.elapsed() >= Duration::from_millis(150), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_chain_that_hangs_can_be_dropped() {
    let (devnet, client) = tiny(on_demand()).await;
    devnet.hang(None);
    let waiting = client.0.request::<Value, _>("system_name", [(); 0]);
    let (answer, ()) = tokio::join!(waiting, async {
        tokio::task::yield_now().await;
        tokio::task::spawn_blocking(move || drop(devnet)).await.unwrap();
    });
    // Either was possible: an answer to a request that was there already, or a broken connection.
    assert!(!matches!(answer, Err(Error::RequestTimeout)), "{answer:?}");
}

#[tokio::test]
async fn refused_connections_leave_the_open_ones_and_the_chain() {
    let (devnet, client) = tiny(on_demand()).await;
    client.call("dev_refuseConnections", json!([])).await;
    let refused = WsClientBuilder::new().build(devnet.ws_url()).await;
    assert!(refused.is_err());
    let head = devnet.mine(1).await.unwrap();
    assert_eq!(client.call("chain_getBlockHash", json!([])).await, json!(sp_core::H256(head.hash)));
    client.call("dev_clearFaults", json!([])).await;
    let other = Client::to(&devnet).await;
    assert_eq!(other.call("chain_getBlockHash", json!([])).await, json!(sp_core::H256(head.hash)));

    devnet.refuse_connections(Some(Duration::ZERO));
    Client::to(&devnet).await;
}
