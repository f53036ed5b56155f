//! Building the project's miner and validator, and telling which of them a build changed.

use std::{
    fs::File,
    hash::{DefaultHasher, Hasher as _},
    io::{self, Read as _},
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, bail};
use serde::Deserialize;
use subnetkit::local::Role;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Command,
};

use crate::project::{self, Project};

/// The binaries of a subnet's project, which the template calls so.
pub(crate) const BINARIES: [&str; 2] = ["miner", "validator"];

/// How the project is built.
#[derive(Debug, Clone)]
pub(super) struct Recipe {
    pub(super) project: Project,
    pub(super) release: bool,
    pub(super) features: Vec<String>,
}

/// What a build made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Binaries {
    miner: Built,
    validator: Built,
}

/// A program, and a number that another program does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Built {
    path: PathBuf,
    content: u64,
}

/// A line of cargo's `--message-format json`, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Message {
    reason: String,
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
}

impl Binaries {
    pub(super) fn path(&self, role: Role) -> &Path {
        &self.of(role).path
    }

    fn of(&self, role: Role) -> &Built {
        if role == Role::Validator { &self.validator } else { &self.miner }
    }

    /// Whether a process of this role would run something else now than before.
    pub(super) fn differ(&self, before: &Self, role: Role) -> bool {
        self.of(role) != before.of(role)
    }

    async fn read(found: &[(String, PathBuf)]) -> anyhow::Result<Self> {
        let built = async |name: &str| -> anyhow::Result<Built> {
            let path = found.iter().rev().find(|(target, _)| target == name).map(|(_, path)| path.clone());
            let path = path.with_context(|| format!("cargo did not say where it put the binary {name}"))?;
            let of = path.clone();
            let content = tokio::task::spawn_blocking(move || content(&of)).await?;
            let content = content.with_context(|| format!("{} cannot be read", path.display()))?;
            Ok(Built { path, content })
        };
        let [miner, validator] = BINARIES;
        Ok(Self { miner: built(miner).await?, validator: built(validator).await? })
    }
}

impl Recipe {
    /// Builds. Cargo talks on standard error, as it always does; dropping this ends it.
    pub(super) async fn build(&self) -> anyhow::Result<Binaries> {
        let cargo = project::cargo();
        let mut command = Command::new(&cargo);
        command
            .arg("build")
            .args(self.project.selection(&BINARIES, &self.features))
            .args(self.release.then_some("--release"))
            .args(["--message-format", "json-render-diagnostics"])
            .current_dir(&self.project.root)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command
            .spawn()
            .with_context(|| format!("{} cannot be run: install Rust's cargo", cargo.to_string_lossy()))?;
        let mut found = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            let mut lines = BufReader::new(stdout).lines();
            while let Some(line) = lines.next_line().await.context("cargo's messages cannot be read")? {
                found.extend(executable(&line));
            }
        }
        let status = child.wait().await.context("cargo cannot be waited for")?;
        if !status.success() {
            bail!(
                "the project {} did not build (cargo: {status}): correct what cargo says above",
                self.project.name
            );
        }
        Binaries::read(&found).await
    }
}

/// The program that a message of cargo tells of.
fn executable(line: &str) -> Option<(String, PathBuf)> {
    let message: Message = serde_json::from_str(line).ok()?;
    let target = message.target.filter(|_| message.reason == "compiler-artifact")?;
    let executable = message.executable?;
    BINARIES.contains(&target.name.as_str()).then_some((target.name, executable))
}

/// Equal for equal files: times say nothing, since cargo touches what it did not change.
fn content(path: &Path) -> io::Result<u64> {
    let mut file = File::open(path)?;
    let mut hasher = DefaultHasher::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(hasher.finish()),
            count => hasher.write(&buffer[..count]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_programs_of_the_two_roles_are_taken_from_what_cargo_says() {
        let artifact = |name: &str, executable: &str| {
            executable_of(&format!(
                r#"{{"reason":"compiler-artifact","target":{{"name":"{name}","kind":["bin"]}},"executable":{executable}}}"#
            ))
        };
        fn executable_of(line: &str) -> Option<(String, PathBuf)> {
            executable(line)
        }
        assert_eq!(artifact("miner", r#""/t/miner""#), Some(("miner".to_owned(), "/t/miner".into())));
        assert_eq!(artifact("miner", "null"), None, "a library has no program");
        assert_eq!(artifact("local", r#""/t/local""#), None);
        assert_eq!(executable(r#"{"reason":"build-finished","success":true}"#), None);
        assert_eq!(executable("what a build script says"), None);
    }

    #[tokio::test]
    async fn a_process_is_concerned_only_if_its_own_program_changed() {
        let here = tempfile::tempdir().unwrap();
        let paths = BINARIES.map(|name| (name.to_owned(), here.path().join(name)));
        let write = |role: usize, text: &str| std::fs::write(&paths[role].1, text).unwrap();
        write(0, "miner 1");
        write(1, "validator 1");
        let before = Binaries::read(&paths).await.unwrap();
        write(0, "miner 1");
        write(1, "validator 2");
        let after = Binaries::read(&paths).await.unwrap();
        assert!(!after.differ(&before, Role::Miner), "it was written again, but is the same");
        assert!(after.differ(&before, Role::Validator));
        let error = Binaries::read(&paths[..1]).await.unwrap_err().to_string();
        assert!(error.contains("validator"), "{error}");
    }
}
