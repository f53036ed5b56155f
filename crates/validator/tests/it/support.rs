//! Hotkeys and neurons to test with.

use serde_json::{Value, json};
use subnetkit_chain::Metagraph;
use subnetkit_protocol::Hotkey;

pub(crate) fn hotkey(n: u8) -> Hotkey {
    Hotkey::from_bytes([n; 32])
}

/// A neuron without stake or permit; uid is its place in the list.
pub(crate) fn neuron(uid: u16, hotkey: Hotkey, axon: Option<&str>) -> Value {
    json!({
        "uid": uid, "hotkey": hotkey, "coldkey": hotkey, "axon": axon, "active": false, "validator_permit": false,
        "last_update": 0, "registered_at": 0, "incentive": 0, "dividends": 0, "consensus": 0, "emission": 0,
        "alpha_stake": 0, "tao_stake": 0, "total_stake": 0,
    })
}

pub(crate) fn metagraph(neurons: &[Value]) -> Metagraph {
    serde_json::from_value(json!({
        "netuid": 1, "block": 100, "block_hash": vec![0; 32], "name": "test", "tempo": 10, "last_step": 90,
        "owner_hotkey": hotkey(0), "owner_coldkey": hotkey(0), "max_uids": 256, "max_validators": 64,
        "tao_in": 0, "alpha_in": 0, "alpha_out": 0, "burn": 0, "neurons": neurons,
    }))
    .unwrap()
}
