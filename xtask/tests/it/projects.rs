//! What is generated builds and passes its own tests; production builds of it hold no chain.

use std::fs;
use std::process::Command;

use crate::support::{cargo, checkout, subnetkit_new};

const PROFILE: &str = "[profile.dev.package.\"*\"]";

/// Together they have every kind, every reward, and every option on and off: kind, reward, licence, CI, containers.
const PROJECTS: [[&str; 5]; 5] = [
    ["compute", "winner-takes-all", "MIT", "false", "true"],
    ["forecast", "softmax", "Apache-2.0", "true", "false"],
    ["stream", "top-k", "none", "false", "false"],
    ["forecast", "rank", "MIT OR Apache-2.0", "true", "true"],
    ["compute", "proportional", "MIT", "true", "false"],
];

#[test]
fn generated_projects_pass_their_own_tests() {
    let subnetkit = format!("subnetkit={}", checkout().join("crates/subnetkit").display());
    for [kind, reward, license, ci, containers] in PROJECTS {
        let folder = tempfile::tempdir().unwrap();
        let define = [
            subnetkit.clone(),
            format!("kind={kind}"),
            format!("reward={reward}"),
            format!("license={license}"),
            format!("ci={ci}"),
            format!("containers={containers}"),
        ];
        let project = subnetkit_new("my-subnet", &define, folder.path()).unwrap();
        let manifest = fs::read_to_string(project.join("Cargo.toml")).unwrap();
        assert_eq!(manifest.matches(PROFILE).count(), 1, "a project of its own sets its profile");
        // The same versions as here, so that nothing has to be fetched.
        fs::copy(checkout().join("Cargo.lock"), project.join("Cargo.lock")).unwrap();
        let said = cargo(&["test", "--offline", "--no-default-features", "--features", "lab"], &project);
        let passed = said.matches("test result: ok.").count();
        assert!(passed >= 2 && passed == said.matches("test result: ").count(), "{define:?}: {said}");
    }
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
