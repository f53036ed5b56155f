//! The layers: defaults, file, environment, flags, each over the one before, every value with where it came from.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
};

use config::{Config, ConfigError, Source, Value, ValueKind};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use super::{
    Common, Role, Settings, SettingsError, file,
    key::{Key, PREFIX},
};

/// Names the file, as `--config` does.
const FILE_VARIABLE: &str = "SUBNETKIT_CONFIG";

/// What is given from outside: nothing here is read from the process, so that a test can give what it likes.
#[derive(Debug, Clone, Default)]
pub struct Given {
    /// Environment variables.
    pub environment: BTreeMap<String, String>,
    /// Values of flags by the name of the setting; lists are separated by commas.
    pub flags: BTreeMap<String, String>,
    /// The file named by `--config`.
    pub file: Option<PathBuf>,
    /// Where the default file is looked for.
    pub directory: PathBuf,
}

impl Given {
    /// The environment and the working directory of this process, without flags.
    #[must_use]
    pub fn by_process() -> Self {
        let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self { environment: std::env::vars_os().filter_map(text).collect(), ..Self::default() }
    }
}

/// All layers together, not yet of the types the settings have.
#[derive(Debug)]
pub struct Layers {
    pub(super) keys: Vec<Key>,
    pub(super) config: Config,
    /// Remarks that are no errors, to be logged once logging is set up.
    pub remarks: Vec<String>,
}

impl Layers {
    /// The settings that every program has.
    ///
    /// # Errors
    /// See [`SettingsError`].
    pub fn of_common(given: Given) -> Result<Self, SettingsError> {
        Self::stack(Key::of_common()?, &[], given)
    }

    /// The settings of a program with a role.
    ///
    /// # Errors
    /// See [`SettingsError`].
    pub fn of_role<R: Role>(given: Given) -> Result<Self, SettingsError> {
        let mut keys = Key::of_common()?;
        keys.extend(Key::of_role::<R>()?);
        let others = other_roles(R::TABLE)?;
        Self::stack(keys, &others, given)
    }

    fn stack(keys: Vec<Key>, others: &[Key], given: Given) -> Result<Self, SettingsError> {
        let Given { environment, flags, file, directory } = given;
        let set = |name: &str| environment.get(name).filter(|value| !value.is_empty());
        let file = file.or_else(|| set(FILE_VARIABLE).map(PathBuf::from));
        let file = match file::find(file, &directory)? {
            Some(path) => {
                let known: Vec<Key> = keys.iter().chain(others).cloned().collect();
                let mut found = file::read(&path, &known)?;
                found.retain(|(path, _)| keys.iter().any(|key| key.path() == *path));
                Layer(found)
            }
            None => Layer(Vec::new()),
        };
        let defaults = keys.iter().map(|key| (key.path(), Value::new(None, key.default.clone())));
        let from_environment = keys.iter().filter_map(|key| {
            let variables = key.variables();
            let (variable, text) = variables.iter().find_map(|name| Some((name, set(name)?)))?;
            Some((key.path(), key.parse(text, &format!("environment {variable}"))))
        });
        let from_flags = keys.iter().filter_map(|key| {
            let text = flags.get(&key.name)?;
            Some((key.path(), key.parse(text, &format!("flag --{}", key.flag()))))
        });
        let config = Config::builder()
            .add_source(Layer(defaults.collect()))
            .add_source(file)
            .add_source(Layer(from_environment.collect()))
            .add_source(Layer(from_flags.collect()))
            .build()
            .map_err(|error| SettingsError::Unlisted { table: "all layers", reason: error.to_string() })?;
        let remarks = strangers(&environment, keys.iter().chain(others));
        Ok(Self { keys, config, remarks })
    }

    /// The settings every program has.
    ///
    /// # Errors
    /// [`SettingsError::Value`] for a value of the wrong type.
    pub fn common(&self) -> Result<Common, SettingsError> {
        let names: Vec<_> = self.keys.iter().filter(|key| key.table.is_none()).collect();
        let values = names.iter().filter_map(|key| Some((key.name.clone(), self.value(key)?))).collect();
        self.read(values, None)
    }

    /// All settings of a program with a role, complete.
    ///
    /// # Errors
    /// [`SettingsError::Value`] for a value of the wrong type, [`SettingsError::Missing`] for one that has to be given.
    pub fn settings<R: Role>(&self) -> Result<Settings<R>, SettingsError> {
        let common = self.common()?;
        common.netuid()?;
        for name in R::REQUIRED {
            let key = self.keys.iter().find(|key| key.table == Some(R::TABLE) && key.name == *name);
            if let Some(key) = key
                && self.value(key).is_none_or(|value| value.kind == ValueKind::Nil)
            {
                return Err(missing(key));
            }
        }
        let of_role = self.keys.iter().filter(|key| key.table == Some(R::TABLE));
        let values = of_role.filter_map(|key| Some((key.name.clone(), self.value(key)?))).collect();
        Ok(Settings { common, role: self.read(values, Some(R::TABLE))? })
    }

    /// The value in force.
    pub(super) fn value(&self, key: &Key) -> Option<Value> {
        // Not by `Config::get`, which forgets where a value came from.
        let table_of = |value: &Value| match &value.kind {
            ValueKind::Table(fields) => Some(fields.clone()),
            _ => None,
        };
        let mut fields = table_of(&self.config.cache)?;
        if let Some(table) = key.table {
            fields = table_of(fields.get(table)?)?;
        }
        fields.remove(&key.name)
    }

    fn read<T: DeserializeOwned>(
        &self,
        values: HashMap<String, Value>,
        table: Option<&'static str>,
    ) -> Result<T, SettingsError> {
        let given: BTreeMap<String, (String, String)> =
            values.iter().map(|(name, value)| (name.clone(), (origin(value), value.to_string()))).collect();
        // Nothing but what is known gets here, so that an error is about a value. Read as JSON and not by `config`, which
        // takes "12" for a number and doesn't say which words a choice has.
        let json = Json::Object(values.into_iter().map(|(name, value)| (name, json(value.kind))).collect());
        serde_path_to_error::deserialize(json).map_err(|error| {
            let key = error.path().to_string();
            let name = key.split(['.', '[']).next().unwrap_or_default();
            let (origin, text) =
                given.get(name).cloned().unwrap_or_else(|| ("default".to_owned(), String::new()));
            let mut problem = error.inner().to_string();
            // Depending on what else is in the build, the reader of numbers says what is wrong but not with what.
            if !problem.contains(&text) {
                problem = format!("{text}: {problem}");
            }
            let known = self.keys.iter().find(|key| key.table == table && key.name == name);
            // An example says more than the name of a type.
            if let Some(default) = known.and_then(Key::default_text) {
                problem = format!("{problem}; the default is {default}");
            }
            SettingsError::Value {
                key: table.map_or_else(|| key.clone(), |table| format!("{table}.{key}")),
                origin,
                problem,
            }
        })
    }
}

/// Where a value came from, in the words of `--print-config`.
pub(super) fn origin(value: &Value) -> String {
    value.origin().unwrap_or("default").to_owned()
}

pub(super) fn missing(key: &Key) -> SettingsError {
    let place = match key.table {
        Some(table) => format!("into the table [{table}] of {}", file::DEFAULT_FILE),
        None => format!("at the top of {}", file::DEFAULT_FILE),
    };
    SettingsError::Missing {
        key: key.name.clone(),
        flag: format!("--{}", key.flag()),
        variable: key.variable(),
        place,
    }
}

fn json(kind: ValueKind) -> Json {
    match kind {
        ValueKind::Nil => Json::Null,
        ValueKind::Boolean(value) => value.into(),
        ValueKind::I64(value) => value.into(),
        ValueKind::U64(value) => value.into(),
        ValueKind::Float(value) => value.into(),
        ValueKind::String(text) => text.into(),
        ValueKind::Array(items) => items.into_iter().map(|item| json(item.kind)).collect(),
        ValueKind::Table(fields) => {
            Json::Object(fields.into_iter().map(|(name, field)| (name, json(field.kind))).collect())
        }
        // Beyond any setting; refused as text.
        ValueKind::I128(_) | ValueKind::U128(_) => kind.to_string().into(),
    }
}

/// Variables with this project's prefix that no setting has. They may be meant for another program of the machine, so
/// they are no error.
fn strangers<'k>(
    environment: &BTreeMap<String, String>,
    known: impl Iterator<Item = &'k Key> + Clone,
) -> Vec<String> {
    let known: Vec<String> = known.map(Key::variable).chain([FILE_VARIABLE.to_owned()]).collect();
    let strange = environment.keys().filter(|name| name.starts_with(PREFIX) && !known.contains(name));
    strange
        .map(|name| {
            let near = file::nearest(name, known.iter().map(String::as_str));
            let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            format!("the variable {name} sets nothing in this program{hint}")
        })
        .collect()
}

/// The settings of roles that are built into this program and not this one's: known, checked by name, not used.
fn other_roles(own: &str) -> Result<Vec<Key>, SettingsError> {
    let mut others: Vec<Key> = Vec::new();
    #[cfg(feature = "miner")]
    others.extend(Key::of_role::<crate::miner::MinerConfig>()?);
    #[cfg(feature = "validator")]
    others.extend(Key::of_role::<crate::validator::ValidatorConfig>()?);
    others.retain(|key| key.table != Some(own));
    Ok(others)
}

/// One layer of values by the path of their key.
#[derive(Debug, Clone)]
struct Layer(Vec<(String, Value)>);

impl Source for Layer {
    fn clone_into_box(&self) -> Box<dyn Source + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<config::Map<String, Value>, ConfigError> {
        Ok(self.0.iter().cloned().collect())
    }
}
