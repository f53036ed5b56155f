//! Whatever a project is called, cargo and Rust take it, or it is refused with a word.

use std::fs;

use crate::support::{cargo, cargo_generate, checkout, files, subnetkit_new};

/// A name as it is typed, its folder, and the name of its package.
const NAMES: [(&str, &str, &str); 13] = [
    ("Deep-Think42", "deep-think42", "deep-think42"),
    ("deep_think", "deep_think", "deep_think"),
    ("DeepThink", "deep-think", "deep-think"),
    ("a subnet", "a-subnet", "a-subnet"),
    ("42", "42", "subnet-42"),
    ("1st-subnet", "1st-subnet", "subnet-1st-subnet"),
    ("async", "async", "async"),
    ("self", "self", "self"),
    ("test", "test", "test"),
    ("core", "core", "core"),
    ("tokio", "tokio", "tokio"),
    ("subnetkit", "subnetkit", "subnet-subnetkit"),
    ("subnetkit-chain", "subnetkit-chain", "subnet-subnetkit-chain"),
];

#[test]
fn every_name_becomes_a_package_that_cargo_takes() {
    let [theirs, ours] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let define = [format!("subnetkit={}", checkout().join("crates/subnetkit").display())];
    let long = "x".repeat(200);
    let names = NAMES.into_iter().chain([(long.as_str(), long.as_str(), long.as_str())]);
    for (name, folder, package) in names {
        let rendered = files(&cargo_generate(name, &define, theirs.path()).unwrap());
        let project = subnetkit_new(name, &define, ours.path()).unwrap();
        assert_eq!(rendered, files(&project), "{name}");
        assert_eq!(project, ours.path().join(folder), "{name}");
        assert!(rendered["Cargo.toml"].contains(&format!("\nname = \"{package}\"\n")), "{name}");
        // The whole graph of packages, written to a lock file, in which no two may be taken for each other.
        fs::copy(checkout().join("Cargo.lock"), project.join("Cargo.lock")).unwrap();
        let tree = cargo(&["tree", "--offline", "--depth", "0"], &project);
        assert!(tree.starts_with(&format!("{package} v0.1.0 ")), "{name}: {tree}");
        if name == long {
            cargo(&["fmt", "--check"], &project);
        }
    }
}

#[test]
fn what_cannot_be_a_name_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["", "_-_", "größe", "子网"] {
        let said = subnetkit_new(name, &[], folder.path()).unwrap_err();
        assert!(said.contains("cannot be a project's name"), "{name:?}: {said}");
    }
}

#[test]
fn a_folder_that_is_there_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("mine")).unwrap();
    let said = subnetkit_new("mine", &[], folder.path()).unwrap_err();
    assert!(said.contains("is there already"), "{said}");
    assert!(cargo_generate("mine", &[], folder.path()).is_err());
    assert!(fs::read_dir(folder.path().join("mine")).unwrap().next().is_none());
}
