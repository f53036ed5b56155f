//! Extrinsics that the real runtime took: the client builds the same calls, and would sign the same bytes.

use crate::vectors::{self, bytes};
use subnetkit_chain::{Call, Signing, Value};
use subnetkit_protocol::{AccountId, Keypair, Scheme, verify};

const SUBTENSOR: &str = "SubtensorModule";
const TAO: u64 = 1_000_000_000;

fn dev(uri: &str) -> Keypair {
    Keypair::from_uri(uri, Scheme::Sr25519).unwrap()
}

fn account(uri: &str) -> AccountId {
    dev(uri).account()
}

fn subtensor<const N: usize>(name: &str, args: [(&str, Value); N]) -> Call {
    Call::new(SUBTENSOR, name, args)
}

fn add_stake(hotkey: &str, tao: u64) -> Call {
    let amount = Value::from(tao * TAO);
    subtensor(
        "add_stake",
        [("hotkey", account(hotkey).into()), ("netuid", 2u16.into()), ("amount_staked", amount)],
    )
}

fn set_weights(uids: [u16; 2], weights: [u16; 2]) -> Call {
    subtensor(
        "set_weights",
        [
            ("netuid", 2u16.into()),
            ("dests", uids.to_vec().into()),
            ("weights", weights.to_vec().into()),
            ("version_key", 0u64.into()),
        ],
    )
}

fn admin<const N: usize>(name: &str, args: [(&str, Value); N]) -> Call {
    Call::new("AdminUtils", name, args).sudo()
}

/// Block, place in it, and the call that was recorded there.
fn calls() -> Vec<(u64, usize, Call)> {
    let transfer = [("dest", Value::from(account("//Two"))), ("value", TAO.into())];
    let axon = [
        ("netuid", Value::from(2u16)),
        ("version", 1u32.into()),
        ("ip", Value::from(u128::from(u32::from_be_bytes([99, 230, 152, 209])))),
        ("port", 8091u16.into()),
        ("ip_type", 4u8.into()),
        ("protocol", 4u8.into()),
        ("placeholder1", 0u8.into()),
        ("placeholder2", 0u8.into()),
    ];
    let registered = |hotkey: &str| {
        subtensor("burned_register", [("netuid", 2u16.into()), ("hotkey", account(hotkey).into())])
    };
    let moved = [
        ("origin_hotkey", Value::from(account("//Charlie//v2"))),
        ("destination_hotkey", account("//Bob//v1").into()),
        ("origin_netuid", 2u16.into()),
        ("destination_netuid", 2u16.into()),
        ("alpha_amount", (5 * TAO).into()),
    ];
    let removed = [
        ("hotkey", Value::from(account("//Bob//v1"))),
        ("netuid", 2u16.into()),
        ("amount_unstaked", (100 * TAO).into()),
    ];
    vec![
        (2, 2, admin("sudo_set_network_rate_limit", [("rate_limit", 0u64.into())])),
        (2, 3, Call::new("Balances", "transfer_keep_alive", transfer)),
        (4, 2, subtensor("start_call", [("netuid", 2u16.into())])),
        (4, 7, admin("sudo_set_tempo", [("netuid", 2u16.into()), ("tempo", 10u16.into())])),
        (5, 2, registered("//Bob//v1")),
        (5, 4, registered("//Dave//m1")),
        (6, 2, add_stake("//Bob//v1", 500)),
        (6, 3, add_stake("//Charlie//v2", 300)),
        (17, 2, set_weights([3, 4], [10, 20])),
        (19, 3, set_weights([3, 3], [1, 2])),
        (20, 2, subtensor("serve_axon", axon)),
        (43, 2, subtensor("remove_stake", removed)),
        (43, 4, subtensor("move_stake", moved)),
    ]
}

#[test]
fn recorded_signatures_are_over_what_the_client_signs() {
    let runtime = vectors::runtime();
    let recorded = vectors::recorded();
    let blocks = recorded["blocks"].as_array().unwrap();
    for (number, index, call) in calls() {
        let block = blocks.iter().find(|block| block["number"] == number).unwrap();
        let offered = &block["extrinsics"][index];
        let extrinsic = bytes(&offered["extrinsic"]);
        let encoded = runtime.encode_call(&call).unwrap();
        let name = call.name();
        assert!(extrinsic.ends_with(&encoded), "{name} in block {number}: {}", hex::encode(encoded));
        let signing = Signing { nonce: offered["nonce"].as_u64().unwrap(), tip: 0, era: None };
        let payload = runtime.signed_payload(&call, signing).unwrap();
        let signer = account(&format!("//{}", offered["signer"].as_str().unwrap()));
        // Length, version, address by account id; then the scheme and the signature.
        let address = extrinsic.iter().position(|byte| *byte == 0x84).unwrap() + 2;
        assert_eq!(&extrinsic[address..address + 32], signer.as_bytes(), "{name}");
        let signature: [u8; 64] = extrinsic[address + 33..address + 97].try_into().unwrap();
        assert!(verify(Scheme::Sr25519, &signer, &payload, &signature), "{name} in block {number}");
    }
}
