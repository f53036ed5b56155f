//! The runtime's metadata against a recording of the real one's.

#[path = "../../examples/metadata-diff/catalogue.rs"]
mod catalogue;
#[path = "../../examples/metadata-diff/comparison.rs"]
mod comparison;
#[path = "../../examples/metadata-diff/own.rs"]
mod own;

use codec::{Decode, Encode};
use frame_metadata::v14::{StorageEntryType, StorageHasher};
use frame_metadata::v15::RuntimeMetadataV15;
use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed};
use scale_info::TypeDef;

use catalogue::{Catalogue, CatalogueError, Kind};
use comparison::Report;

/// The real chain's metadata at spec version 425.
const RECORDED: &[u8] = include_bytes!("../../runtime/tests/vectors/subtensor-425.metadata.scale");

#[test]
fn nothing_that_is_here_differs_from_the_real_runtime() {
    let ours = Catalogue::read(&own::metadata(15).unwrap()).unwrap();
    let report = Report::new(&ours, &Catalogue::read(RECORDED).unwrap());
    assert_eq!(differences(&report), Vec::<String>::new());
    for kind in [Kind::Pallet, Kind::Call, Kind::Storage, Kind::Constant, Kind::Event, Kind::Error] {
        assert!(ours.items.keys().any(|name| name.kind == kind), "no {kind} were compared");
    }
}

#[test]
fn every_version_of_the_metadata_lists_the_same_items() {
    let items = |version: u32, kind: Kind| -> Vec<String> {
        let catalogue = Catalogue::read(&own::metadata(version).unwrap()).unwrap();
        assert_eq!(catalogue.version, version);
        catalogue.items.keys().filter(|name| name.kind == kind).map(ToString::to_string).collect()
    };
    for kind in [Kind::Pallet, Kind::Call, Kind::Storage, Kind::Constant, Kind::Extension] {
        let expected = items(15, kind);
        assert!(!expected.is_empty());
        assert_eq!(items(14, kind), expected);
        assert_eq!(items(16, kind), expected);
    }
    assert_eq!(items(16, Kind::RuntimeApi), items(15, Kind::RuntimeApi));
}

/// The report on the recorded metadata after a change to it, as if that were ours.
fn changed(change: impl FnOnce(&mut RuntimeMetadataV15)) -> Report {
    let mut metadata = RuntimeMetadataPrefixed::decode(&mut &RECORDED[..]).unwrap();
    let RuntimeMetadata::V15(inner) = &mut metadata.1 else { panic!("metadata of version 15") };
    change(inner);
    Report::new(&Catalogue::read(&metadata.encode()).unwrap(), &Catalogue::read(RECORDED).unwrap())
}

/// The differences as `name: difference`.
fn differences(report: &Report) -> Vec<String> {
    report.differences().map(|(name, difference)| format!("{name}: {difference}")).collect()
}

#[test]
fn equal_metadata_has_no_difference() {
    let report = changed(|_| {});
    assert!(differences(&report).is_empty());
    assert!(!report.to_string().contains("missing calls"));
}

#[test]
fn each_difference_is_found_and_named() {
    let report = changed(|metadata| {
        let timestamp = metadata.pallets.iter_mut().find(|pallet| pallet.name == "Timestamp").unwrap();
        timestamp.constants[0].value = 1u64.encode();
        metadata.extrinsic.signed_extensions.swap(0, 1);
        let system = metadata.pallets.iter_mut().find(|pallet| pallet.name == "System").unwrap();
        let entries = &mut system.storage.as_mut().unwrap().entries;
        let block_hash = entries.iter_mut().find(|entry| entry.name == "BlockHash").unwrap();
        let StorageEntryType::Map { hashers, .. } = &mut block_hash.ty else { panic!("a map") };
        *hashers = vec![StorageHasher::Identity];
    });
    assert_eq!(
        differences(&report),
        [
            "System.BlockHash: hashers is [Identity], recorded [Twox64Concat]",
            "Timestamp.MinimumPeriod: value is 1, recorded 6000",
            "CheckNonZeroSender: position is 1, recorded 0",
            "CheckSpecVersion: position is 0, recorded 1",
        ]
    );
}

#[test]
fn types_differ_by_what_they_contain() {
    let report = changed(|metadata| {
        // AccountData.free is now what AccountInfo.nonce is.
        let is =
            |ty: &scale_info::PortableType, name: &str| ty.ty.path.ident().is_some_and(|ident| ident == name);
        let info = metadata.types.types.iter().find(|ty| is(ty, "AccountInfo")).unwrap();
        let TypeDef::Composite(info) = &info.ty.type_def else { panic!("a struct") };
        let nonce = info.fields[0].ty;
        let data = metadata.types.types.iter_mut().find(|ty| is(ty, "AccountData")).unwrap();
        let TypeDef::Composite(data) = &mut data.ty.type_def else { panic!("a struct") };
        data.fields[0].ty = nonce;
    });
    assert_eq!(
        differences(&report),
        [
            "Balances.Account: value.free is u32, recorded u64",
            "System.Account: value.data.free is u32, recorded u64"
        ]
    );
}

#[test]
fn what_is_on_one_side_only_is_listed_unless_it_takes_anothers_index() {
    let report = changed(|metadata| {
        metadata.pallets.retain(|pallet| pallet.name != "Drand");
        let aura = metadata.pallets.iter_mut().find(|pallet| pallet.name == "Aura").unwrap();
        aura.name = "Babe".to_owned();
        metadata.apis[0].methods[0].name = "variant".to_owned();
    });
    assert_eq!(differences(&report), ["Babe: has the index of Aura"]);
    let text = report.to_string();
    assert!(text.contains("\nextra runtime API methods of Core (1): variant\n"), "{text}");
    assert!(text.contains("missing pallets (2): Aura, Drand\n"), "{text}");
    let drands = "missing calls of Drand (3): set_beacon_config, set_oldest_stored_round, write_pulse\n";
    assert!(text.contains(drands), "{text}");
}

#[test]
fn other_bytes_are_refused_by_what_they_are() {
    assert!(matches!(Catalogue::read(b"metadata"), Err(CatalogueError::Undecodable(_))));
    let mut old = RECORDED[..5].to_vec();
    old[4] = 13;
    assert!(matches!(
        Catalogue::read(&old),
        Err(CatalogueError::Undecodable(_) | CatalogueError::Version(13))
    ));
    assert!(own::metadata(3).unwrap_err().to_string().contains("version 3"));
}
