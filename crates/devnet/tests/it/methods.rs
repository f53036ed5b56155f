//! The rest of the JSON-RPC surface, and both transports.

use serde_json::{Value, json};
use subnetkit_devnet::{Config, Devnet, RpcLimits};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    client::{next, on_demand, tiny},
    tiny::hex,
};

/// One HTTP exchange by hand: status line with headers, and body.
pub(crate) async fn http(devnet: &Devnet, request_line: &str, body: &str) -> (String, String) {
    let mut stream = TcpStream::connect(devnet.address()).await.unwrap();
    let length = body.len();
    let request = format!(
        "{request_line} HTTP/1.1\r\nhost: localhost\r\norigin: https://polkadot.js.org\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_lowercase(), body.to_owned())
}

#[tokio::test]
async fn http_and_websocket_share_the_port() {
    let (devnet, client) = tiny(on_demand()).await;
    let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "system_chain", "params": [] }).to_string();
    let (head, answer) = http(&devnet, "POST /", &body).await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(head.contains("access-control-allow-origin: *"), "{head}");
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["result"], client.call("system_chain", json!([])).await);
    let (head, answer) = http(&devnet, "GET /health", "").await;
    assert!(head.starts_with("http/1.1 200") && answer.contains("isSyncing"), "{head} {answer}");
}

#[tokio::test]
async fn the_node_tells_who_it_is() {
    let (devnet, client) = tiny(on_demand()).await;
    devnet.mine(2).await.unwrap();
    let properties = client.call("system_properties", json!([])).await;
    assert_eq!(properties, json!({ "ss58Format": 42, "tokenDecimals": 9, "tokenSymbol": "TAO" }));
    assert_eq!(client.call("system_chainType", json!([])).await, "Local");
    assert_eq!(client.call("system_nodeRoles", json!([])).await, json!(["Authority"]));
    assert_eq!(client.call("system_peers", json!([])).await, json!([]));
    assert_eq!(client.call("system_syncState", json!([])).await["currentBlock"], 2);
    assert_eq!(client.call("system_health", json!([])).await["isSyncing"], false);
    let peer = client.call("system_localPeerId", json!([])).await;
    assert!(peer.as_str().unwrap().starts_with("12D3KooW"), "{peer}");
}

#[tokio::test]
async fn version_and_metadata_come_from_the_runtime() {
    let (_devnet, client) = tiny(on_demand()).await;
    let version = client.call("state_getRuntimeVersion", json!([])).await;
    assert_eq!(
        version,
        json!({
            "specName": "tiny", "implName": "tiny-host", "authoringVersion": 1, "specVersion": 7, "implVersion": 1,
            "apis": [[hex(b"tinyapi0"), 3]], "transactionVersion": 2, "systemVersion": 1, "stateVersion": 1,
        })
    );
    assert_eq!(client.call("chain_getRuntimeVersion", json!([])).await, version);
    let mut versions =
        client.subscribe("state_subscribeRuntimeVersion", json!([]), "state_unsubscribeRuntimeVersion").await;
    assert_eq!(next(&mut versions).await, version);
    assert_eq!(client.call("state_getMetadata", json!([])).await, hex(b"meta\x0e"));
    assert_eq!(client.call("state_call", json!(["AuraApi_slot_duration", "0x"])).await, "0xe803000000000000");
    let error = client.refusal("state_call", json!(["Nobody_home", "0x"])).await;
    assert_eq!(error.code(), 4003);
    let expected = "Client error: Execution failed: Other: Exported method Nobody_home is not found";
    assert_eq!(error.message(), expected);
}

#[tokio::test]
async fn unknown_methods_and_bad_parameters_are_refused() {
    let (_devnet, client) = tiny(on_demand()).await;
    assert_eq!(client.refusal("state_nothing", json!([])).await.code(), -32601);
    for (method, params) in [
        ("state_getStorage", json!([])),
        ("state_getStorage", json!(["not hex"])),
        ("chain_getHeader", json!(["0x12"])),
        ("chain_getBlockHash", json!(["twelve"])),
    ] {
        assert_eq!(client.refusal(method, params.clone()).await.code(), -32602, "{method} {params}");
    }
    let methods = client.call("rpc_methods", json!([])).await;
    let methods: Vec<&str> =
        methods["methods"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    for name in ["rpc_methods", "state_queryStorageAt", "chain_subscribeNewHeads", "author_unwatchExtrinsic"]
    {
        assert!(methods.contains(&name), "{name}");
    }
}

#[tokio::test]
async fn limits_are_those_of_the_settings() {
    let rpc = RpcLimits { request_bytes: 1000, response_bytes: 1000, batch_calls: 2, ..RpcLimits::default() };
    let genesis = json!({ "big": "x".repeat(2000) });
    let (devnet, client) = tiny(Config { rpc, genesis, ..on_demand() }).await;
    let too_long = client.refusal("state_getStorage", json!([hex(b"big")])).await;
    assert_eq!(too_long.code(), -32008);
    let (head, answer) = http(&devnet, "POST /", &"x".repeat(1001)).await;
    assert!(head.starts_with("http/1.1 413") || answer.contains("-32007"), "{head} {answer}");
    let one = json!({ "jsonrpc": "2.0", "id": 1, "method": "system_chain" });
    let (_, answer) = http(&devnet, "POST /", &json!([one, one, one]).to_string()).await;
    assert!(answer.contains("-32010"), "{answer}");
}
