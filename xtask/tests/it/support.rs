//! A copy of the template, the two programs that render it, and what came out.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use cargo_generate::{GenerateArgs, TemplatePath, Vcs};
use tempfile::TempDir;

pub(crate) const KINDS: [&str; 3] = ["compute", "forecast", "stream"];
pub(crate) const REWARDS: [&str; 5] = ["proportional", "softmax", "winner-takes-all", "top-k", "rank"];
pub(crate) const LICENSES: [&str; 4] = ["MIT OR Apache-2.0", "MIT", "Apache-2.0", "none"];

/// Renders with cargo-generate, as a library.
pub(crate) fn cargo_generate(
    name: &str,
    define: &[String],
    destination: &Path,
) -> Result<PathBuf, anyhow::Error> {
    let template_path = TemplatePath {
        path: Some(template().display().to_string()),
        auto_path: Some("template".to_owned()),
        ..TemplatePath::default()
    };
    cargo_generate::generate(GenerateArgs {
        template_path,
        name: Some(name.to_owned()),
        destination: Some(destination.to_owned()),
        define: define.to_vec(),
        silent: true,
        quiet: true,
        vcs: Some(Vcs::None),
        no_workspace: true,
        ..GenerateArgs::default()
    })
}

/// Renders with `subnetkit new`; the project's folder, or what it said instead.
pub(crate) fn subnetkit_new(name: &str, define: &[String], destination: &Path) -> Result<PathBuf, String> {
    let mut arguments = vec!["new", "--json", name];
    for definition in define {
        arguments.extend(["--define", definition]);
    }
    let run = subnetkit(&arguments, destination);
    let said = String::from_utf8(run.stdout).unwrap();
    if !run.status.success() {
        return Err(format!("{said}{}", String::from_utf8_lossy(&run.stderr)));
    }
    let written: serde_json::Value = serde_json::from_str(&said).unwrap();
    Ok(destination.join(written["path"].as_str().unwrap()))
}

/// Runs the command, which any build of the workspace's tests builds.
pub(crate) fn subnetkit(arguments: &[&str], folder: &Path) -> Output {
    Command::new(program("subnetkit"))
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// A program of the workspace: the command, or one of the example's.
pub(crate) fn program(name: &str) -> PathBuf {
    let path = target().join("debug").join(name);
    assert!(
        path.exists(),
        "{} is not built: run `cargo test --workspace`, or `cargo build -p subnetkit-cli -p matmul` first",
        path.display()
    );
    path
}

/// The template alone: cargo-generate copies all of the folder that it is given.
fn template() -> &'static Path {
    static COPY: OnceLock<TempDir> = OnceLock::new();
    let copy = COPY.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(checkout().join("cargo-generate.toml"), folder.path().join("cargo-generate.toml")).unwrap();
        for (path, text) in files(&checkout().join("template")) {
            let path = folder.path().join("template").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    });
    copy.path()
}

/// Every file of a project by its path within it, except what building leaves behind.
pub(crate) fn files(root: &Path) -> BTreeMap<String, String> {
    fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
        let mut empty = true;
        for entry in fs::read_dir(folder).unwrap() {
            empty = false;
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            if path.is_file() {
                files.insert(name, fs::read_to_string(&path).unwrap());
            } else if !name.ends_with("target") {
                collect(root, &path, files);
            }
        }
        assert!(!empty, "{} is empty", folder.display());
    }
    let mut found = BTreeMap::new();
    collect(root, root, &mut found);
    found
}

pub(crate) fn checkout() -> PathBuf {
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("..").canonicalize().unwrap()
}

/// The target folder of this build: what is built here is found there again next time.
pub(crate) fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned()
}

/// Runs cargo in a folder, and gives what it wrote; fails with all of it if it failed.
pub(crate) fn cargo(arguments: &[&str], folder: &Path) -> String {
    let run = Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(folder)
        // Programs of one name would replace those of the example; what both are made of is shared.
        .env("CARGO_TARGET_DIR", target().join("generated"))
        .env("CARGO_BUILD_BUILD_DIR", target())
        .output()
        .unwrap();
    let (said, errors) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "cargo {arguments:?} in {}:\n{said}\n{errors}", folder.display());
    said.into_owned()
}
