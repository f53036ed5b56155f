//! The configuration file: found, read, and its keys compared with those there are.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use config::{File, FileFormat, Source, Value, ValueKind};

use super::{SettingsError, key::Key};

/// The file that is read if it is there and no other is named.
pub const DEFAULT_FILE: &str = "subnet.toml";

/// The tables a file may have, whatever this program was built for.
const TABLES: [&str; 2] = ["miner", "validator"];

/// Names are alike if this share of them is.
const LEAST_LIKENESS: f64 = 0.6;

/// The file to read: the one named, which must be there, else the default one if it is there.
pub(crate) fn find(named: Option<PathBuf>, directory: &Path) -> Result<Option<PathBuf>, SettingsError> {
    match named {
        Some(path) if path.is_file() => Ok(Some(path)),
        Some(path) => Err(SettingsError::NoFile(path)),
        None => Ok(Some(directory.join(DEFAULT_FILE)).filter(|path| path.is_file())),
    }
}

/// Reads a file and refuses keys that are not in `known`.
///
/// A table of a role this program was not built with has no known keys and is passed over, so that one file serves the
/// miner and the validator of a subnet.
pub(crate) fn read(path: &Path, known: &[Key]) -> Result<Vec<(String, Value)>, SettingsError> {
    let unreadable = |reason: String| SettingsError::File { path: path.to_owned(), reason };
    // Read here once, because the error of the layer below doesn't tell a missing file from an unreadable one.
    std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let top = File::from(path).format(FileFormat::Toml).collect();
    let top = top.map_err(|error| unreadable(error.to_string()))?;
    let mut found = Vec::new();
    for (name, value) in top.into_iter().collect::<BTreeMap<_, _>>() {
        let table = TABLES.into_iter().find(|table| *table == name);
        match (table, value.kind) {
            (None, kind) => found.push(entry(path, known, None, &name, kind)?),
            (Some(table), ValueKind::Table(fields)) => {
                if known.iter().all(|key| key.table != Some(table)) {
                    continue;
                }
                for (name, value) in fields.into_iter().collect::<BTreeMap<_, _>>() {
                    found.push(entry(path, known, Some(table), &name, value.kind)?);
                }
            }
            (Some(table), _) => {
                let problem = format!("it is a table; write [{table}] and its settings below");
                return Err(SettingsError::Value { key: name, origin: origin(path), problem });
            }
        }
    }
    Ok(found)
}

fn entry(
    path: &Path,
    known: &[Key],
    table: Option<&str>,
    name: &str,
    kind: ValueKind,
) -> Result<(String, Value), SettingsError> {
    match known.iter().find(|key| key.table == table && key.name == name) {
        Some(key) => Ok((key.path(), Value::new(Some(&origin(path)), kind))),
        None => Err(SettingsError::UnknownKey {
            key: table.map_or_else(|| name.to_owned(), |table| format!("{table}.{name}")),
            path: path.to_owned(),
            remedy: remedy(known, table, name),
        }),
    }
}

fn origin(path: &Path) -> String {
    format!("file {}", path.display())
}

fn remedy(known: &[Key], table: Option<&str>, name: &str) -> String {
    if let Some(elsewhere) = known.iter().find(|key| key.name == name) {
        return match elsewhere.table {
            Some(table) => format!("it belongs into the table [{table}]"),
            None => "it belongs to the top of the file, before the first table".to_owned(),
        };
    }
    let here = known.iter().filter(|key| key.table == table).map(|key| key.name.as_str());
    let tables = TABLES.into_iter().filter(|_| table.is_none());
    match nearest(name, here.chain(tables)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "remove it; --print-config lists all settings".to_owned(),
    }
}

/// The name most like this one, if any is alike.
pub(crate) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    known
        .map(|candidate| (strsim::normalized_damerau_levenshtein(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= LEAST_LIKENESS)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}
