//! From SCALE to values, led by the metadata's type.

use super::Value;
use std::marker::PhantomData;
use subxt::ext::scale_decode::{
    DecodeAsFields, Error, FieldIter, IntoVisitor, TypeResolver, Visitor,
    visitor::{
        DecodeError, TypeIdFor,
        types::{Array, BitSequence, Composite, Sequence, Str, Tuple, Variant},
    },
};

/// What a visit gives: lone bytes are told apart so that sequences of them become `Value::Bytes`.
pub(crate) enum Item {
    Byte(u8),
    Other(Value),
}

impl Item {
    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Byte(byte) => Value::Number(byte.into()),
            Self::Other(value) => value,
        }
    }
}

pub(crate) struct ItemVisitor<R>(PhantomData<R>);

impl<R> ItemVisitor<R> {
    fn new() -> Self {
        Self(PhantomData)
    }
}

macro_rules! visit_number {
    ($($visit:ident $number:ty => $variant:ident),*) => {$(
        fn $visit<'scale, 'resolver>(self, value: $number, _: TypeIdFor<Self>) -> Result<Self::Value<'scale, 'resolver>, Error> {
            Ok(Item::Other(Value::$variant(value.into())))
        }
    )*};
}

impl<R: TypeResolver> Visitor for ItemVisitor<R> {
    type Value<'scale, 'resolver> = Item;
    type Error = Error;
    type TypeResolver = R;

    visit_number!(
        visit_u16 u16 => Number, visit_u32 u32 => Number, visit_u64 u64 => Number, visit_u128 u128 => Number,
        visit_i8 i8 => Signed, visit_i16 i16 => Signed, visit_i32 i32 => Signed, visit_i64 i64 => Signed,
        visit_i128 i128 => Signed, visit_bool bool => Bool
    );

    fn visit_u8<'scale, 'resolver>(
        self,
        value: u8,
        _: TypeIdFor<Self>,
    ) -> Result<Self::Value<'scale, 'resolver>, Error> {
        Ok(Item::Byte(value))
    }

    fn visit_u256<'resolver>(
        self,
        value: &[u8; 32],
        _: TypeIdFor<Self>,
    ) -> Result<Self::Value<'_, 'resolver>, Error> {
        Ok(Item::Other(Value::Bytes(value.to_vec())))
    }

    fn visit_i256<'resolver>(
        self,
        value: &[u8; 32],
        _: TypeIdFor<Self>,
    ) -> Result<Self::Value<'_, 'resolver>, Error> {
        Ok(Item::Other(Value::Bytes(value.to_vec())))
    }

    fn visit_char<'scale, 'resolver>(
        self,
        value: char,
        _: TypeIdFor<Self>,
    ) -> Result<Self::Value<'scale, 'resolver>, Error> {
        Ok(Item::Other(Value::Text(value.to_string())))
    }

    fn visit_str<'scale, 'resolver>(
        self,
        value: &mut Str<'scale>,
        _: TypeIdFor<Self>,
    ) -> Result<Self::Value<'scale, 'resolver>, Error> {
        Ok(Item::Other(Value::Text(value.as_str()?.to_owned())))
    }

    fn visit_sequence<'scale, 'resolver>(
        self,
        value: &mut Sequence<'scale, 'resolver, R>,
        _: TypeIdFor<Self>,
    ) -> Result<Self::Value<'scale, 'resolver>, Error> {
        collect(std::iter::from_fn(|| value.decode_item(Self::new())))
    }

    fn visit_array<'scale, 'resolver>(
        self,
        value: &mut Array<'scale, 'resolver, R>,
        _: TypeIdFor<Self>,
    ) -> Result<Self::Value<'scale, 'resolver>, Error> {
        collect(std::iter::from_fn(|| value.decode_item(Self::new())))
    }

    fn visit_tuple<'scale, 'resolver>(
        self,
        value: &mut Tuple<'scale, 'resolver, R>,
        _: TypeIdFor<Self>,
    ) -> Result<Self::Value<'scale, 'resolver>, Error> {
        let items = std::iter::from_fn(|| value.decode_item(Self::new()));
        Ok(Item::Other(Value::List(items.map(|i| i.map(Item::into_value)).collect::<Result<_, _>>()?)))
    }

    fn visit_composite<'scale, 'resolver>(
        self,
        value: &mut Composite<'scale, 'resolver, R>,
        _: TypeIdFor<Self>,
    ) -> Result<Self::Value<'scale, 'resolver>, Error> {
        fields(value)
    }

    fn visit_variant<'scale, 'resolver>(
        self,
        value: &mut Variant<'scale, 'resolver, R>,
        _: TypeIdFor<Self>,
    ) -> Result<Self::Value<'scale, 'resolver>, Error> {
        let name = value.name().to_owned();
        let fields = fields_kept(value.fields())?;
        Ok(Item::Other(Value::Variant { name, fields: Box::new(fields) }))
    }

    fn visit_bitsequence<'scale, 'resolver>(
        self,
        value: &mut BitSequence<'scale>,
        _: TypeIdFor<Self>,
    ) -> Result<Self::Value<'scale, 'resolver>, Error> {
        let bits: Result<Vec<_>, _> = value.decode()?.map(|bit| bit.map(Value::Bool)).collect();
        Ok(Item::Other(Value::List(bits.map_err(DecodeError::from)?)))
    }
}

/// A sequence whose items are all bytes is `Bytes`; an empty one stays a list, which `Value::bytes` accepts as well.
fn collect(items: impl Iterator<Item = Result<Item, Error>>) -> Result<Item, Error> {
    let items = items.collect::<Result<Vec<_>, _>>()?;
    if !items.is_empty() && items.iter().all(|item| matches!(item, Item::Byte(_))) {
        let bytes = items.into_iter().filter_map(|item| match item {
            Item::Byte(byte) => Some(byte),
            Item::Other(_) => None,
        });
        return Ok(Item::Other(Value::Bytes(bytes.collect())));
    }
    Ok(Item::Other(Value::List(items.into_iter().map(Item::into_value).collect())))
}

fn fields<R: TypeResolver>(value: &mut Composite<'_, '_, R>) -> Result<Item, Error> {
    if value.remaining() == 1
        && value.has_unnamed_fields()
        && let Some(only) = value.decode_item(ItemVisitor::new())
    {
        return only;
    }
    Ok(Item::Other(fields_kept(value)?))
}

fn fields_kept<R: TypeResolver>(value: &mut Composite<'_, '_, R>) -> Result<Value, Error> {
    let mut named = Vec::with_capacity(value.remaining());
    let mut unnamed = Vec::new();
    loop {
        let name = value.peek_name().map(str::to_owned);
        let Some(item) = value.decode_item(ItemVisitor::new()) else { break };
        match name {
            Some(name) => named.push((name, item?.into_value())),
            None => unnamed.push(item?.into_value()),
        }
    }
    Ok(if named.is_empty() { Value::List(unnamed) } else { Value::Struct(named) })
}

impl IntoVisitor for Item {
    type AnyVisitor<R: TypeResolver> = ItemVisitor<R>;
    fn into_visitor<R: TypeResolver>() -> ItemVisitor<R> {
        ItemVisitor::new()
    }
}

/// Decodes fields one after the other: a `Struct` if they have names, else a `List`.
impl DecodeAsFields for Value {
    fn decode_as_fields<'resolver, R: TypeResolver>(
        input: &mut &[u8],
        fields: &mut dyn FieldIter<'resolver, R::TypeId>,
        types: &'resolver R,
    ) -> Result<Self, Error> {
        let mut composite = Composite::new(std::iter::empty(), input, fields, types, false);
        let value = fields_kept(&mut composite)?;
        composite.skip_decoding()?;
        *input = composite.bytes_from_undecoded();
        Ok(value)
    }
}
