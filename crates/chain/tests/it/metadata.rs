//! The recorded metadata, changed the way runtimes change.

use crate::vectors;
use codec::{Decode, Encode};
use scale_info::{
    Field, Path, PortableRegistry, Type, TypeDef, TypeDefComposite, TypeDefPrimitive, TypeDefSequence,
    Variant, form::PortableForm, interner::UntrackedSymbol,
};
use std::any::TypeId;
use subnetkit_chain::Runtime;
use subxt::ext::frame_metadata::{
    RuntimeMetadata, RuntimeMetadataPrefixed, v14::StorageEntryType, v15::RuntimeMetadataV15,
};

/// A reference to a type.
type Id = UntrackedSymbol<TypeId>;

/// Metadata to be changed.
pub(crate) struct Changed(RuntimeMetadataV15);

impl Changed {
    /// The recorded metadata as it is.
    pub(crate) fn recorded() -> Self {
        let metadata = RuntimeMetadataPrefixed::decode(&mut &vectors::METADATA[..]).unwrap();
        let RuntimeMetadata::V15(metadata) = metadata.1 else { panic!("version 15 is recorded") };
        Self(metadata)
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        RuntimeMetadataPrefixed::from(self.0).encode()
    }

    pub(crate) fn runtime(self) -> Runtime {
        Runtime::from_recording(&self.bytes()).unwrap()
    }

    fn types(&mut self) -> &mut PortableRegistry {
        &mut self.0.types
    }

    fn type_at(&mut self, id: u32) -> &mut Type<PortableForm> {
        &mut self.types().types[usize::try_from(id).unwrap()].ty
    }

    fn added(&mut self, def: impl Into<TypeDef<PortableForm>>) -> Id {
        let id = u32::try_from(self.types().types.len()).unwrap();
        let ty = Type::new(Path::default(), Vec::new(), def, Vec::new());
        self.types().types.push(scale_info::PortableType { id, ty });
        id.into()
    }

    fn variants(&mut self, id: u32) -> &mut Vec<Variant<PortableForm>> {
        match &mut self.type_at(id).type_def {
            TypeDef::Variant(variants) => &mut variants.variants,
            other => panic!("no enum: {other:?}"),
        }
    }

    /// The calls of a pallet.
    pub(crate) fn calls(&mut self, pallet: &str) -> &mut Vec<Variant<PortableForm>> {
        let pallet = self.0.pallets.iter().find(|known| known.name == pallet).unwrap();
        let id = pallet.calls.as_ref().unwrap().ty.id;
        self.variants(id)
    }

    /// One call of a pallet.
    pub(crate) fn call(&mut self, pallet: &str, name: &str) -> &mut Variant<PortableForm> {
        self.calls(pallet).iter_mut().find(|call| call.name == name).unwrap()
    }

    /// The events of a pallet.
    pub(crate) fn events(&mut self, pallet: &str) -> &mut Vec<Variant<PortableForm>> {
        let pallet = self.0.pallets.iter().find(|known| known.name == pallet).unwrap();
        let id = pallet.event.as_ref().unwrap().ty.id;
        self.variants(id)
    }

    /// Takes a storage item away.
    pub(crate) fn remove_storage(&mut self, item: &str) {
        for pallet in &mut self.0.pallets {
            if let Some(storage) = &mut pallet.storage {
                storage.entries.retain(|entry| entry.name != item);
            }
        }
    }

    /// The type of a storage item's value.
    pub(crate) fn value(&mut self, item: &str) -> &mut Id {
        let storages = self.0.pallets.iter_mut().filter_map(|pallet| pallet.storage.as_mut());
        let entry = storages.flat_map(|storage| &mut storage.entries).find(|entry| entry.name == item);
        match &mut entry.unwrap().ty {
            StorageEntryType::Plain(value) | StorageEntryType::Map { value, .. } => value,
        }
    }

    /// Takes a method of a runtime API away.
    pub(crate) fn remove_api(&mut self, method: &str) {
        for api in &mut self.0.apis {
            api.methods.retain(|known| known.name != method);
        }
    }

    /// The fields of every struct whose path ends with this name.
    pub(crate) fn fields(&mut self, name: &str) -> &mut Vec<Field<PortableForm>> {
        let named = |ty: &Type<PortableForm>| ty.path.segments.last().is_some_and(|last| last == name);
        let found = self.types().types.iter_mut().find(|ty| named(&ty.ty)).unwrap();
        match &mut found.ty.type_def {
            TypeDef::Composite(composite) => &mut composite.fields,
            other => panic!("no struct: {other:?}"),
        }
    }

    /// The variants of the enum whose path ends with this name.
    pub(crate) fn enumeration(&mut self, name: &str) -> &mut Vec<Variant<PortableForm>> {
        let named = |ty: &Type<PortableForm>| ty.path.segments.last().is_some_and(|last| last == name);
        let found = self.types().types.iter_mut().find(|ty| named(&ty.ty)).unwrap();
        match &mut found.ty.type_def {
            TypeDef::Variant(variants) => &mut variants.variants,
            other => panic!("no enum: {other:?}"),
        }
    }

    /// The type of a primitive.
    pub(crate) fn primitive(&mut self, primitive: TypeDefPrimitive) -> Id {
        let known =
            self.0.types.types.iter().find(|ty| ty.ty.type_def == TypeDef::Primitive(primitive.clone()));
        let known = known.map(|ty| ty.id);
        known.map_or_else(|| self.added(TypeDef::Primitive(primitive)), Id::from)
    }

    /// A field of a primitive type.
    pub(crate) fn field(&mut self, name: &str, primitive: TypeDefPrimitive) -> Field<PortableForm> {
        let ty = self.primitive(primitive);
        Field { name: Some(name.to_owned()), ty, type_name: None, docs: Vec::new() }
    }

    /// A struct around one type: with a name for its field, or without.
    pub(crate) fn wrapper(&mut self, around: Id, name: Option<&str>) -> Id {
        let field = Field { name: name.map(str::to_owned), ty: around, type_name: None, docs: Vec::new() };
        self.added(TypeDefComposite { fields: vec![field] })
    }

    /// A list of one type.
    pub(crate) fn list(&mut self, of: Id) -> Id {
        self.added(TypeDefSequence::new(of))
    }

    /// Puts a type in the place of another wherever a field of this name is of it: arguments of calls, fields of structs
    /// and of events.
    pub(crate) fn retype(&mut self, field_name: &str, from: Id, to: Id) {
        for ty in &mut self.0.types.types {
            let fields: Vec<&mut Field<PortableForm>> = match &mut ty.ty.type_def {
                TypeDef::Composite(composite) => composite.fields.iter_mut().collect(),
                TypeDef::Variant(variants) => {
                    variants.variants.iter_mut().flat_map(|variant| &mut variant.fields).collect()
                }
                _ => continue,
            };
            for field in fields {
                if field.name.as_deref() == Some(field_name) && field.ty == from {
                    field.ty = to;
                }
            }
        }
    }

    /// Puts a type in the place of another in the keys of all storage maps and the inputs of all runtime APIs.
    pub(crate) fn rekey(&mut self, from: Id, to: Id) {
        let mut tuples = Vec::new();
        for pallet in &mut self.0.pallets {
            for entry in pallet.storage.iter_mut().flat_map(|storage| &mut storage.entries) {
                if let StorageEntryType::Map { key, .. } = &mut entry.ty {
                    if *key == from {
                        *key = to;
                    } else {
                        tuples.push(key.id);
                    }
                }
            }
        }
        for id in tuples {
            if let TypeDef::Tuple(tuple) = &mut self.type_at(id).type_def {
                tuple.fields.iter_mut().filter(|field| **field == from).for_each(|field| *field = to);
            }
        }
        for input in
            self.0.apis.iter_mut().flat_map(|api| &mut api.methods).flat_map(|method| &mut method.inputs)
        {
            if input.ty == from {
                input.ty = to;
            }
        }
    }
}
