//! The template, through the real cargo-generate: the examples are what it renders, and what it generates builds and
//! passes its own tests. No network: the template and subnetkit come from this checkout, versions from its lock file.
#![allow(clippy::unwrap_used, reason = "helpers of tests may unwrap like the tests themselves")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const PROFILE: &str = "[profile.dev.package.\"*\"]";

#[test]
fn the_examples_are_the_rendered_template() {
    let workspace = tempfile::tempdir().unwrap();
    fs::write(workspace.path().join("Cargo.toml"), "[workspace]\n").unwrap();
    let rendered = workspace.path().join("examples");
    xtask(["render", "--destination"], &rendered);
    let (rendered, examples) = (files(&rendered), files(&checkout().join("examples")));
    assert_eq!(
        rendered.keys().collect::<Vec<_>>(),
        examples.keys().collect::<Vec<_>>(),
        "run `cargo run -p xtask -- render`"
    );
    for (path, text) in &rendered {
        assert_eq!(text, &examples[path], "{path}: run `cargo run -p xtask -- render`");
    }
}

/// What the front page shows is what is generated, or what the documentation of a hook compiles.
#[test]
fn the_readme_quotes_what_compiles() {
    let readme = fs::read_to_string(checkout().join("README.md")).unwrap();
    let mut compiled: String = files(&checkout().join("examples/matmul/src")).into_values().collect();
    compiled += &fs::read_to_string(checkout().join("crates/miner/src/stream.rs")).unwrap();
    let quoted: Vec<&str> = readme
        .split("```rust,ignore\n")
        .skip(1)
        .flat_map(|block| block.split("```").next().unwrap().lines())
        .map(|line| line.split("//").next().unwrap().trim())
        .filter(|line| !line.is_empty())
        .collect();
    assert!(quoted.len() > 20, "{quoted:?}");
    for line in quoted {
        assert!(compiled.contains(line), "README.md shows a line that is compiled nowhere: {line}");
    }
}

#[test]
fn any_project_name_becomes_names_that_rust_takes() {
    let folder = tempfile::tempdir().unwrap();
    xtask(
        ["new", "Deep-Think42", "--define=netuid=77", "--define=subnetkit=0.1", "--destination"],
        folder.path(),
    );
    let project = files(&folder.path().join("deep-think42"));
    assert!(project["Cargo.toml"].contains("name = \"deep-think42\""));
    assert!(project["Cargo.toml"].contains("\nsubnetkit = \"0.1\"\n"));
    assert!(project["src/bin/miner.rs"].contains("use subnet::MatMul;"));
    assert!(project["config/finney.toml"].contains("\nnetuid = 77\n"));
    for (path, text) in &project {
        assert!(!text.contains("{{") && !text.contains("{%"), "{path} holds a placeholder");
    }
}

#[test]
fn a_generated_project_passes_its_own_tests() {
    let folder = tempfile::tempdir().unwrap();
    xtask(["new", "my-subnet", "--destination"], folder.path());
    let project = folder.path().join("my-subnet");
    let manifest = fs::read_to_string(project.join("Cargo.toml")).unwrap();
    assert_eq!(manifest.matches(PROFILE).count(), 1, "a project of its own sets its profile");
    // The same versions as here, so that nothing has to be fetched.
    fs::copy(checkout().join("Cargo.lock"), project.join("Cargo.lock")).unwrap();
    let tests = Command::new(env!("CARGO"))
        .args(["test", "--offline", "--no-default-features", "--features", "miner,validator"])
        .current_dir(&project)
        // Its programs have the names of the example's, so they go elsewhere; what both are made of is shared.
        .env("CARGO_TARGET_DIR", target().join("generated"))
        .env("CARGO_BUILD_BUILD_DIR", target())
        .output()
        .unwrap();
    let (said, errors) = (String::from_utf8_lossy(&tests.stdout), String::from_utf8_lossy(&tests.stderr));
    assert!(tests.status.success(), "{said}\n{errors}");
    assert!(said.contains("honest_miners_earn_most_slow_ones_less_and_wrong_ones_nothing ... ok"), "{said}");
}

#[test]
fn production_builds_hold_no_chain() {
    for (role, other) in [("miner", "subnetkit-validator"), ("validator", "subnetkit-miner")] {
        let tree = tree(role);
        assert!(tree.contains(&format!("subnetkit-{role} ")), "{tree}");
        // Not every `frame-` or `sp-` package is part of a chain: the client decodes metadata with some.
        let foreign = [
            "frame-support ",
            "frame-system ",
            "frame-executive ",
            "pallet-",
            "sp-io ",
            "sp-runtime ",
            "sp-state-machine ",
            "subnetkit-devnet ",
            "subnetkit-runtime ",
            "subnetkit-yuma ",
            "subnetkit-lab ",
            other,
        ];
        let found: Vec<_> =
            tree.lines().filter(|line| foreign.iter().any(|name| line.starts_with(name))).collect();
        assert_eq!(found, Vec::<&str>::new(), "{role}");
    }
    let local = tree("local");
    for name in ["frame-support ", "subnetkit-devnet ", "subnetkit-runtime "] {
        assert!(
            local.lines().any(|line| line.starts_with(name)),
            "this test looks for names that no longer exist: {name}"
        );
    }
}

/// The packages of a build of the example with one feature, a line each.
fn tree(feature: &str) -> String {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--package", "matmul", "--no-default-features", "--features", feature])
        .args(["--edges", "normal", "--prefix", "none"])
        .current_dir(checkout())
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    String::from_utf8(tree.stdout).unwrap()
}

fn xtask<const N: usize>(arguments: [&str; N], destination: &Path) {
    let run = Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).arg(destination).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}

/// Every file of a project by its path within it, except what building leaves behind.
fn files(root: &Path) -> BTreeMap<String, String> {
    fn collect(root: &Path, folder: &Path, files: &mut BTreeMap<String, String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().display().to_string();
            if path.is_file() {
                files.insert(name, fs::read_to_string(&path).unwrap());
            } else if name != "target" {
                collect(root, &path, files);
            }
        }
    }
    let mut found = BTreeMap::new();
    collect(root, root, &mut found);
    found
}

fn checkout() -> PathBuf {
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("..").canonicalize().unwrap()
}

/// The target folder of this build: what is built here is found there again next time.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned()
}
