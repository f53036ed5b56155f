//! One use of a runtime: its name, what goes in, what is taken out. Only the declarations beside make them.

use super::Shape;
use crate::{Call, CodecError, Event, Included, Runtime, Value};

/// What it means for the client if a use does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Need {
    /// It cannot do without.
    Required,
    /// It goes on, with this difference.
    Optional {
        /// What happens instead.
        without: &'static str,
    },
    /// A runtime without it counts as having this number there.
    Assumed {
        /// The number.
        number: u64,
    },
    /// It is one of several ways; it cannot do without all of them.
    OneOf {
        /// What the ways lead to.
        to: &'static str,
    },
}

macro_rules! named {
    ($($kind:ident $(<$n:ident>)?),*) => {$(
        impl$(<const $n: usize>)? $kind$(<$n>)? {
            /// Its name with that of its pallet or trait.
            pub(crate) fn name(&self) -> String {
                format!("{}.{}", self.pallet, self.item)
            }
        }
    )*};
}
named!(StorageUse<N>, CallUse<N>, ApiUse<N>, ConstantUse, EventUse);

/// A storage item that is read.
#[derive(Clone, Copy)]
pub(crate) struct StorageUse<const N: usize> {
    pub(super) pallet: &'static str,
    pub(super) item: &'static str,
    pub(super) keys: [Shape; N],
    pub(super) value: Shape,
    pub(super) need: Need,
}

/// A storage item asked for, with its keys.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) pallet: &'static str,
    pub(crate) item: &'static str,
    pub(crate) keys: Vec<Value>,
    value: Shape,
    need: Need,
}

impl<const N: usize> StorageUse<N> {
    /// The entry with these keys.
    pub(crate) fn at(&self, keys: [Value; N]) -> Asked {
        let Self { pallet, item, value, need, .. } = *self;
        Asked { pallet, item, keys: keys.into(), value, need }
    }

    /// What the storage keys of all entries begin with whose first key is this.
    pub(crate) fn prefix(&self, runtime: &Runtime, first: Value) -> Result<Vec<u8>, CodecError> {
        runtime.storage_prefix(self.pallet, self.item, &[first])
    }

    /// Whether the runtime has it.
    pub(crate) fn is_in(&self, runtime: &Runtime) -> bool {
        runtime.has_storage(self.pallet, self.item)
    }

    /// A value that is not there, or has another shape than declared.
    pub(crate) fn unusable(&self, field: &str) -> CodecError {
        CodecError::Field { item: self.name(), field: field.to_owned() }
    }
}

impl Asked {
    /// Whether it is an entry of this item.
    pub(super) fn is_of<const N: usize>(&self, item: &StorageUse<N>) -> bool {
        (self.pallet, self.item) == (item.pallet, item.item)
    }

    /// Whether the runtime has the item.
    pub(crate) fn is_in(&self, runtime: &Runtime) -> bool {
        runtime.has_storage(self.pallet, self.item)
    }

    /// The storage key.
    pub(crate) fn key(&self, runtime: &Runtime) -> Result<Vec<u8>, CodecError> {
        runtime.storage_key(self.pallet, self.item, &self.keys)
    }

    /// What is taken of a value: nothing of an absent one.
    pub(crate) fn take(&self, value: Option<Value>) -> Result<Option<Value>, CodecError> {
        let Some(value) = value else { return Ok(None) };
        let unusable = |misfit: super::Misfit| CodecError::Field {
            item: format!("{}.{}", self.pallet, self.item),
            field: misfit.to_string(),
        };
        self.value.take(value).map(Some).map_err(unusable)
    }

    /// What stands for the item on a runtime that does not have it; an error if nothing can.
    pub(crate) fn stand_in(&self, runtime: &Runtime) -> Result<Option<Value>, CodecError> {
        match self.need {
            Need::Required => Err(CodecError::Missing {
                item: format!("storage item {}.{}", self.pallet, self.item),
                spec_version: runtime.spec_version(),
            }),
            Need::Assumed { number } => Ok(Some(number.into())),
            Need::Optional { .. } | Need::OneOf { .. } => Ok(None),
        }
    }

    /// A field that has another shape than declared, for what only a caller can see.
    pub(crate) fn unusable(&self, field: &str) -> CodecError {
        CodecError::Field { item: format!("{}.{}", self.pallet, self.item), field: field.to_owned() }
    }
}

/// A call that is sent.
#[derive(Clone, Copy)]
pub(crate) struct CallUse<const N: usize> {
    pub(super) pallet: &'static str,
    pub(super) item: &'static str,
    pub(super) args: [(&'static str, Shape); N],
    pub(super) need: Need,
}

impl<const N: usize> CallUse<N> {
    /// The call with these arguments, in the order declared.
    pub(crate) fn call(&self, values: [Value; N]) -> Call {
        let args = self.args.iter().map(|(name, _)| *name).zip(values);
        Call::new(self.pallet, self.item, args)
    }

    /// Whether the runtime has it.
    pub(crate) fn is_in(&self, runtime: &Runtime) -> bool {
        runtime.has_call(self.pallet, self.item)
    }
}

/// A runtime API that is asked.
#[derive(Clone, Copy)]
pub(crate) struct ApiUse<const N: usize> {
    pub(super) pallet: &'static str,
    pub(super) item: &'static str,
    pub(super) args: [Shape; N],
    pub(super) output: Shape,
    pub(super) need: Need,
}

impl<const N: usize> ApiUse<N> {
    /// Whether the runtime has it.
    pub(crate) fn is_in(&self, runtime: &Runtime) -> bool {
        runtime.has_api(self.pallet, self.item)
    }

    /// The method's name alone.
    pub(crate) fn method(&self) -> &'static str {
        self.item
    }

    /// The name that `state_call` takes.
    pub(crate) fn rpc_name(&self) -> String {
        format!("{}_{}", self.pallet, self.item)
    }

    /// The bytes that go in.
    pub(crate) fn input(&self, runtime: &Runtime, args: [Value; N]) -> Result<Vec<u8>, CodecError> {
        runtime.api_input(self.pallet, self.item, args.into())
    }

    /// What is taken of the bytes that came out.
    pub(crate) fn output(&self, runtime: &Runtime, bytes: &[u8]) -> Result<Value, CodecError> {
        let value = runtime.api_output(self.pallet, self.item, bytes)?;
        self.output
            .take(value)
            .map_err(|misfit| CodecError::Field { item: self.name(), field: misfit.to_string() })
    }

    /// A field that has another shape than declared, for what only a caller can see.
    pub(crate) fn unusable(&self, field: &str) -> CodecError {
        CodecError::Field { item: self.name(), field: field.to_owned() }
    }
}

/// A constant that is read.
#[derive(Clone, Copy)]
pub(crate) struct ConstantUse {
    pub(super) pallet: &'static str,
    pub(super) item: &'static str,
    pub(super) value: Shape,
    pub(super) need: Need,
}

impl ConstantUse {
    /// Its value.
    pub(crate) fn read(&self, runtime: &Runtime) -> Result<Value, CodecError> {
        let value = runtime.constant(self.pallet, self.item)?;
        self.value
            .take(value)
            .map_err(|misfit| CodecError::Field { item: self.name(), field: misfit.to_string() })
    }
}

/// An event that is looked for, and what is taken of it.
#[derive(Clone, Copy)]
pub(crate) struct EventUse {
    pub(super) pallet: &'static str,
    pub(super) item: &'static str,
    pub(super) field: Option<EventField>,
    pub(super) need: Need,
}

/// A field of an event: by its name, or by its position where it has none.
#[derive(Clone, Copy)]
pub(crate) struct EventField {
    pub(super) name: &'static str,
    pub(super) position: usize,
    pub(super) shape: Shape,
}

impl EventUse {
    /// Whether an event is this one.
    pub(crate) fn is(&self, event: &Event) -> bool {
        event.is(self.pallet, self.item)
    }

    /// What is taken of an event; `None` if it has another shape.
    pub(crate) fn read(&self, event: &Event) -> Option<Value> {
        let field = self.field?;
        let found = event.fields.field(field.name).or_else(|| event.fields.item(field.position))?;
        field.shape.take(found.clone()).ok()
    }

    /// What is taken of the first such event of a transaction.
    pub(crate) fn find(&self, included: &Included) -> Option<Value> {
        included.events.iter().find(|event| self.is(event)).and_then(|event| self.read(event))
    }
}

/// A pallet error that the client knows the rule behind.
#[derive(Clone, Copy)]
pub(crate) struct ErrorUse {
    pub(super) pallet: &'static str,
    pub(super) item: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: &[u8] = include_bytes!("../../tests/vectors/subtensor-425.metadata.scale");

    const fn item(need: Need) -> StorageUse<1> {
        StorageUse {
            pallet: "SubtensorModule",
            item: "Vanished",
            keys: [Shape::Number],
            value: Shape::Number,
            need,
        }
    }

    #[test]
    fn what_a_runtime_does_not_keep_has_a_stand_in_or_is_an_error() {
        let runtime = Runtime::from_recording(METADATA).unwrap();
        let asked = |need| item(need).at([Value::Number(1)]);
        let stand_in = |need| asked(need).stand_in(&runtime);
        assert!(!asked(Need::Required).is_in(&runtime));
        assert_eq!(stand_in(Need::Assumed { number: 4 }), Ok(Some(Value::Number(4))));
        assert_eq!(stand_in(Need::Optional { without: "" }), Ok(None));
        let error = stand_in(Need::Required).unwrap_err().to_string();
        assert_eq!(error, "the chain's runtime (version 425) has no storage item SubtensorModule.Vanished");
    }

    #[test]
    fn a_value_of_another_type_names_the_item() {
        let asked = item(Need::Required).at([Value::Number(1)]);
        assert_eq!(asked.take(None), Ok(None));
        assert_eq!(asked.take(Some(Value::Number(3))), Ok(Some(Value::Number(3))));
        let error = asked.take(Some(Value::Bool(true))).unwrap_err().to_string();
        assert!(error.contains("SubtensorModule.Vanished") && error.contains("a number"), "{error}");
    }
}
