//! What our metadata and the real chain's say of the same calls, errors and runtime APIs.

use std::collections::BTreeMap;

use codec::{Decode, Encode};
use frame_metadata::v15::{
    PalletMetadata, RuntimeApiMethodMetadata, RuntimeMetadataV15, StorageEntryMetadata, StorageEntryType,
};
use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed};
use scale_info::{PortableRegistry, TypeDef, form::PortableForm};
use sp_version::RuntimeVersion;

use crate::chain::Chain;

/// The runtime APIs that only Bittensor's chain has, and methods of theirs that this runtime leaves out.
pub(crate) const APIS: [(&str, &[&str]); 5] = [
    ("NeuronInfoRuntimeApi", &[]),
    ("SubnetInfoRuntimeApi", &[]),
    (
        "StakeInfoRuntimeApi",
        &[
            "get_stake_availability_for_coldkeys",
            "get_stake_fee",
            "get_coldkey_lock",
            "get_hotkey_conviction",
            "get_most_convicted_hotkey_on_subnet",
        ],
    ),
    ("SubnetRegistrationRuntimeApi", &[]),
    ("SwapRuntimeApi", &[]),
];

/// Finds the type of a pallet's calls, events or errors.
type EnumOf = fn(&PalletMetadata<PortableForm>) -> Option<u32>;

/// The real chain's metadata at spec version 425.
pub(crate) fn real() -> RuntimeMetadataV15 {
    v15(include_bytes!("../vectors/subtensor-425.metadata.scale"))
}

fn ours() -> RuntimeMetadataV15 {
    let metadata: Option<Vec<u8>> =
        Chain::new("local").query("Metadata_metadata_at_version", &15u32.encode());
    v15(&metadata.unwrap())
}

fn v15(mut bytes: &[u8]) -> RuntimeMetadataV15 {
    match RuntimeMetadataPrefixed::decode(&mut bytes).unwrap().1 {
        RuntimeMetadata::V15(metadata) => metadata,
        other => panic!("metadata version {}", other.version()),
    }
}

/// What a type looks like on the wire, with its names: paths, docs and type parameters do not count.
fn shape(types: &PortableRegistry, id: u32) -> String {
    let ty = types.resolve(id).unwrap();
    let fields = |fields: &[scale_info::Field<PortableForm>]| {
        let shapes: Vec<_> = fields
            .iter()
            .map(|field| match &field.name {
                Some(name) => format!("{name}: {}", shape(types, field.ty.id)),
                None => shape(types, field.ty.id),
            })
            .collect();
        shapes.join(", ")
    };
    match &ty.type_def {
        TypeDef::Primitive(primitive) => format!("{primitive:?}").to_lowercase(),
        TypeDef::Composite(composite) => {
            let name = ty.path.ident().unwrap_or_default();
            format!("{name}({})", fields(&composite.fields))
        }
        TypeDef::Variant(variant) => {
            let name = ty.path.ident().unwrap_or_default();
            let variants: Vec<_> = variant
                .variants
                .iter()
                .map(|variant| format!("{} {}({})", variant.index, variant.name, fields(&variant.fields)))
                .collect();
            format!("{name}[{}]", variants.join(", "))
        }
        TypeDef::Sequence(sequence) => format!("[{}]", shape(types, sequence.type_param.id)),
        TypeDef::Array(array) => format!("[{}; {}]", shape(types, array.type_param.id), array.len),
        TypeDef::Tuple(tuple) => {
            let shapes: Vec<_> = tuple.fields.iter().map(|field| shape(types, field.id)).collect();
            format!("({})", shapes.join(", "))
        }
        TypeDef::Compact(compact) => format!("compact {}", shape(types, compact.type_param.id)),
        TypeDef::BitSequence(_) => "bits".to_owned(),
    }
}

/// The calls, events or errors of a pallet: name to index and shape of the fields.
fn variants(metadata: &RuntimeMetadataV15, pallet: &str, of: EnumOf) -> BTreeMap<String, String> {
    let pallet = metadata.pallets.iter().find(|entry| entry.name == pallet).unwrap();
    let Some(id) = of(pallet) else { return BTreeMap::new() };
    let TypeDef::Variant(variants) = &metadata.types.resolve(id).unwrap().type_def else { panic!("no enum") };
    variants
        .variants
        .iter()
        .map(|variant| {
            let fields: Vec<_> = variant
                .fields
                .iter()
                .map(|field| format!("{:?} {}", field.name, shape(&metadata.types, field.ty.id)))
                .collect();
            (variant.name.clone(), format!("{} {}", variant.index, fields.join(", ")))
        })
        .collect()
}

/// A pallet as both chains have it, whose every variant here must be the real one's.
fn assert_same(pallet: &str, what: &str, of: EnumOf) -> (usize, usize) {
    let (ours, real) = (variants(&ours(), pallet, of), variants(&real(), pallet, of));
    for (name, shape) in &ours {
        assert_eq!(Some(shape), real.get(name), "{what} {pallet}.{name}");
    }
    (ours.len(), real.len())
}

#[test]
fn calls_of_admin_utils_are_the_real_ones() {
    let (ours, real) =
        assert_same("AdminUtils", "call", |pallet| pallet.calls.as_ref().map(|calls| calls.ty.id));
    assert_eq!((ours, real), (69, 82));
}

#[test]
fn calls_and_errors_of_subtensor_are_the_real_ones() {
    let (ours, _) =
        assert_same("SubtensorModule", "call", |pallet| pallet.calls.as_ref().map(|calls| calls.ty.id));
    assert!(ours >= 15);
    let (ours, real) =
        assert_same("SubtensorModule", "error", |pallet| pallet.error.as_ref().map(|error| error.ty.id));
    assert_eq!(ours, real);
}

#[test]
fn storage_has_the_real_names_hashers_types_and_defaults() {
    let (ours, real) = (ours(), real());
    let entries = |metadata: &RuntimeMetadataV15, pallet: &str| -> BTreeMap<String, String> {
        let pallet = metadata.pallets.iter().find(|entry| entry.name == pallet).unwrap();
        let described = |entry: &StorageEntryMetadata<PortableForm>| {
            let ty = match &entry.ty {
                StorageEntryType::Plain(value) => shape(&metadata.types, value.id),
                StorageEntryType::Map { hashers, key, value } => {
                    let (key, value) = (shape(&metadata.types, key.id), shape(&metadata.types, value.id));
                    format!("{hashers:?} {key} => {value}")
                }
            };
            format!("{:?} {ty} {:?}", entry.modifier, entry.default)
        };
        let entries = &pallet.storage.as_ref().unwrap().entries;
        entries.iter().map(|entry| (entry.name.clone(), described(entry))).collect()
    };
    for pallet in ["SubtensorModule", "Swap"] {
        let expected = entries(&real, pallet);
        for (name, described) in entries(&ours, pallet) {
            assert_eq!(Some(&described), expected.get(&name), "{pallet}.{name}");
        }
    }
}

#[test]
fn events_of_admin_utils_and_subtensor_are_the_real_ones() {
    for pallet in ["AdminUtils", "SubtensorModule"] {
        let (ours, _) = assert_same(pallet, "event", |pallet| pallet.event.as_ref().map(|event| event.ty.id));
        assert!(ours > 4);
    }
}

#[test]
fn errors_of_admin_utils_are_all_there_in_order() {
    let (ours, real) =
        assert_same("AdminUtils", "error", |pallet| pallet.error.as_ref().map(|error| error.ty.id));
    assert_eq!((ours, real), (14, 14));
}

#[test]
fn runtime_apis_have_the_real_methods_arguments_and_results() {
    let (ours, real) = (ours(), real());
    let methods = |metadata: &RuntimeMetadataV15, api: &str| -> BTreeMap<String, String> {
        let api = metadata.apis.iter().find(|entry| entry.name == api).unwrap();
        let signature = |method: &RuntimeApiMethodMetadata<PortableForm>| {
            let inputs: Vec<_> = method
                .inputs
                .iter()
                .map(|input| format!("{}: {}", input.name, shape(&metadata.types, input.ty.id)))
                .collect();
            format!("({}) -> {}", inputs.join(", "), shape(&metadata.types, method.output.id))
        };
        api.methods.iter().map(|method| (method.name.clone(), signature(method))).collect()
    };
    for (api, left_out) in APIS {
        let mut expected = methods(&real, api);
        for method in left_out {
            assert!(expected.remove(*method).is_some(), "{api}.{method} is not a real method");
        }
        for (method, signature) in methods(&ours, api) {
            assert_eq!(Some(signature), expected.remove(&method), "{api}.{method}");
        }
        assert!(expected.is_empty(), "{api} lacks {:?}", expected.keys());
    }
}

#[test]
fn the_version_names_bittensors_apis() {
    let version: RuntimeVersion = Chain::new("local").query("Core_version", &[]);
    for (api, expected) in [("SubnetInfoRuntimeApi", 2), ("NeuronInfoRuntimeApi", 1), ("SwapRuntimeApi", 1)] {
        let id = sp_core::blake2_64(api.as_bytes());
        assert!(version.apis.contains(&(id, expected)), "{api}");
    }
}
