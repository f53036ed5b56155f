//! The metadata of each variant, made from what FRAME writes of the pallets.

use codec::{Decode, Encode};
use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed};
use scale_info::form::PortableForm;
use scale_info::{Field, PortableRegistry, TypeDef};

use super::newtypes::Newtypes;
use super::since;
use super::{Variant, pallet_number, reversed, running};
use crate::Runtime;

/// The metadata of the variant that runs; nothing if there is none of this version.
pub(crate) fn at_version(version: u32) -> Option<Vec<u8>> {
    let first = Runtime::metadata_at_version(version)?;
    let mut metadata = RuntimeMetadataPrefixed::decode(&mut &first[..]).ok()?;
    let variant = running();
    // The three versions have the same parts in structs of their own.
    macro_rules! adapt {
        ($metadata:expr) => {
            adapt_types(&mut $metadata.types, variant);
            for pallet in &mut $metadata.pallets {
                pallet.index = pallet_number(variant, pallet.index);
            }
        };
    }
    macro_rules! wrap_storage {
        ($newtypes:expr, $metadata:expr) => {
            for storage in $metadata.pallets.iter_mut().filter_map(|pallet| pallet.storage.as_mut()) {
                for entry in &mut storage.entries {
                    $newtypes.storage(&entry.name, &mut entry.ty);
                }
            }
        };
    }
    macro_rules! wrap_apis {
        ($newtypes:expr, $metadata:expr) => {
            for method in $metadata.apis.iter_mut().flat_map(|api| &mut api.methods) {
                $newtypes.named(&method.name, &mut method.output);
                for input in &mut method.inputs {
                    $newtypes.named(&input.name, &mut input.ty);
                }
            }
        };
    }
    let wrapped = variant != Variant::Spec425;
    match &mut metadata.1 {
        RuntimeMetadata::V14(metadata) => {
            adapt!(metadata);
            if wrapped {
                let mut newtypes = Newtypes::new(&mut metadata.types);
                wrap_storage!(newtypes, metadata);
            }
        }
        RuntimeMetadata::V15(metadata) => {
            adapt!(metadata);
            if wrapped {
                let mut newtypes = Newtypes::new(&mut metadata.types);
                wrap_storage!(newtypes, metadata);
                wrap_apis!(newtypes, metadata);
            }
        }
        RuntimeMetadata::V16(metadata) => {
            adapt!(metadata);
            if wrapped {
                let mut newtypes = Newtypes::new(&mut metadata.types);
                wrap_storage!(newtypes, metadata);
                wrap_apis!(newtypes, metadata);
            }
        }
        _ => return None,
    }
    Some(metadata.encode())
}

fn adapt_types(types: &mut PortableRegistry, variant: Variant) {
    for entry in &mut types.types {
        let name = entry.ty.path.segments.last().map(String::as_str).unwrap_or_default();
        match &mut entry.ty.type_def {
            TypeDef::Composite(composite) => keep_those_there(&mut composite.fields, variant),
            TypeDef::Variant(kinds) => {
                let number = match name {
                    "RuntimeCall" | "RuntimeEvent" | "RuntimeError" => pallet_number,
                    "HyperparamValue" => reversed::<8>,
                    _ => continue,
                };
                for kind in &mut kinds.variants {
                    kind.index = number(variant, kind.index);
                }
                kinds.variants.sort_by_key(|kind| kind.index);
            }
            _ => {}
        }
    }
}

/// Leaves out the fields that the variant does not have yet.
fn keep_those_there(fields: &mut Vec<Field<PortableForm>>, variant: Variant) {
    fields.retain_mut(|field| {
        let Some((version, inner)) = field.type_name.as_deref().and_then(since::of_name) else { return true };
        let inner = inner.to_owned();
        field.type_name = Some(inner);
        variant.spec_version() >= version
    });
}
