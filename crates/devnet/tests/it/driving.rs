//! Time, snapshots and pauses.

use std::time::Duration;

use codec::Decode;
use serde_json::{Value, json};
use subnetkit_devnet::{BlockProduction, Config, ControlError};

use crate::{
    client::{Client, all, data_of, next, number_of, on_demand, tiny},
    tiny::{SLOT_MS, Transaction, hex},
};

async fn stored(client: &Client, key: &str) -> Value {
    client.call("state_getStorage", json!([hex(key.as_bytes())])).await
}

async fn chain_time(client: &Client) -> u64 {
    let time = stored(client, "time").await;
    let bytes = sp_core::bytes::from_hex(time.as_str().unwrap()).unwrap();
    u64::decode(&mut &bytes[..]).unwrap()
}

async fn slot(client: &Client) -> u64 {
    let header = client.call("chain_getHeader", json!([])).await;
    let log = sp_core::bytes::from_hex(header["digest"]["logs"][0].as_str().unwrap()).unwrap();
    u64::decode(&mut &log[6..]).unwrap()
}

#[tokio::test]
async fn the_next_block_has_the_time_asked_for_and_slots_go_on_from_there() {
    let (devnet, client) = tiny(on_demand()).await;
    devnet.mine(1).await.unwrap();
    let start = devnet.time_ms().await.unwrap();
    let asked = start + 86_400_123;
    assert_eq!(client.call("dev_setTime", json!([asked])).await, Value::Null);
    assert_eq!(devnet.time_ms().await.unwrap(), start, "only a block carries a time");
    for step in 0..3 {
        devnet.mine(1).await.unwrap();
        assert_eq!(chain_time(&client).await, asked + step * SLOT_MS);
        assert_eq!(slot(&client).await, (asked + step * SLOT_MS) / SLOT_MS);
    }
    let head = devnet.time_ms().await.unwrap();
    let error = client.refusal("dev_setTime", json!([head + SLOT_MS - 1])).await;
    assert_eq!(error.code(), -32602);
    assert!(data_of(&error).contains(&(head + SLOT_MS).to_string()), "{error:?}");
    assert!(matches!(devnet.set_time(0).await, Err(ControlError::TooEarly { asked_ms: 0, .. })));
}

#[tokio::test]
async fn blocks_are_made_slot_by_slot_until_a_time() {
    let (devnet, client) = tiny(on_demand()).await;
    let start = client.call("dev_time", json!([])).await.as_u64().unwrap();
    client.call("dev_advanceToTime", json!([start + 10 * SLOT_MS - 1])).await;
    assert_eq!((devnet.head().number, chain_time(&client).await), (10, start + 10 * SLOT_MS));
    assert_eq!(client.call("dev_advanceToTime", json!([start])).await, hex(&devnet.head().hash));
    assert_eq!(devnet.head().number, 10, "the time has come already");
    let far = devnet.advance_to_time(u64::MAX).await;
    assert!(matches!(far, Err(ControlError::TooManyBlocks { .. })), "{far:?}");
}

#[tokio::test]
async fn reverting_restores_head_history_state_time_and_empties_the_pool() {
    let (devnet, client) = tiny(on_demand()).await;
    client.call("author_submitExtrinsic", json!([Transaction::write(1, 0, "k", "old").hex()])).await;
    let before = devnet.mine(3).await.unwrap();
    let time = devnet.time_ms().await.unwrap();
    let snapshot = client.call("dev_snapshot", json!([])).await;

    let later = Transaction::write(1, 1, "k", "new");
    client.call("author_submitExtrinsic", json!([later.hex()])).await;
    devnet.set_time(time + 1_000_000).await.unwrap();
    let dropped = devnet.mine(2).await.unwrap();
    let mut heads = client.subscribe("chain_subscribeNewHeads", json!([]), "chain_unsubscribeNewHeads").await;
    assert_eq!(number_of(&next(&mut heads).await), 5);
    let waiting = client.watch(&Transaction::write(1, 9, "k", "never").hex()).await;

    assert_eq!(client.call("dev_revert", json!([snapshot])).await, hex(&before.hash));
    assert_eq!(number_of(&next(&mut heads).await), 3);
    assert_eq!(devnet.head(), before);
    assert_eq!(stored(&client, "k").await, hex(b"old"));
    assert_eq!(client.call("chain_getBlockHash", json!([4])).await, Value::Null);
    assert_eq!(client.call("chain_getHeader", json!([hex(&dropped.hash)])).await, Value::Null);
    assert_eq!(all(waiting).await, [json!("future"), json!("dropped")]);
    assert_eq!(devnet.time_ms().await.unwrap(), time);

    // The same transaction is welcome again, and the same blocks come out as if nothing had been.
    client.call("author_submitExtrinsic", json!([later.hex()])).await;
    let again = devnet.mine(1).await.unwrap();
    assert_eq!(stored(&client, "k").await, hex(b"new"));
    assert_eq!(number_of(&next(&mut heads).await), 4);
    let header = client.call("chain_getHeader", json!([hex(&again.hash)])).await;
    assert_eq!(header["parentHash"], hex(&before.hash));
    let error = client.refusal("dev_revert", json!([snapshot])).await;
    assert!(data_of(&error).contains("no snapshot"), "{error:?}");
}

#[tokio::test]
async fn snapshots_end_with_those_before_them_and_are_bounded() {
    let (devnet, _client) = tiny(Config { snapshots: 2, ..on_demand() }).await;
    let first = devnet.snapshot().await.unwrap();
    let mut ids = vec![];
    for _ in 0..2 {
        devnet.mine(1).await.unwrap();
        ids.push(devnet.snapshot().await.unwrap());
    }
    assert!(matches!(devnet.revert(first).await, Err(ControlError::NoSnapshot(id)) if id == first));
    assert_eq!(devnet.revert(ids[0]).await.unwrap().number, 1);
    assert!(matches!(devnet.revert(ids[1]).await, Err(ControlError::NoSnapshot(_))));
}

#[tokio::test]
async fn a_paused_chain_makes_only_the_blocks_asked_for() {
    let config = Config { block_production: BlockProduction::OnSubmit, ..on_demand() };
    let (devnet, client) = tiny(config).await;
    client.call("dev_pause", json!([])).await;
    let watched = client.watch(&Transaction::write(1, 0, "k", "1").hex()).await;
    // Each answer comes from the thread that would have made a block before.
    devnet.time_ms().await.unwrap();
    assert_eq!((devnet.head().number, devnet.is_paused()), (0, true));
    devnet.mine(1).await.unwrap();
    assert_eq!(stored(&client, "k").await, hex(b"1"));
    all(watched).await;
    let watched = client.watch(&Transaction::write(1, 1, "k", "2").hex()).await;
    devnet.time_ms().await.unwrap();
    assert_eq!(stored(&client, "k").await, hex(b"1"));
    client.call("dev_resume", json!([])).await;
    assert!(all(watched).await.last().unwrap()["finalized"].is_string());
}

#[tokio::test]
async fn a_chain_on_the_real_clock_keeps_its_slots_and_does_not_travel() {
    let config = Config {
        real_clock: true,
        block_production: BlockProduction::Interval(Duration::from_millis(SLOT_MS)),
        ..on_demand()
    };
    let (devnet, client) = tiny(config).await;
    assert!(matches!(devnet.mine(1).await, Err(ControlError::RealClock)));
    assert!(matches!(devnet.set_time(u64::MAX).await, Err(ControlError::RealClock)));
    let mut heads = client.subscribe("chain_subscribeNewHeads", json!([]), "chain_unsubscribeNewHeads").await;
    while number_of(&next(&mut heads).await) < 2 {}
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let behind = u64::try_from(now).unwrap() - chain_time(&client).await;
    assert!(behind < SLOT_MS, "the block is {behind} ms old");
}
