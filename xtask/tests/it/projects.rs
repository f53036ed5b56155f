//! What is generated builds without a warning and passes its own tests; production builds of it hold no chain.

use std::fs;
use std::process::Command;

use crate::support::{cargo, checkout, subnetkit_new};

const PROFILE: &str = "[profile.dev.package.\"*\"]";

#[test]
fn a_generated_project_passes_its_own_tests() {
    let folder = tempfile::tempdir().unwrap();
    let define = [format!("subnetkit={}", checkout().join("crates/subnetkit").display())];
    let project = subnetkit_new("my-subnet", &define, folder.path()).unwrap();
    let manifest = fs::read_to_string(project.join("Cargo.toml")).unwrap();
    assert_eq!(manifest.matches(PROFILE).count(), 1, "a project of its own sets its profile");
    // The same versions as here, so that nothing has to be fetched.
    fs::copy(checkout().join("Cargo.lock"), project.join("Cargo.lock")).unwrap();
    let said = cargo(&["test", "--offline", "--no-default-features", "--features", "lab"], &project);
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
