//! Answers and blocks recorded from the real runtime.

use crate::vectors::{self, bytes};
use codec::Decode;
use serde_json::Value as Json;
use std::net::SocketAddr;
use subnetkit_chain::{Metagraph, Parameter, RefusedBy, Runtime, Value};
use subnetkit_protocol::{AccountId, Keypair, Scheme};

fn answer(method: &str, netuid: u16) -> Vec<u8> {
    let recorded = vectors::recorded();
    let input = format!("0x{}", hex::encode(netuid.to_le_bytes()));
    let method = format!("SubnetInfoRuntimeApi_{method}");
    let queries = recorded["queries"].as_array().unwrap();
    let found = queries.iter().find(|q| q["method"] == method && q["input"] == input).unwrap();
    bytes(&found["output"])
}

fn metagraph(runtime: &Runtime, netuid: u16) -> Option<Metagraph> {
    runtime.metagraph(netuid, [7; 32], &answer("get_metagraph", netuid)).unwrap()
}

fn dev(uri: &str) -> AccountId {
    Keypair::from_uri(uri, Scheme::Sr25519).unwrap().account()
}

#[test]
fn the_metagraph_has_who_registered_and_what_they_earned() {
    let graph = metagraph(&vectors::runtime(), 2).unwrap();
    assert_eq!((graph.netuid, graph.block, graph.tempo), (2, 48, 10));
    assert_eq!(graph.block_hash, [7; 32]);
    assert_eq!(graph.owner_coldkey, dev("//Bob"));
    let coldkeys: Vec<_> = graph.neurons.iter().map(|neuron| neuron.coldkey).collect();
    let owners = ["//Bob", "//Bob", "//Charlie", "//Charlie", "//Dave", "//Eve"];
    assert_eq!(coldkeys, owners.map(dev));
    assert_eq!(graph.neurons[0].hotkey, graph.owner_hotkey);
    let validator = graph.neuron(&dev("//Bob//v1")).unwrap();
    assert_eq!((validator.uid, validator.validator_permit), (1, true));
    assert_eq!(validator.last_update, 17, "the block of its weights");
    assert!(validator.total_stake > 0 && validator.dividends > 0);
    let miner = graph.uid(3).unwrap();
    assert_eq!(miner.registered_at, 5);
    assert_eq!(miner.axon, Some("99.230.152.209:8091".parse::<SocketAddr>().unwrap()));
    assert_eq!(graph.uid(4).unwrap().axon, None);
    let incentives: u32 = graph.neurons.iter().map(|neuron| u32::from(neuron.incentive)).sum();
    assert!((65_000..=65_540).contains(&incentives), "shares of one whole: {incentives}");
    assert!(miner.incentive > 0 && miner.emission > 0);
    assert!(graph.validators().any(|neuron| neuron.uid == 2));
}

/// The per-neuron lists, read once more by position instead of by name.
#[test]
fn lists_end_where_the_recorded_bytes_end() {
    let runtime = vectors::runtime();
    let output = answer("get_metagraph", 2);
    let value = runtime.api_output("SubnetInfoRuntimeApi", "get_metagraph", &output).unwrap();
    let fields = value.option().unwrap().unwrap();
    let Value::Struct(fields) = fields else { panic!("a struct") };
    assert_eq!(fields.len(), 72);
    let last = fields.iter().find(|(name, _)| name == "alpha_dividends_per_hotkey").unwrap();
    let entries = last.1.items().unwrap().len();
    // The last field is Vec<(AccountId, Compact<u64>)>: its entries are the last bytes of the answer.
    let graph = metagraph(&runtime, 2).unwrap();
    let start = (0..output.len())
        .rfind(|at| {
            let mut rest = &output[*at..];
            matches!(
                Vec::<([u8; 32], codec::Compact<u64>)>::decode(&mut rest),
                Ok(list) if rest.is_empty() && list.len() == entries && entries > 0
            )
        })
        .unwrap();
    let list = Vec::<([u8; 32], codec::Compact<u64>)>::decode(&mut &output[start..]).unwrap();
    for (entry, neuron) in list.iter().zip(&graph.neurons) {
        assert_eq!(&entry.0, neuron.hotkey.as_bytes());
    }
    // Bytes a newer runtime appends are not in the way.
    let mut longer = output;
    longer.extend([1, 2, 3]);
    assert_eq!(runtime.metagraph(2, [7; 32], &longer).unwrap().unwrap(), graph);
}

#[test]
fn a_subnet_that_is_not_there_is_none() {
    let runtime = vectors::runtime();
    assert!(metagraph(&runtime, 77).is_none());
    for method in ["get_subnet_hyperparams", "get_subnet_hyperparams_v2", "get_subnet_hyperparams_v3"] {
        assert!(runtime.hyperparameters(method, &answer(method, 77)).unwrap().is_none());
    }
}

#[test]
fn every_form_of_the_hyperparameters_says_the_same() {
    let runtime = vectors::runtime();
    let read = |method: &str| runtime.hyperparameters(method, &answer(method, 2)).unwrap().unwrap();
    let (v1, v2, v3) = (
        read("get_subnet_hyperparams"),
        read("get_subnet_hyperparams_v2"),
        read("get_subnet_hyperparams_v3"),
    );
    for params in [&v1, &v2, &v3] {
        assert_eq!(params.tempo, 10);
        assert!(!params.commit_reveal_weights_enabled);
        assert_eq!((params.weights_rate_limit, params.min_allowed_weights), (0, 1));
        assert_eq!((params.max_weights_limit, params.weights_version), (65_535, 0));
        assert!(params.registration_allowed);
    }
    assert_eq!(v1.all.len(), 27);
    assert_eq!(v2.all.len(), 33);
    assert_eq!(v3.all.len(), 33, "also those this crate has no field for");
    assert_eq!(v3.all["yuma_version"], v2.all["yuma_version"]);
    assert_eq!(v3.all["alpha_sigmoid_steepness"], v2.all["alpha_sigmoid_steepness"]);
    assert_eq!(v3.all["alpha_sigmoid_steepness"], Parameter::Fixed(1000.0));
    assert!(matches!(v3.all["burn_increase_mult"], Parameter::Fixed(f) if (1.0..=3.0).contains(&f)));
}

fn block(number: u64) -> Json {
    let recorded = vectors::recorded();
    let blocks = recorded["blocks"].as_array().unwrap();
    blocks.iter().find(|block| block["number"] == number).unwrap().clone()
}

#[test]
fn every_recorded_failure_comes_back_by_name() {
    let runtime = vectors::runtime();
    let expected: &[(u64, u32, &str, &str)] = &[
        (2, 4, "Underflow", ""),
        (3, 3, "NonAssociatedColdKey", "SubtensorModule"),
        (3, 4, "CannotAffordLockCost", "SubtensorModule"),
        (4, 3, "BadOrigin", ""),
        (5, 7, "HotKeyAlreadyRegisteredInSubNet", "SubtensorModule"),
        (5, 8, "SubnetNotExists", "SubtensorModule"),
        (6, 5, "HotKeyAccountNotExists", "SubtensorModule"),
        (17, 3, "DuplicateUids", "SubtensorModule"),
        (19, 2, "NeuronNoValidatorPermit", "SubtensorModule"),
        (43, 7, "CallFiltered", "System"),
        (45, 4, "NotProxy", "Proxy"),
    ];
    for (number, index, name, pallet) in expected {
        let events = runtime.events(&bytes(&block(*number)["events"]), *index).unwrap();
        let refusal = runtime.refusal(&events, *number).unwrap().unwrap();
        assert_eq!(refusal.name(), *name, "block {number} extrinsic {index}");
        assert_eq!(refusal.pallet().unwrap_or_default(), *pallet);
        assert!(matches!(refusal.by(), RefusedBy::Block { number: at, .. } if at == number));
    }
}

/// The runtime's own verdict on each extrinsic (`0x0000` is success) agrees with what the events say.
#[test]
fn success_and_failure_agree_with_the_runtimes_verdict() {
    let runtime = vectors::runtime();
    let (mut succeeded, mut failed, mut hidden) = (0, 0, Vec::new());
    for block in vectors::recorded()["blocks"].as_array().unwrap() {
        let number = block["number"].as_u64().unwrap();
        let raw = bytes(&block["events"]);
        let included = block["extrinsics"].as_array().unwrap().iter();
        for (index, extrinsic) in included.filter(|e| e["included"] == true).enumerate() {
            let index = u32::try_from(index).unwrap();
            let events = runtime.events(&raw, index).unwrap();
            let refusal = runtime.refusal(&events, number).unwrap();
            let inner = matches!(refusal.as_ref().map(|refusal| refusal.by()),
                Some(RefusedBy::Block { event, .. }) if event != "System.ExtrinsicFailed");
            if inner {
                assert_eq!(extrinsic["apply"], "0x0000", "only an outer call can hide it");
                hidden.push((number, refusal.unwrap().name().to_owned()));
            } else if extrinsic["apply"] == "0x0000" {
                assert!(refusal.is_none(), "block {number} extrinsic {index}: {refusal:?}");
                succeeded += 1;
            } else {
                assert!(refusal.is_some(), "block {number} extrinsic {index}");
                failed += 1;
            }
        }
    }
    assert!(succeeded > 30 && failed >= 12, "{succeeded} succeeded, {failed} failed");
    // An interrupted batch, an item of a forced batch, and a proxied call that its proxy type does not allow.
    let hidden: Vec<_> = hidden.iter().map(|(number, name)| (*number, name.as_str())).collect();
    assert_eq!(
        hidden,
        [(43, "HotKeyNotRegisteredInSubNet"), (43, "HotKeyAccountNotExists"), (45, "CallFiltered")]
    );
}

#[test]
fn events_tell_the_numbers_the_chain_gave() {
    let runtime = vectors::runtime();
    let events = runtime.events(&bytes(&block(3)["events"]), 2).unwrap();
    let added = events.iter().find(|e| e.is("SubtensorModule", "NetworkAdded")).unwrap();
    assert_eq!(added.fields.item(0).and_then(Value::number), Some(2));
    let events = runtime.events(&bytes(&block(5)["events"]), 4).unwrap();
    let registered = events.iter().find(|e| e.is("SubtensorModule", "NeuronRegistered")).unwrap();
    assert_eq!(registered.fields.item(1).and_then(Value::number), Some(3));
    assert_eq!(registered.fields.item(2).and_then(Value::account), Some(dev("//Dave//m1")));
}

#[test]
fn storage_is_read_by_name() {
    let runtime = vectors::runtime();
    let state = vectors::recorded()["state"].clone();
    let read = |pallet: &str, item: &str, keys: Vec<Value>| {
        let key = format!("0x{}", hex::encode(runtime.storage_key(pallet, item, &keys).unwrap()));
        let found = state.get(&key).map(bytes);
        runtime.storage_value(pallet, item, found.as_deref()).unwrap()
    };
    let bob = dev("//Bob//v1");
    let uid = read("SubtensorModule", "Uids", vec![2u16.into(), bob.into()]);
    assert_eq!(uid.and_then(|uid| uid.number()), Some(1));
    assert_eq!(read("SubtensorModule", "Uids", vec![1u16.into(), bob.into()]), None);
    let tempo = read("SubtensorModule", "Tempo", vec![2u16.into()]).unwrap();
    assert_eq!(tempo.number(), Some(10));
    let absent = read("SubtensorModule", "Tempo", vec![9u16.into()]).unwrap();
    assert_eq!(absent.number(), Some(360), "the default of an absent value");
    let weights = read("SubtensorModule", "Weights", vec![2u16.into(), 1u16.into()]).unwrap();
    let first = &weights.items().unwrap()[0];
    assert_eq!((first.item(0).unwrap().number(), first.item(1).unwrap().number()), (Some(3), Some(0x8000)));
    let account = read("System", "Account", vec![dev("//Dave").into()]).unwrap();
    let free = account.field("data").unwrap().field("free").unwrap().number();
    assert_eq!(free, Some(0x01d1_3234_ec8e));
}

#[test]
fn constants_are_read_by_name() {
    let runtime = vectors::runtime();
    assert_eq!(runtime.constant("Balances", "ExistentialDeposit").unwrap().number(), Some(500));
    assert_eq!(runtime.constant("Aura", "SlotDuration").unwrap().number(), Some(12_000));
    assert!(runtime.constant("Aura", "SlotLength").is_err());
}
