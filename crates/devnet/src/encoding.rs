//! JSON to SCALE, by the types that the runtime's metadata describes.
//!
//! Accounts are ss58 addresses or `0x` with 32 bytes, bytes are `0x` and hex digits or a text, numbers are numbers or, for those
//! that JSON cannot hold, decimal texts. An enum is its variant's name, or an object of the name and its fields; an option is null or
//! the value. A struct or tuple of one field is that field.

use codec::{Compact, Encode};
use scale_info::{
    Field, PortableRegistry, TypeDef, TypeDefPrimitive, TypeDefVariant, Variant, form::PortableForm,
};
use serde_json::{Map, Value};
use sp_core::{
    U256,
    crypto::{AccountId32, Ss58Codec},
};

/// A value does not fit its type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at} must be {expected}, not {found}")]
pub struct EncodeError {
    /// Where in the value.
    at: String,
    expected: String,
    found: String,
}

/// Appends `value` as the type `ty` of the registry; `at` names it in errors.
///
/// # Errors
/// If the value does not fit the type.
pub(crate) fn encode(
    registry: &PortableRegistry,
    ty: u32,
    value: &Value,
    at: &str,
    out: &mut Vec<u8>,
) -> Result<(), EncodeError> {
    Encoder { registry, out }.any(ty, value, at)
}

struct Encoder<'r, 'o> {
    registry: &'r PortableRegistry,
    out: &'o mut Vec<u8>,
}

type Done = Result<(), EncodeError>;

fn wrong<T>(at: &str, expected: impl Into<String>, found: &Value) -> Result<T, EncodeError> {
    let mut found = found.to_string();
    if let Some((end, _)) = found.char_indices().nth(77) {
        found.truncate(end);
        found.push_str("...");
    }
    Err(EncodeError { at: at.to_owned(), expected: expected.into(), found })
}

impl Encoder<'_, '_> {
    fn any(&mut self, ty: u32, value: &Value, at: &str) -> Done {
        let registry = self.registry;
        let Some(ty) = registry.resolve(ty) else {
            return wrong(at, "of a type that the metadata describes", value);
        };
        let name = ty.path.segments.last().map(String::as_str).unwrap_or_default();
        match &ty.type_def {
            TypeDef::Composite(composite) => match (name, value.as_str()) {
                ("AccountId32", Some(text)) => self.account(text, value, at),
                _ => self.fields(&composite.fields, value, at),
            },
            TypeDef::Variant(variants) if name == "Option" => self.option(variants, value, at),
            TypeDef::Variant(variants) => self.variant(variants, value, at),
            TypeDef::Sequence(items) => self.sequence(items.type_param.id, None, value, at),
            TypeDef::Array(items) => self.sequence(items.type_param.id, Some(items.len), value, at),
            TypeDef::Tuple(tuple) => {
                let types: Vec<u32> = tuple.fields.iter().map(|field| field.id).collect();
                self.tuple(&types, value, at)
            }
            TypeDef::Primitive(primitive) => self.primitive(primitive, value, at),
            TypeDef::Compact(compact) => self.compact(compact.type_param.id, value, at),
            TypeDef::BitSequence(_) => {
                wrong(at, "something else than a sequence of bits, which cannot be written here", value)
            }
        }
    }

    fn account(&mut self, text: &str, value: &Value, at: &str) -> Done {
        match account(text) {
            Some(account) => self.out.extend_from_slice(&account),
            None => return wrong(at, "an ss58 address or 0x and 32 bytes", value),
        }
        Ok(())
    }

    fn fields(&mut self, fields: &[Field<PortableForm>], value: &Value, at: &str) -> Done {
        let named = fields.iter().map(|field| field.name.as_deref()).collect::<Option<Vec<_>>>();
        if let (Some(names), Value::Object(object)) = (&named, value)
            && (fields.len() != 1 || object.contains_key(names[0]))
        {
            return self.object(fields, names, object, value, at);
        }
        let types: Vec<u32> = fields.iter().map(|field| field.ty.id).collect();
        self.tuple(&types, value, at)
    }

    fn object(
        &mut self,
        fields: &[Field<PortableForm>],
        names: &[&str],
        object: &Map<String, Value>,
        value: &Value,
        at: &str,
    ) -> Done {
        if object.len() != names.len() || !names.iter().all(|name| object.contains_key(*name)) {
            return wrong(at, format!("an object with {}", names.join(", ")), value);
        }
        for (field, name) in fields.iter().zip(names) {
            self.any(field.ty.id, &object[*name], &format!("{at}.{name}"))?;
        }
        Ok(())
    }

    fn tuple(&mut self, types: &[u32], value: &Value, at: &str) -> Done {
        match (types, value) {
            ([], Value::Null) => Ok(()),
            ([], Value::Array(values)) if values.is_empty() => Ok(()),
            ([ty], _) => self.any(*ty, value, at),
            (_, Value::Array(values)) if values.len() == types.len() => {
                for (index, (ty, value)) in types.iter().zip(values).enumerate() {
                    self.any(*ty, value, &format!("{at}[{index}]"))?;
                }
                Ok(())
            }
            _ => wrong(at, format!("an array of {}", types.len()), value),
        }
    }

    fn option(&mut self, variants: &TypeDefVariant<PortableForm>, value: &Value, at: &str) -> Done {
        if value.is_null() {
            self.out.push(0);
            return Ok(());
        }
        self.out.push(1);
        let some = variants.variants.iter().find(|variant| variant.index == 1);
        some.map_or(Ok(()), |some| self.fields(&some.fields, value, at))
    }

    fn variant(&mut self, variants: &TypeDefVariant<PortableForm>, value: &Value, at: &str) -> Done {
        let find = |name: &str| variants.variants.iter().find(|variant| variant.name == name);
        if let Some((variant, fields)) = named_variant(&find, value) {
            self.out.push(variant.index);
            return self.fields(&variant.fields, fields, &format!("{at}.{}", variant.name));
        }
        // An account is written where an address of several kinds may stand.
        if let (Some(id), Some(text)) = (find("Id"), value.as_str())
            && account(text).is_some()
        {
            self.out.push(id.index);
            return self.fields(&id.fields, value, at);
        }
        let names: Vec<&str> = variants.variants.iter().map(|variant| variant.name.as_str()).collect();
        wrong(at, format!("one of {}", names.join(", ")), value)
    }

    fn sequence(&mut self, item: u32, len: Option<u32>, value: &Value, at: &str) -> Done {
        let of_bytes = self
            .registry
            .resolve(item)
            .is_some_and(|ty| matches!(ty.type_def, TypeDef::Primitive(TypeDefPrimitive::U8)));
        let expected = || match len {
            Some(len) if of_bytes => format!("0x and {len} bytes"),
            Some(len) => format!("an array of {len}"),
            None if of_bytes => "a text, or 0x and bytes".to_owned(),
            None => "an array".to_owned(),
        };
        let fits = |count: usize| len.is_none_or(|len| count == len as usize);
        let prefix = |out: &mut Vec<u8>, count: usize| {
            if len.is_none() {
                Compact(u32::try_from(count).unwrap_or(u32::MAX)).encode_to(out);
            }
        };
        match value {
            Value::String(text) if of_bytes => {
                let Some(bytes) = bytes(text).filter(|bytes| fits(bytes.len())) else {
                    return wrong(at, expected(), value);
                };
                prefix(self.out, bytes.len());
                self.out.extend_from_slice(&bytes);
                Ok(())
            }
            Value::Array(values) if fits(values.len()) => {
                prefix(self.out, values.len());
                for (index, value) in values.iter().enumerate() {
                    self.any(item, value, &format!("{at}[{index}]"))?;
                }
                Ok(())
            }
            _ => wrong(at, expected(), value),
        }
    }

    fn primitive(&mut self, primitive: &TypeDefPrimitive, value: &Value, at: &str) -> Done {
        use TypeDefPrimitive::{
            Bool, Char, I8, I16, I32, I64, I128, I256, Str, U8, U16, U32, U64, U128, U256,
        };
        match primitive {
            Bool => match value.as_bool() {
                Some(value) => value.encode_to(self.out),
                None => return wrong(at, "true or false", value),
            },
            Char => match value.as_str().map(|text| text.chars().collect::<Vec<_>>()).as_deref() {
                Some([char]) => u32::from(*char).encode_to(self.out),
                _ => return wrong(at, "one character", value),
            },
            Str => match value.as_str() {
                Some(text) => text.encode_to(self.out),
                None => return wrong(at, "a text", value),
            },
            U8 => return self.unsigned(1, value, at),
            U16 => return self.unsigned(2, value, at),
            U32 => return self.unsigned(4, value, at),
            U64 => return self.unsigned(8, value, at),
            U128 => return self.unsigned(16, value, at),
            U256 => return self.unsigned(32, value, at),
            I8 => return self.signed(1, value, at),
            I16 => return self.signed(2, value, at),
            I32 => return self.signed(4, value, at),
            I64 => return self.signed(8, value, at),
            I128 | I256 => return self.signed(16 * (1 + usize::from(*primitive == I256)), value, at),
        }
        Ok(())
    }

    fn unsigned(&mut self, width: usize, value: &Value, at: &str) -> Done {
        let bytes = number(value).map(|number| number.to_little_endian());
        match bytes.filter(|bytes| bytes[width..].iter().all(|byte| *byte == 0)) {
            Some(bytes) => self.out.extend_from_slice(&bytes[..width]),
            None => return wrong(at, format!("a whole number of up to {} bits", width * 8), value),
        }
        Ok(())
    }

    fn signed(&mut self, width: usize, value: &Value, at: &str) -> Done {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let number: Option<i128> = text.parse().ok();
        let bits = u32::try_from(width.min(16) * 8).unwrap_or(128);
        let fits = |number: &i128| bits == 128 || (number << (128 - bits)) >> (128 - bits) == *number;
        match number.filter(fits) {
            Some(number) => {
                let fill = if number < 0 { 0xff } else { 0 };
                let mut bytes = number.to_le_bytes().to_vec();
                bytes.resize(32, fill);
                self.out.extend_from_slice(&bytes[..width]);
            }
            None => return wrong(at, format!("a whole number of {} bits with a sign", width * 8), value),
        }
        Ok(())
    }

    fn compact(&mut self, mut ty: u32, value: &Value, at: &str) -> Done {
        // A compact wrapper is written as the number in it.
        while let Some(TypeDef::Composite(composite)) = self.registry.resolve(ty).map(|ty| &ty.type_def)
            && let [field] = &composite.fields[..]
        {
            ty = field.ty.id;
        }
        let width = match self.registry.resolve(ty).map(|ty| &ty.type_def) {
            Some(TypeDef::Primitive(TypeDefPrimitive::U8)) => 1,
            Some(TypeDef::Primitive(TypeDefPrimitive::U16)) => 2,
            Some(TypeDef::Primitive(TypeDefPrimitive::U32)) => 4,
            Some(TypeDef::Primitive(TypeDefPrimitive::U64)) => 8,
            Some(TypeDef::Primitive(TypeDefPrimitive::U128)) => 16,
            _ => return self.any(ty, value, at),
        };
        let start = self.out.len();
        self.unsigned(width, value, at)?;
        let mut bytes = self.out.split_off(start);
        bytes.resize(16, 0);
        let number = bytes.iter().rev().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
        Compact(number).encode_to(self.out);
        Ok(())
    }
}

/// The variant that a value names, with what it says of the fields.
fn named_variant<'v, 'j>(
    find: &impl Fn(&str) -> Option<&'v Variant<PortableForm>>,
    value: &'j Value,
) -> Option<(&'v Variant<PortableForm>, &'j Value)> {
    match value {
        Value::String(name) => Some((find(name)?, &Value::Null)),
        Value::Object(object) => {
            let mut entries = object.iter();
            let (name, fields) = entries.next()?;
            let variant = find(name)?;
            entries.next().is_none().then_some((variant, fields))
        }
        _ => None,
    }
}

/// An account as an ss58 address or in hex.
pub(crate) fn account(text: &str) -> Option<[u8; 32]> {
    if text.starts_with("0x") {
        return sp_core::bytes::from_hex(text).ok()?.try_into().ok();
    }
    AccountId32::from_ss58check(text).ok().map(Into::into)
}

/// Hex digits after `0x`, or the text itself.
fn bytes(text: &str) -> Option<Vec<u8>> {
    if text.starts_with("0x") { sp_core::bytes::from_hex(text).ok() } else { Some(text.as_bytes().to_vec()) }
}

fn number(value: &Value) -> Option<U256> {
    match value {
        Value::Number(number) => number.as_u64().map(U256::from),
        Value::String(text) => match text.strip_prefix("0x") {
            Some(digits) => U256::from_str_radix(digits, 16).ok(),
            None => U256::from_dec_str(text).ok(),
        },
        _ => None,
    }
}
