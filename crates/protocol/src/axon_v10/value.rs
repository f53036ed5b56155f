//! Values as Python sees them.

use std::collections::HashSet;

use super::json::{self, JsonError};

/// A value of a synapse's field. What JSON leaves open and Python's text depends on is kept: integers apart from floats
/// and of any size, tuples apart from lists, and the order of a dictionary's entries.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// `None`.
    Null,
    /// `True` or `False`.
    Bool(bool),
    /// An `int` of 64 bits.
    Int(i64),
    /// A longer `int`: its decimal digits without leading zeros, behind a minus sign if it is negative.
    Long(Box<str>),
    /// A `float`.
    Float(f64),
    /// A `str`.
    Text(String),
    /// A `list`.
    List(Vec<Self>),
    /// A `tuple`; JSON has it as an array.
    Tuple(Vec<Self>),
    /// A `dict` with texts as keys, each once.
    Dict(Vec<(String, Self)>),
}

/// A value that JSON has and this program's types have not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoJson {
    /// An integer of more than 64 bits.
    #[error("an integer has more than 64 bits")]
    Long,
    /// Infinity or not a number.
    #[error("a float is infinite or not a number, which JSON can't hold")]
    NotFinite,
}

impl Value {
    /// Reads JSON text; see [`JsonError`] for what is refused.
    ///
    /// # Errors
    /// The text is not JSON, is nested too deeply, or names a key twice.
    pub fn parse(text: &[u8]) -> Result<Self, JsonError> {
        json::parse(text)
    }

    /// The value as compact JSON text. Floats that JSON can't hold become `null`.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        json::write(self, &mut out);
        out
    }

    /// The entry of a dictionary; `None` also where this is no dictionary.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Dict(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The same value for types that read themselves from `serde_json`, number for number.
    ///
    /// # Errors
    /// Numbers that `serde_json` would change.
    pub fn to_serde(&self) -> Result<serde_json::Value, NoJson> {
        use serde_json::Value as Json;
        Ok(match self {
            Self::Null => Json::Null,
            Self::Bool(value) => Json::Bool(*value),
            Self::Int(value) => Json::from(*value),
            Self::Long(digits) => Json::from(digits.parse::<u64>().map_err(|_| NoJson::Long)?),
            Self::Float(value) => {
                Json::Number(serde_json::Number::from_f64(*value).ok_or(NoJson::NotFinite)?)
            }
            Self::Text(text) => Json::String(text.clone()),
            Self::List(items) | Self::Tuple(items) => {
                Json::Array(items.iter().map(Self::to_serde).collect::<Result<_, _>>()?)
            }
            Self::Dict(entries) => Json::Object(
                entries
                    .iter()
                    .map(|(key, value)| Ok((key.clone(), value.to_serde()?)))
                    .collect::<Result<_, _>>()?,
            ),
        })
    }
}

/// Whether no key is there twice. Python takes the last of them, other readers the first or none: one request has one
/// reading, so such a dictionary is refused.
pub(super) fn keys_are_unique(entries: &[(String, Value)]) -> bool {
    // Most dictionaries have a few keys, for which comparing them is faster than hashing.
    if entries.len() <= 8 {
        return entries
            .iter()
            .enumerate()
            .all(|(index, (key, _))| entries.iter().take(index).all(|(other, _)| other != key));
    }
    let mut seen = HashSet::with_capacity(entries.len());
    entries.iter().all(|(key, _)| seen.insert(key.as_str()))
}
