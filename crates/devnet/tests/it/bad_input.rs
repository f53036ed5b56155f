//! What clients send by mistake or by malice: the real node's answers, and a chain that goes on.

use codec::Encode;
use serde_json::{Value, json};
use sp_core::Pair;
use subnetkit_devnet::Genesis;

use crate::{
    bittensor::{Bittensor, pair},
    client::data_of,
    methods::http,
    tiny::hex,
};

const TAO: u64 = 1_000_000_000;

async fn submit(chain: &Bittensor, extrinsic: &str) -> (i32, String, String) {
    let error = chain.client.refusal("author_submitExtrinsic", json!([extrinsic])).await;
    (error.code(), error.message().to_owned(), data_of(&error))
}

#[tokio::test]
async fn what_is_no_extrinsic_is_refused_by_what_is_wrong_with_it() {
    let chain = Bittensor::spawn(Genesis::fast()).await;
    let invalid = |data: &str| (1010, "Invalid Transaction".to_owned(), data.to_owned());
    for torn in ["0x", "0x10aa", "0xff"] {
        let (code, message, _) = submit(&chain, torn).await;
        assert_eq!(code, 1001, "{torn}: {message}");
        assert!(message.starts_with("Extrinsic has invalid format: "), "{message}");
    }
    let (code, message, data) = submit(&chain, "0x0c010203").await;
    assert_eq!(code, 1002);
    assert!(message.starts_with("Verification Error: Runtime error: Execution failed: "), "{message}");
    assert!(data.starts_with("RuntimeApi("), "{data}");

    let (alice, bob) = (pair("//Alice"), pair("//Bob"));
    chain.devnet.mine(2).await.unwrap();
    // Timestamp.set, which only the author of a block may hand in.
    let inherent = hex(&vec![4_u8, 2, 0, 28].encode());
    assert_eq!(
        submit(&chain, &inherent).await,
        invalid("Transaction dispatch is mandatory; transactions must not be validated.")
    );
    // A period of four blocks that is over: what was signed is the hash of another block than the one now meant.
    let call = [&[5, 3, 0][..], &bob.public().0, &[4]].concat();
    let past = chain.signed(&alice, &call, 0, &[0x01, 0x00], chain.devnet.genesis_hash());
    assert_eq!(chain.client.call("system_dryRun", json!([past])).await, "0x0000");
    chain.devnet.mine(6).await.unwrap();
    assert_eq!(submit(&chain, &past).await, invalid("Transaction has a bad signature"));
    let ours = chain.devnet.genesis_hash();
    let elsewhere = chain.signed(&alice, &call, 0, &[0], ours.map(|byte| !byte));
    assert_eq!(submit(&chain, &elsewhere).await, invalid("Transaction has a bad signature"));
    let too_much = chain.transfer(&pair("//Nobody"), &bob, TAO, 0);
    assert_eq!(
        submit(&chain, &too_much).await,
        invalid("Inability to pay some fees (e.g. account balance too low)")
    );
}

#[tokio::test]
async fn calls_within_calls_neither_overflow_nor_pass() {
    let chain = Bittensor::spawn(Genesis::fast()).await;
    let alice = pair("//Alice");
    let nested = |depth: usize| {
        // Sudo.sudo around System.remark.
        let call = [[12_u8, 0].repeat(depth), vec![0, 0, 0]].concat();
        chain.signed(&alice, &call, 0, &[0], chain.devnet.genesis_hash())
    };
    for (depth, code) in [(9, 1010), (200, 1010), (5_000, 1002), (200_000, 1002)] {
        let (answered, message, data) = submit(&chain, &nested(depth)).await;
        assert_eq!(answered, code, "{depth} deep: {message} {data}");
    }
    let call = [[12_u8, 0].repeat(200_000), vec![0, 0, 0], vec![0; 4]].concat();
    let asked = json!(["TransactionPaymentCallApi_query_call_info", hex(&call)]);
    assert_eq!(chain.client.refusal("state_call", asked).await.code(), 4003);
    assert_eq!(submit(&chain, &nested(10)).await.2, "Transaction call is not expected");
    chain.client.call("author_submitExtrinsic", json!([nested(8)])).await;
    assert_eq!(chain.devnet.mine(1).await.unwrap().number, 1);
    assert_eq!(chain.client.call("author_pendingExtrinsics", json!([])).await, json!([]));
}

#[tokio::test]
async fn a_panic_of_the_runtime_is_an_error_and_the_chain_goes_on() {
    let chain = Bittensor::spawn(Genesis::fast()).await;
    let head = chain.devnet.head();
    for (method, input) in [
        ("Core_initialize_block", "0x00"),
        ("Core_execute_block", "0x"),
        ("AccountNonceApi_account_nonce", "0x1234"),
        ("BlockBuilder_finalize_block", "0x"),
    ] {
        let error = chain.client.refusal("state_call", json!([method, input])).await;
        assert_eq!(error.code(), 4003, "{method}");
        let expected = "Client error: Execution failed: Execution aborted due to trap: ";
        assert!(error.message().starts_with(expected), "{error}");
    }
    let error = chain.client.refusal("payment_queryInfo", json!(["0x0c010203"])).await;
    assert_eq!((error.code(), error.message()), (1, "Unable to query dispatch info."));
    // A state on which no block can begin: the edit is taken back with its block.
    let broken =
        json!([["0x26aa394eea5630e07c48ae0c9558cef702a5c1b19ab7a04f536c519aca4983ac", "0xffffffff"]]);
    chain.client.refusal("dev_setStorageRaw", broken).await;
    assert_eq!(chain.devnet.head(), head);
    chain.devnet.mine(2).await.unwrap();
}

#[tokio::test]
async fn requests_that_are_none_are_told_so() {
    let chain = Bittensor::spawn(Genesis::fast()).await;
    for (body, code) in [
        ("not json", -32700),
        ("{}", -32700),
        ("[]", -32600),
        (r#"{"jsonrpc":"1.0","id":1,"method":"system_name"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"system_nothing"}"#, -32601),
        (r#"{"jsonrpc":"2.0","id":1,"method":"state_getStorage","params":{"key":1}}"#, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"state_getStorage","params":["0xzz"]}"#, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"chain_getBlockHash","params":[-1]}"#, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"dev_mine","params":["many"]}"#, -32602),
    ] {
        let (_, answer) = http(&chain.devnet, "POST /", body).await;
        let answer: Value = serde_json::from_str(&answer).unwrap_or_else(|_| panic!("{body}: {answer}"));
        assert_eq!(answer["error"]["code"], code, "{body}: {answer}");
    }
    let error = chain.client.refusal("system_accountNextIndex", json!(["5Nobody"])).await;
    assert_eq!(error.code(), -32602);
    assert_eq!(chain.client.refusal("state_nothing", json!([])).await.message(), "Method not found");
    chain.devnet.mine(1).await.unwrap();
}
