//! Values named by shape alone, encoded into and decoded from whatever types the live metadata gives.
//!
//! Decoding is tolerant by construction: a wrapper with one unnamed field vanishes, the accessors look through a
//! struct with one named field, fields nobody asks for are carried along, and order never matters.

use crate::Call;
use subnetkit_protocol::AccountId;

pub(crate) mod decode;
mod encode;
mod shown;

/// A call argument, an event field or anything read from the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// An unsigned number of any width, compact or not.
    Number(u128),
    /// A signed number of any width.
    Signed(i128),
    /// A string.
    Text(String),
    /// Bytes, of fixed or free length.
    Bytes(Vec<u8>),
    /// An account; as an argument it also fills a multi-address.
    Account(AccountId),
    /// A sequence, an array or a tuple.
    List(Vec<Self>),
    /// Named fields.
    Struct(Vec<(String, Self)>),
    /// One variant of an enum; `fields` is a `Struct` if they have names, else a `List`.
    Variant {
        /// The variant's name.
        name: String,
        /// Its fields.
        fields: Box<Self>,
    },
    /// A call inside a call (batch, sudo, proxy).
    Call(Box<Call>),
}

impl Value {
    /// The `None` of an option.
    pub fn none() -> Self {
        Self::unit_variant("None")
    }

    /// The `Some` of an option.
    pub fn some(value: impl Into<Self>) -> Self {
        Self::Variant { name: "Some".to_owned(), fields: Box::new(Self::List(vec![value.into()])) }
    }

    /// A variant without fields.
    pub fn unit_variant(name: &str) -> Self {
        Self::Variant { name: name.to_owned(), fields: Box::new(Self::List(Vec::new())) }
    }

    /// A list of anything that becomes a value.
    pub fn list<T: Into<Self>>(items: impl IntoIterator<Item = T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }

    /// The named field of a struct (or of a variant with named fields).
    pub fn field(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Struct(fields) => fields.iter().find(|(key, _)| key == name).map(|(_, v)| v),
            Self::Variant { fields, .. } => fields.field(name),
            _ => None,
        }
    }

    /// The item at a position of a list, a struct or a variant's fields.
    pub fn item(&self, index: usize) -> Option<&Self> {
        match self {
            Self::List(items) => items.get(index),
            Self::Struct(fields) => fields.get(index).map(|(_, v)| v),
            Self::Variant { fields, .. } => fields.item(index),
            _ => None,
        }
    }

    /// The items of a list; bytes give none.
    pub fn items(&self) -> Option<&[Self]> {
        match self.unwrapped() {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// An unsigned number, also through one-field wrappers.
    pub fn number(&self) -> Option<u128> {
        match self.unwrapped() {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// A number that fits the wanted width.
    pub fn number_as<T: TryFrom<u128>>(&self) -> Option<T> {
        self.number().and_then(|number| T::try_from(number).ok())
    }

    /// A truth value, also through one-field wrappers.
    pub fn bool(&self) -> Option<bool> {
        match self.unwrapped() {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// Bytes; a list of small numbers (such as compact bytes) counts too.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        match self.unwrapped() {
            Self::Bytes(bytes) => Some(bytes.clone()),
            Self::Text(text) => Some(text.clone().into_bytes()),
            Self::Account(account) => Some(account.as_bytes().to_vec()),
            Self::List(items) => items.iter().map(Self::number_as).collect(),
            _ => None,
        }
    }

    /// Text in a string or in UTF-8 bytes; anything else in the bytes is replaced.
    pub fn text(&self) -> Option<String> {
        self.bytes().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// An account: 32 bytes.
    pub fn account(&self) -> Option<AccountId> {
        match self.unwrapped() {
            Self::Account(account) => Some(*account),
            Self::Bytes(bytes) => bytes.as_slice().try_into().ok().map(AccountId::from_bytes),
            _ => None,
        }
    }

    /// The contents of an option: `None` if this is no option at all.
    pub fn option(&self) -> Option<Option<&Self>> {
        match self {
            Self::Variant { name, .. } if name == "None" => Some(None),
            Self::Variant { name, fields } if name == "Some" => fields.item(0).map(Some),
            _ => None,
        }
    }

    /// The name of the variant this is.
    pub fn variant(&self) -> Option<&str> {
        match self {
            Self::Variant { name, .. } => Some(name),
            _ => None,
        }
    }

    fn unwrapped(&self) -> &Self {
        match self {
            Self::Struct(fields) if fields.len() == 1 => fields[0].1.unwrapped(),
            other => other,
        }
    }
}

macro_rules! from_number {
    ($($number:ty),*) => {$(
        impl From<$number> for Value {
            fn from(number: $number) -> Self {
                Self::Number(number.into())
            }
        }
    )*};
}
from_number!(u8, u16, u32, u64, u128);

impl From<i128> for Value {
    fn from(number: i128) -> Self {
        Self::Signed(number)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<AccountId> for Value {
    fn from(account: AccountId) -> Self {
        Self::Account(account)
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Vec<u16>> for Value {
    fn from(numbers: Vec<u16>) -> Self {
        Self::list(numbers)
    }
}

impl From<Vec<Self>> for Value {
    fn from(items: Vec<Self>) -> Self {
        Self::List(items)
    }
}

impl From<Call> for Value {
    fn from(call: Call) -> Self {
        Self::Call(Box::new(call))
    }
}

impl From<crate::Rao> for Value {
    fn from(amount: crate::Rao) -> Self {
        Self::Number(amount.0.into())
    }
}

#[cfg(test)]
mod tests {
    #![allow(dead_code, reason = "the types are only described, never made")]

    use super::{Value, decode::Item};
    use scale_info::{MetaType, PortableRegistry, Registry, TypeInfo};
    use subnetkit_protocol::AccountId;
    use subxt::ext::{
        scale_decode::{IntoVisitor, visitor::decode_with_visitor},
        scale_encode::EncodeAsType,
    };

    #[derive(TypeInfo)]
    struct NetUid(u16);
    #[derive(TypeInfo)]
    struct NamedNetUid {
        id: u16,
    }
    #[derive(TypeInfo)]
    struct Account([u8; 32]);
    #[derive(TypeInfo)]
    enum Address {
        Index(u8),
        Id(Account),
    }
    #[derive(TypeInfo)]
    struct Bounded(Vec<u16>);
    #[derive(TypeInfo)]
    struct Newer {
        appeared: u64,
        netuid: NetUid,
        hotkey: Account,
        list: Bounded,
    }

    fn described<T: TypeInfo + 'static>() -> (u32, PortableRegistry) {
        let mut registry = Registry::new();
        let id = registry.register_type(&MetaType::new::<T>()).id;
        (id, registry.into())
    }

    fn encoded<T: TypeInfo + 'static>(value: impl Into<Value>) -> Vec<u8> {
        let (id, types) = described::<T>();
        value.into().encode_as_type(id, &types).unwrap()
    }

    fn decoded<T: TypeInfo + 'static>(bytes: &[u8]) -> Value {
        let (id, types) = described::<T>();
        let item: Item = decode_with_visitor(&mut &*bytes, id, &types, Item::into_visitor()).unwrap();
        item.into_value()
    }

    #[test]
    fn a_number_goes_through_wrappers_both_ways() {
        assert_eq!(encoded::<u16>(7u16), [7, 0]);
        assert_eq!(encoded::<NetUid>(7u16), [7, 0]);
        assert_eq!(encoded::<NamedNetUid>(7u16), [7, 0]);
        assert_eq!(decoded::<NetUid>(&[7, 0]).number_as::<u16>(), Some(7));
        assert_eq!(decoded::<NamedNetUid>(&[7, 0]).number_as::<u16>(), Some(7));
        assert_eq!(decoded::<codec::Compact<u64>>(&[28]).number_as::<u64>(), Some(7));
    }

    #[test]
    fn a_number_that_does_not_fit_is_an_error() {
        let (id, types) = described::<NetUid>();
        assert!(Value::from(70_000u32).encode_as_type(id, &types).is_err());
        assert_eq!(decoded::<u32>(&[0, 0, 1, 0]).number_as::<u16>(), None);
    }

    #[test]
    fn an_account_fills_an_account_or_an_address() {
        let account = AccountId::from_bytes([3; 32]);
        assert_eq!(encoded::<Account>(account), [3; 32]);
        let address = encoded::<Address>(account);
        assert_eq!((address[0], &address[1..]), (1, &[3u8; 32][..]));
        assert_eq!(decoded::<Account>(&[3; 32]).account(), Some(account));
    }

    #[test]
    fn fields_are_found_by_name_whatever_else_there_is() {
        let mut bytes = vec![1, 0, 0, 0, 0, 0, 0, 0, 9, 0];
        bytes.extend([4; 32]);
        bytes.extend([8, 1, 0, 2, 0]);
        let value = decoded::<Newer>(&bytes);
        assert_eq!(value.field("netuid").and_then(Value::number), Some(9));
        assert_eq!(value.field("hotkey").and_then(Value::account), Some(AccountId::from_bytes([4; 32])));
        assert_eq!(value.field("list").and_then(Value::items).map(<[Value]>::len), Some(2));
        assert_eq!(value.field("vanished"), None);
        let fields = vec![
            ("list".to_owned(), Value::from(vec![1u16, 2])),
            ("hotkey".to_owned(), AccountId::from_bytes([4; 32]).into()),
            ("netuid".to_owned(), 9u16.into()),
            ("appeared".to_owned(), 1u64.into()),
        ];
        assert_eq!(encoded::<Newer>(Value::Struct(fields)), bytes);
    }

    #[test]
    fn bytes_are_told_from_lists() {
        assert_eq!(encoded::<Vec<u8>>(vec![1u8, 2]), [8, 1, 2]);
        assert_eq!(decoded::<Vec<u8>>(&[8, 104, 105]).text().as_deref(), Some("hi"));
        assert_eq!(decoded::<Vec<u8>>(&[0]).bytes(), Some(Vec::new()));
        assert_eq!(decoded::<Vec<codec::Compact<u8>>>(&[4, 0xa1, 0x01]).text().as_deref(), Some("h"));
        assert_eq!(decoded::<Vec<u16>>(&[4, 5, 0]), Value::List(vec![Value::Number(5)]));
    }

    #[test]
    fn options_are_told_from_other_values() {
        assert_eq!(encoded::<Option<u16>>(Value::some(5u16)), [1, 5, 0]);
        assert_eq!(encoded::<Option<u16>>(Value::none()), [0]);
        assert_eq!(decoded::<Option<u16>>(&[0]).option(), Some(None));
        let some = decoded::<Option<u16>>(&[1, 5, 0]);
        assert_eq!(some.option().flatten().and_then(Value::number), Some(5));
        assert_eq!(decoded::<u16>(&[5, 0]).option(), None);
    }
}
