//! Calls, hashes, payloads and times of weights are those of the Python SDK.

use crate::vectors::{self, bytes, bytes32};
use serde_json::Value as Json;
use std::{collections::BTreeSet, time::Duration};
use subnetkit_chain::{Beacon, Call, EpochClock, Mechanism, commit_hash, timelocked_payload};
use subnetkit_protocol::AccountId;

/// A whole number, which the files write as text where it is large.
fn number(json: &Json) -> u64 {
    json.as_u64().unwrap_or_else(|| json.as_str().unwrap().parse().unwrap())
}

fn small(json: &Json) -> u16 {
    u16::try_from(number(json)).unwrap()
}

fn numbers(json: &Json) -> Vec<u16> {
    json.as_array().unwrap().iter().map(small).collect()
}

fn weights(uids: &Json, values: &Json) -> Vec<(u16, u16)> {
    numbers(uids).into_iter().zip(numbers(values)).collect()
}

/// The weights of a vector, and whether they are in the order of uids, in which the client sends them.
fn of_vector(case: &Json, uids: &str, values: &str) -> (Vec<(u16, u16)>, bool) {
    let weights = weights(&case["args"][uids], &case["args"][values]);
    let sorted = weights.is_sorted();
    (weights, sorted)
}

#[test]
fn every_call_of_weights_is_encoded_like_the_sdk_encodes_it() {
    let runtime = vectors::runtime();
    let (mut checked, mut reordered) = (BTreeSet::new(), 0);
    for case in vectors::codec()["calls"].as_array().unwrap() {
        let (name, args) = (case["call"].as_str().unwrap(), &case["args"]);
        let arg = |name: &str| &args[name];
        let mecid = || u8::try_from(number(arg("mecid"))).unwrap();
        let of = || Mechanism { netuid: small(arg("netuid")), mecid: mecid() };
        let mut in_order = true;
        let call = match name {
            "set_mechanism_weights" => {
                let (weights, sorted) = of_vector(case, "dests", "weights");
                in_order = sorted;
                Call::set_weights(&runtime, of(), &weights, number(arg("version_key")))
            }
            "commit_mechanism_weights" => Call::commit_weights(&runtime, of(), bytes32(arg("commit_hash"))),
            "reveal_mechanism_weights" => {
                let (weights, sorted) = of_vector(case, "uids", "values");
                in_order = sorted;
                let salt = numbers(arg("salt"));
                Call::reveal_weights(&runtime, of(), &weights, &salt, number(arg("version_key")))
            }
            "commit_timelocked_mechanism_weights" => Call::commit_timelocked_weights(
                &runtime,
                of(),
                &bytes(arg("commit")),
                number(arg("reveal_round")),
                small(arg("commit_reveal_version")),
            ),
            _ => continue,
        };
        let (encoded, expected) = (runtime.encode_call(&call).unwrap(), bytes(&case["call_hex"]));
        if in_order {
            assert_eq!(hex::encode(encoded), hex::encode(expected), "{name}");
        } else {
            // The SDK sends lists as they are given. Sorted by uid it is the same call of the same length.
            assert_eq!((encoded.len(), &encoded[..5]), (expected.len(), &expected[..5]), "{name}");
            reordered += 1;
        }
        checked.insert(name.to_owned());
    }
    assert_eq!((checked.len(), reordered), (4, 3), "{checked:?}");
}

#[test]
fn weights_are_sent_and_hashed_in_the_order_of_their_uids() {
    let runtime = vectors::runtime();
    let (of, hotkey) = (Mechanism { netuid: 3, mecid: 1 }, AccountId::from_bytes([5; 32]));
    let (sorted, mixed) = ([(1, 7), (2, 9), (300, 8)], [(300, 8), (1, 7), (2, 9)]);
    let bytes_of = |call: Call| runtime.encode_call(&call).unwrap();
    let set = |weights: &[(u16, u16)]| bytes_of(Call::set_weights(&runtime, of, weights, 0));
    assert_eq!(hex::encode(&set(&sorted)[5..]), "0c010002002c010c0700090008000000000000000000");
    assert_eq!(set(&mixed), set(&sorted));
    let reveal = |weights: &[(u16, u16)]| bytes_of(Call::reveal_weights(&runtime, of, weights, &[4], 0));
    assert_eq!(reveal(&mixed), reveal(&sorted));
    assert_eq!(commit_hash(&hotkey, of, &mixed, &[4], 0), commit_hash(&hotkey, of, &sorted, &[4], 0));
    assert_eq!(timelocked_payload(&hotkey, &mixed, 0), timelocked_payload(&hotkey, &sorted, 0));
}

#[test]
fn commits_hash_to_what_the_sdk_commits_to() {
    let file: Json = serde_json::from_str(include_str!("../vectors/commit_hash.json")).unwrap();
    let cases = file["commits"].as_array().unwrap();
    assert_eq!(cases.len(), 40);
    for case in cases {
        let hotkey = AccountId::from_bytes(bytes32(&case["public_key_hex"]));
        let mecid = u8::try_from(number(&case["mechid"])).unwrap();
        let of = Mechanism { netuid: small(&case["netuid"]), mecid };
        assert_eq!(of.storage_index(), small(&case["storage_index"]));
        let weights = weights(&case["uids"], &case["values"]);
        let hash = commit_hash(&hotkey, of, &weights, &numbers(&case["salt"]), number(&case["version_key"]));
        assert_eq!(
            hex::encode(hash),
            case["commit_hash"].as_str().unwrap().trim_start_matches("0x"),
            "{case}"
        );
    }
}

#[test]
fn what_is_sealed_is_what_the_sdk_seals() {
    let cases = vectors::timelock()["weights_commits"].clone();
    for case in cases.as_array().unwrap() {
        let hotkey = AccountId::from_bytes(bytes32(&case["hotkey_public_key_hex"]));
        let weights = weights(&case["uids"], &case["values"]);
        let payload = timelocked_payload(&hotkey, &weights, number(&case["version_key"]));
        assert_eq!(hex::encode(payload), case["payload_scale_hex"].as_str().unwrap());
    }
    assert_eq!(cases.as_array().unwrap().len(), 5);
}

#[test]
fn the_block_of_a_reveal_is_the_one_the_sdk_foresees() {
    let file = vectors::timelock();
    let (mut found, mut refused) = (0, 0);
    for case in file["reveal_schedule"].as_array().unwrap() {
        let clock = EpochClock {
            block: number(&case["current_block"]),
            tempo: small(&case["tempo"]),
            last_epoch_block: number(&case["last_epoch_block"]),
            pending_epoch_at: number(&case["pending_epoch_at"]),
            epoch_index: number(&case["subnet_epoch_index"]),
            blocks_since_last_step: number(&case["blocks_since_last_step"]),
        };
        let block = clock.reveal_block(number(&case["reveal_period_epochs"]));
        if case["ok"] == false {
            assert_eq!(block, None, "{case}");
            refused += 1;
        } else {
            assert_eq!(block, Some(number(&case["first_reveal_block"])), "{case}");
            found += 1;
        }
    }
    assert_eq!((found, refused), (40, 1));
}

/// The rule of chain-client.md section 12 in the recorded numbers of the beacon.
#[test]
fn the_round_is_the_one_of_the_moment_three_blocks_after_the_reveal() {
    let quicknet = Beacon::quicknet();
    let recorded = vectors::timelock()["drand"].clone();
    assert_eq!(hex::encode(&quicknet.public_key), recorded["public_key_hex"].as_str().unwrap());
    assert_eq!(quicknet.genesis_time, number(&recorded["genesis_unix"]));
    assert_eq!(quicknet.period, number(&recorded["period_s"]));
    let clock = EpochClock {
        block: 1000,
        tempo: 360,
        last_epoch_block: 900,
        pending_epoch_at: 0,
        epoch_index: 7,
        blocks_since_last_step: 100,
    };
    assert_eq!(clock.reveal_block(1), Some(1260));
    let now = quicknet.genesis_time * 1000 + 6_000_500;
    let twelve = Duration::from_secs(12);
    // 263 blocks of 12 s later: 3156 s after 6000.5 s.
    assert_eq!(clock.reveal_round(1, now, twelve, &quicknet), Some(3052));
    assert_eq!(clock.reveal_round(1, now, Duration::from_millis(250), &quicknet), Some(2022));
    assert_eq!(clock.reveal_round(1, 5, twelve, &quicknet), Some(1), "before the first round");
    let stopped = Beacon { period: 0, ..quicknet.clone() };
    assert_eq!(clock.reveal_round(1, now, twelve, &stopped), None);
    assert_eq!(EpochClock { tempo: 0, ..clock }.reveal_round(0, now, twelve, &quicknet), None);
}

#[test]
fn the_first_block_of_an_epoch_number_is_found_or_past() {
    let clock = EpochClock {
        block: 48,
        tempo: 10,
        last_epoch_block: 44,
        pending_epoch_at: 0,
        epoch_index: 5,
        blocks_since_last_step: 4,
    };
    assert_eq!(clock.block_of_index(4), None);
    assert_eq!(clock.block_of_index(5), Some(49));
    assert_eq!(clock.block_of_index(6), Some(54));
    assert_eq!(clock.block_of_index(9), Some(84));
    assert_eq!(EpochClock { block: 53, ..clock }.block_of_index(5), None, "the coming block is of 6 already");
    assert_eq!(clock.block_of_index(5 + 2000), None, "too far ahead");
}
