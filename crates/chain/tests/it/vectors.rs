//! Files the tests compare with.

use serde_json::Value as Json;
use subnetkit_chain::Runtime;
use subnetkit_protocol::AccountId;

pub(crate) const METADATA: &[u8] = include_bytes!("../vectors/subtensor-425.metadata.scale");

pub(crate) fn runtime() -> Runtime {
    let recorded = recorded();
    let genesis = bytes32(&recorded["genesis_hash"]);
    Runtime::new(METADATA, 425, 1, genesis).unwrap()
}

pub(crate) fn codec() -> Json {
    serde_json::from_str(include_str!("../vectors/chain_codec.json")).unwrap()
}

pub(crate) fn timelock() -> Json {
    serde_json::from_str(include_str!("../vectors/timelock.json")).unwrap()
}

pub(crate) fn recorded() -> Json {
    serde_json::from_str(include_str!("../vectors/recorded.json")).unwrap()
}

pub(crate) fn bytes(json: &Json) -> Vec<u8> {
    let text = json.as_str().unwrap();
    hex::decode(text.strip_prefix("0x").unwrap_or(text)).unwrap()
}

pub(crate) fn bytes32(json: &Json) -> [u8; 32] {
    bytes(json).try_into().unwrap()
}

pub(crate) fn account(text: &str) -> AccountId {
    text.parse().unwrap()
}
