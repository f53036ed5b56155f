//! Values and calls for people and for programs: accounts as ss58, bytes as hex.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeMap};

use super::Value;
use crate::Call;

/// Bytes shown of a long argument, such as sealed weights.
const MOST_BYTES_SHOWN: usize = 32;

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Signed(number) => number.fmt(f),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Bytes(bytes) => match bytes.get(..MOST_BYTES_SHOWN) {
                Some(first) if bytes.len() > MOST_BYTES_SHOWN => {
                    write!(f, "0x{}.. ({} bytes)", hex::encode(first), bytes.len())
                }
                _ => write!(f, "0x{}", hex::encode(bytes)),
            },
            Self::Account(account) => account.fmt(f),
            Self::List(items) => {
                f.write_str("[")?;
                separated(f, items.iter(), |f, item| item.fmt(f))?;
                f.write_str("]")
            }
            Self::Struct(fields) => {
                f.write_str("{")?;
                named(f, fields)?;
                f.write_str("}")
            }
            Self::Variant { name, fields } => match &**fields {
                Self::List(items) if items.is_empty() => f.write_str(name),
                fields => write!(f, "{name} {fields}"),
            },
            Self::Call(call) => call.fmt(f),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}(", self.pallet, self.name)?;
        named(f, &self.args)?;
        f.write_str(")")
    }
}

fn named(f: &mut fmt::Formatter<'_>, fields: &[(String, Value)]) -> fmt::Result {
    separated(f, fields.iter(), |f, (name, value)| write!(f, "{name}: {value}"))
}

fn separated<T>(
    f: &mut fmt::Formatter<'_>,
    items: impl Iterator<Item = T>,
    show: impl Fn(&mut fmt::Formatter<'_>, T) -> fmt::Result,
) -> fmt::Result {
    for (index, item) in items.enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        show(f, item)?;
    }
    Ok(())
}

/// A number beyond 64 bits is text, since JSON's readers round it.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => match u64::try_from(*number) {
                Ok(number) => serializer.serialize_u64(number),
                Err(_) => serializer.collect_str(number),
            },
            Self::Signed(number) => match i64::try_from(*number) {
                Ok(number) => serializer.serialize_i64(number),
                Err(_) => serializer.collect_str(number),
            },
            Self::Text(text) => serializer.serialize_str(text),
            Self::Bytes(bytes) => serializer.collect_str(&format_args!("0x{}", hex::encode(bytes))),
            Self::Account(account) => account.serialize(serializer),
            Self::List(items) => serializer.collect_seq(items),
            Self::Struct(fields) => serializer.collect_map(fields.iter().map(|(name, value)| (name, value))),
            Self::Variant { name, fields } => match &**fields {
                Self::List(items) if items.is_empty() => serializer.serialize_str(name),
                fields => serializer.collect_map([(name, fields)]),
            },
            Self::Call(call) => call.serialize(serializer),
        }
    }
}

/// `{"pallet": .., "call": .., "arguments": {..}}`.
impl Serialize for Call {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Arguments<'a>(&'a [(String, Value)]);
        impl Serialize for Arguments<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
            }
        }
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("pallet", &self.pallet)?;
        map.serialize_entry("call", &self.name)?;
        map.serialize_entry("arguments", &Arguments(&self.args))?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_shown_with_its_arguments() {
        let call = Call::new(
            "Pallet",
            "call",
            [
                ("amount", Value::from(5u64)),
                ("limit", Value::none()),
                ("who", subnetkit_protocol::AccountId::from_bytes([7; 32]).into()),
                ("data", Value::from(vec![0u8, 255])),
                ("large", Value::from(u128::MAX)),
                ("some", Value::some(vec![1u16, 2])),
            ],
        );
        let who = subnetkit_protocol::AccountId::from_bytes([7; 32]);
        assert_eq!(
            call.to_string(),
            format!(
                "Pallet.call(amount: 5, limit: None, who: {who}, data: 0x00ff, large: {}, some: Some [[1, 2]])",
                u128::MAX
            )
        );
        let json = serde_json::to_value(&call).unwrap();
        assert_eq!(json["call"], "call");
        assert_eq!(json["arguments"]["amount"], 5);
        assert_eq!(json["arguments"]["who"], who.to_string());
        assert_eq!(json["arguments"]["large"], u128::MAX.to_string());
        assert_eq!(json["arguments"]["some"], serde_json::json!({ "Some": [[1, 2]] }));
    }

    #[test]
    fn long_bytes_are_cut_for_people_only() {
        let bytes = Value::from(vec![1u8; 100]);
        assert!(bytes.to_string().ends_with(".. (100 bytes)"), "{bytes}");
        assert_eq!(serde_json::to_value(&bytes).unwrap().as_str().map(str::len), Some(202));
    }
}
