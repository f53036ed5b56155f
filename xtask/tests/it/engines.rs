//! Two programs render one template: cargo-generate and `subnetkit new`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::support::{KINDS, LICENSES, REWARDS, cargo, cargo_generate, files, subnetkit, subnetkit_new};

/// Threads that render; each does next to nothing but wait for files.
const THREADS: usize = 4;

#[test]
fn both_write_the_same_whatever_is_chosen() {
    let mut choices = Vec::new();
    for kind in KINDS {
        for reward in REWARDS {
            for license in LICENSES {
                for (ci, containers) in [(false, false), (false, true), (true, false), (true, true)] {
                    choices.push(Choice { kind, reward, license, ci, containers });
                }
            }
        }
    }
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(choice) = choices.get(next.fetch_add(1, Ordering::Relaxed)) {
                    choice.check();
                }
            });
        }
    });
}

/// In a folder of a workspace, and for everything that is asked in words.
#[test]
fn both_write_the_same_words() {
    let workspace = tempfile::tempdir().unwrap();
    std::fs::write(workspace.path().join("Cargo.toml"), "[workspace]\n").unwrap();
    let define = [
        "description=It's <odd> & {{kind}}, `short` — 100 % #1",
        "netuid=65535",
        "subnetkit=../sub net/crates/subnetkit",
    ];
    let files = render(&define.map(str::to_owned), workspace.path());
    assert!(!files["Cargo.toml"].contains("[profile"), "{}", files["Cargo.toml"]);
    assert!(files["Cargo.toml"].contains("subnetkit = { path = \"../sub net/crates/subnetkit\" }"));
    assert!(files["README.md"].contains("It's <odd> & {{kind}}, `short` — 100 % #1"));
    assert!(files["config/test.toml"].contains("\nnetuid = 65535\n"));
}

#[test]
fn both_refuse_the_same() {
    let good =
        ["description= 4 miners", "netuid = 0", "ci=TRUE", "subnetkit=0.1", "reward=rank", "license=none"];
    let bad = [
        "description=",
        "description=a \"quote\"",
        "description=ends in a space ",
        "description=```",
        "description=a back\\slash",
        "description=turned \u{202e}round",
        "description=two\u{7}bells",
        "netuid=",
        "netuid=-1",
        "netuid=007",
        "netuid=65536",
        "netuid=1 2",
        "kind=painting",
        "kind=",
        "reward=Rank",
        "license=GPL",
        "ci=yes",
        "containers=",
        "subnetkit=",
        "subnetkit=a\"b",
    ];
    for (definition, taken) in good.map(|good| (good, true)).into_iter().chain(bad.map(|bad| (bad, false))) {
        let [theirs, ours] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let define = [definition.to_owned()];
        assert_eq!(cargo_generate("x", &define, theirs.path()).is_ok(), taken, "{definition:?}");
        let said = subnetkit_new("x", &define, ours.path());
        assert_eq!(said.is_ok(), taken, "{definition:?}: {said:?}");
        if let Err(said) = said {
            let name = definition.split_once('=').unwrap().0;
            assert!(said.contains(name), "{definition:?} is refused without a word of {name}: {said}");
            assert!(std::fs::read_dir(ours.path()).unwrap().next().is_none(), "nothing is written");
        }
    }
}

#[test]
fn all_there_is_to_choose_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let list = subnetkit(&["new", "--list"], folder.path());
    let said = String::from_utf8(list.stdout).unwrap();
    for choice in KINDS.iter().chain(&REWARDS) {
        assert!(said.lines().any(|line| line.starts_with(&format!("    {choice}: "))), "{choice}: {said}");
    }
    let json = subnetkit(&["new", "--list", "--json"], folder.path());
    let placeholders: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let names: Vec<_> =
        placeholders.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    let asked = ["description", "netuid", "kind", "reward", "license", "ci", "containers", "subnetkit"];
    assert_eq!(names, asked, "in the order in which they are asked");
}

#[derive(Debug)]
struct Choice {
    kind: &'static str,
    reward: &'static str,
    license: &'static str,
    ci: bool,
    containers: bool,
}

impl Choice {
    fn check(&self) {
        let folder = tempfile::tempdir().unwrap();
        let define = [
            format!("kind={}", self.kind),
            format!("reward={}", self.reward),
            format!("license={}", self.license),
            format!("ci={}", self.ci),
            format!("containers={}", self.containers),
        ];
        let files = render(&define, folder.path());
        for (path, text) in &files {
            assert!(
                !path.contains(['{', '}']) && !path.ends_with(".liquid"),
                "{self:?}: {path} is left over"
            );
            assert!(!text.contains("{{") && !text.contains("{%"), "{self:?}: {path} holds a placeholder");
            let ends = text.ends_with('\n') && !text.ends_with("\n\n") && !text.starts_with('\n');
            assert!(ends, "{self:?}: {path} begins or ends with an empty line");
        }
        let there = |path: &str| files.contains_key(path);
        assert_eq!(there(".github/workflows/ci.yml"), self.ci, "{self:?}");
        for path in ["Dockerfile", "compose.yml", ".dockerignore"] {
            assert_eq!(there(path), self.containers, "{self:?}: {path}");
        }
        for (path, license) in [("LICENSE-MIT", "MIT"), ("LICENSE-APACHE", "Apache-2.0")] {
            assert_eq!(there(path), self.license.contains(license), "{self:?}: {path}");
        }
        let licensed = files["Cargo.toml"].contains(&format!("\nlicense = \"{}\"\n", self.license));
        assert_eq!(licensed, self.license != "none", "{self:?}");
        // Neither licence nor files beside the code change a line of Rust.
        if self.license == "MIT" && !self.ci && !self.containers {
            cargo(&["fmt", "--check"], &folder.path().join("theirs/my-subnet"));
        }
    }
}

/// What both make of it, which is the same.
fn render(define: &[String], folder: &Path) -> BTreeMap<String, String> {
    let [theirs, ours] = ["theirs", "ours"].map(|name| folder.join(name));
    std::fs::create_dir(&theirs).unwrap();
    std::fs::create_dir(&ours).unwrap();
    let theirs = files(&cargo_generate("my-subnet", define, &theirs).unwrap());
    let ours = files(&subnetkit_new("my-subnet", define, &ours).unwrap());
    assert!(theirs.keys().eq(ours.keys()), "{define:?}: {:?} {:?}", theirs.keys(), ours.keys());
    for (path, text) in &theirs {
        assert_eq!(text, &ours[path], "{define:?}: {path}");
    }
    theirs
}
