//! The names of settings: one name makes the key in the file, the flag and the environment variable.

use config::{Value, ValueKind};
use serde::Serialize;

use super::{Common, Role, SettingsError};

/// The variables of this project are its keys in capitals after this.
pub(crate) const PREFIX: &str = "SUBNETKIT_";

/// Variables that other programs of the network use for the same thing; a variable of this project's own name beats them.
const ECOSYSTEM: [(&str, &str); 8] = [
    ("network", "BT_NETWORK"),
    ("fallback_endpoints", "BT_FALLBACK_ENDPOINTS"),
    ("archive_endpoints", "BT_ARCHIVE_ENDPOINTS"),
    ("wallet", "BT_WALLET"),
    ("wallet", "BT_WALLET_NAME"),
    ("wallet_hotkey", "BT_WALLET_HOTKEY"),
    ("wallet_path", "BT_WALLET_PATH"),
    ("log", "RUST_LOG"),
];

/// A setting by name, with the value it has if nobody sets it.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) name: String,
    /// The table of the file it is in; `None` at the top.
    pub(crate) table: Option<&'static str>,
    /// Nil for settings that may be absent and for those that have to be given.
    pub(crate) default: ValueKind,
}

impl Key {
    /// The settings every program has.
    pub(crate) fn of_common() -> Result<Vec<Self>, SettingsError> {
        Self::of(&Common::default(), None, &[])
    }

    /// The settings of a role.
    pub(crate) fn of_role<R: Role>() -> Result<Vec<Self>, SettingsError> {
        Self::of(&R::sample(), Some(R::TABLE), R::REQUIRED)
    }

    /// Reads the names off a serialised value, so that they can't differ from what is read back.
    fn of(
        sample: &impl Serialize,
        table: Option<&'static str>,
        required: &[&str],
    ) -> Result<Vec<Self>, SettingsError> {
        let unlisted = |reason: String| SettingsError::Unlisted { table: table.unwrap_or("top"), reason };
        let json = serde_json::to_value(sample).map_err(|error| unlisted(error.to_string()))?;
        let serde_json::Value::Object(fields) = json else {
            return Err(unlisted("they are not a struct".to_owned()));
        };
        let keys = fields.into_iter().map(|(name, value)| {
            let default = if required.contains(&name.as_str()) { ValueKind::Nil } else { kind_of(value) };
            Self { name, table, default }
        });
        Ok(keys.collect())
    }

    /// Where it is in the file, for example `miner.listen`.
    pub(crate) fn path(&self) -> String {
        self.table.map_or_else(|| self.name.clone(), |table| format!("{table}.{}", self.name))
    }

    /// The flag, without its dashes.
    pub(crate) fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    /// The variable of this project.
    pub(crate) fn variable(&self) -> String {
        format!("{PREFIX}{}", self.name.to_uppercase())
    }

    /// All variables that set it, the one that wins first.
    pub(crate) fn variables(&self) -> Vec<String> {
        let ecosystem = ECOSYSTEM.iter().filter(|(name, _)| self.table.is_none() && *name == self.name);
        std::iter::once(self.variable())
            .chain(ecosystem.map(|(_, variable)| (*variable).to_owned()))
            .collect()
    }

    pub(crate) const fn is_list(&self) -> bool {
        matches!(self.default, ValueKind::Array(_))
    }

    pub(crate) const fn is_switch(&self) -> bool {
        matches!(self.default, ValueKind::Boolean(_))
    }

    /// The default as it would be written in a flag.
    pub(crate) fn default_text(&self) -> Option<String> {
        match &self.default {
            ValueKind::Nil | ValueKind::Array(_) | ValueKind::Table(_) => None,
            other => Some(other.to_string()),
        }
    }

    /// The text of a flag or a variable as the type the setting has. Text of another type stays text; it is refused
    /// when the settings are read, with the reason.
    pub(crate) fn parse(&self, text: &str, origin: &str) -> Value {
        let origin = origin.to_owned();
        let parsed = match &self.default {
            ValueKind::Boolean(_) => text.parse().ok().map(ValueKind::Boolean),
            ValueKind::I64(_) | ValueKind::U64(_) => integer(text),
            ValueKind::Float(_) => text.parse().ok().map(ValueKind::Float),
            ValueKind::Array(_) => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                Some(ValueKind::Array(items.map(|item| Value::new(Some(&origin), item)).collect()))
            }
            ValueKind::Nil => integer(text),
            _ => None,
        };
        Value::new(Some(&origin), parsed.unwrap_or_else(|| ValueKind::from(text)))
    }
}

fn integer(text: &str) -> Option<ValueKind> {
    text.parse().map(ValueKind::I64).or_else(|_| text.parse().map(ValueKind::U64)).ok()
}

fn kind_of(json: serde_json::Value) -> ValueKind {
    use serde_json::Value as Json;
    match json {
        Json::Null => ValueKind::Nil,
        Json::Bool(value) => ValueKind::Boolean(value),
        Json::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(value), _) => ValueKind::I64(value),
            (_, Some(value)) => ValueKind::U64(value),
            _ => number.as_f64().map_or(ValueKind::Nil, ValueKind::Float),
        },
        Json::String(text) => ValueKind::String(text),
        Json::Array(items) => {
            ValueKind::Array(items.into_iter().map(|item| Value::new(None, kind_of(item))).collect())
        }
        Json::Object(fields) => ValueKind::Table(
            fields.into_iter().map(|(name, field)| (name, Value::new(None, kind_of(field)))).collect(),
        ),
    }
}
