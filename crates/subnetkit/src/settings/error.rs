//! What can be wrong with settings.

use std::path::PathBuf;

/// Why settings could not be read. Each sentence names the setting, where it came from, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The command line is not understood, or asked for help. Print it as clap does.
    #[error(transparent)]
    Usage(#[from] clap::Error),
    /// The file named by `--config` or `SUBNETKIT_CONFIG` is not there.
    #[error("there is no configuration file {}: create it, or name another with --config FILE", .0.display())]
    NoFile(PathBuf),
    /// The file can't be read or is not TOML.
    #[error("cannot read the configuration file {}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        reason: String,
    },
    /// The file has a key that means nothing.
    #[error("unknown setting `{key}` in {}: {remedy}", path.display())]
    UnknownKey {
        /// The key with its table.
        key: String,
        /// The file.
        path: PathBuf,
        /// What may have been meant.
        remedy: String,
    },
    /// A value is not what the setting takes.
    #[error("the setting `{key}` (from {origin}) is unusable: {problem}")]
    Value {
        /// The key with its table.
        key: String,
        /// The flag, the variable, the file or the default.
        origin: String,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// A setting without default is not given.
    #[error(
        "the setting `{key}` is not given: pass {flag}, set the variable {variable}, or write `{key} = ...` {place}"
    )]
    Missing {
        /// The key.
        key: String,
        /// Its flag.
        flag: String,
        /// Its variable.
        variable: String,
        /// Where in the file it belongs.
        place: String,
    },
    /// The names of the settings can't be told; a defect of the program.
    #[error("the settings of {table} can't be listed ({reason}); this is a defect of this program")]
    Unlisted {
        /// The table.
        table: &'static str,
        /// What went wrong.
        reason: String,
    },
}
