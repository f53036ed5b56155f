//! Bytes as a runtime would send them: made from the metadata's types alone, with what matters in them.

use super::{Shape, shape::Field};
use codec::{Compact, Encode};
use subxt::ext::scale_type_resolver::{Primitive, TypeResolver, visitor};

/// How deep types are followed; beyond, only what has an end is taken.
const MAX_DEPTH: usize = 24;

/// Items put into a list.
const LIST_ITEMS: u32 = 2;

/// The number put wherever a number is: it fits every width, and an account or a text made of it is one.
const NUMBER: u8 = 65;

/// Fields in order, with their names where they have any.
type Members<Id> = Vec<(Option<String>, Id)>;

/// A type as metadata describes it.
enum Kind<Id> {
    Fields(Members<Id>),
    Variants(Vec<(u8, String, Members<Id>)>),
    Sequence(Id),
    Array(Id, usize),
    Compact(Id),
    Primitive(Primitive),
    Bits,
}

/// Bytes of a type, with the variants and lists in them that a shape wants to look into.
///
/// # Errors
/// What no bytes can be made of: a type that is missing, or that never ends.
pub(super) fn bytes<R: TypeResolver>(types: &R, id: R::TypeId, shape: Shape) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    write(types, id, shape, 0, &mut out)?;
    Ok(out)
}

fn write<R: TypeResolver>(
    types: &R,
    id: R::TypeId,
    shape: Shape,
    depth: usize,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err("its type never ends".to_owned());
    }
    let depth = depth + 1;
    match kind(types, id)? {
        Kind::Fields(fields) => write_fields(types, fields, shape, depth, out)?,
        Kind::Variants(variants) => {
            let (wanted, inner) = match shape {
                Shape::Maybe(of) => (Some("Some"), *of),
                Shape::Case(name, of) => (Some(name), *of),
                other => (None, other),
            };
            let named = variants.iter().position(|(_, name, _)| Some(name.as_str()) == wanted);
            // Not the first one: of those without end, the first often holds itself.
            let smallest = || (0..variants.len()).min_by_key(|at| variants[*at].2.len());
            let Some(at) = named.or_else(smallest) else {
                return Err("an enum of it has no variants".to_owned());
            };
            let (index, _, fields) = variants.into_iter().nth(at).ok_or("an enum of it has no variants")?;
            out.push(index);
            let inner = match (shape, named) {
                (Shape::Maybe(of), Some(_)) => {
                    let only = fields.into_iter().next().ok_or("an option of it holds nothing")?.1;
                    return write(types, only, *of, depth, out);
                }
                (_, Some(_)) => inner,
                _ => Shape::Any,
            };
            write_fields(types, fields, inner, depth, out)?;
        }
        Kind::Sequence(of) => {
            let inner = if let Shape::List(inner) = shape { *inner } else { Shape::Any };
            let items = if depth > MAX_DEPTH / 2 { 0 } else { LIST_ITEMS };
            Compact(items).encode_to(out);
            for _ in 0..items {
                write(types, of.clone(), inner, depth, out)?;
            }
        }
        Kind::Array(of, length) => {
            for _ in 0..length {
                write(types, of.clone(), Shape::Any, depth, out)?;
            }
        }
        Kind::Compact(_) => Compact(u32::from(NUMBER)).encode_to(out),
        Kind::Bits => Compact(0u32).encode_to(out),
        Kind::Primitive(primitive) => write_primitive(&primitive, out),
    }
    Ok(())
}

/// A struct, a tuple or the fields of a variant.
fn write_fields<R: TypeResolver>(
    types: &R,
    fields: Members<R::TypeId>,
    shape: Shape,
    depth: usize,
    out: &mut Vec<u8>,
) -> Result<(), String> {
    let alone = fields.len() == 1;
    for (index, (name, id)) in fields.into_iter().enumerate() {
        let declared = |fields: &'static [Field]| {
            fields.iter().find(|field| Some(field.name) == name.as_deref()).map(|field| field.shape)
        };
        let inner = match shape {
            Shape::Fields(fields) | Shape::Holding(fields) => declared(fields),
            Shape::Items(shapes) => shapes.get(index).copied(),
            _ => None,
        };
        // A wrapper around one thing has that thing's shape.
        let inner = inner.unwrap_or(if alone { shape } else { Shape::Any });
        write(types, id, inner, depth, out)?;
    }
    Ok(())
}

fn write_primitive(primitive: &Primitive, out: &mut Vec<u8>) {
    let width = match primitive {
        Primitive::Bool => return out.push(1),
        Primitive::Str => return "A".encode_to(out),
        Primitive::U8 | Primitive::I8 => 1,
        Primitive::U16 | Primitive::I16 => 2,
        Primitive::Char | Primitive::U32 | Primitive::I32 => 4,
        Primitive::U64 | Primitive::I64 => 8,
        Primitive::U128 | Primitive::I128 => 16,
        Primitive::U256 | Primitive::I256 => 32,
    };
    out.push(NUMBER);
    out.extend(std::iter::repeat_n(0, width - 1));
}

fn kind<R: TypeResolver>(types: &R, id: R::TypeId) -> Result<Kind<R::TypeId>, String> {
    let owned = |name: Option<&str>| name.map(str::to_owned);
    let look = visitor::new((), |(), _| None)
        .visit_composite(|(), _, fields| {
            Some(Kind::Fields(fields.map(|field| (owned(field.name), field.id)).collect()))
        })
        .visit_variant(|(), _, variants| {
            let mut found = Vec::new();
            for variant in variants {
                let fields = variant.fields.map(|field| (owned(field.name), field.id)).collect();
                found.push((variant.index, variant.name.to_owned(), fields));
            }
            Some(Kind::Variants(found))
        })
        .visit_sequence(|(), _, of| Some(Kind::Sequence(of)))
        .visit_array(|(), of, length| Some(Kind::Array(of, length)))
        .visit_tuple(|(), ids| Some(Kind::Fields(ids.map(|id| (None, id)).collect())))
        .visit_primitive(|(), primitive| Some(Kind::Primitive(primitive)))
        .visit_compact(|(), of| Some(Kind::Compact(of)))
        .visit_bit_sequence(|(), _, _| Some(Kind::Bits));
    let found = types.resolve_type(id, look).map_err(|error| error.to_string())?;
    found.ok_or_else(|| "a type of it is missing".to_owned())
}
