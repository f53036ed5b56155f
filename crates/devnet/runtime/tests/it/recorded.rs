//! Blocks recorded from the whole real runtime: the parts that are here read the same bytes the same way, and answer
//! the same over the same state.

use codec::{Compact, Decode, DecodeAll, Encode};
use frame_metadata::v14::{StorageEntryType, StorageHasher};
use frame_metadata::v15::{RuntimeMetadataV15, StorageEntryMetadata};
use frame_support::weights::Weight;
use frame_system::{EventRecord, Phase};
use scale_info::{PortableRegistry, TypeDef, form::PortableForm};
use serde_json::Value as Json;
use sp_core::{H256, blake2_128, twox_64, twox_128};
use sp_runtime::traits::Header as _;
use sp_runtime::transaction_validity::TransactionSource;
use sp_runtime::{ApplyExtrinsicResult, Digest, DigestItem};
use subnetkit_runtime::{Header, RuntimeCall, RuntimeEvent, UncheckedExtrinsic};

use crate::chain::Memory;
use crate::metadata::ours;

/// Trimmed to the pallets that are here.
fn chains() -> Vec<Json> {
    let mut file: Json = serde_json::from_str(include_str!("../vectors/blocks.json")).unwrap();
    serde_json::from_value(file["chains"].take()).unwrap()
}

fn list(json: &Json) -> &[Json] {
    json.as_array().unwrap()
}

fn bytes(json: &Json) -> Vec<u8> {
    sp_core::bytes::from_hex(json.as_str().unwrap()).unwrap()
}

/// What a list of `[key, value]` writes and removes.
fn entries(json: &Json) -> impl Iterator<Item = (Vec<u8>, Option<Vec<u8>>)> {
    list(json).iter().map(|entry| (bytes(&entry[0]), entry[1].as_str().map(|_| bytes(&entry[1]))))
}

fn apply(state: &mut Memory, changes: &Json) {
    for (key, value) in entries(changes) {
        match value {
            Some(value) => state.0.insert(key, value),
            None => state.0.remove(&key),
        };
    }
}

/// Calls `each` with the state before a block and the block, for every block after genesis.
fn with_blocks(chain: &Json, mut each: impl FnMut(&Memory, &Json)) -> Memory {
    let mut state = Memory::default();
    apply(&mut state, &chain["genesis"]);
    for block in &list(&chain["blocks"])[1..] {
        each(&state, block);
        apply(&mut state, &block["changes"]);
    }
    state
}

/// Signed extrinsics whose call is here, with their bytes.
fn signed(block: &Json) -> impl Iterator<Item = (&Json, Vec<u8>, RuntimeCall)> {
    let offered = list(&block["extrinsics"]).iter().filter(|offered| !offered["signer"].is_null());
    offered.filter_map(|offered| {
        let raw = bytes(&offered["extrinsic"]);
        let call = UncheckedExtrinsic::decode_all(&mut &raw[..]).ok()?.0.function;
        Some((offered, raw, call))
    })
}

/// Runs a method that changes the state.
fn execute(state: &mut Memory, method: &str, input: &[u8]) -> Vec<u8> {
    let outcome =
        subnetkit_runtime::call(method, input, state).unwrap_or_else(|refused| panic!("{method}: {refused}"));
    for (key, value) in outcome.changes {
        match value {
            Some(value) => state.0.insert(key, value),
            None => state.0.remove(&key),
        };
    }
    outcome.output
}

fn ask(state: &Memory, method: &str, input: &[u8]) -> Vec<u8> {
    subnetkit_runtime::call(method, input, state)
        .unwrap_or_else(|refused| panic!("{method}: {refused}"))
        .output
}

/// Reads a value of a type and writes it again, which must give the bytes that were read. Returns them.
fn reencoded<'b>(types: &PortableRegistry, id: u32, bytes: &mut &'b [u8], what: &str) -> &'b [u8] {
    let before = *bytes;
    let value = scale_value::scale::decode_as_type(bytes, id, types)
        .unwrap_or_else(|error| panic!("{what} does not decode: {error}"));
    let consumed = &before[..before.len() - bytes.len()];
    let mut again = Vec::new();
    scale_value::scale::encode_as_type(&value, id, types, &mut again).unwrap();
    assert_eq!(again, consumed, "{what}");
    consumed
}

/// The storage item that a key belongs to, by pallet and item name.
fn item_of<'m>(
    metadata: &'m RuntimeMetadataV15,
    key: &[u8],
) -> Option<(String, &'m StorageEntryMetadata<PortableForm>)> {
    let prefix = |name: &str| twox_128(name.as_bytes());
    metadata.pallets.iter().find_map(|pallet| {
        let storage = pallet.storage.as_ref().filter(|storage| key.starts_with(&prefix(&storage.prefix)))?;
        let entry = storage.entries.iter().find(|entry| key[16..].starts_with(&prefix(&entry.name)))?;
        Some((format!("{}.{}", pallet.name, entry.name), entry))
    })
}

/// Checks the key's parts against the item's hashers and key types; returns the value's type.
fn check_key(
    types: &PortableRegistry,
    entry: &StorageEntryMetadata<PortableForm>,
    key: &[u8],
    what: &str,
) -> u32 {
    let mut rest = &key[32..];
    let value = match &entry.ty {
        StorageEntryType::Plain(value) => value.id,
        StorageEntryType::Map { hashers, key, value } => {
            let parts = match &types.resolve(key.id).unwrap().type_def {
                TypeDef::Tuple(parts) if hashers.len() > 1 => {
                    parts.fields.iter().map(|part| part.id).collect()
                }
                _ => vec![key.id],
            };
            for (hasher, part) in hashers.iter().zip(parts) {
                let hash: fn(&[u8]) -> Vec<u8> = match hasher {
                    StorageHasher::Identity => |_| Vec::new(),
                    StorageHasher::Twox64Concat => |part| twox_64(part).to_vec(),
                    StorageHasher::Blake2_128Concat => |part| blake2_128(part).to_vec(),
                    other => panic!("{what} is hashed by {other:?}"),
                };
                let (hashed, mut after) = rest.split_at(hash(&[]).len());
                let part = reencoded(types, part, &mut after, what);
                assert_eq!(hashed, hash(part), "{what}");
                rest = after;
            }
            value.id
        }
    };
    assert!(rest.is_empty(), "{what} has {} bytes more in its key", rest.len());
    value
}

#[test]
fn storage_keys_and_values_are_the_same_bytes() {
    let metadata = ours();
    let types = &metadata.types;
    let mut items = std::collections::BTreeSet::new();
    let mut check = |changes: &Json| {
        for (key, value) in entries(changes) {
            let Some((name, entry)) = item_of(&metadata, &key) else { continue };
            let ty = check_key(types, entry, &key, &name);
            if let Some(value) = value {
                let mut rest = &value[..];
                reencoded(types, ty, &mut rest, &name);
                assert!(rest.is_empty(), "{name} has {} bytes more in its value", rest.len());
                items.insert(name);
            }
        }
    };
    for chain in chains() {
        check(&chain["genesis"]);
        with_blocks(&chain, |_, block| check(&block["changes"]));
    }
    assert!(items.len() > 90, "only {} items were written", items.len());
    for name in ["System.Account", "Balances.TotalIssuance", "SubtensorModule.AlphaV2", "Swap.SwapBalancer"] {
        assert!(items.contains(name), "{name} was not written");
    }
}

/// The number of the pallet that an extrinsic calls; all recorded ones are immortal, for accounts by their id.
fn pallet_of(extrinsic: &[u8]) -> u8 {
    let mut rest = extrinsic;
    Compact::<u32>::decode(&mut rest).unwrap();
    if rest[0] == 0x84 {
        // Address, scheme and signature, then era, nonce, tip and the metadata hash's mode.
        rest = &rest[1 + 33 + 65 + 1..];
        Compact::<u32>::decode(&mut rest).unwrap();
        Compact::<u64>::decode(&mut rest).unwrap();
    }
    rest[1]
}

#[test]
fn extrinsics_and_events_are_the_same_bytes() {
    let metadata = ours();
    let with_calls = metadata.pallets.iter().filter(|pallet| pallet.calls.is_some());
    let pallets: Vec<u8> = with_calls.map(|pallet| pallet.index).collect();
    let (mut extrinsics, mut events) = (0, 0);
    for chain in chains() {
        with_blocks(&chain, |_, block| {
            for offered in list(&block["extrinsics"]) {
                let raw = bytes(&offered["extrinsic"]);
                match UncheckedExtrinsic::decode_all(&mut &raw[..]) {
                    Ok(extrinsic) => {
                        assert_eq!(extrinsic.encode(), raw);
                        extrinsics += 1;
                    }
                    Err(error) => assert!(!pallets.contains(&pallet_of(&raw)), "{error}: {raw:?}"),
                }
                let result = bytes(&offered["apply"]);
                assert_eq!(ApplyExtrinsicResult::decode_all(&mut &result[..]).unwrap().encode(), result);
            }
            let raw = bytes(&block["events"]);
            // A block with an event of a pallet that is not here cannot be read.
            if let Ok(records) = Vec::<EventRecord<RuntimeEvent, H256>>::decode_all(&mut &raw[..]) {
                assert_eq!(records.encode(), raw);
                events += records.len();
            }
        });
    }
    assert!(extrinsics >= 85 && events >= 387, "{extrinsics} extrinsics and {events} events were read");
}

#[test]
fn the_pool_answers_the_same() {
    for chain in chains() {
        with_blocks(&chain, |state, block| {
            let parent = H256::decode(&mut &bytes(&block["parent"])[..]).unwrap();
            for (offered, raw, call) in signed(block) {
                let input = [&TransactionSource::External.encode()[..], &raw, parent.as_bytes()].concat();
                let answer = ask(state, "TaggedTransactionQueue_validate_transaction", &input);
                assert_eq!(answer, bytes(&offered["validate"]), "{call:?}");
            }
        });
    }
}

#[test]
fn fees_are_the_same() {
    /// Weight, class and fee in rao.
    type Info = (Weight, u8, u64);
    let mut exact = 0;
    for chain in chains() {
        with_blocks(&chain, |state, block| {
            for (offered, raw, call) in signed(block) {
                let input = [&raw[..], &u32::try_from(raw.len()).unwrap().encode()].concat();
                let answer = ask(state, "TransactionPaymentApi_query_info", &input);
                let ours = Info::decode_all(&mut &answer[..]).unwrap();
                let real = Info::decode_all(&mut &bytes(&offered["query_info"])[..]).unwrap();
                if matches!(call, RuntimeCall::SubtensorModule(_) | RuntimeCall::Balances(_)) {
                    assert_eq!(ours, real, "{call:?}");
                    exact += 1;
                } else {
                    // What batches and sudo add is not weighed to the picosecond.
                    assert_eq!(ours.1, real.1, "{call:?}");
                    assert!(
                        ours.2.abs_diff(real.2) < 100_000,
                        "{call:?} costs {} and not {}",
                        ours.2,
                        real.2
                    );
                }
            }
        });
    }
    assert!(exact >= 25, "{exact} extrinsics were weighed");
}

#[test]
fn runtime_apis_answer_the_same_over_the_same_state() {
    let metadata = ours();
    let mut asked = 0;
    for chain in chains() {
        let state = with_blocks(&chain, |_, _| {});
        for query in list(&chain["queries"]) {
            let method = query["method"].as_str().unwrap();
            let (api, name) = method.split_once('_').unwrap();
            let described = metadata.apis.iter().find(|described| described.name == api);
            let here = described.is_some_and(|api| api.methods.iter().any(|method| method.name == name));
            // The version lists all APIs of the real runtime.
            if here && method != "Core_version" {
                let input = bytes(&query["input"]);
                assert_eq!(
                    ask(&state, method, &input),
                    bytes(&query["output"]),
                    "{method} {}",
                    query["input"]
                );
                asked += 1;
            }
        }
    }
    assert!(asked >= 85, "{asked} answers were compared");
}

/// What extrinsics told of subnets, and of the calls in batches.
fn told(events: &[u8]) -> Option<Vec<RuntimeEvent>> {
    let records = Vec::<EventRecord<RuntimeEvent, H256>>::decode_all(&mut &events[..]).ok()?;
    let by_extrinsics = records.into_iter().filter(|record| matches!(record.phase, Phase::ApplyExtrinsic(_)));
    let told = by_extrinsics.map(|record| record.event);
    Some(
        told.filter(|event| matches!(event, RuntimeEvent::SubtensorModule(_) | RuntimeEvent::Utility(_)))
            .collect(),
    )
}

#[test]
fn extrinsics_have_the_same_results_and_events() {
    let mut compared = 0;
    for chain in chains() {
        with_blocks(&chain, |before, block| {
            let mut state = Memory(before.0.clone());
            let number = u32::try_from(block["number"].as_u64().unwrap()).unwrap();
            let parent = H256::decode(&mut &bytes(&block["parent"])[..]).unwrap();
            // Slot n + 1000 holds block n.
            let slot = DigestItem::PreRuntime(*b"aura", (u64::from(number) + 1_000).encode());
            let digest = Digest { logs: vec![slot] };
            let header = Header::new(number, H256::zero(), H256::zero(), parent, digest);
            execute(&mut state, "Core_initialize_block", &header.encode());
            let mut all_here = true;
            for offered in list(&block["extrinsics"]) {
                let raw = bytes(&offered["extrinsic"]);
                if UncheckedExtrinsic::decode_all(&mut &raw[..]).is_err() {
                    all_here &= offered["signer"].is_null();
                    continue;
                }
                let result = execute(&mut state, "BlockBuilder_apply_extrinsic", &raw);
                assert_eq!(result, bytes(&offered["apply"]), "block {number}: {raw:?}");
                compared += 1;
            }
            let key = [twox_128(b"System"), twox_128(b"Events")].concat();
            let events = state.0.get(&key).cloned().unwrap_or_default();
            if let Some(expected) = told(&bytes(&block["events"])).filter(|_| all_here) {
                assert_eq!(told(&events), Some(expected), "block {number}");
            }
        });
    }
    assert!(compared >= 85, "{compared} extrinsics were executed");
}
