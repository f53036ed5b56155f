//! Metadata of any version as one list of named items.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use codec::Decode;
use frame_metadata::v14::StorageEntryType;
use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed, v14, v15, v16};
use scale_info::{Field, PortableRegistry, TypeDef, Variant, form::PortableForm};

/// Why bytes are not metadata that can be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum CatalogueError {
    #[error("the metadata does not decode: give SCALE bytes with the `meta` prefix ({0})")]
    Undecodable(codec::Error),
    #[error("metadata of version {0} cannot be compared: give version 14, 15 or 16")]
    Version(u32),
    #[error("the metadata of {0} refers to type {1}, which it does not have: take it from the node again")]
    DanglingType(String, u32),
    #[error("the constant System.Version does not decode: take the metadata from the node again ({0})")]
    RuntimeVersion(codec::Error),
}

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Pallet,
    Call,
    Storage,
    Constant,
    Event,
    Error,
    ViewFunction,
    AssociatedType,
    RuntimeApi,
    ApiVersion,
    Extension,
    Extrinsic,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pallet => "pallets",
            Self::Call => "calls",
            Self::Storage => "storage items",
            Self::Constant => "constants",
            Self::Event => "events",
            Self::Error => "errors",
            Self::ViewFunction => "view functions",
            Self::AssociatedType => "associated types",
            Self::RuntimeApi => "runtime API methods",
            Self::ApiVersion => "runtime API versions",
            Self::Extension => "transaction extensions",
            Self::Extrinsic => "extrinsic",
        })
    }
}

/// An item's name: what it is, the pallet or runtime API it belongs to, and its own name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    pub(crate) kind: Kind,
    pub(crate) owner: String,
    pub(crate) item: String,
}

/// One thing that can be said of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Aspect {
    Text(String),
    Type(u32),
    /// SCALE bytes of a type.
    Value(u32, Vec<u8>),
}

/// The label of the number that stands for a pallet, call, event or error in encoded bytes.
pub(crate) const INDEX: &str = "index";

/// What is said of an item, in order: labels such as `index`, `value` or an argument's name.
pub(crate) type Aspects = Vec<(String, Aspect)>;

/// Everything that one runtime's metadata names.
#[derive(Debug)]
pub(crate) struct Catalogue {
    /// The metadata's version.
    pub(crate) version: u32,
    pub(crate) types: PortableRegistry,
    pub(crate) items: BTreeMap<Name, Aspects>,
    /// Types whose variants are items themselves: the calls, events and errors of pallets.
    pub(crate) itemised: BTreeSet<u32>,
}

/// A runtime API's version as `System.Version` has it, by the hash of its name.
type ApiVersions = Vec<([u8; 8], u32)>;

impl Catalogue {
    /// Lists what metadata with the `meta` prefix names.
    ///
    /// # Errors
    /// If the bytes are not metadata of version 14, 15 or 16, or contradict themselves.
    pub(crate) fn read(mut bytes: &[u8]) -> Result<Self, CatalogueError> {
        let metadata = RuntimeMetadataPrefixed::decode(&mut bytes).map_err(CatalogueError::Undecodable)?.1;
        match metadata {
            RuntimeMetadata::V14(metadata) => Self::of_v14(metadata),
            RuntimeMetadata::V15(metadata) => Self::of_v15(metadata),
            RuntimeMetadata::V16(metadata) => Self::of_v16(metadata),
            other => Err(CatalogueError::Version(other.version())),
        }
    }

    fn empty(version: u32, types: PortableRegistry) -> Self {
        Self { version, types, items: BTreeMap::new(), itemised: BTreeSet::new() }
    }

    fn add(&mut self, kind: Kind, owner: &str, item: impl Into<String>, aspects: Aspects) {
        self.items.insert(Name { kind, owner: owner.to_owned(), item: item.into() }, aspects);
    }

    fn variants(&mut self, kind: Kind, pallet: &str, id: u32) -> Result<(), CatalogueError> {
        let dangling = || CatalogueError::DanglingType(pallet.to_owned(), id);
        let TypeDef::Variant(variants) = &self.types.resolve(id).ok_or_else(dangling)?.type_def else {
            return Err(dangling());
        };
        let described = |variant: &Variant<PortableForm>| {
            let index = text(INDEX, &variant.index);
            let fields = variant.fields.iter().enumerate().map(|(position, field)| named(position, field));
            (variant.name.clone(), std::iter::once(index).chain(fields).collect())
        };
        let variants: Vec<(String, Aspects)> = variants.variants.iter().map(described).collect();
        self.itemised.insert(id);
        for (name, aspects) in variants {
            self.add(kind, pallet, name, aspects);
        }
        Ok(())
    }

    fn storage(&mut self, pallet: &str, entry: StorageEntry<'_>) {
        let mut aspects =
            vec![text("prefix", &entry.prefix), text("modifier", &format!("{:?}", entry.modifier))];
        let value = match entry.ty {
            StorageEntryType::Plain(value) => value.id,
            StorageEntryType::Map { hashers, key, value } => {
                aspects.push(text("hashers", &format!("{hashers:?}")));
                aspects.push(ty("key", key.id));
                value.id
            }
        };
        aspects.push(ty("value", value));
        aspects.push(("default".to_owned(), default(entry.modifier, value, entry.default)));
        self.add(Kind::Storage, pallet, entry.name, aspects);
    }

    /// A constant. The runtime's version lists its APIs, each of which becomes an item of its own.
    fn constant(&mut self, pallet: &str, name: &str, id: u32, value: &[u8]) -> Result<(), CatalogueError> {
        let mut aspects = vec![ty("type", id)];
        if (pallet, name) == ("System", "Version") {
            type Version = (String, String, u32, u32, u32, ApiVersions, u32, u8);
            let (spec, implementation, authoring, spec_version, build, apis, transaction, system) =
                Version::decode(&mut &*value).map_err(CatalogueError::RuntimeVersion)?;
            aspects.extend([
                text("names", &format!("{spec} {implementation}")),
                text("spec_version", &spec_version),
                text("transaction_version", &transaction),
                text("other versions", &format!("{authoring} {build} {system}")),
            ]);
            for (id, version) in apis {
                self.add(
                    Kind::ApiVersion,
                    "",
                    format!("0x{}", hex::encode(id)),
                    vec![text("version", &version)],
                );
            }
        } else {
            aspects.push(("value".to_owned(), Aspect::Value(id, value.to_vec())));
        }
        self.add(Kind::Constant, pallet, name, aspects);
        Ok(())
    }

    fn method<'m>(
        &mut self,
        (kind, owner, name): (Kind, &str, &str),
        inputs: impl IntoIterator<Item = &'m v15::RuntimeApiMethodParamMetadata<PortableForm>>,
        output: u32,
    ) {
        let inputs = inputs.into_iter().map(|input| ty(input.name.as_str(), input.ty.id));
        self.add(kind, owner, name, inputs.chain([ty("output", output)]).collect());
    }

    fn extension(&mut self, position: usize, identifier: &str, extra: u32, implicit: u32) {
        let aspects = vec![text("position", &position), ty("extra", extra), ty("implicit", implicit)];
        self.add(Kind::Extension, "", identifier, aspects);
    }

    /// Names runtime APIs that are known by the hash of their name only.
    fn name_api_versions<'n>(&mut self, apis: impl IntoIterator<Item = &'n str>) {
        for api in apis {
            let hash = sp_core::hashing::blake2_64(api.as_bytes());
            let hashed = Name {
                kind: Kind::ApiVersion,
                owner: String::new(),
                item: format!("0x{}", hex::encode(hash)),
            };
            if let Some(aspects) = self.items.remove(&hashed) {
                self.add(Kind::ApiVersion, "", api, aspects);
            }
        }
    }
}

/// A storage item in any version's metadata.
#[derive(Clone, Copy)]
struct StorageEntry<'m> {
    prefix: &'m str,
    name: &'m str,
    modifier: &'m v14::StorageEntryModifier,
    ty: &'m StorageEntryType<PortableForm>,
    default: &'m [u8],
}

/// What an item holds that was never written. An optional one holds nothing, which is the byte 0 of no type.
fn default(modifier: &v14::StorageEntryModifier, value: u32, bytes: &[u8]) -> Aspect {
    match modifier {
        v14::StorageEntryModifier::Optional => Aspect::Text(format!("0x{}", hex::encode(bytes))),
        v14::StorageEntryModifier::Default => Aspect::Value(value, bytes.to_vec()),
    }
}

fn text(label: impl Into<String>, value: &impl ToString) -> (String, Aspect) {
    (label.into(), Aspect::Text(value.to_string()))
}

fn ty(label: impl Into<String>, id: u32) -> (String, Aspect) {
    (label.into(), Aspect::Type(id))
}

/// A field by its name, or by its position if it has none.
fn named(position: usize, field: &Field<PortableForm>) -> (String, Aspect) {
    ty(field.name.clone().unwrap_or_else(|| position.to_string()), field.ty.id)
}

/// Lists pallets: each version has structs of its own, with the same fields.
macro_rules! list_pallets {
    ($catalogue:ident, $pallets:expr) => {
        for pallet in $pallets {
            let owner = pallet.name.as_str();
            $catalogue.add(Kind::Pallet, "", owner, vec![text(INDEX, &pallet.index)]);
            let storage = pallet.storage.iter().flat_map(|storage| {
                storage.entries.iter().map(move |entry| (storage.prefix.as_str(), entry))
            });
            for (prefix, entry) in storage {
                let entry = StorageEntry {
                    prefix,
                    name: &entry.name,
                    modifier: &entry.modifier,
                    ty: &entry.ty,
                    default: &entry.default,
                };
                $catalogue.storage(owner, entry);
            }
            for constant in &pallet.constants {
                $catalogue.constant(owner, &constant.name, constant.ty.id, &constant.value)?;
            }
            let calls = pallet.calls.as_ref().map(|calls| (Kind::Call, calls.ty.id));
            let events = pallet.event.as_ref().map(|events| (Kind::Event, events.ty.id));
            let errors = pallet.error.as_ref().map(|errors| (Kind::Error, errors.ty.id));
            for (kind, id) in calls.into_iter().chain(events).chain(errors) {
                $catalogue.variants(kind, owner, id)?;
            }
        }
    };
}

impl Catalogue {
    fn of_v14(metadata: v14::RuntimeMetadataV14) -> Result<Self, CatalogueError> {
        let mut catalogue = Self::empty(14, metadata.types);
        list_pallets!(catalogue, &metadata.pallets);
        let extrinsic = &metadata.extrinsic;
        for (position, extension) in extrinsic.signed_extensions.iter().enumerate() {
            let (extra, implicit) = (extension.ty.id, extension.additional_signed.id);
            catalogue.extension(position, &extension.identifier, extra, implicit);
        }
        let parameters = catalogue.types.resolve(extrinsic.ty.id);
        let parameters = parameters.iter().flat_map(|extrinsic| &extrinsic.type_params);
        let parameters =
            parameters.filter_map(|parameter| Some(ty(parameter.name.as_str(), parameter.ty?.id)));
        let aspects = std::iter::once(text("version", &extrinsic.version)).chain(parameters).collect();
        catalogue.add(Kind::Extrinsic, "", "Extrinsic", aspects);
        Ok(catalogue)
    }

    fn of_v15(metadata: v15::RuntimeMetadataV15) -> Result<Self, CatalogueError> {
        let mut catalogue = Self::empty(15, metadata.types);
        list_pallets!(catalogue, &metadata.pallets);
        for api in &metadata.apis {
            for method in &api.methods {
                let name = (Kind::RuntimeApi, api.name.as_str(), method.name.as_str());
                catalogue.method(name, &method.inputs, method.output.id);
            }
        }
        catalogue.name_api_versions(metadata.apis.iter().map(|api| api.name.as_str()));
        let extrinsic = &metadata.extrinsic;
        for (position, extension) in extrinsic.signed_extensions.iter().enumerate() {
            let (extra, implicit) = (extension.ty.id, extension.additional_signed.id);
            catalogue.extension(position, &extension.identifier, extra, implicit);
        }
        let aspects = vec![
            text("version", &extrinsic.version),
            ty("address", extrinsic.address_ty.id),
            ty("call", extrinsic.call_ty.id),
            ty("signature", extrinsic.signature_ty.id),
            ty("extra", extrinsic.extra_ty.id),
        ];
        catalogue.add(Kind::Extrinsic, "", "Extrinsic", aspects);
        Ok(catalogue)
    }

    fn of_v16(metadata: v16::RuntimeMetadataV16) -> Result<Self, CatalogueError> {
        let mut catalogue = Self::empty(16, metadata.types);
        list_pallets!(catalogue, &metadata.pallets);
        for pallet in &metadata.pallets {
            for associated in &pallet.associated_types {
                let aspects = vec![ty("type", associated.ty.id)];
                catalogue.add(Kind::AssociatedType, &pallet.name, &associated.name, aspects);
            }
            for function in &pallet.view_functions {
                let name = (Kind::ViewFunction, pallet.name.as_str(), function.name.as_str());
                catalogue.method(name, &function.inputs, function.output.id);
            }
        }
        for api in &metadata.apis {
            for method in &api.methods {
                let name = (Kind::RuntimeApi, api.name.as_str(), method.name.as_str());
                catalogue.method(name, &method.inputs, method.output.id);
            }
        }
        catalogue.name_api_versions(metadata.apis.iter().map(|api| api.name.as_str()));
        let extrinsic = &metadata.extrinsic;
        for (position, extension) in extrinsic.transaction_extensions.iter().enumerate() {
            let (extra, implicit) = (extension.ty.id, extension.implicit.id);
            catalogue.extension(position, &extension.identifier, extra, implicit);
        }
        let aspects = vec![
            text("versions", &format!("{:?}", extrinsic.versions)),
            text("extensions by version", &format!("{:?}", extrinsic.transaction_extensions_by_version)),
            ty("address", extrinsic.address_ty.id),
            ty("call", extrinsic.call_ty.id),
            ty("signature", extrinsic.signature_ty.id),
        ];
        catalogue.add(Kind::Extrinsic, "", "Extrinsic", aspects);
        Ok(catalogue)
    }
}
