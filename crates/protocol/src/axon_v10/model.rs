//! A synapse class and one instance of it: request and response are the same object with other fields filled in.

use std::marker::PhantomData;

use serde::Serialize;
use thiserror::Error;

use super::{
    field::{Field, Misfit, fit_all},
    hash::BodyHash,
    json::JsonError,
    terminal::Terminal,
    value::{NoJson, Value},
};
use crate::Synapse;

/// SDK 10's timeout where nobody names one, in seconds.
pub(super) const DEFAULT_TIMEOUT: f64 = 12.0;

/// A [`Synapse`] that SDK 10 knows too, as a subclass of its `bt.Synapse`.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use subnetkit_protocol::{Synapse, axon_v10::{Field, Kind, SynapseV10}};
///
/// #[derive(Clone, Serialize, Deserialize)]
/// struct Question { text: String, n: u32 }
/// #[derive(Clone, Serialize, Deserialize)]
/// struct Reply { out: Option<String> }
///
/// struct Shout;
/// impl Synapse for Shout {
///     const NAME: &'static str = "shout";
///     type Request = Question;
///     type Response = Reply;
/// }
///
/// // class Shout(bt.Synapse):
/// //     text: str
/// //     n: int = 1
/// //     out: Optional[str] = None
/// //     required_hash_fields: ClassVar[tuple[str, ...]] = ("text", "n")
/// impl SynapseV10 for Shout {
///     const CLASS: &'static str = "Shout";
///     const FIELDS: &'static [Field] = &[
///         Field::asked("text", Kind::Text),
///         Field::asked("n", Kind::Int).or("1"),
///         Field::answered("out", Kind::Optional(&Kind::Text)),
///     ];
///     const HASHED: &'static [&'static str] = &["text", "n"];
/// }
/// ```
pub trait SynapseV10: Synapse {
    /// The name of the Python class, which is the request path.
    const CLASS: &'static str;
    /// The class's own fields in the order of its source.
    const FIELDS: &'static [Field];
    /// Its `required_hash_fields`, in their order. The caller's signature covers these and nothing else of the body, so
    /// anybody on the way can change the other fields. A name that is not in [`FIELDS`](Self::FIELDS) is no field.
    const HASHED: &'static [&'static str];
}

/// SDK 10's ping, which every axon answers: the base class, without fields of its own.
#[derive(Clone, Copy, Debug)]
pub struct Ping;

/// Nothing, as an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct Nothing {}

impl Synapse for Ping {
    const NAME: &'static str = "Synapse";
    type Request = Nothing;
    type Response = Nothing;
}

impl SynapseV10 for Ping {
    const CLASS: &'static str = "Synapse";
    const FIELDS: &'static [Field] = &[];
    const HASHED: &'static [&'static str] = &[];
}

/// Why a body, a request or a response has no model.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ModelError {
    /// Not JSON.
    #[error("the body is not JSON: {0}")]
    Json(#[from] JsonError),
    /// JSON, but no object.
    #[error("a synapse has to be a JSON object")]
    NoObject,
    /// A field has a value of another type, or none.
    #[error("{0}")]
    Misfit(#[from] Misfit),
    /// A number that this side's types can't hold.
    #[error("a number does not fit: {0}")]
    Number(#[from] NoJson),
    /// The subnet's own type does not read or write itself as these fields.
    #[error("the subnet's type and the declared fields disagree: {0}")]
    Type(#[from] serde_json::Error),
    /// The response has a field that the class has not.
    #[error("the response has the field `{0}`, which is not declared as answered: add it to FIELDS")]
    Undeclared(String),
}

/// One instance of a synapse class: a value for each of its fields.
pub struct Model<S> {
    values: Vec<Value>,
    class: PhantomData<fn() -> S>,
}

impl<S: SynapseV10> Model<S> {
    /// An instance with the fields of a request filled in.
    ///
    /// # Errors
    /// The request does not write itself as the declared fields.
    pub fn asking(request: &S::Request) -> Result<Self, ModelError> {
        Self::fit(object(request)?)
    }

    /// The instance in a body, and what is around it: to be echoed, never to be believed.
    ///
    /// # Errors
    /// The body is not JSON, not an object, or has values of other types than declared.
    pub fn read(body: &[u8]) -> Result<(Self, Envelope), ModelError> {
        let body = Value::parse(body)?;
        let envelope = Envelope {
            timeout: match body.get("timeout") {
                Some(Value::Float(seconds)) => Some(*seconds),
                #[expect(clippy::cast_precision_loss, reason = "Python rounds to the nearest float as well")]
                Some(Value::Int(seconds)) => Some(*seconds as f64),
                _ => None,
            },
            dendrite: body.get("dendrite").map(Terminal::read).unwrap_or_default(),
            axon: body.get("axon").map(Terminal::read).unwrap_or_default(),
        };
        let Value::Dict(entries) = body else { return Err(ModelError::NoObject) };
        Ok((Self::fit(entries)?, envelope))
    }

    fn fit(entries: Vec<(String, Value)>) -> Result<Self, ModelError> {
        Ok(Self { values: fit_all(S::FIELDS, entries)?, class: PhantomData })
    }

    /// The hash that the caller signs.
    #[must_use]
    pub fn hash(&self) -> BodyHash {
        let value_of = |name: &&str| self.fields().find(|(field, _)| field.name == *name);
        BodyHash::of(S::HASHED.iter().filter_map(value_of).map(|(_, value)| value))
    }

    /// The request in it.
    ///
    /// # Errors
    /// The subnet's type does not read itself from the declared fields.
    pub fn request(&self) -> Result<S::Request, ModelError> {
        Ok(serde_json::from_value(self.part(|field| field.asked)?)?)
    }

    /// The response in it.
    ///
    /// # Errors
    /// The subnet's type does not read itself from the declared fields.
    pub fn response(&self) -> Result<S::Response, ModelError> {
        Ok(serde_json::from_value(self.part(|field| field.answered)?)?)
    }

    /// The instance with the fields of a response filled in.
    ///
    /// # Errors
    /// The response does not write itself as the declared fields.
    pub fn answering(mut self, response: &S::Response) -> Result<Self, ModelError> {
        for (key, value) in object(response)? {
            let slot = S::FIELDS.iter().zip(&mut self.values);
            match slot.into_iter().find(|(field, _)| field.answered && field.name == key) {
                Some((_, slot)) => *slot = value,
                None => return Err(ModelError::Undeclared(key)),
            }
        }
        let names = S::FIELDS.iter().map(|field| field.name.to_owned());
        Self::fit(names.zip(self.values).collect())
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = (&'static Field, &Value)> {
        S::FIELDS.iter().zip(&self.values)
    }

    fn part(&self, belongs: impl Fn(&Field) -> bool) -> Result<serde_json::Value, NoJson> {
        let part = self.fields().filter(|(field, _)| belongs(field));
        let part = part.map(|(field, value)| Ok((field.name.to_owned(), value.to_serde()?)));
        part.collect::<Result<_, _>>().map(serde_json::Value::Object)
    }

    /// The whole object as SDK 10 dumps it: its base fields, then the class's.
    #[must_use]
    pub fn body(&self, envelope: &Envelope) -> Vec<u8> {
        let base = [
            ("name", Value::Text(S::CLASS.to_owned())),
            ("timeout", Value::Float(envelope.timeout.unwrap_or(DEFAULT_TIMEOUT))),
            // Sizes of objects in the memory of CPython, which nobody else can know.
            ("total_size", Value::Int(0)),
            ("header_size", Value::Int(0)),
            ("dendrite", envelope.dendrite.to_value()),
            ("axon", envelope.axon.to_value()),
            ("computed_body_hash", Value::Text(String::new())),
        ];
        let own = self.fields().map(|(field, value)| (field.name, value.clone()));
        let all = base.into_iter().chain(own).map(|(name, value)| (name.to_owned(), value));
        Value::Dict(all.collect()).to_json().into_bytes()
    }
}

impl<S: SynapseV10> std::fmt::Debug for Model<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.fields().map(|(field, value)| (field.name, value))).finish()
    }
}

/// What a body has beside the class's own fields. Nobody signs it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Envelope {
    /// How long the caller waits, in seconds; absent where it is not a number.
    pub timeout: Option<f64>,
    /// The caller.
    pub dendrite: Terminal,
    /// The server.
    pub axon: Terminal,
}

fn object(value: &impl Serialize) -> Result<Vec<(String, Value)>, ModelError> {
    match Value::parse(&serde_json::to_vec(value)?)? {
        Value::Dict(entries) => Ok(entries),
        _ => Err(ModelError::NoObject),
    }
}
