//! How blocks are made.

use codec::Decode;
use serde_json::{Value, json};
use subnetkit_devnet::{BlockProduction, Config};

use crate::{
    client::{all, data_of, next, number_of, on_demand, tiny},
    tiny::{Call, SLOT_MS, Transaction, hex},
};

async fn stored(client: &crate::client::Client, key: &str) -> Value {
    client.call("state_getStorage", json!([hex(key.as_bytes())])).await
}

#[tokio::test]
async fn a_block_holds_inherents_then_transactions_and_is_reachable_every_way() {
    let (devnet, client) = tiny(on_demand()).await;
    let transaction = Transaction::write(1, 0, "colour", "red");
    let hash = client.call("author_submitExtrinsic", json!([transaction.hex()])).await;
    assert_eq!(hash, transaction.hash());
    let head = devnet.mine(1).await.unwrap();
    let head_hash = hex(&head.hash);

    let block = client.call("chain_getBlock", json!([])).await;
    assert_eq!(block["justifications"], Value::Null);
    let extrinsics = block["block"]["extrinsics"].as_array().unwrap();
    assert_eq!(extrinsics.len(), 2);
    assert_eq!(extrinsics[1], transaction.hex());
    let header = &block["block"]["header"];
    assert_eq!(header["number"], "0x1");
    assert_eq!(*header, client.call("chain_getHeader", json!([head_hash])).await);
    let genesis = client.call("chain_getBlockHash", json!([0])).await;
    assert_eq!(header["parentHash"], genesis);
    assert_eq!(genesis, hex(&devnet.genesis_hash()));
    for params in [json!([]), json!([1]), json!(["0x1"]), json!([null])] {
        assert_eq!(client.call("chain_getBlockHash", params).await, head_hash);
    }
    assert_eq!(
        client.call("chain_getBlockHash", json!([[0, "0x1", 2]])).await,
        json!([genesis, head_hash, null])
    );
    assert_eq!(client.call("chain_getFinalizedHead", json!([])).await, head_hash);
    assert_eq!(client.call("chain_getBlock", json!([hex(&[9; 32])])).await, Value::Null);
    assert_eq!(stored(&client, "colour").await, hex(b"red"));
}

#[tokio::test]
async fn chain_time_advances_by_one_slot_per_block() {
    let (devnet, client) = tiny(on_demand()).await;
    devnet.mine(5).await.unwrap();
    let time = stored(&client, "time").await;
    let bytes = sp_core::bytes::from_hex(time.as_str().unwrap()).unwrap();
    let expected = Config::default().genesis_time_ms + 5 * SLOT_MS;
    assert_eq!(u64::decode(&mut &bytes[..]), Ok(expected));
    let header = client.call("chain_getHeader", json!([])).await;
    let log = header["digest"]["logs"][0].as_str().unwrap();
    let slot = (expected / SLOT_MS).to_le_bytes();
    assert_eq!(log, hex(&[&[6], &b"aura"[..], &[32], &slot].concat()));
}

#[tokio::test]
async fn a_trap_in_one_transaction_skips_only_that_one() {
    let (devnet, client) = tiny(on_demand()).await;
    let bad = client.watch(&Transaction::new(1, 0, Call::Panic).hex()).await;
    client.call("author_submitExtrinsic", json!([Transaction::write(2, 0, "k", "v").hex()])).await;
    devnet.mine(1).await.unwrap();
    assert_eq!(stored(&client, "k").await, hex(b"v"));
    assert_eq!(all(bad).await, [json!("ready"), json!("invalid")]);
    assert_eq!(client.call("author_pendingExtrinsics", json!([])).await, json!([]));
}

#[tokio::test]
async fn a_trap_elsewhere_is_reported_and_the_chain_lives() {
    let (devnet, client) = tiny(on_demand()).await;
    client.call("author_submitExtrinsic", json!([Transaction::write(1, 0, "broken", "1").hex()])).await;
    let head = devnet.mine(1).await.unwrap();
    let error = client.refusal("dev_mine", json!([1])).await;
    assert!(error.message().contains("broken by a transaction"), "{error}");
    assert!(devnet.mine(1).await.unwrap_err().to_string().contains("Core_initialize_block"));
    assert_eq!(devnet.head(), head);
    assert_eq!(stored(&client, "broken").await, hex(b"1"));
}

#[tokio::test]
async fn what_a_refused_transaction_wrote_is_not_kept() {
    let (devnet, client) = tiny(on_demand()).await;
    let fickle = client.watch(&Transaction::new(1, 0, Call::Fickle).hex()).await;
    let dependent = client.watch(&Transaction::write(1, 1, "k", "v").hex()).await;
    devnet.mine(1).await.unwrap();
    assert_eq!(stored(&client, "fickle").await, Value::Null);
    assert_eq!(all(fickle).await.last().unwrap(), "invalid");
    assert_eq!(all(dependent).await.last().unwrap(), "invalid");
}

#[tokio::test]
async fn what_does_not_fit_waits_for_the_next_block() {
    let (devnet, client) = tiny(on_demand()).await;
    let mut watched = Vec::new();
    for account in 1..4 {
        watched.push(client.watch(&Transaction::new(account, 0, Call::Heavy).hex()).await);
    }
    client.call("author_submitExtrinsic", json!([Transaction::write(9, 0, "small", "1").hex()])).await;
    for number in 1..=3 {
        let head = hex(&devnet.mine(1).await.unwrap().hash);
        let messages = all(watched.remove(0)).await;
        assert_eq!(
            messages[1..],
            [json!({ "inBlock": head }), json!({ "finalized": head })],
            "block {number}"
        );
        assert_eq!(stored(&client, "small").await, hex(b"1"), "a small one fits beside a heavy one");
    }
}

#[tokio::test]
async fn instant_mode_makes_a_block_per_ready_transaction_and_no_empty_ones() {
    let config = Config { block_production: BlockProduction::OnSubmit, ..on_demand() };
    let (devnet, client) = tiny(config).await;
    let waiting = client.watch(&Transaction::write(1, 1, "b", "2").hex()).await;
    let first = client.watch(&Transaction::write(1, 0, "a", "1").hex()).await;
    assert!(all(first).await.last().unwrap()["finalized"].is_string());
    let statuses = all(waiting).await;
    assert_eq!(statuses[..2], [json!("future"), json!("ready")]);
    assert!(statuses.last().unwrap()["finalized"].is_string());
    assert_eq!(stored(&client, "b").await, hex(b"2"));
    assert!(devnet.head().number <= 2);
}

#[tokio::test]
async fn blocks_on_demand_as_manual_sealing_makes_them() {
    let (devnet, client) = tiny(on_demand()).await;
    assert_eq!(client.refusal("engine_createBlock", json!([false, true])).await.code(), 12_000);
    let made = client.call("engine_createBlock", json!([true, true])).await;
    assert_eq!(made["hash"], hex(&devnet.head().hash));
    assert_eq!(made["aux"]["is_new_best"], true);
    assert_eq!(client.call("engine_finalizeBlock", json!([made["hash"]])).await, true);
    let genesis = hex(&devnet.genesis_hash());
    assert_eq!(client.refusal("engine_createBlock", json!([true, true, genesis])).await.code(), 20_000);
    assert_eq!(client.refusal("engine_createBlock", json!([true, true, hex(&[7; 32])])).await.code(), 13_000);

    let mut heads = client.subscribe("chain_subscribeAllHeads", json!([]), "chain_unsubscribeAllHeads").await;
    assert_eq!(number_of(&next(&mut heads).await), 1);
    assert_eq!(client.call("dev_mine", json!([30])).await, hex(&devnet.head().hash));
    for number in 2..=31 {
        assert_eq!(number_of(&next(&mut heads).await), number);
    }
    let error = client.refusal("dev_mine", json!([1_000_000])).await;
    assert!(data_of(&error).contains("blocks_per_request"), "{error}");
    assert_eq!(client.refusal("dev_mine", json!([0])).await.code(), -32602);
}
