//! From values to SCALE, led by the metadata's type.

use super::Value;
use crate::Call;
use subxt::ext::scale_encode::{
    Composite, CompositeField, EncodeAsFields, EncodeAsType, Error, FieldIter, Variant,
};
use subxt::ext::scale_type_resolver::{TypeResolver, visitor};

impl EncodeAsType for Value {
    fn encode_as_type_to<R: TypeResolver>(
        &self,
        type_id: R::TypeId,
        types: &R,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        match self {
            Self::Bool(value) => value.encode_as_type_to(type_id, types, out),
            Self::Number(value) => value.encode_as_type_to(type_id, types, out),
            Self::Signed(value) => value.encode_as_type_to(type_id, types, out),
            Self::Text(value) => value.encode_as_type_to(type_id, types, out),
            Self::Bytes(value) => value.encode_as_type_to(type_id, types, out),
            Self::Account(account) => {
                let bytes = Self::Bytes(account.as_bytes().to_vec());
                if is_enum(type_id.clone(), types) {
                    encode_variant("Id", &Self::List(vec![bytes]), type_id, types, out)
                } else {
                    bytes.encode_as_type_to(type_id, types, out)
                }
            }
            Self::List(items) if is_sequence(type_id.clone(), types) => {
                items.encode_as_type_to(type_id, types, out)
            }
            Self::List(items) => {
                Composite::new(unnamed(items)).encode_composite_as_type_to(type_id, types, out)
            }
            Self::Struct(fields) => {
                Composite::new(named(fields)).encode_composite_as_type_to(type_id, types, out)
            }
            Self::Variant { name, fields } => encode_variant(name, fields, type_id, types, out),
            Self::Call(call) => {
                let inner = Self::Variant {
                    name: call.name.clone(),
                    fields: Box::new(Self::Struct(call.args.clone())),
                };
                encode_variant(&call.pallet, &Self::List(vec![inner]), type_id, types, out)
            }
        }
    }
}

/// The arguments of a call, matched to the metadata's fields by name.
impl EncodeAsFields for Call {
    fn encode_as_fields_to<R: TypeResolver>(
        &self,
        fields: &mut dyn FieldIter<'_, R::TypeId>,
        types: &R,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        Composite::new(named(&self.args)).encode_composite_fields_to(fields, types, out)
    }
}

fn encode_variant<R: TypeResolver>(
    name: &str,
    fields: &Value,
    type_id: R::TypeId,
    types: &R,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    match fields {
        Value::Struct(fields) => Variant { name, fields: Composite::new(named(fields)) }
            .encode_variant_as_type_to(type_id, types, out),
        Value::List(items) => Variant { name, fields: Composite::new(unnamed(items)) }
            .encode_variant_as_type_to(type_id, types, out),
        single => Variant { name, fields: Composite::new([(None, CompositeField::new(single))].into_iter()) }
            .encode_variant_as_type_to(type_id, types, out),
    }
}

fn named<'a, R: TypeResolver + 'a>(
    fields: &'a [(String, Value)],
) -> impl ExactSizeIterator<Item = (Option<&'a str>, CompositeField<'a, R>)> + Clone {
    fields.iter().map(|(name, value)| (Some(name.as_str()), CompositeField::new(value)))
}

fn unnamed<'a, R: TypeResolver + 'a>(
    items: &'a [Value],
) -> impl ExactSizeIterator<Item = (Option<&'a str>, CompositeField<'a, R>)> + Clone {
    items.iter().map(|value| (None, CompositeField::new(value)))
}

fn is_enum<R: TypeResolver>(type_id: R::TypeId, types: &R) -> bool {
    types
        .resolve_type(type_id, visitor::new((), |(), _| false).visit_variant(|(), _, _| true))
        .unwrap_or(false)
}

/// Sequences and arrays, also behind wrappers such as a bounded vector.
fn is_sequence<R: TypeResolver>(type_id: R::TypeId, types: &R) -> bool {
    enum Shape<Id> {
        Sequence,
        Wrapper(Id),
        Other,
    }
    let look = visitor::new((), |(), _| Shape::Other)
        .visit_sequence(|(), _, _| Shape::Sequence)
        .visit_array(|(), _, _| Shape::Sequence)
        .visit_composite(|(), _, fields| match (fields.next(), fields.next()) {
            (Some(only), None) => Shape::Wrapper(only.id),
            _ => Shape::Other,
        });
    match types.resolve_type(type_id, look) {
        Ok(Shape::Sequence) => true,
        Ok(Shape::Wrapper(inner)) => is_sequence(inner, types),
        _ => false,
    }
}
