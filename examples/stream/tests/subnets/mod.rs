//! A subnet as validators see it, made up for a test.

use std::sync::Arc;

use subnetkit::prelude::*;
use subnetkit::serde_json::{self, json};

/// A subnet in which these miners serve. They registered one after the other; position is uid.
pub fn of(miners: &[Hotkey]) -> Arc<Metagraph> {
    let neuron = |(uid, hotkey): (usize, &Hotkey)| {
        json!({
            "uid": uid, "hotkey": hotkey, "coldkey": hotkey, "axon": "192.0.2.1:8091", "active": false,
            "validator_permit": false, "last_update": 0, "registered_at": uid, "incentive": 0, "dividends": 0,
            "consensus": 0, "emission": 0, "alpha_stake": 0, "tao_stake": 0, "total_stake": 0,
        })
    };
    let owner = Hotkey::from_bytes([0xff; 32]);
    let subnet = json!({
        "netuid": 1, "block": 100, "block_hash": vec![0; 32], "name": "", "tempo": 10, "last_step": 90,
        "owner_hotkey": owner, "owner_coldkey": owner, "max_uids": 256, "max_validators": 64,
        "tao_in": 0, "alpha_in": 0, "alpha_out": 0, "burn": 0,
        "neurons": miners.iter().enumerate().map(neuron).collect::<Vec<_>>(),
    });
    Arc::new(serde_json::from_value(subnet).unwrap())
}
