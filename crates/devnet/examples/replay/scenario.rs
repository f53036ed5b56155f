//! The file of scenarios, as recorded.

use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Debug, Deserialize)]
pub(crate) struct File {
    format: String,
    pub(crate) scenarios: Vec<Scenario>,
}

impl File {
    pub(crate) fn check(&self) -> Result<(), String> {
        match self.format.as_str() {
            "chain-scenarios/1" => Ok(()),
            other => Err(format!("The file has format {other:?}; this program reads chain-scenarios/1")),
        }
    }
}

#[derive(Debug, Deserialize)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
}

impl Scenario {
    /// What stands before the slash of its name.
    pub(crate) fn group(&self) -> &str {
        self.name.split('/').next().unwrap_or_default()
    }
}

#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "lowercase")]
pub(crate) enum Step {
    Fund { who: Value, amount: u64 },
    Set { key: String, netuid: Option<u16>, uid: Option<u16>, value: Value },
    Pulse { round: u64, signature: String },
    Blocks { n: u32, block: u32 },
    Call(Box<Call>),
    Snap { state: Value },
}

#[derive(Debug, Deserialize)]
pub(crate) struct Call {
    pub(crate) who: Value,
    pub(crate) call: String,
    pub(crate) args: Map<String, Value>,
    pub(crate) block: u32,
    pub(crate) validate: Value,
    pub(crate) result: String,
}
