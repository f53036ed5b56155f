//! What the client takes of a value: by this a value is cut down to what was declared, so that nothing else is used.

use crate::Value;
use std::fmt;

/// The shape of a value as far as the client looks at it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// Whatever it is, as it is.
    Any,
    /// True or false.
    Bool,
    /// An unsigned number of any width.
    Number,
    /// 32 bytes that are somebody.
    Account,
    /// Bytes or text.
    Bytes,
    /// A call inside a call.
    Call,
    /// Any number of the same.
    List(&'static Self),
    /// Things by position; further ones are ignored.
    Items(&'static [Self]),
    /// Things by name; others are ignored.
    Fields(&'static [Field]),
    /// Things by name; others are kept as well.
    Holding(&'static [Field]),
    /// There or not.
    Maybe(&'static Self),
    /// One variant that is looked into, with its fields; others are kept as they are.
    Case(&'static str, &'static Self),
}

/// A field by its name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    needed: bool,
}

impl Field {
    pub(crate) const fn new(name: &'static str, shape: Shape) -> Self {
        Self { name, shape, needed: true }
    }

    /// A field that some runtimes do not have.
    pub(crate) const fn some(name: &'static str, shape: Shape) -> Self {
        Self { name, shape, needed: false }
    }
}

/// Where a value is not what was declared: the way there, and what is wanted at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misfit {
    path: Vec<String>,
    wanted: &'static str,
}

impl Misfit {
    fn here(wanted: &'static str) -> Self {
        Self { path: Vec::new(), wanted }
    }

    fn at(mut self, step: impl fmt::Display) -> Self {
        self.path.insert(0, step.to_string());
        self
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return f.write_str(self.wanted);
        }
        write!(f, "{} ({})", self.path.join("."), self.wanted)
    }
}

impl Shape {
    /// The value, cut down to this shape.
    pub(crate) fn take(self, value: Value) -> Result<Value, Misfit> {
        match self {
            Self::Any | Self::Call => Ok(value),
            Self::Bool => value.bool().map(Value::Bool).ok_or(Misfit::here("true or false")),
            Self::Number => value.number().map(Value::Number).ok_or(Misfit::here("a number")),
            Self::Account => value.account().map(Value::Account).ok_or(Misfit::here("an account")),
            Self::Bytes => value.bytes().map(Value::Bytes).ok_or(Misfit::here("bytes")),
            Self::List(of) => {
                let items = into_items(value).ok_or(Misfit::here("a list"))?.into_iter().enumerate();
                let items = items.map(|(index, item)| of.take(item).map_err(|misfit| misfit.at(index)));
                Ok(Value::List(items.collect::<Result<_, _>>()?))
            }
            Self::Items(shapes) => {
                let mut items = into_items(value).ok_or(Misfit::here("a tuple"))?.into_iter();
                let item = |(index, shape): (usize, &Self)| {
                    let item = items.next().ok_or_else(|| Misfit::here("an item").at(index))?;
                    shape.take(item).map_err(|misfit| misfit.at(index))
                };
                Ok(Value::List(shapes.iter().enumerate().map(item).collect::<Result<_, _>>()?))
            }
            Self::Fields(fields) => Ok(Value::Struct(take_fields(fields, value)?.0)),
            Self::Holding(fields) => {
                let (mut taken, others) = take_fields(fields, value)?;
                taken.extend(others);
                Ok(Value::Struct(taken))
            }
            Self::Maybe(of) => match value {
                Value::Variant { name, .. } if name == "None" => Ok(Value::none()),
                Value::Variant { name, fields } if name == "Some" => {
                    let inner = into_items(*fields).and_then(|items| items.into_iter().next());
                    Ok(Value::some(of.take(inner.ok_or(Misfit::here("an option"))?)?))
                }
                _ => Err(Misfit::here("an option")),
            },
            Self::Case(wanted, of) => match value {
                Value::Variant { name, fields } if name == wanted => {
                    let fields = of.take(*fields).map_err(|misfit| misfit.at(wanted))?;
                    Ok(Value::Variant { name, fields: Box::new(fields) })
                }
                other @ Value::Variant { .. } => Ok(other),
                _ => Err(Misfit::here("an enum")),
            },
        }
    }

    /// A value of this shape, to try out whether one can be encoded.
    pub(crate) fn example(self) -> Value {
        match self {
            Self::Any | Self::Number => Value::Number(1),
            Self::Bool => Value::Bool(true),
            Self::Account => Value::Account([7; 32].into()),
            // As long as a hash, so that it fills one, too.
            Self::Bytes => Value::Bytes(vec![7; 32]),
            Self::Call => super::START_CALL.call([Value::Number(1)]).into(),
            Self::List(of) => Value::List(vec![of.example(), of.example()]),
            Self::Items(shapes) => Value::List(shapes.iter().map(|shape| shape.example()).collect()),
            Self::Fields(fields) | Self::Holding(fields) => {
                let field = |field: &Field| (field.name.to_owned(), field.shape.example());
                Value::Struct(fields.iter().map(field).collect())
            }
            Self::Maybe(of) => Value::some(of.example()),
            Self::Case(name, of) => Value::Variant { name: name.to_owned(), fields: Box::new(of.example()) },
        }
    }
}

fn into_items(value: Value) -> Option<Vec<Value>> {
    match value {
        Value::List(items) => Some(items),
        Value::Struct(fields) if fields.len() == 1 => {
            let only = fields.into_iter().next()?.1;
            match only {
                Value::List(_) | Value::Struct(_) => into_items(only),
                other => Some(vec![other]),
            }
        }
        Value::Struct(fields) => Some(fields.into_iter().map(|(_, value)| value).collect()),
        Value::Variant { fields, .. } => into_items(*fields),
        _ => None,
    }
}

type Named = Vec<(String, Value)>;

/// The declared fields, and the others.
fn take_fields(fields: &[Field], value: Value) -> Result<(Named, Named), Misfit> {
    let Value::Struct(mut found) = value else { return Err(Misfit::here("named fields")) };
    // A wrapper with a name for its only field is looked through, unless that field is the one wanted.
    while found.len() == 1 && !fields.iter().any(|field| field.name == found[0].0) {
        match found.pop() {
            Some((_, Value::Struct(inner))) => found = inner,
            Some(other) => {
                found.push(other);
                break;
            }
            None => break,
        }
    }
    let mut taken = Vec::with_capacity(fields.len());
    for field in fields {
        match found.iter().position(|(name, _)| name == field.name) {
            Some(position) => {
                let (name, value) = found.swap_remove(position);
                let value = field.shape.take(value).map_err(|misfit| misfit.at(field.name))?;
                taken.push((name, value));
            }
            None if field.needed => return Err(Misfit::here("a field").at(field.name)),
            None => {}
        }
    }
    Ok((taken, found))
}

#[cfg(test)]
mod tests {
    use super::{Field, Shape};
    use crate::Value;

    const PLACE: Shape =
        Shape::Fields(&[Field::new("ip", Shape::Number), Field::some("port", Shape::Number)]);

    fn named(fields: &[(&str, u8)]) -> Value {
        Value::Struct(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect())
    }

    #[test]
    fn what_was_not_declared_is_not_there() {
        let taken = PLACE.take(named(&[("port", 2), ("secret", 3), ("ip", 1)])).unwrap();
        assert_eq!(taken, named(&[("ip", 1), ("port", 2)]));
        const KEPT: Shape = Shape::Holding(&[Field::new("ip", Shape::Number)]);
        assert!(KEPT.take(named(&[("other", 3), ("ip", 1)])).unwrap().field("other").is_some());
        const FIRST: Shape = Shape::Items(&[Shape::Number]);
        assert_eq!(FIRST.take(Value::from(vec![5u16, 6])).unwrap(), Value::from(vec![5u16]));
    }

    #[test]
    fn a_misfit_says_where_it_is() {
        const WANTED: Shape = Shape::Maybe(&Shape::Fields(&[Field::new("axons", Shape::List(&PLACE))]));
        let axons = |second: Value| {
            let list = Value::List(vec![named(&[("ip", 1)]), second]);
            WANTED.take(Value::some(Value::Struct(vec![("axons".to_owned(), list)])))
        };
        assert!(axons(named(&[("ip", 2)])).is_ok());
        assert_eq!(axons(named(&[("port", 2)])).unwrap_err().to_string(), "axons.1.ip (a field)");
        assert_eq!(WANTED.take(Value::Bool(true)).unwrap_err().to_string(), "an option");
        assert_eq!(WANTED.take(Value::none()).unwrap(), Value::none());
    }

    #[test]
    fn wrappers_are_looked_through() {
        let inner = named(&[("ip", 1), ("port", 2)]);
        let wrapped = Value::Struct(vec![("endpoint".to_owned(), inner.clone())]);
        assert_eq!(PLACE.take(wrapped).unwrap(), inner);
        assert_eq!(Shape::Number.take(named(&[("id", 9)])).unwrap(), Value::Number(9));
    }

    #[test]
    fn only_the_variant_that_matters_is_looked_into() {
        const WANTED: Shape =
            Shape::Case("Module", &Shape::Items(&[Shape::Fields(&[Field::new("index", Shape::Number)])]));
        let variant = |name: &str, fields: Vec<Value>| Value::Variant {
            name: name.to_owned(),
            fields: Box::new(Value::List(fields)),
        };
        assert!(WANTED.take(variant("Other", Vec::new())).is_ok());
        assert!(WANTED.take(variant("Module", vec![named(&[("index", 1)])])).is_ok());
        let error = WANTED.take(variant("Module", vec![named(&[("number", 1), ("b", 2)])])).unwrap_err();
        assert_eq!(error.to_string(), "Module.0.index (a field)");
    }
}
