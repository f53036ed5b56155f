//! The runtimes a chain can be upgraded to, beside the first one.

use std::collections::BTreeSet;

use codec::Encode;
use frame_metadata::v14::StorageEntryType;
use frame_metadata::v15::RuntimeMetadataV15;
use scale_info::{Field, PortableRegistry, TypeDef, form::PortableForm};
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};

use crate::chain::{Chain, Refused, account, call};
use crate::metadata::{check_calls, of, ours};

fn upgraded(name: &str) -> Chain {
    let mut chain = Chain::new("local");
    chain.upgrade(name);
    chain
}

/// Two registries whose types are compared by the bytes they describe.
struct Comparison<'r> {
    first: &'r PortableRegistry,
    later: &'r PortableRegistry,
    seen: BTreeSet<(u32, u32)>,
    newtypes: BTreeSet<&'r str>,
    added: BTreeSet<&'r str>,
}

impl<'r> Comparison<'r> {
    fn types(&mut self, first: u32, later: u32, at: &str) {
        if !self.seen.insert((first, later)) {
            return;
        }
        let (one, other) = (self.first.resolve(first).unwrap(), self.later.resolve(later).unwrap());
        if let (Some("subtensor_runtime_common"), TypeDef::Composite(composite)) =
            (other.path.segments.first().map(String::as_str), &other.type_def)
        {
            self.newtypes.insert(other.path.segments.last().unwrap());
            return self.types(first, composite.fields[0].ty.id, at);
        }
        let at = format!("{at} {}", other.path);
        match (&one.type_def, &other.type_def) {
            (TypeDef::Composite(one), TypeDef::Composite(other)) => {
                self.fields(&one.fields, &other.fields, &at);
            }
            (TypeDef::Variant(one), TypeDef::Variant(other)) => {
                assert_eq!(one.variants.len(), other.variants.len(), "{at}");
                for (one, other) in one.variants.iter().zip(&other.variants) {
                    assert_eq!((&one.name, one.index), (&other.name, other.index), "{at}");
                    self.fields(&one.fields, &other.fields, &format!("{at}::{}", one.name));
                }
            }
            (TypeDef::Sequence(one), TypeDef::Sequence(other)) => {
                self.types(one.type_param.id, other.type_param.id, &at);
            }
            (TypeDef::Array(one), TypeDef::Array(other)) => {
                assert_eq!(one.len, other.len, "{at}");
                self.types(one.type_param.id, other.type_param.id, &at);
            }
            (TypeDef::Tuple(one), TypeDef::Tuple(other)) => {
                assert_eq!(one.fields.len(), other.fields.len(), "{at}");
                for (one, other) in one.fields.iter().zip(&other.fields) {
                    self.types(one.id, other.id, &at);
                }
            }
            (TypeDef::Compact(one), TypeDef::Compact(other)) => {
                self.types(one.type_param.id, other.type_param.id, &at);
            }
            (one, other) => assert_eq!(one, other, "{at}"),
        }
    }

    fn fields(&mut self, first: &[Field<PortableForm>], later: &'r [Field<PortableForm>], at: &str) {
        let mut left = first.iter();
        for field in later {
            match left.clone().next() {
                Some(same) if same.name == field.name => {
                    left.next();
                    self.types(same.ty.id, field.ty.id, &format!("{at}.{:?}", field.name));
                }
                _ => {
                    self.added.insert(field.name.as_deref().unwrap());
                }
            }
        }
        assert_eq!(left.next(), None, "{at} has lost a field");
    }

    fn pallets(&mut self, first: &RuntimeMetadataV15, later: &'r RuntimeMetadataV15) {
        for (one, other) in first.pallets.iter().zip(&later.pallets) {
            let at = &other.name;
            assert_eq!((&one.name, one.index), (at, other.index));
            let types = [
                (one.calls.as_ref().map(|calls| calls.ty.id), other.calls.as_ref().map(|calls| calls.ty.id)),
                (one.event.as_ref().map(|event| event.ty.id), other.event.as_ref().map(|event| event.ty.id)),
                (one.error.as_ref().map(|error| error.ty.id), other.error.as_ref().map(|error| error.ty.id)),
            ];
            for (one, other) in types {
                assert_eq!(one.is_some(), other.is_some(), "{at}");
                if let (Some(one), Some(other)) = (one, other) {
                    self.types(one, other, at);
                }
            }
            for (one, other) in one.constants.iter().zip(&other.constants) {
                assert!(one.value == other.value || one.name == "Version", "{at}.{}", one.name);
                self.types(one.ty.id, other.ty.id, at);
            }
            let entries = one.storage.iter().flat_map(|storage| &storage.entries);
            let others = other.storage.iter().flat_map(|storage| &storage.entries);
            for (one, other) in entries.zip(others) {
                let at = format!("{at}.{}", other.name);
                assert_eq!((&one.name, &one.default), (&other.name, &other.default), "{at}");
                match (&one.ty, &other.ty) {
                    (StorageEntryType::Plain(one), StorageEntryType::Plain(other)) => {
                        self.types(one.id, other.id, &at);
                    }
                    (
                        StorageEntryType::Map { hashers: one_hashers, key: one_key, value: one },
                        StorageEntryType::Map { hashers, key, value },
                    ) => {
                        assert_eq!(one_hashers, hashers, "{at}");
                        self.types(one_key.id, key.id, &at);
                        self.types(one.id, value.id, &at);
                    }
                    (one, other) => panic!("{at}: {one:?} and {other:?}"),
                }
            }
        }
    }

    fn apis(&mut self, first: &RuntimeMetadataV15, later: &'r RuntimeMetadataV15) {
        for (one, other) in first.apis.iter().zip(&later.apis) {
            for (one, other) in one.methods.iter().zip(&other.methods) {
                assert_eq!(one.name, other.name);
                self.types(one.output.id, other.output.id, &one.name);
                for (one, other) in one.inputs.iter().zip(&other.inputs) {
                    assert_eq!(one.name, other.name);
                    self.types(one.ty.id, other.ty.id, &one.name);
                }
            }
        }
    }
}

#[test]
fn newtypes_describe_the_same_bytes_and_only_the_metagraph_has_more_of_them() {
    let (first, later) = (ours(), of(&upgraded("newtyped")));
    let mut comparison = Comparison {
        first: &first.types,
        later: &later.types,
        seen: BTreeSet::new(),
        newtypes: BTreeSet::new(),
        added: BTreeSet::new(),
    };
    comparison.pallets(&first, &later);
    comparison.apis(&first, &later);
    for (one, other) in first.extrinsic.signed_extensions.iter().zip(&later.extrinsic.signed_extensions) {
        comparison.types(one.ty.id, other.ty.id, &one.identifier);
        comparison.types(one.additional_signed.id, other.additional_signed.id, &one.identifier);
    }
    let newtypes = ["AlphaBalance", "MechId", "NetUid", "NetUidStorageIndex", "TaoBalance", "Uid"];
    assert_eq!(comparison.newtypes, newtypes.into());
    let added = ["collateral_earned", "collateral_locked", "collateral_min", "epoch_index"];
    assert_eq!(comparison.added, added.into());
}

#[test]
fn every_pallet_of_a_reordered_runtime_has_another_number_wherever_it_is_named() {
    let (first, later) = (ours(), of(&upgraded("reordered")));
    check_calls(&later);
    for (one, other) in first.pallets.iter().zip(&later.pallets) {
        assert_eq!(one.name, other.name);
        assert_ne!(one.index, other.index, "{}", one.name);
    }
    let variants = |ty: u32| match &later.types.resolve(ty).unwrap().type_def {
        TypeDef::Variant(variants) => variants.variants.clone(),
        other => panic!("{other:?}"),
    };
    for outer in [later.outer_enums.event_enum_ty.id, later.outer_enums.error_enum_ty.id] {
        for variant in variants(outer) {
            let pallet = later.pallets.iter().find(|pallet| pallet.name == variant.name).unwrap();
            assert_eq!(pallet.index, variant.index, "{}", variant.name);
        }
    }
}

/// System and Balances in a reordered runtime.
const SYSTEM: u8 = 2;
const BALANCES: u8 = 6;

#[test]
fn what_is_signed_is_checked_over_the_bytes_that_were_signed() {
    let bad_proof = Err(TransactionValidityError::Invalid(InvalidTransaction::BadProof));
    let remark = call(SYSTEM, 7, b"hello".to_vec());
    let mut chain = upgraded("reordered");
    assert_eq!(chain.pool("//Alice", &remark), Ok(()));
    chain.submit("//Alice", &remark).unwrap();
    let events =
        chain.stored(&[sp_core::twox_128(b"System"), sp_core::twox_128(b"Events")].concat()).unwrap();
    let remarked = [&[SYSTEM, 5][..], &account("//Alice").encode()].concat();
    assert!(events.windows(remarked.len()).any(|bytes| bytes == remarked), "{events:?}");
    // The same bytes signed for another version, and a call whose number was another pallet's when it was signed.
    chain.spec_version = 425;
    assert_eq!(chain.pool("//Alice", &remark), bad_proof);
    let transfer = call(5, 3, (0u8, account("//Bob"), codec::Compact(5u64)));
    assert!(Chain::new("local").pool("//Alice", &transfer).is_ok());
    chain.spec_version = 427;
    let transfer = call(BALANCES, 3, (0u8, account("//Bob"), codec::Compact(5u64)));
    assert_eq!(chain.pool("//Alice", &transfer), Ok(()));

    let mut extrinsic = chain.signed("//Alice", &transfer);
    let last = extrinsic.len() - 1;
    assert!(chain.validate(&extrinsic).is_ok());
    // Five becomes four.
    extrinsic[last] ^= 4;
    assert_eq!(chain.validate(&extrinsic).map(|_| ()), bad_proof);
}

#[test]
fn errors_tell_the_number_of_the_runtime_that_runs() {
    for (name, swap) in [("425", 28), ("newtyped", 28), ("reordered", 30)] {
        let refused = call(swap, 4, (1u16, true));
        assert_eq!(upgraded(name).submit("//Bob", &refused), Err(Refused::Module(swap, 12)), "{name}");
    }
}

#[test]
fn the_code_of_the_first_runtime_is_the_hash_of_its_metadata_alone() {
    let chain = upgraded("425");
    assert_eq!(chain.spec_version, 425);
    assert_eq!(chain.stored(b":code").unwrap().len(), 32);
    assert_eq!(upgraded("newtyped").spec_version, 426);
}
