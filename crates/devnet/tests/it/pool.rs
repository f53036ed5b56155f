//! The transaction pool's answers, with the codes and wording of the real node.

use jsonrpsee::core::client::SubscriptionClientT;
use serde_json::{Value, json};
use sp_core::crypto::{AccountId32, Ss58Codec};
use subnetkit_devnet::{Config, PoolLimits};

use crate::{
    client::{Client, all, data_of, next, on_demand, refused, tiny},
    tiny::{Call, Transaction},
};

async fn submit(client: &Client, transaction: &Transaction) {
    assert_eq!(client.call("author_submitExtrinsic", json!([transaction.hex()])).await, transaction.hash());
}

async fn refusal(client: &Client, transaction: &Transaction) -> (i32, String, String) {
    let error = client.refusal("author_submitExtrinsic", json!([transaction.hex()])).await;
    (error.code(), error.message().to_owned(), data_of(&error))
}

async fn next_index(client: &Client, account: u8) -> Value {
    let address = AccountId32::new([account; 32]).to_ss58check();
    client.call("account_nextIndex", json!([address])).await
}

#[tokio::test]
async fn refusals_have_the_nodes_codes_and_wording() {
    let (devnet, client) = tiny(on_demand()).await;
    let first = Transaction::write(1, 0, "k", "1");
    submit(&client, &first).await;
    assert_eq!(refusal(&client, &first).await, (1013, "Transaction Already Imported".into(), first.hash()));
    let rival = Transaction::write(1, 0, "k", "2");
    let (code, message, _) = refusal(&client, &rival).await;
    assert_eq!((code, message.as_str()), (1014, "Priority is too low: (1 vs 1)"));
    devnet.mine(1).await.unwrap();
    assert_eq!(refusal(&client, &first).await.0, 1012, "an included one is banned for a while");
    let stale = (1010, "Invalid Transaction".to_owned(), "Transaction is outdated".to_owned());
    assert_eq!(refusal(&client, &rival).await, stale);
    assert_eq!(refusal(&client, &rival).await.0, 1012, "a refused one too");

    submit(&client, &Transaction::write(2, 0, "forbidden", "1")).await;
    devnet.mine(1).await.unwrap();
    let (code, _, data) = refusal(&client, &Transaction::write(3, 0, "k", "3")).await;
    assert_eq!((code, data.as_str()), (1010, "Custom error: 9"));
}

#[tokio::test]
async fn what_is_no_transaction_is_refused_and_the_chain_goes_on() {
    let (devnet, client) = tiny(on_demand()).await;
    let short = client.refusal("author_submitExtrinsic", json!(["0xf0f0"])).await;
    assert_eq!(short.code(), 1001);
    assert!(short.message().starts_with("Extrinsic has invalid format: "), "{short}");
    let garbage = client.refusal("author_submitExtrinsic", json!(["0x0c010203"])).await;
    assert_eq!(garbage.code(), 1002);
    assert!(garbage.message().starts_with("Verification Error: Runtime error: "), "{garbage}");
    assert_eq!(client.refusal("author_submitExtrinsic", json!(["zz"])).await.code(), -32602);
    assert_eq!(client.refusal("author_submitExtrinsic", json!([])).await.code(), -32602);
    let watched = client
        .0
        .subscribe::<Value, _>("author_submitAndWatchExtrinsic", ["0xf0f0"], "author_unwatchExtrinsic")
        .await;
    assert_eq!(refused(watched.map(|_| ())).code(), 1001);
    devnet.mine(1).await.unwrap();
}

#[tokio::test]
async fn nonces_wait_for_each_other_and_the_next_index_counts_the_pool() {
    let (devnet, client) = tiny(on_demand()).await;
    let mut third = client.watch(&Transaction::write(1, 2, "c", "3").hex()).await;
    assert_eq!(next(&mut third).await, "future");
    assert_eq!(next_index(&client, 1).await, 0);
    assert_eq!(client.call("author_pendingExtrinsics", json!([])).await, json!([]));
    submit(&client, &Transaction::write(1, 0, "a", "1")).await;
    assert_eq!(next_index(&client, 1).await, 1);
    submit(&client, &Transaction::write(1, 1, "b", "2")).await;
    assert_eq!(next(&mut third).await, "ready");
    assert_eq!(next_index(&client, 1).await, 3);
    assert_eq!(client.call("author_pendingExtrinsics", json!([])).await.as_array().unwrap().len(), 3);
    devnet.mine(1).await.unwrap();
    let head = crate::tiny::hex(&devnet.head().hash);
    assert_eq!(all(third).await, [json!({ "inBlock": head }), json!({ "finalized": head })]);
    assert_eq!(next_index(&client, 1).await, 3);
    assert_eq!(client.refusal("system_accountNextIndex", json!(["nobody"])).await.code(), -32602);
}

#[tokio::test]
async fn more_priority_takes_the_place() {
    let (devnet, client) = tiny(on_demand()).await;
    let cheap = client.watch(&Transaction::write(1, 0, "k", "cheap").hex()).await;
    let dear = Transaction { priority: 5, ..Transaction::write(1, 0, "k", "dear") };
    submit(&client, &dear).await;
    assert_eq!(all(cheap).await, [json!("ready"), json!({ "usurped": dear.hash() })]);
    devnet.mine(1).await.unwrap();
    let value = client.call("state_getStorage", json!([crate::tiny::hex(b"k")])).await;
    assert_eq!(value, crate::tiny::hex(b"dear"));
}

#[tokio::test]
async fn a_transaction_that_outlived_its_validity_is_removed() {
    let (devnet, client) = tiny(on_demand()).await;
    let mortal = Transaction { longevity: 2, ..Transaction::write(1, 5, "k", "v") };
    let watched = client.watch(&mortal.hex()).await;
    devnet.mine(3).await.unwrap();
    // The runtime renews the answer at each check, so only what is not checked again expires.
    assert_eq!(
        client.call("author_removeExtrinsic", json!([[{ "hash": mortal.hash() }]])).await,
        json!([mortal.hash()])
    );
    assert_eq!(all(watched).await, [json!("future"), json!("dropped")]);

    let unchecked = PoolLimits { revalidated_per_block: 0, ..PoolLimits::default() };
    let (devnet, client) = tiny(Config { pool: unchecked, ..on_demand() }).await;
    let watched = client.watch(&mortal.hex()).await;
    devnet.mine(2).await.unwrap();
    assert_eq!(all(watched).await, [json!("future"), json!("invalid")]);
}

#[tokio::test]
async fn transactions_are_checked_again_after_each_block() {
    let (devnet, client) = tiny(on_demand()).await;
    let waiting = client.watch(&Transaction::write(1, 3, "k", "v").hex()).await;
    submit(&client, &Transaction::write(2, 0, "forbidden", "1")).await;
    devnet.mine(1).await.unwrap();
    assert_eq!(all(waiting).await, [json!("future"), json!("invalid")]);
}

#[tokio::test]
async fn a_full_pool_says_so() {
    let pool = PoolLimits { ready_transactions: 2, ..PoolLimits::default() };
    let (_devnet, client) = tiny(Config { pool, ..on_demand() }).await;
    let worst = client.watch(&Transaction::write(1, 0, "k", "1").hex()).await;
    let better = |account| Transaction { priority: 3, ..Transaction::new(account, 0, Call::Heavy) };
    submit(&client, &better(2)).await;
    submit(&client, &better(3)).await;
    assert_eq!(all(worst).await, [json!("ready"), json!("dropped")]);
    assert_eq!(refusal(&client, &Transaction::write(4, 0, "k", "1")).await.0, 1016);
}
