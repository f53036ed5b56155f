//! What the client uses of a runtime, tried against recordings, against the development runtime, and against runtimes
//! that changed.

use crate::{metadata::Changed, vectors};
use scale_info::TypeDefPrimitive::{Bool, U16, U32, U64};
use std::{collections::BTreeSet, fs, path::Path};
use subnetkit_chain::{Call, Chain, CodecError, Mechanism, Runtime, Surface, UseKind, Value, Verdict};
use subnetkit_devnet::{BlockProduction, Config, Devnet, Variant};

fn failures(surface: &Surface) -> Vec<String> {
    surface.failures().iter().map(|failure| failure.to_string()).collect()
}

/// The one failure that a change is to cause.
fn failure_of(changed: Changed) -> String {
    let failures = failures(&changed.runtime().surface());
    assert_eq!(failures.len(), 1, "{failures:?}");
    failures.into_iter().next().unwrap()
}

#[test]
fn everything_fits_the_recorded_runtime() {
    let surface = vectors::runtime().surface();
    assert_eq!((failures(&surface), surface.differences()), (Vec::new(), Vec::new()));
    let kinds: BTreeSet<UseKind> = surface.uses.iter().map(|known| known.kind).collect();
    assert_eq!(kinds.len(), 8, "all kinds of uses are declared: {kinds:?}");
    assert!(surface.uses.len() > 100, "{}", surface.uses.len());
}

#[test]
fn metadata_is_read_however_it_was_kept() {
    let raw = vectors::METADATA;
    let digits = hex::encode(raw);
    let opaque = codec::Encode::encode(&raw.to_vec());
    let option = codec::Encode::encode(&Some(raw.to_vec()));
    let answer = codec::Encode::encode(&option);
    let json = format!(r#"{{"jsonrpc":"2.0","id":1,"result":"0x{}"}}"#, hex::encode(&option));
    let kept: [&[u8]; 7] = [
        raw,
        digits.as_bytes(),
        &opaque,
        &option,
        &answer,
        json.as_bytes(),
        format!("\"0x{digits}\"\n").leak().as_bytes(),
    ];
    for contents in kept {
        let runtime = Runtime::from_recording(contents).unwrap();
        assert_eq!(runtime.spec_version(), 425);
        assert!(runtime.surface().failures().is_empty());
    }
    for contents in [&b""[..], b"0x", b"hello", &raw[..1000], &[1, 1, 1, 1, 1, 1]] {
        let error = Runtime::from_recording(contents).unwrap_err();
        assert!(matches!(error, CodecError::Metadata { .. }), "{error}");
    }
}

#[tokio::test]
async fn everything_fits_the_development_runtime() {
    let genesis = subnetkit_runtime::preset("local").unwrap();
    let config = Config { genesis, block_production: BlockProduction::OnDemand, ..Config::default() };
    let devnet = Devnet::spawn(config).await.unwrap();
    let chain = Chain::connect_url(&devnet.ws_url()).await.unwrap();
    let surface = chain.runtime().await.unwrap().surface();
    assert_eq!(failures(&surface), Vec::<String>::new());
    // Pallets that only hide failures of calls inside calls, and the development chain does not have.
    let absent: Vec<_> = surface.differences().iter().map(|known| known.name.as_str()).collect();
    assert_eq!(absent, ["Proxy.ProxyExecuted", "Multisig.MultisigExecuted"]);
}

#[tokio::test]
async fn everything_fits_the_development_runtime_after_every_upgrade() {
    let config = Config { block_production: BlockProduction::OnDemand, ..Config::default() };
    let devnet = Devnet::spawn(config).await.unwrap();
    let chain = Chain::connect_url(&devnet.ws_url()).await.unwrap();
    for (variant, spec_version) in [(Variant::Newtyped, 426), (Variant::Reordered, 427)] {
        devnet.upgrade_runtime(variant).await.unwrap();
        devnet.mine(1).await.unwrap();
        let surface = chain.runtime().await.unwrap().surface();
        assert_eq!((surface.spec_version, failures(&surface)), (spec_version, Vec::new()));
    }
}

#[test]
fn what_was_removed_or_renamed_is_found() {
    let mut changed = Changed::recorded();
    changed.calls("SubtensorModule").retain(|call| call.name != "add_stake");
    assert_eq!(failure_of(changed), "call SubtensorModule.add_stake: missing");

    let mut changed = Changed::recorded();
    changed.call("SubtensorModule", "burned_register").fields[1].name = Some("hot_key".to_owned());
    let failure = failure_of(changed);
    assert!(
        failure.contains("SubtensorModule.burned_register") && failure.contains("`hot_key`"),
        "{failure}"
    );

    let mut changed = Changed::recorded();
    let extra = changed.field("limit", U64);
    changed.call("SubtensorModule", "remove_stake").fields.push(extra);
    // The sample of a call inside a call is another one, so this is the only use it breaks.
    let failure = failure_of(changed);
    assert!(failure.contains("SubtensorModule.remove_stake"), "{failure}");

    let mut changed = Changed::recorded();
    changed.remove_storage("SubnetEpochIndex");
    assert_eq!(failure_of(changed), "storage item SubtensorModule.SubnetEpochIndex: missing");

    let mut changed = Changed::recorded();
    changed.fields("Metagraph").iter_mut().for_each(|field| {
        if field.name.as_deref() == Some("total_stake") {
            field.name = Some("stake_weight".to_owned());
        }
    });
    let failure = failure_of(changed);
    assert!(failure.contains("get_metagraph") && failure.contains("`total_stake (a field)`"), "{failure}");

    let mut changed = Changed::recorded();
    changed.events("System").retain(|event| event.name != "ExtrinsicFailed");
    assert_eq!(failure_of(changed), "event System.ExtrinsicFailed: missing");

    let mut changed = Changed::recorded();
    changed.remove_api("get_metagraph");
    assert_eq!(failure_of(changed), "runtime API SubnetInfoRuntimeApi.get_metagraph: missing");
}

#[test]
fn what_has_another_type_is_found() {
    let mut changed = Changed::recorded();
    let flag = changed.primitive(Bool);
    *changed.value("Tempo") = flag;
    let failure = failure_of(changed);
    assert!(failure.contains("SubtensorModule.Tempo") && failure.contains("a number"), "{failure}");

    let mut changed = Changed::recorded();
    let flag = changed.primitive(Bool);
    changed.call("SubtensorModule", "set_mechanism_weights").fields.iter_mut().for_each(|field| {
        if field.name.as_deref() == Some("version_key") {
            field.ty = flag;
        }
    });
    let surface = changed.runtime().surface();
    // The plain call is another way, and stays.
    assert_eq!(failures(&surface), Vec::<String>::new());
    let differs = surface.differences().iter().map(|known| known.to_string()).collect::<Vec<_>>();
    assert!(
        differs[0].contains("set_mechanism_weights") && differs[0].contains("version_key"),
        "{differs:?}"
    );

    let mut changed = Changed::recorded();
    let flag = changed.primitive(Bool);
    changed.enumeration("DispatchError").iter_mut().for_each(|variant| {
        if variant.name == "Module" {
            variant.fields[0].ty = flag;
        }
    });
    let failures = failures(&changed.runtime().surface());
    assert!(failures.iter().any(|failure| failure.contains("ExtrinsicFailed")), "{failures:?}");
}

#[test]
fn ways_and_stand_ins_are_told_from_what_is_required() {
    let mut changed = Changed::recorded();
    for form in ["get_subnet_hyperparams_v3", "get_subnet_hyperparams_v2"] {
        changed.remove_api(form);
    }
    changed.remove_storage("MechanismCountCurrent");
    changed.remove_storage("NeuronCertificates");
    let surface = changed.runtime().surface();
    assert_eq!(failures(&surface), Vec::<String>::new());
    let differences: Vec<String> = surface.differences().iter().map(|known| known.to_string()).collect();
    assert_eq!(differences.len(), 4, "{differences:?}");
    assert!(differences.iter().any(|known| known.ends_with("without it 1 is assumed)")), "{differences:?}");

    let mut changed = Changed::recorded();
    for form in ["get_subnet_hyperparams_v3", "get_subnet_hyperparams_v2", "get_subnet_hyperparams"] {
        changed.remove_api(form);
    }
    assert_eq!(failures(&changed.runtime().surface()).len(), 3, "no way is left");

    // What is there, but of another type, cannot be taken for what is not there.
    let mut changed = Changed::recorded();
    let flag = changed.primitive(Bool);
    *changed.value("StakeThreshold") = flag;
    let failure = failure_of(changed);
    assert!(failure.contains("StakeThreshold"), "{failure}");
}

/// A later runtime: netuids, uids, hotkeys and hashes of types of their own, new fields everywhere, everything in another
/// order.
fn later(wrapper_name: Option<&str>) -> Changed {
    let mut changed = Changed::recorded();
    let number = changed.primitive(U16);
    let netuid = changed.wrapper(number, wrapper_name);
    changed.retype("netuid", number, netuid);
    changed.rekey(number, netuid);
    let account = changed.call("SubtensorModule", "burned_register").fields[1].ty;
    let hotkey = changed.wrapper(account, wrapper_name);
    changed.retype("hotkey", account, hotkey);
    changed.rekey(account, hotkey);
    let uids = changed.call("SubtensorModule", "set_weights").fields[1].ty;
    let uid = changed.wrapper(number, wrapper_name);
    let wrapped_uids = changed.list(uid);
    for name in ["dests", "uids", "salt"] {
        changed.retype(name, uids, wrapped_uids);
    }
    let hash = changed.call("SubtensorModule", "commit_weights").fields[1].ty;
    let wrapped_hash = changed.wrapper(hash, wrapper_name);
    changed.retype("commit_hash", hash, wrapped_hash);
    let age = changed.field("age", U32);
    for name in ["AxonInfo", "Metagraph", "SelectiveMetagraph", "SubnetHyperparamsV2"] {
        let fields = changed.fields(name);
        fields.reverse();
        fields.insert(1, age.clone());
    }
    for name in ["DispatchError", "HyperparamValue"] {
        let variants = changed.enumeration(name);
        let last = u8::try_from(variants.len()).unwrap() - 1;
        variants.iter_mut().for_each(|variant| variant.index = last - variant.index);
        variants.reverse();
    }
    for pallet in ["SubtensorModule", "AdminUtils", "Utility"] {
        changed.calls(pallet).iter_mut().for_each(|call| call.index = call.index.wrapping_add(50));
        changed.events(pallet).iter_mut().for_each(|event| event.index = event.index.wrapping_add(50));
    }
    for name in ["set_mechanism_weights", "commit_timelocked_mechanism_weights", "serve_axon"] {
        changed.call("SubtensorModule", name).fields.reverse();
    }
    changed
}

#[test]
fn a_later_runtime_is_used_as_the_one_known() {
    for name in [None, Some("id")] {
        let runtime = later(name).runtime();
        assert_eq!(failures(&runtime.surface()), Vec::<String>::new());
        assert!(runtime.surface().differences().is_empty());
    }
}

#[test]
fn arguments_find_their_places_in_a_later_runtime() {
    let of = Mechanism { netuid: 0x0203, mecid: 4 };
    for name in [None, Some("id")] {
        let (now, later) = (vectors::runtime(), later(name).runtime());
        let call =
            |runtime: &Runtime| runtime.encode_call(&Call::set_weights(runtime, of, &[(5, 6)], 7)).unwrap();
        assert_eq!(hex::encode(call(&now)), "07770302040405000406000700000000000000");
        // Pallet, the moved index, then the arguments the other way round; the wrapper adds no bytes.
        assert_eq!(hex::encode(call(&later)), "07a90700000000000000040600040500040302");
        let key = |runtime: &Runtime| {
            runtime
                .storage_key("SubtensorModule", "Uids", &[3u16.into(), Value::Account([9; 32].into())])
                .unwrap()
        };
        assert_eq!(key(&now), key(&later));
        let input = |runtime: &Runtime| {
            runtime.api_input("SubnetInfoRuntimeApi", "get_metagraph", vec![3u16.into()]).unwrap()
        };
        assert_eq!((input(&now), input(&later)), (vec![3, 0], vec![3, 0]));
    }
}

#[test]
fn fields_are_read_where_a_later_runtime_has_them() {
    let runtime = later(None).runtime();
    // placeholder2, age, placeholder1, protocol, ip_type, port, ip, version, block.
    let mut axon = vec![0, 9, 9, 9, 9, 0, 4, 4];
    axon.extend(8091u16.to_le_bytes());
    axon.extend(u128::from(0x0a01_0203u32).to_le_bytes());
    axon.extend(1u32.to_le_bytes());
    axon.extend(77u64.to_le_bytes());
    let value = runtime.storage_value("SubtensorModule", "Axons", Some(&axon)).unwrap().unwrap();
    let number = |name: &str| value.field(name).and_then(Value::number);
    assert_eq!((number("port"), number("block"), number("age")), (Some(8091), Some(77), Some(0x0909_0909)));
    // The same error of the same pallet under the variant's new index.
    let module = runtime.metadata_index_of_module();
    let mut event = vec![4, 0, 0, 0, 0, 0, 0, 1, module, 7, 15, 0, 0, 0];
    event.extend([0, 0, 0, 0, 0]);
    let events = runtime.events(&event, 0).unwrap();
    let refusal = runtime.refusal(&events, 5).unwrap().unwrap();
    assert_eq!((refusal.name(), refusal.pallet()), ("NeuronNoValidatorPermit", Some("SubtensorModule")));
}

trait ModuleIndex {
    fn metadata_index_of_module(&self) -> u8;
}

impl ModuleIndex for Runtime {
    /// The index of the variant `Module` after the enum was turned around.
    fn metadata_index_of_module(&self) -> u8 {
        let mut changed = Changed::recorded();
        let variants = changed.enumeration("DispatchError");
        let module = variants.iter().find(|variant| variant.name == "Module").unwrap();
        u8::try_from(variants.len()).unwrap() - 1 - module.index
    }
}

/// What a runtime names, in string literals of the crate's source outside of the declarations.
#[test]
fn nothing_of_a_runtime_is_named_outside_of_the_declarations() {
    let names = names_of_the_runtime();
    let root = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let mut found = Vec::new();
    let mut folders = vec![Path::new(&root).join("src")];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            // The refusals' own tables are of names that have a rule, whatever runtime gives them.
            if path.ends_with("src/surface.rs") || path.ends_with("src/refusal") {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                files += 1;
                let source = fs::read_to_string(&path).unwrap();
                let code = source.split("#[cfg(test)]").next().unwrap();
                let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
                let literals = lines.flat_map(|line| line.split('"').skip(1).step_by(2));
                let known = literals.filter(|literal| names.contains(*literal));
                found.extend(known.map(|literal| format!("{}: {literal}", path.display())));
            }
        }
    }
    assert!(files > 30, "{files} files");
    assert_eq!(found, Vec::<String>::new(), "declare it in surface.rs, and use the declaration");
}

/// Pallets, runtime APIs, calls, storage items, events and constants of the recorded runtime. Single small words are left
/// out: they are fields' names as well.
fn names_of_the_runtime() -> BTreeSet<String> {
    let metadata = subxt::Metadata::decode_from(vectors::METADATA).unwrap();
    let mut names = BTreeSet::new();
    for pallet in metadata.pallets() {
        names.insert(pallet.name().to_owned());
        let calls = pallet.call_variants().into_iter().flatten();
        let events = pallet.event_variants().into_iter().flatten();
        names.extend(calls.chain(events).map(|variant| variant.name.clone()));
        names.extend(pallet.storage().into_iter().flat_map(|s| s.entries()).map(|e| e.name().to_owned()));
        names.extend(pallet.constants().map(|constant| constant.name().to_owned()));
    }
    for api in metadata.runtime_api_traits() {
        names.insert(api.name().to_owned());
        for method in api.methods() {
            names.extend([method.name().to_owned(), format!("{}_{}", api.name(), method.name())]);
        }
    }
    names.retain(|name| name.contains(|c: char| c.is_ascii_uppercase() || c == '_'));
    names
}

#[test]
fn every_error_known_by_name_has_a_rule() {
    let surface = vectors::runtime().surface();
    let errors = surface.uses.iter().filter(|known| known.kind == UseKind::Error);
    let errors: Vec<_> = errors.map(|known| (known.name.clone(), known.verdict.clone())).collect();
    assert!(errors.len() > 30 && errors.iter().all(|(_, verdict)| *verdict == Verdict::Fits));
    let rules = include_str!("../../src/refusal/rules.rs");
    for (name, _) in errors {
        let name = name.split('.').nth(1).unwrap();
        assert!(rules.contains(&format!("(\"{name}\",")), "{name}");
    }
}
