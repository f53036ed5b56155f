//! A directory with a configuration file, an environment and a command line, without touching the process's own.

use std::{ffi::OsString, fs, path::PathBuf};

use subnetkit::settings::{CommandLine, Given, Layers, Role, Settings, SettingsError};
use tempfile::TempDir;

pub(crate) struct Desk {
    directory: TempDir,
    given: Given,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let given = Given { directory: directory.path().to_owned(), ..Given::default() };
        Self { directory, given }
    }

    pub(crate) fn file(self, content: &str) -> Self {
        fs::write(self.path("subnet.toml"), content).unwrap();
        self
    }

    pub(crate) fn variable(mut self, name: &str, value: &str) -> Self {
        self.given.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// What the program of a role makes of these arguments.
    pub(crate) fn layers<R: Role>(&self, arguments: &[&str]) -> Result<Layers, SettingsError> {
        let arguments = ["program"].iter().chain(arguments).map(OsString::from);
        Layers::of_role::<R>(CommandLine::of_role::<R>(arguments, self.given.clone())?.given)
    }

    pub(crate) fn settings<R: Role>(&self, arguments: &[&str]) -> Result<Settings<R>, SettingsError> {
        self.layers::<R>(arguments)?.settings()
    }

    pub(crate) fn refusal<R: Role + std::fmt::Debug>(&self, arguments: &[&str]) -> String {
        self.settings::<R>(arguments).unwrap_err().to_string()
    }
}
