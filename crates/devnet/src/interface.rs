//! What the runtime's metadata says of storage and calls, by name.

use codec::Decode;
use frame_metadata::{
    RuntimeMetadata, RuntimeMetadataPrefixed,
    v14::{PalletMetadata, RuntimeMetadataV14, StorageEntryType, StorageHasher},
};
use scale_info::{TypeDef, form::PortableForm};
use serde_json::Value;
use sp_core::{blake2_128, blake2_256, twox_64, twox_128, twox_256};

use crate::encoding::{EncodeError, encode};

/// Why something named cannot be written as bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// There is no such pallet.
    #[error("The runtime has no pallet {0}")]
    NoPallet(String),
    /// The pallet has no such storage item.
    #[error("Pallet {pallet} has no storage item {item}")]
    NoItem {
        /// The pallet.
        pallet: String,
        /// What was asked for.
        item: String,
    },
    /// The pallet has no such call.
    #[error("Pallet {pallet} has no call {call}")]
    NoCall {
        /// The pallet.
        pallet: String,
        /// What was asked for.
        call: String,
    },
    /// A storage item has another number of keys, or a call of arguments.
    #[error("{name} takes {expected} keys or arguments, not {given}")]
    Arguments {
        /// The item or call.
        name: String,
        /// How many it takes.
        expected: usize,
        /// How many were given.
        given: usize,
    },
    /// A value does not fit.
    #[error(transparent)]
    Value(#[from] EncodeError),
    /// The metadata is of a version that this chain's host does not read.
    #[error("The runtime's metadata cannot be read, so nothing can be named: {0}")]
    Metadata(String),
}

/// Names and types of a runtime.
#[derive(Debug)]
pub(crate) struct Interface(RuntimeMetadataV14);

impl Interface {
    /// Reads metadata of version 14, which every runtime serves by default.
    ///
    /// # Errors
    /// If it is something else.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, NameError> {
        let metadata = RuntimeMetadataPrefixed::decode(&mut &*bytes)
            .map_err(|error| NameError::Metadata(error.to_string()))?;
        match metadata.1 {
            RuntimeMetadata::V14(metadata) => Ok(Self(metadata)),
            other => Err(NameError::Metadata(format!("it is of version {}", other.version()))),
        }
    }

    fn pallet(&self, name: &str) -> Result<&PalletMetadata<PortableForm>, NameError> {
        let pallet = self.0.pallets.iter().find(|pallet| pallet.name == name);
        pallet.ok_or_else(|| NameError::NoPallet(name.to_owned()))
    }

    /// The storage key of an item and the bytes of a value; null stands for none.
    pub(crate) fn storage(
        &self,
        pallet: &str,
        item: &str,
        keys: &[Value],
        value: &Value,
    ) -> Result<(Vec<u8>, Option<Vec<u8>>), NameError> {
        let storage = self.pallet(pallet)?.storage.as_ref();
        let (prefix, entry) = storage
            .and_then(|storage| {
                let entry = storage.entries.iter().find(|entry| entry.name == item)?;
                Some((&storage.prefix, entry))
            })
            .ok_or_else(|| NameError::NoItem { pallet: pallet.to_owned(), item: item.to_owned() })?;
        let mut key = [twox_128(prefix.as_bytes()), twox_128(item.as_bytes())].concat();
        let value_type = match &entry.ty {
            StorageEntryType::Plain(ty) => {
                check_count(item, 0, keys)?;
                ty.id
            }
            StorageEntryType::Map { hashers, key: ty, value } => {
                check_count(item, hashers.len(), keys)?;
                for ((index, hasher), given) in hashers.iter().enumerate().zip(keys) {
                    let ty = self.key_type(ty.id, hashers.len(), index);
                    let mut bytes = Vec::new();
                    encode(&self.0.types, ty, given, &format!("key {index} of {item}"), &mut bytes)?;
                    hash(hasher, &bytes, &mut key);
                }
                value.id
            }
        };
        if value.is_null() {
            return Ok((key, None));
        }
        let mut bytes = Vec::new();
        encode(&self.0.types, value_type, value, item, &mut bytes)?;
        Ok((key, Some(bytes)))
    }

    /// With several hashers a key is a tuple of as many types.
    fn key_type(&self, ty: u32, hashers: usize, index: usize) -> u32 {
        match self.0.types.resolve(ty).map(|ty| &ty.type_def) {
            Some(TypeDef::Tuple(tuple)) if hashers > 1 => {
                tuple.fields.get(index).map_or(ty, |field| field.id)
            }
            _ => ty,
        }
    }

    /// An encoded call. Arguments are an array in order or an object by name.
    pub(crate) fn call(&self, pallet: &str, call: &str, args: &Value) -> Result<Vec<u8>, NameError> {
        let pallet = self.pallet(pallet)?;
        let missing = || NameError::NoCall { pallet: pallet.name.clone(), call: call.to_owned() };
        let calls = pallet.calls.as_ref().and_then(|calls| self.0.types.resolve(calls.ty.id));
        let Some(TypeDef::Variant(variants)) = calls.map(|calls| &calls.type_def) else {
            return Err(missing());
        };
        let variant = variants.variants.iter().find(|variant| variant.name == call).ok_or_else(missing)?;
        let mut bytes = vec![pallet.index, variant.index];
        let given = match args {
            Value::Array(args) => args.clone(),
            Value::Object(args) => {
                let named = variant.fields.iter().filter_map(|field| field.name.as_ref());
                named.map(|name| args.get(name).cloned().unwrap_or_default()).collect()
            }
            Value::Null => Vec::new(),
            other => vec![other.clone()],
        };
        check_count(call, variant.fields.len(), &given)?;
        for (field, given) in variant.fields.iter().zip(&given) {
            let name = field.name.as_deref().unwrap_or_default();
            encode(&self.0.types, field.ty.id, given, &format!("{call}.{name}"), &mut bytes)?;
        }
        Ok(bytes)
    }
}

fn check_count(name: &str, expected: usize, given: &[Value]) -> Result<(), NameError> {
    if given.len() == expected {
        return Ok(());
    }
    Err(NameError::Arguments { name: name.to_owned(), expected, given: given.len() })
}

fn hash(hasher: &StorageHasher, bytes: &[u8], key: &mut Vec<u8>) {
    match hasher {
        StorageHasher::Blake2_128 => key.extend(blake2_128(bytes)),
        StorageHasher::Blake2_256 => key.extend(blake2_256(bytes)),
        StorageHasher::Blake2_128Concat => key.extend([&blake2_128(bytes)[..], bytes].concat()),
        StorageHasher::Twox128 => key.extend(twox_128(bytes)),
        StorageHasher::Twox256 => key.extend(twox_256(bytes)),
        StorageHasher::Twox64Concat => key.extend([&twox_64(bytes)[..], bytes].concat()),
        StorageHasher::Identity => key.extend_from_slice(bytes),
    }
}
