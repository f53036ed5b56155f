//! Calls, storage keys and signatures are byte for byte those of the Python SDK.

use crate::vectors::{self, account, bytes, bytes32};
use serde_json::Value as Json;
use subnetkit_chain::{Call, CodecError, Runtime, Signing, Value};
use subnetkit_protocol::{Keypair, Scheme, verify};

/// An argument as the vector file writes it: what the type is, only the metadata knows.
fn argument(json: &Json) -> Value {
    match json {
        Json::Bool(flag) => (*flag).into(),
        Json::Number(number) => number.to_string().parse::<u128>().unwrap().into(),
        Json::Array(items) => Value::list(items.iter().map(argument)),
        Json::String(text) if text.starts_with('5') && text.len() == 48 => account(text).into(),
        Json::String(text) => hex::decode(text.strip_prefix("0x").unwrap_or(text)).unwrap().into(),
        // JSON readers do not keep integers beyond 64 bits.
        Json::Object(wide) => wide["u128"].as_str().unwrap().parse::<u128>().unwrap().into(),
        other @ Json::Null => panic!("unexpected argument {other}"),
    }
}

#[test]
fn calls_are_encoded_by_name_like_the_sdk_encodes_them() {
    let runtime = vectors::runtime();
    let vectors = vectors::codec();
    let mut checked = 0;
    for case in vectors["calls"].as_array().unwrap() {
        let (pallet, name) = (case["pallet"].as_str().unwrap(), case["call"].as_str().unwrap());
        let call = if pallet == "Sudo" {
            assert_eq!(case["args"]["call"], "SubtensorModule.start_call(netuid=3)");
            Call::new("SubtensorModule", "start_call", [("netuid", 3u16)]).sudo()
        } else {
            // Backwards, to show that order does not matter.
            let args = case["args"].as_object().unwrap().iter().rev();
            Call::new(pallet, name, args.map(|(key, value)| (key.as_str(), argument(value))))
        };
        let encoded = runtime.encode_call(&call).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(hex::encode(encoded), case["call_hex"].as_str().unwrap(), "{pallet}.{name}");
        checked += 1;
    }
    assert_eq!(checked, 31);
}

#[test]
fn storage_keys_are_those_of_the_sdk() {
    let runtime = vectors::runtime();
    for case in vectors::codec()["storage_keys"].as_array().unwrap() {
        let (pallet, item) = (case["pallet"].as_str().unwrap(), case["item"].as_str().unwrap());
        let keys: Vec<Value> = case["params"].as_array().unwrap().iter().map(argument).collect();
        let key = runtime.storage_key(pallet, item, &keys).unwrap();
        assert_eq!(hex::encode(key), case["key_hex"].as_str().unwrap(), "{pallet}.{item}");
    }
}

/// A call back from its bytes, for vectors that give nothing else.
fn remark_of(length: usize) -> Call {
    Call::new("System", "remark", [("remark", vec![7u8; length])])
}

#[test]
fn signed_bytes_are_extra_and_additional_in_the_order_of_the_metadata() {
    let vectors = vectors::codec();
    for case in vectors["signing"].as_array().unwrap() {
        let spec = u32::try_from(case["spec_version"].as_u64().unwrap()).unwrap();
        let transaction = u32::try_from(case["transaction_version"].as_u64().unwrap()).unwrap();
        let genesis = bytes32(&case["genesis_hash"]);
        let runtime = Runtime::new(vectors::METADATA, spec, transaction, genesis).unwrap();
        let birth = bytes32(&case["era_block_hash"]);
        let signing = Signing {
            nonce: case["nonce"].as_u64().unwrap(),
            tip: case["tip"].as_u64().unwrap(),
            era: case["era"]
                .as_object()
                .map(|era| (era["period"].as_u64().unwrap(), era["current"].as_u64().unwrap(), birth)),
        };
        let call = remark_of(5);
        let mut expected = runtime.encode_call(&call).unwrap();
        expected.extend(bytes(&case["included_in_extrinsic_hex"]));
        let mut additional = bytes(&case["included_in_signed_data_hex"]);
        if signing.era.is_none() {
            // The vector signs the given block hash even for an immortal era; the chain wants the genesis hash.
            let start = additional.len() - 33;
            additional[start..start + 32].copy_from_slice(&genesis);
        }
        expected.extend(additional);
        assert_eq!(hex::encode(runtime.signed_payload(&call, signing).unwrap()), hex::encode(expected));
        let long = runtime.signed_payload(&remark_of(300), signing).unwrap();
        assert_eq!(long.len(), 32, "longer payloads are hashed");
    }
}

#[test]
fn eras_are_encoded_like_the_sdk_encodes_them() {
    let runtime = vectors::runtime();
    for case in vectors::codec()["eras"].as_array().unwrap() {
        let period = case["period"].as_u64().unwrap();
        let current = case["current"].as_u64().unwrap();
        assert_eq!(case["birth_block"].as_u64().unwrap(), current);
        let signing = Signing { nonce: 0, tip: 0, era: Some((period, current, [9; 32])) };
        let call = remark_of(1);
        let payload = runtime.signed_payload(&call, signing).unwrap();
        let start = runtime.encode_call(&call).unwrap().len();
        let era = hex::encode(&payload[start..start + 2]);
        assert_eq!(era, case["era_hex"].as_str().unwrap(), "period {period} at {current}");
    }
}

#[test]
fn both_schemes_sign_what_the_chain_verifies() {
    let runtime = vectors::runtime();
    let signing = Signing { nonce: 3, tip: 0, era: Some((64, 100, [1; 32])) };
    let call = remark_of(9);
    let payload = runtime.signed_payload(&call, signing).unwrap();
    for (scheme, tag) in [(Scheme::Ed25519, 0u8), (Scheme::Sr25519, 1)] {
        let key = Keypair::from_uri("//Alice", scheme).unwrap();
        let extrinsic = runtime.sign(&call, &key, signing).unwrap();
        let prefix = extrinsic.iter().position(|byte| *byte == 0x84).unwrap();
        let body = &extrinsic[prefix + 1..];
        assert_eq!(body[0], 0, "an account id");
        assert_eq!(&body[1..33], key.account().as_bytes());
        assert_eq!(body[33], tag);
        let signature: [u8; 64] = body[34..98].try_into().unwrap();
        assert!(verify(scheme, &key.account(), &payload, &signature));
        assert!(extrinsic.ends_with(&runtime.encode_call(&call).unwrap()));
    }
}

#[test]
fn mistakes_are_named() {
    let runtime = vectors::runtime();
    let encode = |call: Call| runtime.encode_call(&call).unwrap_err();
    let none: [(&str, Value); 0] = [];
    let error = encode(Call::new("SubtensorModule", "set_wieghts", none.clone()));
    assert!(matches!(error, CodecError::Missing { .. }));
    assert_eq!(
        error.to_string(),
        "the chain's runtime (version 425) has no call SubtensorModule.set_wieghts"
    );
    let error = encode(Call::new("SubtensorModule", "start_call", none)).to_string();
    assert!(error.contains("SubtensorModule.start_call") && error.contains("netuid"), "{error}");
    let args = [("netuid", Value::from(1u16)), ("speed", 3u16.into())];
    let error = encode(Call::new("SubtensorModule", "start_call", args)).to_string();
    assert!(error.contains("no argument `speed`"), "{error}");
    let error = encode(Call::new("SubtensorModule", "start_call", [("netuid", 70_000u32)]));
    assert!(matches!(error, CodecError::Encode { .. }), "{error}");
    let error = runtime.storage_key("SubtensorModule", "Tempo", &[]).unwrap_err().to_string();
    assert!(error.contains("0 keys given, 1 wanted"), "{error}");
}

#[test]
fn parameters_are_set_by_the_chains_names() {
    let runtime = vectors::runtime();
    let call = runtime.parameter_call("tempo", Some(2), vec![10u16.into()]).unwrap();
    assert_eq!(hex::encode(runtime.encode_call(&call).unwrap()), "131e02000a00");
    let call = runtime.parameter_call("admin_freeze_window", None, vec![0u16.into()]).unwrap();
    assert_eq!(call.name(), "sudo_set_admin_freeze_window");
    assert!(matches!(
        runtime.parameter_call("temper", Some(2), vec![10u16.into()]),
        Err(CodecError::Missing { .. })
    ));
    let error = runtime.parameter_call("tempo", None, vec![10u16.into()]).unwrap_err().to_string();
    assert!(error.contains("netuid, tempo"), "{error}");
}
