//! Bytes as they are, and the serde format that knows nothing else.

use std::{fmt, ops::Deref};

use bytes::Bytes;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, SeqAccess, Visitor},
    ser::{self, Impossible},
};

/// Bytes that travel as they are under [`Encoding::Raw`](crate::Encoding::Raw): an image, a tensor, a file.
///
/// In MessagePack they are a binary, in JSON a list of numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Raw(pub Bytes);

impl Deref for Raw {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl AsRef<[u8]> for Raw {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Bytes> for Raw {
    fn from(bytes: Bytes) -> Self {
        Self(bytes)
    }
}

impl From<Vec<u8>> for Raw {
    fn from(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }
}

impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_byte_buf(BytesVisitor).map(Self)
    }
}

struct BytesVisitor;

impl<'de> Visitor<'de> for BytesVisitor {
    type Value = Bytes;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes")
    }

    fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
        Ok(Bytes::copy_from_slice(bytes))
    }

    fn visit_byte_buf<E: de::Error>(self, bytes: Vec<u8>) -> Result<Bytes, E> {
        Ok(bytes.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Bytes, A::Error> {
        // The announced length is a stranger's word: room is made as the numbers come.
        let mut bytes = Vec::with_capacity(list.size_hint().unwrap_or(0).min(4096));
        while let Some(byte) = list.next_element()? {
            bytes.push(byte);
        }
        Ok(bytes.into())
    }
}

/// A type that is more than bytes, under an encoding that has no other form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotBytes(String);

impl NotBytes {
    fn found(what: &str) -> Self {
        Self(format!("raw bodies hold bytes and not {what}: use the type `Raw`, or JSON or MessagePack"))
    }
}

impl ser::Error for NotBytes {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

impl de::Error for NotBytes {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

pub(crate) fn to_bytes<T: Serialize + ?Sized>(value: &T) -> Result<Bytes, NotBytes> {
    value.serialize(Writer)
}

pub(crate) fn from_bytes<T: de::DeserializeOwned>(bytes: &[u8]) -> Result<T, NotBytes> {
    T::deserialize(Reader(bytes))
}

struct Writer;

macro_rules! refuse {
    ($($method:ident($($kind:ty),*) -> $result:ty: $what:literal;)*) => {
        $(fn $method(self $(, _: $kind)*) -> Result<$result, NotBytes> {
            Err(NotBytes::found($what))
        })*
    };
}

type Never = Impossible<Bytes, NotBytes>;

impl Serializer for Writer {
    type Ok = Bytes;
    type Error = NotBytes;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Bytes, NotBytes> {
        Ok(Bytes::copy_from_slice(bytes))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Bytes, NotBytes> {
        value.serialize(self)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<Bytes, NotBytes> {
        Err(NotBytes::found("an option"))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<Bytes, NotBytes> {
        Err(NotBytes::found("an enum"))
    }

    refuse! {
        serialize_bool(bool) -> Bytes: "a truth value";
        serialize_i8(i8) -> Bytes: "a number";
        serialize_i16(i16) -> Bytes: "a number";
        serialize_i32(i32) -> Bytes: "a number";
        serialize_i64(i64) -> Bytes: "a number";
        serialize_u8(u8) -> Bytes: "a number";
        serialize_u16(u16) -> Bytes: "a number";
        serialize_u32(u32) -> Bytes: "a number";
        serialize_u64(u64) -> Bytes: "a number";
        serialize_f32(f32) -> Bytes: "a number";
        serialize_f64(f64) -> Bytes: "a number";
        serialize_char(char) -> Bytes: "a character";
        serialize_str(&str) -> Bytes: "text";
        serialize_none() -> Bytes: "an option";
        serialize_unit() -> Bytes: "a unit";
        serialize_unit_struct(&'static str) -> Bytes: "a unit";
        serialize_unit_variant(&'static str, u32, &'static str) -> Bytes: "an enum";
        serialize_seq(Option<usize>) -> Never: "a list";
        serialize_tuple(usize) -> Never: "a tuple";
        serialize_tuple_struct(&'static str, usize) -> Never: "a tuple";
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never: "an enum";
        serialize_map(Option<usize>) -> Never: "a map";
        serialize_struct(&'static str, usize) -> Never: "a struct";
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never: "an enum";
    }
}

struct Reader<'de>(&'de [u8]);

macro_rules! unreadable {
    ($($method:ident($($kind:ty),*): $what:literal;)*) => {
        $(fn $method<V: Visitor<'de>>(self $(, _: $kind)*, _: V) -> Result<V::Value, NotBytes> {
            Err(NotBytes::found($what))
        })*
    };
}

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = NotBytes;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotBytes> {
        visitor.visit_borrowed_bytes(self.0)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotBytes> {
        visitor.visit_borrowed_bytes(self.0)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, NotBytes> {
        visitor.visit_borrowed_bytes(self.0)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, NotBytes> {
        visitor.visit_newtype_struct(self)
    }

    unreadable! {
        deserialize_bool(): "a truth value";
        deserialize_i8(): "a number";
        deserialize_i16(): "a number";
        deserialize_i32(): "a number";
        deserialize_i64(): "a number";
        deserialize_u8(): "a number";
        deserialize_u16(): "a number";
        deserialize_u32(): "a number";
        deserialize_u64(): "a number";
        deserialize_f32(): "a number";
        deserialize_f64(): "a number";
        deserialize_char(): "a character";
        deserialize_str(): "text";
        deserialize_string(): "text";
        deserialize_option(): "an option";
        deserialize_unit(): "a unit";
        deserialize_unit_struct(&'static str): "a unit";
        deserialize_seq(): "a list";
        deserialize_tuple(usize): "a tuple";
        deserialize_tuple_struct(&'static str, usize): "a tuple";
        deserialize_map(): "a map";
        deserialize_struct(&'static str, &'static [&'static str]): "a struct";
        deserialize_enum(&'static str, &'static [&'static str]): "an enum";
        deserialize_identifier(): "text";
        deserialize_ignored_any(): "something to ignore";
    }
}
