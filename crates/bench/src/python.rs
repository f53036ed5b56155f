//! The Python side: found, never installed by a benchmark.

use std::{
    env,
    path::PathBuf,
    process::{Command, Stdio},
};

/// How a missing environment is made.
pub(crate) const INSTALL: &str = "crates/bench/python/install";

/// A release of Bittensor's SDK, in a virtual environment of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sdk {
    V11,
    V10,
}

impl Sdk {
    pub(crate) const fn version(self) -> &'static str {
        match self {
            Self::V11 => "11.3.0",
            Self::V10 => "10.5.0",
        }
    }

    /// The variable that names the interpreter.
    const fn variable(self) -> &'static str {
        match self {
            Self::V11 => "SUBNETKIT_BENCH_PYTHON",
            Self::V10 => "SUBNETKIT_BENCH_PYTHON_V10",
        }
    }

    const fn folder(self) -> &'static str {
        match self {
            Self::V11 => "python",
            Self::V10 => "python-v10",
        }
    }

    /// The interpreter of an environment that holds this release, or a sentence that says why there is none.
    pub(crate) fn interpreter(self) -> Result<PathBuf, String> {
        let variable = self.variable();
        let interpreter = env::var_os(variable).map(PathBuf::from).or_else(|| {
            let home = PathBuf::from(env::var_os("HOME")?);
            Some(home.join(".cache/subnetkit/bench").join(self.folder()).join("bin/python"))
        });
        let version = self.version();
        let remedy =
            format!("run {INSTALL}, or name an interpreter that has bittensor {version} in {variable}");
        let interpreter = interpreter.ok_or_else(|| format!("There is no home folder: {remedy}."))?;
        let says = Command::new(&interpreter)
            .args(["-c", "from importlib.metadata import version; print(version('bittensor'))"])
            .stdin(Stdio::null())
            .output();
        match says {
            Ok(output) if String::from_utf8_lossy(&output.stdout).trim() == version => Ok(interpreter),
            _ => Err(format!("Python with bittensor {version} was not found: {remedy}.")),
        }
    }
}
