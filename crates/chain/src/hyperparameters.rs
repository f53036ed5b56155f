//! The rules a subnet's owner has set.

use crate::{
    Chain, CodecError, ReadError, Runtime, Value,
    pinned::Pinned,
    surface::{self, ApiUse, HYPERPARAMETERS_V1, HYPERPARAMETERS_V2, HYPERPARAMETERS_V3, StorageUse},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A subnet's parameters. The named fields are those the miner and validator need; `all` has every one the chain
/// gives, by the chain's own names, also those that did not exist when this was written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Hyperparameters {
    /// Blocks per epoch.
    pub tempo: u16,
    /// Blocks between two settings of weights by one hotkey.
    pub weights_rate_limit: u64,
    /// Smallest version key that weights must carry; 0 takes all.
    pub weights_version: u64,
    /// Fewest uids with a weight (or all of them, in a smaller subnet).
    pub min_allowed_weights: u16,
    /// Largest share of one weight, of 65535.
    pub max_weights_limit: u16,
    /// Whether weights are taken by commit and reveal only.
    pub commit_reveal_weights_enabled: bool,
    /// Epochs between commit and reveal.
    pub commit_reveal_period: u64,
    /// Blocks during which a new neuron is not replaced.
    pub immunity_period: u16,
    /// Blocks without weights after which a validator no longer counts.
    pub activity_cutoff: u64,
    /// Most validator permits.
    pub max_validators: u16,
    /// Whether neurons may register.
    pub registration_allowed: bool,
    /// Blocks between two publications of an axon.
    pub serving_rate_limit: u64,
    /// Everything, by the chain's names.
    pub all: BTreeMap<String, Parameter>,
}

/// A parameter's value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Parameter {
    /// On or off.
    Bool(bool),
    /// A count, a share of 65535 or an amount in rao.
    Number(u64),
    /// A fixed-point number.
    Fixed(f64),
}

/// Newest first: the forms in which runtimes have given the parameters.
const FORMS: [ApiUse<1>; 3] = [HYPERPARAMETERS_V3, HYPERPARAMETERS_V2, HYPERPARAMETERS_V1];

/// What the runtime API leaves out.
const MORE: [(&str, StorageUse<1>); 8] = [
    ("max_allowed_uids", surface::MAX_ALLOWED_UIDS),
    ("min_allowed_uids", surface::MIN_ALLOWED_UIDS),
    ("min_non_immune_uids", surface::MIN_NON_IMMUNE_UIDS),
    ("owner_immune_neuron_limit", surface::OWNER_IMMUNE_UIDS),
    ("bonds_penalty", surface::BONDS_PENALTY),
    ("rho", surface::RHO),
    ("mechanism_count", surface::MECHANISM_COUNT),
    ("subnet_emission_enabled", surface::SUBNET_EMISSION_ENABLED),
];

impl Hyperparameters {
    fn decode(form: &ApiUse<1>, answer: &Value) -> Result<Option<Self>, CodecError> {
        let unusable = |field: &str| form.unusable(field);
        let Some(found) = answer.option().ok_or_else(|| unusable("Option"))? else {
            return Ok(None);
        };
        let all: BTreeMap<String, Parameter> = match found {
            Value::Struct(fields) => {
                fields.iter().filter_map(|(name, value)| Some((name.clone(), parameter(value)?))).collect()
            }
            Value::List(entries) => entries.iter().filter_map(entry).collect(),
            _ => return Err(unusable("entries")),
        };
        let number = |name: &str| match all.get(name) {
            Some(Parameter::Number(number)) => Ok(*number),
            _ => Err(unusable(name)),
        };
        let small = |name: &str| number(name).map(|n| u16::try_from(n).unwrap_or(u16::MAX));
        let flag = |name: &str| match all.get(name) {
            Some(Parameter::Bool(flag)) => Ok(*flag),
            _ => Err(unusable(name)),
        };
        Ok(Some(Self {
            tempo: small("tempo")?,
            weights_rate_limit: number("weights_rate_limit")?,
            weights_version: number("weights_version")?,
            min_allowed_weights: small("min_allowed_weights")?,
            // Newer runtimes no longer give it, because nothing limits a weight there any more.
            max_weights_limit: small("max_weights_limit").unwrap_or(u16::MAX),
            commit_reveal_weights_enabled: flag("commit_reveal_weights_enabled")?,
            commit_reveal_period: number("commit_reveal_period")?,
            immunity_period: small("immunity_period")?,
            activity_cutoff: number("activity_cutoff")?,
            max_validators: small("max_validators")?,
            registration_allowed: flag("registration_allowed")?,
            serving_rate_limit: number("serving_rate_limit")?,
            all,
        }))
    }
}

impl Runtime {
    /// Reads the answer of a runtime API `SubnetInfoRuntimeApi.get_subnet_hyperparams`, `.._v2` or `.._v3`; `None` if
    /// the subnet does not exist.
    ///
    /// # Errors
    /// See [`CodecError`].
    pub fn hyperparameters(
        &self,
        method: &str,
        output: &[u8],
    ) -> Result<Option<Hyperparameters>, CodecError> {
        let form = FORMS.iter().find(|form| form.method() == method).ok_or_else(|| CodecError::Missing {
            item: format!("runtime API {method} that gives a subnet's parameters"),
            spec_version: self.spec_version(),
        })?;
        Hyperparameters::decode(form, &form.output(self, output)?)
    }
}

impl Chain {
    /// A subnet's parameters at the best block.
    ///
    /// # Errors
    /// [`ReadError::NoSuchSubnet`] among others.
    pub async fn hyperparameters(&self, netuid: u16) -> Result<Hyperparameters, ReadError> {
        self.at_best().await?.hyperparameters(netuid).await
    }
}

impl Pinned {
    /// A subnet's parameters at this block, in one round trip.
    ///
    /// # Errors
    /// [`ReadError::NoSuchSubnet`] among others.
    pub async fn hyperparameters(&self, netuid: u16) -> Result<Hyperparameters, ReadError> {
        let known = FORMS.iter().find(|form| form.is_in(&self.runtime));
        // None known: ask by the newest name, so that the error names it.
        let form = known.unwrap_or(&HYPERPARAMETERS_V3);
        let answer = self.ask(form, [netuid.into()]).await?;
        Hyperparameters::decode(form, &answer)?.ok_or(ReadError::NoSuchSubnet { netuid })
    }
}

impl Pinned {
    /// The same with those that the runtime API leaves out in [`Hyperparameters::all`], by the names of their setters.
    ///
    /// # Errors
    /// [`ReadError::NoSuchSubnet`] among others.
    pub async fn all_hyperparameters(&self, netuid: u16) -> Result<Hyperparameters, ReadError> {
        let items = MORE.map(|(_, item)| item.at([netuid.into()]));
        let (mut found, more) = futures::try_join!(self.hyperparameters(netuid), self.read_many(&items))?;
        for ((name, _), value) in MORE.iter().zip(more) {
            if let Some(value) = value.as_ref().and_then(parameter) {
                found.all.entry((*name).to_owned()).or_insert(value);
            }
        }
        Ok(found)
    }
}

/// One `{ name, value }` of the third form, where the value is an enum named after its type.
fn entry(entry: &Value) -> Option<(String, Parameter)> {
    let name = entry.field("name")?.text()?;
    let value = entry.field("value")?;
    let inner = value.item(0)?;
    let parameter = match value.variant()? {
        "I32F32" => fixed(inner, 32),
        "U64F64" => fixed(inner, 64),
        _ => parameter(inner),
    };
    Some((name, parameter?))
}

/// A field of the older forms. The one fixed-point field there has 32 bits of fraction.
fn parameter(value: &Value) -> Option<Parameter> {
    if value.field("bits").is_some() {
        return fixed(value, 32);
    }
    match (value.bool(), value.number_as()) {
        (Some(flag), _) => Some(Parameter::Bool(flag)),
        (_, number) => number.map(Parameter::Number),
    }
}

/// The value of a fixed-point number. Precision beyond an f64 is of no use in a parameter for humans.
fn fixed(value: &Value, fraction_bits: i32) -> Option<Parameter> {
    let bits = match value.field("bits").unwrap_or(value) {
        Value::Number(bits) => *bits as f64,
        Value::Signed(bits) => *bits as f64,
        _ => return None,
    };
    Some(Parameter::Fixed(bits / 2f64.powi(fraction_bits)))
}
