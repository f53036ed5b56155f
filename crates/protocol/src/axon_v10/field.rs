//! The fields of a synapse class, as its Python source declares them.

use thiserror::Error;

use super::value::Value;

/// A declared type. It decides the text that is hashed: `1` in a field of floats is `1.0`, an array in a tuple's field
/// has parentheses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// `bool`.
    Bool,
    /// `int`.
    Int,
    /// `float`; an integer becomes one.
    Float,
    /// `str`.
    Text,
    /// `Any`: as the JSON has it. Also for `bt.Tensor` in its serialised form.
    Any,
    /// `Optional[..]`.
    Optional(&'static Self),
    /// `list[..]`.
    List(&'static Self),
    /// `tuple[.., ..]` of this many elements.
    Tuple(&'static [Self]),
    /// `tuple[.., ...]`, of any number of elements.
    TupleOf(&'static Self),
    /// `dict[str, ..]`.
    Dict(&'static Self),
    /// A nested pydantic model, which is hashed as the dictionary of its fields.
    Model(&'static [Field]),
}

/// One field of a synapse class, or of a model in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// JSON text of the default; a field without one is required.
    pub(super) default: Option<&'static str>,
    pub(super) asked: bool,
    pub(super) answered: bool,
}

/// A value that is not of its field's type.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{field}` {fault}")]
pub struct Misfit {
    /// The field, with the path to the value inside it.
    field: String,
    fault: &'static str,
}

impl Field {
    /// A required field that belongs to the request.
    #[must_use]
    pub const fn asked(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, default: None, asked: true, answered: false }
    }

    /// A field that the miner fills: it belongs to the response and is `None` until then.
    #[must_use]
    pub const fn answered(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, default: Some("null"), asked: false, answered: true }
    }

    /// A required field of the request that the miner may change, so that it belongs to the response as well.
    #[must_use]
    pub const fn both(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, default: None, asked: true, answered: true }
    }

    /// The same field with a default, as JSON text: `"3"`, `"[]"`, `"\"x\""`. It is then no longer required.
    #[must_use]
    pub const fn or(self, json: &'static str) -> Self {
        Self { default: Some(json), ..self }
    }
}

impl Misfit {
    const fn new(fault: &'static str) -> Self {
        Self { field: String::new(), fault }
    }

    fn inside(mut self, step: &str) -> Self {
        let separator = if self.field.is_empty() || self.field.starts_with('[') { "" } else { "." };
        self.field = format!("{step}{separator}{}", self.field);
        self
    }
}

/// The fields' values in declared order: of `given`, else the default. Entries of other names are ignored, as the SDK
/// does.
pub(super) fn fit_all(fields: &[Field], given: Vec<(String, Value)>) -> Result<Vec<Value>, Misfit> {
    let mut values: Vec<Option<Value>> = vec![None; fields.len()];
    for (key, value) in given {
        let slot = fields.iter().zip(&mut values).find(|(field, _)| field.name == key);
        if let Some((_, slot)) = slot {
            *slot = Some(value);
        }
    }
    let fit = |(field, value): (&Field, Option<Value>)| {
        let value = match (value, field.default) {
            (Some(value), _) => value,
            (None, Some(default)) => {
                // A default is taken as it is: models don't check their own, and `None` often stands for "not yet".
                return Value::parse(default.as_bytes())
                    .map(|value| field.kind.as_default(value))
                    .map_err(|_| Misfit::new("has a default that is not JSON").inside(field.name));
            }
            (None, None) => return Err(Misfit::new("is missing").inside(field.name)),
        };
        // What nobody answered yet may be absent whatever its type.
        if value == Value::Null && field.default == Some("null") {
            return Ok(value);
        }
        field.kind.fit(value).map_err(|misfit| misfit.inside(field.name))
    };
    fields.iter().zip(values).map(fit).collect()
}

impl Kind {
    /// The value as a field of this type holds it.
    ///
    /// # Errors
    /// The value is of another type. Of pydantic's conversions only the one from integer to float is made: the others
    /// (texts of digits to numbers, numbers to booleans) would let one body be read in two ways.
    pub fn fit(&self, value: Value) -> Result<Value, Misfit> {
        match (self, value) {
            (Self::Any, value)
            | (Self::Bool, value @ Value::Bool(_))
            | (Self::Int, value @ (Value::Int(_) | Value::Long(_)))
            | (Self::Float, value @ Value::Float(_))
            | (Self::Text, value @ Value::Text(_))
            | (Self::Optional(_), value @ Value::Null) => Ok(value),
            (Self::Optional(kind), value) => kind.fit(value),
            #[expect(clippy::cast_precision_loss, reason = "Python rounds to the nearest float as well")]
            (Self::Float, Value::Int(value)) => Ok(Value::Float(value as f64)),
            (Self::Float, Value::Long(digits)) => match digits.parse::<f64>() {
                Ok(value) if value.is_finite() => Ok(Value::Float(value)),
                _ => Err(Misfit::new("is too large for a float")),
            },
            (Self::List(kind), Value::List(items)) => {
                fit_each(items, std::iter::repeat(*kind)).map(Value::List)
            }
            (Self::Tuple(kinds), Value::List(items) | Value::Tuple(items)) if kinds.len() == items.len() => {
                fit_each(items, kinds.iter()).map(Value::Tuple)
            }
            (Self::TupleOf(kind), Value::List(items) | Value::Tuple(items)) => {
                fit_each(items, std::iter::repeat(*kind)).map(Value::Tuple)
            }
            (Self::Dict(kind), Value::Dict(entries)) => entries
                .into_iter()
                .map(|(key, value)| match kind.fit(value) {
                    Ok(value) => Ok((key, value)),
                    Err(misfit) => Err(misfit.inside(&key)),
                })
                .collect::<Result<_, _>>()
                .map(Value::Dict),
            (Self::Model(fields), Value::Dict(entries)) => {
                let names = fields.iter().map(|field| field.name.to_owned());
                Ok(Value::Dict(names.zip(fit_all(fields, entries)?).collect()))
            }
            (kind, _) => Err(Misfit::new(kind.expectation())),
        }
    }

    /// A default as Python's source has it, where JSON has no tuples and a model fills in its own fields. Nothing else is
    /// changed.
    fn as_default(&self, value: Value) -> Value {
        match (self, value) {
            (Self::Optional(kind), value) => kind.as_default(value),
            (Self::Tuple(kinds), Value::List(items)) if kinds.len() == items.len() => {
                Value::Tuple(kinds.iter().zip(items).map(|(kind, item)| kind.as_default(item)).collect())
            }
            (Self::TupleOf(kind), Value::List(items)) => {
                Value::Tuple(items.into_iter().map(|item| kind.as_default(item)).collect())
            }
            (Self::List(kind), Value::List(items)) => {
                Value::List(items.into_iter().map(|item| kind.as_default(item)).collect())
            }
            (Self::Dict(kind), Value::Dict(entries)) => {
                Value::Dict(entries.into_iter().map(|(key, value)| (key, kind.as_default(value))).collect())
            }
            (Self::Model(fields), Value::Dict(entries)) => {
                let names = fields.iter().map(|field| field.name.to_owned());
                match fit_all(fields, entries.clone()) {
                    Ok(values) => Value::Dict(names.zip(values).collect()),
                    Err(_) => Value::Dict(entries),
                }
            }
            (_, value) => value,
        }
    }

    const fn expectation(&self) -> &'static str {
        match self {
            Self::Bool => "is not a boolean",
            Self::Int => "is not an integer",
            Self::Float => "is not a number",
            Self::Text => "is not a text",
            Self::List(_) | Self::TupleOf(_) => "is not an array",
            Self::Tuple(_) => "is not an array of as many elements as its type has",
            Self::Dict(_) | Self::Model(_) => "is not an object",
            Self::Any | Self::Optional(_) => "has another type",
        }
    }
}

fn fit_each<'k>(items: Vec<Value>, kinds: impl Iterator<Item = &'k Kind>) -> Result<Vec<Value>, Misfit> {
    let fit = |(index, (item, kind)): (usize, (Value, &Kind))| {
        kind.fit(item).map_err(|misfit| misfit.inside(&format!("[{index}]")))
    };
    items.into_iter().zip(kinds).enumerate().map(fit).collect()
}
