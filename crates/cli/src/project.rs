//! The project that a command is run in: the package whose binaries are a subnet's miner and validator.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, bail, ensure};
use serde::Deserialize;

/// A package with the binaries that a command needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Project {
    pub(crate) name: String,
    /// The package's folder.
    pub(crate) root: PathBuf,
    /// Where cargo builds.
    pub(crate) target: PathBuf,
    /// Folders of packages that this one depends on by path.
    pub(crate) neighbours: Vec<PathBuf>,
    binaries: Vec<Binary>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Binary {
    name: String,
    features: Vec<String>,
}

/// What `cargo metadata` says, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    target_directory: PathBuf,
    workspace_root: PathBuf,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
    #[serde(default)]
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
    #[serde(default, rename = "required-features")]
    required_features: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    path: Option<PathBuf>,
}

/// The cargo to run. Where cargo started this command it says which one it is, and then the same one is right.
pub(crate) fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

impl Project {
    /// The package with the binaries `needs`: the one whose manifest is given, else the nearest from here upwards, or
    /// the only such member of its workspace.
    pub(crate) fn find(manifest: Option<&Path>, needs: &[&str]) -> anyhow::Result<Self> {
        let here = std::env::current_dir().context("the working directory is not there any more")?;
        let wanted = needs.join(" and ");
        if let Some(manifest) = manifest {
            ensure!(
                manifest.is_file(),
                "--manifest-path {} is no file: give it your project's Cargo.toml",
                manifest.display()
            );
            let manifest = std::path::absolute(manifest)?;
            let folder = manifest.parent().unwrap_or(&here);
            let metadata = Metadata::read(&manifest)?;
            let found = metadata.choose(folder, needs)?;
            return found
                .with_context(|| format!("no package of {} has the binaries {wanted}", manifest.display()));
        }
        let mut looked_at = None;
        let mut folder = Some(here.as_path());
        while let Some(at) = folder {
            folder = at.parent();
            let manifest = at.join("Cargo.toml");
            if !manifest.is_file() {
                continue;
            }
            let metadata = Metadata::read(&manifest)?;
            if let Some(project) = metadata.choose(&here, needs)? {
                return Ok(project);
            }
            looked_at.get_or_insert(manifest);
            // Nothing between here and the workspace's root says anything new.
            if metadata.workspace_root != at && at.starts_with(&metadata.workspace_root) {
                folder = metadata
                    .workspace_root
                    .parent()
                    .and_then(|above| here.ancestors().find(|ancestor| *ancestor == above));
            }
        }
        match looked_at {
            Some(manifest) => bail!(
                "no package of {} or above has the binaries {wanted}: run this in the folder of your subnet's project, or \
                 give --manifest-path",
                manifest.display()
            ),
            None => bail!(
                "there is no Cargo.toml here or above: run this in the folder of your subnet's project, or give \
                 --manifest-path; `subnetkit new` makes a project"
            ),
        }
    }

    /// A package without anything in it.
    #[cfg(test)]
    pub(crate) fn at(root: &Path) -> Self {
        let (root, target) = (root.to_owned(), root.join("target"));
        Self { name: "project".to_owned(), root, target, neighbours: Vec::new(), binaries: Vec::new() }
    }

    /// Whether the package has a binary of this name.
    pub(crate) fn has(&self, binary: &str) -> bool {
        self.binaries.iter().any(|found| found.name == binary)
    }

    /// The package's manifest.
    pub(crate) fn manifest(&self) -> PathBuf {
        self.root.join("Cargo.toml")
    }

    /// The arguments by which cargo builds these binaries with what they need and nothing else. Where they ask for no
    /// features, the package's own defaults are right.
    pub(crate) fn selection(&self, binaries: &[&str], more: &[String]) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = vec!["--manifest-path".into(), self.manifest().into()];
        let mut features: Vec<&str> = Vec::new();
        for name in binaries {
            arguments.extend(["--bin".into(), (*name).into()]);
            let required = self.binaries.iter().filter(|found| found.name == *name);
            features.extend(required.flat_map(|found| found.features.iter().map(String::as_str)));
        }
        if !features.is_empty() {
            arguments.push("--no-default-features".into());
        }
        features.extend(more.iter().map(String::as_str));
        features.sort_unstable();
        features.dedup();
        if !features.is_empty() {
            arguments.extend(["--features".into(), features.join(",").into()]);
        }
        arguments
    }
}

impl Metadata {
    fn read(manifest: &Path) -> anyhow::Result<Self> {
        let cargo = cargo();
        let output = Command::new(&cargo)
            .args(["metadata", "--no-deps", "--format-version", "1", "--manifest-path"])
            .arg(manifest)
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("{} cannot be run: install Rust's cargo", cargo.to_string_lossy()))?;
        ensure!(
            output.status.success(),
            "cargo does not understand {}:\n{}",
            manifest.display(),
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("what cargo says about {} cannot be read", manifest.display()))
    }

    /// The package around `here` if it has what is needed, else the only one that has.
    fn choose(&self, here: &Path, needs: &[&str]) -> anyhow::Result<Option<Project>> {
        let mut fitting: Vec<Project> = self
            .packages
            .iter()
            .map(|package| package.project(&self.target_directory))
            .filter(|project| needs.iter().all(|name| project.has(name)))
            .collect();
        if let Some(around) = fitting.iter().find(|project| here.starts_with(&project.root)) {
            return Ok(Some(around.clone()));
        }
        if let [_, _, ..] = &fitting[..] {
            let names: Vec<_> =
                fitting.iter().map(|project| project.manifest().display().to_string()).collect();
            bail!(
                "several packages have the binaries {}: run this in the folder of one, or give --manifest-path one of\n  {}",
                needs.join(" and "),
                names.join("\n  ")
            );
        }
        Ok(fitting.pop())
    }
}

impl Package {
    fn project(&self, target: &Path) -> Project {
        let is_binary = |target: &&Target| target.kind.iter().any(|kind| kind == "bin");
        let binaries = self.targets.iter().filter(is_binary);
        Project {
            name: self.name.clone(),
            root: self.manifest_path.parent().map(Path::to_owned).unwrap_or_default(),
            target: target.to_owned(),
            neighbours: self.dependencies.iter().filter_map(|dependency| dependency.path.clone()).collect(),
            binaries: binaries
                .map(|target| Binary {
                    name: target.name.clone(),
                    features: target.required_features.clone(),
                })
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn package(name: &str, binaries: &[(&str, &[&str])]) -> serde_json::Value {
        let targets: Vec<_> = binaries
            .iter()
            .map(|(name, features)| json!({ "name": name, "kind": ["bin"], "required-features": features }))
            .collect();
        json!({
            "name": name, "manifest_path": format!("/here/{name}/Cargo.toml"), "targets": targets,
            "dependencies": [{ "name": "serde" }, { "name": "shared", "path": "/here/shared" }],
        })
    }

    fn metadata(packages: &[serde_json::Value]) -> Metadata {
        let json =
            json!({ "packages": packages, "target_directory": "/here/target", "workspace_root": "/here" });
        serde_json::from_value(json).unwrap()
    }

    const NEEDS: [&str; 2] = ["miner", "validator"];

    #[test]
    fn the_package_around_is_taken_before_others_and_the_only_one_from_anywhere() {
        let whole = |name| package(name, &[("miner", &[]), ("validator", &[])]);
        let several = metadata(&[whole("one"), whole("two"), package("lib", &[("miner", &[])])]);
        let chosen = several.choose(Path::new("/here/two/src"), &NEEDS).unwrap().unwrap();
        assert_eq!((chosen.name.as_str(), chosen.root.as_path()), ("two", Path::new("/here/two")));
        assert_eq!(chosen.neighbours, [Path::new("/here/shared")]);
        let undecided = several.choose(Path::new("/here"), &NEEDS).unwrap_err().to_string();
        assert!(
            undecided.contains("--manifest-path") && undecided.contains("/here/one/Cargo.toml"),
            "{undecided}"
        );
        let one = metadata(&[whole("one"), package("lib", &[])]);
        assert_eq!(one.choose(Path::new("/here/lib"), &NEEDS).unwrap().unwrap().name, "one");
        let none = metadata(&[package("lib", &[("miner", &[])])]);
        assert_eq!(none.choose(Path::new("/here/lib"), &NEEDS).unwrap(), None);
    }

    #[test]
    fn binaries_are_built_with_the_features_they_ask_for() {
        let selection = |binaries: &[(&str, &[&str])], more: &[String]| {
            let project = metadata(&[package("one", binaries)]).choose(Path::new("/here"), &NEEDS);
            let arguments = project.unwrap().unwrap().selection(&NEEDS, more);
            arguments.iter().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
        };
        let base = "--manifest-path /here/one/Cargo.toml --bin miner --bin validator";
        assert_eq!(
            selection(&[("miner", &["miner"]), ("validator", &["validator"])], &[]),
            format!("{base} --no-default-features --features miner,validator")
        );
        assert_eq!(selection(&[("miner", &[]), ("validator", &[])], &[]), base);
        assert_eq!(
            selection(&[("miner", &[]), ("validator", &[])], &["gpu".to_owned()]),
            format!("{base} --features gpu")
        );
    }
}
