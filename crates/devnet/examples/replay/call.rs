//! Calls by name, encoded as the runtime's metadata says.

use codec::Decode;
use frame_metadata::RuntimeMetadata;
use scale_info::{PortableRegistry, TypeDef, Variant, form::PortableForm};
use scale_value::{Composite, Value as Scale};
use serde_json::{Map, Value};
use sp_runtime::DispatchError;
use subnetkit_runtime::{Runtime, RuntimeCall};

use super::account;

/// The calls that the runtime has.
pub(crate) struct Calls {
    types: PortableRegistry,
    /// Name, index and the types of calls and errors.
    pallets: Vec<(String, u8, Option<u32>, Option<u32>)>,
}

impl Calls {
    pub(crate) fn of_runtime() -> Result<Self, String> {
        let metadata = Runtime::metadata();
        let RuntimeMetadata::V14(metadata) = metadata.1 else {
            return Err("The runtime's own metadata is not of version 14".to_owned());
        };
        let pallets = metadata.pallets.iter().map(|pallet| {
            let calls = pallet.calls.as_ref().map(|calls| calls.ty.id);
            let errors = pallet.error.as_ref().map(|errors| errors.ty.id);
            (pallet.name.clone(), pallet.index, calls, errors)
        });
        Ok(Self { pallets: pallets.collect(), types: metadata.types.clone() })
    }

    /// The call of a step; `None` if the runtime does not have it.
    pub(crate) fn find(&self, name: &str, args: &Map<String, Value>) -> Result<Option<RuntimeCall>, String> {
        // Scenarios name calls without their pallet.
        for pallet in ["SubtensorModule", "Balances", "AdminUtils", "Swap"] {
            let Some((_, index, Some(ty), _)) = self.pallets.iter().find(|(name, ..)| name == pallet) else {
                continue;
            };
            let Some(calls) = self.variants(*ty) else { continue };
            let Some(call) = calls.iter().find(|call| call.name == name) else { continue };
            let mut bytes = vec![*index, call.index];
            for field in &call.fields {
                let name = field.name.as_deref().unwrap_or_default();
                let given = argument(args, name).ok_or_else(|| format!("{} has no {name}", call.name))?;
                let value = self.scale(field.ty.id, &given)?;
                scale_value::scale::encode_as_type(&value, field.ty.id, &self.types, &mut bytes)
                    .map_err(|error| format!("{}.{name}: {error}", call.name))?;
            }
            return RuntimeCall::decode(&mut &bytes[..]).map(Some).map_err(|error| error.to_string());
        }
        Ok(None)
    }

    /// A dispatch error as scenarios write it.
    pub(crate) fn named(&self, error: &DispatchError) -> String {
        let DispatchError::Module(module) = error else { return format!("{error:?}") };
        let name = self.pallets.iter().find(|(_, index, ..)| *index == module.index).and_then(|pallet| {
            let error = self.variants(pallet.3?)?.iter().find(|variant| variant.index == module.error[0])?;
            Some(format!("{}.{}", pallet.0, error.name))
        });
        name.unwrap_or_else(|| format!("{module:?}"))
    }

    fn variants(&self, ty: u32) -> Option<&[Variant<PortableForm>]> {
        match &self.types.resolve(ty)?.type_def {
            TypeDef::Variant(variants) => Some(&variants.variants),
            _ => None,
        }
    }

    /// A JSON value in the shape of a type.
    fn scale(&self, ty: u32, json: &Value) -> Result<Scale<()>, String> {
        let ty = self.types.resolve(ty).ok_or("a type is missing")?;
        let path = ty.path.segments.last().map(String::as_str).unwrap_or_default();
        match (path, json) {
            ("AccountId32", _) => {
                return account::read(json).map(|account| Scale::from_bytes(AsRef::<[u8]>::as_ref(&account)));
            }
            ("MultiAddress", _) => {
                let account = account::read(json)?;
                let id = Scale::from_bytes(AsRef::<[u8]>::as_ref(&account));
                return Ok(Scale::unnamed_variant("Id", [id]));
            }
            ("H256", Value::String(text)) => return Ok(Scale::from_bytes(bytes(text)?)),
            _ => {}
        }
        self.by_shape(&ty.type_def, json)
    }

    fn by_shape(&self, shape: &TypeDef<PortableForm>, json: &Value) -> Result<Scale<()>, String> {
        match (shape, json) {
            (_, Value::Bool(value)) => Ok(Scale::bool(*value)),
            (TypeDef::Compact(inner), _) => self.scale(inner.type_param.id, json),
            (TypeDef::Composite(fields), _) if fields.fields.len() == 1 => {
                let inner = self.scale(fields.fields[0].ty.id, json)?;
                Ok(Scale::unnamed_composite([inner]))
            }
            (TypeDef::Composite(fields), Value::Object(values)) => {
                let named = fields.fields.iter().map(|field| {
                    let name = field.name.clone().unwrap_or_default();
                    let value = values.get(&name).ok_or_else(|| format!("{name} is missing"))?;
                    Ok((name, self.scale(field.ty.id, value)?))
                });
                Ok(Scale::named_composite(named.collect::<Result<Vec<_>, String>>()?))
            }
            (TypeDef::Tuple(parts), Value::Array(values)) => {
                let parts = parts.fields.iter().zip(values).map(|(part, value)| self.scale(part.id, value));
                Ok(Scale::unnamed_composite(parts.collect::<Result<Vec<_>, _>>()?))
            }
            (TypeDef::Sequence(list), Value::Array(values)) => {
                let items = values.iter().map(|value| self.scale(list.type_param.id, value));
                Ok(Scale::unnamed_composite(items.collect::<Result<Vec<_>, _>>()?))
            }
            (TypeDef::Sequence(_) | TypeDef::Array(_), Value::String(text)) => {
                // Bytes in hex, or text.
                let given = if text.starts_with("0x") { bytes(text)? } else { text.clone().into_bytes() };
                Ok(Scale::from_bytes(given))
            }
            (TypeDef::Variant(options), _) => {
                let tag = |name: &str| options.variants.iter().find(|variant| variant.name == name);
                match (json, tag("Some")) {
                    (Value::Null, Some(_)) => Ok(Scale::unnamed_variant("None", [])),
                    (json, Some(some)) => {
                        Ok(Scale::unnamed_variant("Some", [self.scale(some.fields[0].ty.id, json)?]))
                    }
                    (Value::String(name), None) => Ok(Scale::unnamed_variant(name, [])),
                    (Value::Object(object), None) => self.variant_of(options, object),
                    _ => Err(format!("{json} is no variant")),
                }
            }
            (_, Value::Number(number)) => number
                .as_u64()
                .map(|number| Scale::u128(number.into()))
                .or_else(|| number.as_i64().map(|number| Scale::i128(number.into())))
                .ok_or_else(|| format!("{number} is not an integer")),
            (_, Value::String(text)) => {
                text.parse().map(Scale::u128).map_err(|_| format!("{text:?} is not a number"))
            }
            _ => Err(format!("{json} does not fit its type")),
        }
    }

    /// `{"Name": fields}`.
    fn variant_of(
        &self,
        options: &scale_info::TypeDefVariant<PortableForm>,
        object: &Map<String, Value>,
    ) -> Result<Scale<()>, String> {
        let (name, inner) = object.iter().next().ok_or("an empty object is no variant")?;
        let variant = options.variants.iter().find(|variant| variant.name == *name);
        let variant = variant.ok_or_else(|| format!("{name} is no variant"))?;
        let fields = variant.fields.iter().map(|field| {
            let name = field.name.clone().unwrap_or_default();
            let value = inner.get(&name).unwrap_or(inner);
            Ok((name, self.scale(field.ty.id, value)?))
        });
        let fields = fields.collect::<Result<Vec<_>, String>>()?;
        Ok(Scale::variant(name, Composite::Named(fields)))
    }
}

/// An argument of a call, which scenarios shorten some names of.
fn argument(args: &Map<String, Value>, name: &str) -> Option<Value> {
    let short = match name {
        "amount_staked" | "amount_unstaked" | "alpha_amount" => "amount",
        "new_root_claim_type" => "type",
        other => other,
    };
    let given = args.get(name).or_else(|| args.get(short)).cloned();
    given.or_else(|| match name {
        // An announced coldkey is hidden by its hash.
        "new_coldkey_hash" => {
            let coldkey = account::read(args.get("new_coldkey")?).ok()?;
            Some(format!("0x{}", hex::encode(sp_core::blake2_256(coldkey.as_ref()))).into())
        }
        _ => None,
    })
}

fn bytes(text: &str) -> Result<Vec<u8>, String> {
    hex::decode(text.trim_start_matches("0x")).map_err(|error| format!("{text:?} is not hex: {error}"))
}
