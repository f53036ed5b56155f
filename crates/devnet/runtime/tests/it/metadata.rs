//! Metadata for reading the runtime's answers, and the versions of its APIs.

use codec::{Decode, Encode};
use frame_metadata::v15::RuntimeMetadataV15;
use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed};
use scale_info::TypeDef;
use sp_version::RuntimeVersion;

use crate::chain::Chain;

/// The real chain's metadata at spec version 425.
pub(crate) fn real() -> RuntimeMetadataV15 {
    v15(include_bytes!("../vectors/subtensor-425.metadata.scale"))
}

/// This runtime's own metadata.
pub(crate) fn ours() -> RuntimeMetadataV15 {
    of(&Chain::new("local"))
}

/// The metadata of the runtime that a chain has now.
pub(crate) fn of(chain: &Chain) -> RuntimeMetadataV15 {
    let metadata: Option<Vec<u8>> = chain.query("Metadata_metadata_at_version", &15u32.encode());
    v15(&metadata.unwrap())
}

fn v15(mut bytes: &[u8]) -> RuntimeMetadataV15 {
    match RuntimeMetadataPrefixed::decode(&mut bytes).unwrap().1 {
        RuntimeMetadata::V15(metadata) => metadata,
        other => panic!("metadata version {}", other.version()),
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

#[test]
fn every_pallet_with_calls_is_in_the_type_of_calls_under_its_number() {
    check_calls(&ours());
}

pub(crate) fn check_calls(metadata: &RuntimeMetadataV15) {
    let TypeDef::Variant(calls) =
        &metadata.types.resolve(metadata.outer_enums.call_enum_ty.id).unwrap().type_def
    else {
        panic!("no enum")
    };
    let in_type: Vec<_> =
        calls.variants.iter().map(|variant| (variant.name.clone(), variant.index)).collect();
    let pallets = metadata.pallets.iter().filter(|pallet| pallet.calls.is_some());
    let mut with_calls: Vec<_> = pallets.map(|pallet| (pallet.name.clone(), pallet.index)).collect();
    with_calls.sort_by_key(|(_, index)| *index);
    assert_eq!(in_type, with_calls);
    assert!(with_calls.len() >= 10);
}
