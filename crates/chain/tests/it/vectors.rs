//! Files the tests compare with.

use serde_json::Value as Json;
use subnetkit_chain::Runtime;
use subnetkit_protocol::AccountId;

pub const METADATA: &[u8] = include_bytes!("../vectors/subtensor-425.metadata.scale");

pub fn runtime() -> Runtime {
    let recorded = recorded();
    let genesis = bytes32(&recorded["genesis_hash"]);
    Runtime::new(METADATA, 425, 1, genesis).unwrap()
}

pub fn codec() -> Json {
    serde_json::from_str(include_str!("../vectors/chain_codec.json")).unwrap()
}

pub fn recorded() -> Json {
    serde_json::from_str(include_str!("../vectors/recorded.json")).unwrap()
}

pub fn bytes(json: &Json) -> Vec<u8> {
    let text = json.as_str().unwrap();
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).unwrap()
}

pub fn bytes32(json: &Json) -> [u8; 32] {
    bytes(json).try_into().unwrap()
}

pub fn account(text: &str) -> AccountId {
    text.parse().unwrap()
}
