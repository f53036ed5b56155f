//! Values named by shape alone, encoded into and decoded from whatever types the live metadata gives.
//!
//! Decoding is tolerant by construction: a wrapper with one unnamed field vanishes, the accessors look through a
//! struct with one named field, fields nobody asks for are carried along, and order never matters.

use crate::Call;
use subnetkit_protocol::AccountId;

pub(crate) mod decode;
mod encode;

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
