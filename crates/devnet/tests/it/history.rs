//! Reads of past blocks.

use serde_json::{Value, json};
use subnetkit_devnet::Config;

use crate::{
    client::{next, on_demand, tiny},
    tiny::{Transaction, hex},
};

#[tokio::test]
async fn every_kept_block_shows_its_own_state_and_older_ones_give_the_nodes_error() {
    let (devnet, client) = tiny(on_demand()).await;
    let mut hashes = vec![hex(&devnet.genesis_hash())];
    for nonce in 0..260 {
        let transaction = Transaction::write(1, nonce, "n", &nonce.to_string());
        client.call("author_submitExtrinsic", json!([transaction.hex()])).await;
        hashes.push(hex(&devnet.mine(1).await.unwrap().hash));
    }
    let key = hex(b"n");
    for number in [260, 259, 100, 4] {
        let value = client.call("state_getStorage", json!([key, hashes[number]])).await;
        assert_eq!(value, hex((number - 1).to_string().as_bytes()), "block {number}");
    }
    for number in [0, 3] {
        let error = client.refusal("state_getStorageAt", json!([key, hashes[number]])).await;
        assert_eq!(error.code(), 4003);
        let expected = format!("Client error: UnknownBlock: State already discarded for {}", hashes[number]);
        assert_eq!(error.message(), expected);
        let call = json!(["Core_version", "0x", hashes[number]]);
        assert_eq!(client.refusal("state_call", call).await.message(), expected);
        let expected = format!(
            "Client error: Api called for an unknown Block: State already discarded for {}",
            hashes[number]
        );
        assert_eq!(client.refusal("state_getMetadata", json!([hashes[number]])).await.message(), expected);
        assert!(client.call("chain_getHeader", json!([hashes[number]])).await.is_object());
    }
    let nowhere = hex(&[0xab; 32]);
    let error = client.refusal("state_getStorage", json!([key, nowhere])).await;
    assert_eq!(
        (error.code(), error.message()),
        (
            4003,
            format!("Client error: UnknownBlock: Header was not found in the database: {nowhere}").as_str()
        )
    );
}

#[tokio::test]
async fn old_blocks_are_forgotten_but_genesis_stays() {
    let config = Config { history_blocks: 2, kept_blocks: 5, ..on_demand() };
    let (devnet, client) = tiny(config).await;
    devnet.mine(20).await.unwrap();
    assert_eq!(client.call("chain_getBlockHash", json!([14])).await, Value::Null);
    assert!(client.call("chain_getBlockHash", json!([15])).await.is_string());
    let genesis = client.call("chain_getBlockHash", json!([0])).await;
    assert_eq!(genesis, hex(&devnet.genesis_hash()));
    assert_eq!(client.call("chain_getHeader", json!([genesis])).await["number"], "0x0");
}

#[tokio::test]
async fn keys_are_paged_in_order_and_values_are_queried_together() {
    let genesis = json!({ "map:a": "1", "map:b": "22", "map:c": "333", "mbp": "4", "lap": "5" });
    let (devnet, client) = tiny(Config { genesis, ..on_demand() }).await;
    let at = hex(&devnet.genesis_hash());
    let (a, b, c) = (hex(b"map:a"), hex(b"map:b"), hex(b"map:c"));
    let prefix = hex(b"map:");
    assert_eq!(client.call("state_getKeysPaged", json!([prefix, 2])).await, json!([a, b]));
    assert_eq!(client.call("state_getKeysPaged", json!([prefix, 2, b, at])).await, json!([c]));
    assert_eq!(client.call("state_getKeysPaged", json!([prefix, 10, c, at])).await, json!([]));
    assert_eq!(client.call("state_getKeys", json!([prefix])).await, json!([a, b, c]));
    assert_eq!(client.call("state_getPairs", json!([hex(b"map:c")])).await, json!([[c, hex(b"333")]]));
    let error = client.refusal("state_getKeysPaged", json!([prefix, 1001])).await;
    assert_eq!(
        (error.code(), error.message()),
        (4002, "count exceeds maximum value. value: 1001, max: 1000")
    );
    assert_eq!(client.call("state_getStorageSize", json!([prefix])).await, 6);
    assert_eq!(client.call("state_getStorageSize", json!([c])).await, 3);
    assert_eq!(client.call("state_getStorageSize", json!([hex(b"none")])).await, Value::Null);
    assert_eq!(client.call("state_getStorageHash", json!([a])).await, hex(&sp_core::blake2_256(b"1")));
    let none = hex(b"none");
    assert_eq!(
        client.call("state_queryStorageAt", json!([[c, none], at])).await,
        json!([{ "block": at, "changes": [[c, hex(b"333")], [none, null]] }])
    );
}

#[tokio::test]
async fn a_range_query_lists_only_changes() {
    let (devnet, client) = tiny(on_demand()).await;
    let key = hex(b"k");
    let from = hex(&devnet.mine(1).await.unwrap().hash);
    client.call("author_submitExtrinsic", json!([Transaction::write(1, 0, "k", "v").hex()])).await;
    let change = hex(&devnet.mine(1).await.unwrap().hash);
    devnet.mine(3).await.unwrap();
    assert_eq!(
        client.call("state_queryStorage", json!([[key], from])).await,
        json!([{ "block": from, "changes": [[key, null]] }, { "block": change, "changes": [[key, hex(b"v")]] }])
    );
    assert_eq!(client.refusal("state_queryStorage", json!([[key], change, from])).await.code(), 4001);
}

#[tokio::test]
async fn a_storage_subscription_tells_the_value_and_then_each_change() {
    let (devnet, client) = tiny(Config { genesis: json!({ "k": "0" }), ..on_demand() }).await;
    let key = hex(b"k");
    let mut changes =
        client.subscribe("state_subscribeStorage", json!([[key]]), "state_unsubscribeStorage").await;
    assert_eq!(next(&mut changes).await["changes"], json!([[key, hex(b"0")]]));
    devnet.mine(2).await.unwrap();
    client.call("author_submitExtrinsic", json!([Transaction::write(1, 0, "k", "1").hex()])).await;
    let block = hex(&devnet.mine(1).await.unwrap().hash);
    assert_eq!(next(&mut changes).await, json!({ "block": block, "changes": [[key, hex(b"1")]] }));
}

#[tokio::test]
async fn a_read_proof_holds_the_root_node() {
    let (devnet, client) = tiny(Config { genesis: json!({ "a": "1", "b": "2" }), ..on_demand() }).await;
    devnet.mine(1).await.unwrap();
    let header = client.call("chain_getHeader", json!([])).await;
    let proof = client.call("state_getReadProof", json!([[hex(b"a")]])).await;
    assert_eq!(proof["at"], hex(&devnet.head().hash));
    let nodes = proof["proof"].as_array().unwrap();
    let hash =
        |node: &Value| hex(&sp_core::blake2_256(&sp_core::bytes::from_hex(node.as_str().unwrap()).unwrap()));
    assert!(
        nodes.iter().any(|node| header["stateRoot"] == hash(node)),
        "the state root is that of the state"
    );
}

#[tokio::test]
async fn genesis_is_the_runtimes_default_with_the_differences() {
    let genesis = json!({ "mine": "added", "other": null });
    let (_devnet, client) = tiny(Config { genesis, ..on_demand() }).await;
    assert_eq!(
        client.call("state_getPairs", json!(["0x"])).await,
        json!([[hex(b"mine"), hex(b"added")], [hex(b"preset"), hex(b"kept")]])
    );
}
