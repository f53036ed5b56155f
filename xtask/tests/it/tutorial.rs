//! The README of a generated project is a tutorial: each of its commands is run here or in CI, and its changes can be made.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{KINDS, checkout, files, program, subnetkit, subnetkit_new};

/// How a command is tried.
enum Trial {
    /// With one of the example's programs, which is the compute kind's, and with these arguments.
    Program(&'static str, &'static [&'static str]),
    /// CI runs it in a generated project of each kind, or with the example: this is in `.ci/run`.
    Ci(&'static str),
    /// Not run for this reason; the `subnetkit` command is asked whether it has these words and flags.
    Flags(&'static [&'static str], &'static str),
    /// Not run for this reason; what can be said of it otherwise is in the test.
    Nothing(&'static str),
}

const LAB: &[&str] = &["--epochs", "10", "--no-what-ifs", "--quiet"];
const TEST_SETTINGS: &[&str] = &["--config", "config/test.toml", "--print-config"];
const FINNEY_SETTINGS: &[&str] = &["--config", "config/finney.toml", "--print-config"];
const PUBLIC: &str = "it asks a public network; the command's own tests do the same on a development chain";
const RELEASE: &str =
    "--release --quiet -p matmul --no-default-features --features \"$role\" --bin \"$role\"";
const DOCKER: &str = "there is no Docker here; the cargo command in the Dockerfile is one of the README's";

const COMMANDS: [(&str, Trial); 17] = [
    ("cargo run", Trial::Ci("cargo run --quiet --offline -- --epochs 3")),
    ("cargo run --bin lab", Trial::Program("lab", LAB)),
    ("cargo test", Trial::Ci("cargo test --quiet --offline")),
    (
        "cargo install --git https://github.com/subnetkit/subnetkit subnetkit-cli",
        Trial::Nothing("it fetches and builds this repository"),
    ),
    (
        "subnetkit up --watch",
        Trial::Flags(&["up", "--watch"], "it goes on until it is ended; the command's tests run it"),
    ),
    (
        "subnetkit wallet new --wallet owner",
        Trial::Flags(&["wallet", "new", "--wallet"], "it writes into the home folder"),
    ),
    (
        "subnetkit subnet create --network test --wallet owner --dry-run",
        Trial::Flags(&["subnet", "create", "--network", "--wallet", "--dry-run"], PUBLIC),
    ),
    (
        "subnetkit register --network test --wallet owner --netuid 12 --dry-run",
        Trial::Flags(&["register", "--network", "--wallet", "--netuid", "--dry-run"], PUBLIC),
    ),
    ("cargo build --release --no-default-features --features miner --bin miner", Trial::Ci(RELEASE)),
    ("cargo build --release --no-default-features --features validator --bin validator", Trial::Ci(RELEASE)),
    ("target/release/miner --config config/test.toml", Trial::Program("miner", TEST_SETTINGS)),
    ("target/release/validator --config config/test.toml", Trial::Program("validator", TEST_SETTINGS)),
    (
        "subnetkit doctor --network test --wallet owner --netuid 12",
        Trial::Flags(&["doctor", "--network", "--wallet", "--netuid"], PUBLIC),
    ),
    ("docker compose up --build miner", Trial::Nothing(DOCKER)),
    ("docker compose up --build validator", Trial::Nothing(DOCKER)),
    ("target/release/miner --config config/finney.toml", Trial::Program("miner", FINNEY_SETTINGS)),
    ("target/release/validator --config config/finney.toml", Trial::Program("validator", FINNEY_SETTINGS)),
];

#[test]
fn every_command_of_the_tutorial_is_tried() {
    let folder = tempfile::tempdir().unwrap();
    let project = subnetkit_new("project", &[], folder.path()).unwrap();
    let readme = fs::read_to_string(project.join("README.md")).unwrap();
    let ci = fs::read_to_string(checkout().join(".ci/run")).unwrap();
    let mut tried = Vec::new();
    for command in blocks(&readme, "sh").flat_map(str::lines) {
        let Some((_, trial)) = COMMANDS.iter().find(|(known, _)| *known == command) else {
            panic!("the README has a command that nothing tries: {command}");
        };
        match trial {
            Trial::Program(name, arguments) => {
                let run =
                    Command::new(program(name)).args(*arguments).current_dir(&project).output().unwrap();
                let (said, errors) =
                    (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
                assert!(run.status.success(), "{command}:\n{said}\n{errors}");
            }
            Trial::Ci(line) => assert!(ci.contains(line), "{command} is not in .ci/run: {line}"),
            Trial::Flags(words, reason) => {
                assert!(!reason.is_empty());
                let (flags, words): (Vec<&str>, Vec<&str>) =
                    words.iter().partition(|word| word.starts_with("--"));
                let arguments: Vec<&str> = words.into_iter().chain(["--help"]).collect();
                let help = String::from_utf8(subnetkit(&arguments, &project).stdout).unwrap();
                for flag in flags {
                    assert!(help.contains(flag), "{command}: there is no {flag} in\n{help}");
                }
            }
            Trial::Nothing(reason) => {
                assert!(!reason.is_empty());
                look_at(command, &project);
            }
        }
        tried.push(command);
    }
    for (command, _) in COMMANDS {
        assert!(tried.contains(&command), "this is no longer in the README: {command}");
    }
    let lab = fs::read_to_string(project.join("lab.html")).unwrap();
    assert!(lab.contains("copycat"), "the laboratory's page shows who took part");
}

#[test]
fn the_changes_of_every_tutorial_can_be_made() {
    for kind in KINDS {
        let folder = tempfile::tempdir().unwrap();
        let project = subnetkit_new("project", &[format!("kind={kind}")], folder.path()).unwrap();
        let readme = fs::read_to_string(project.join("README.md")).unwrap();
        let changes: Vec<_> = blocks(&readme, "diff").collect();
        assert_eq!(changes.len(), 2, "{kind}: one of the score, one of the population");
        for change in changes {
            let side = |other: char| -> String {
                let lines = change.lines().filter(|line| !line.starts_with(other));
                lines.map(|line| format!("{}\n", &line[1..])).collect()
            };
            let (old, new) = (side('+'), side('-'));
            let source = files(&project.join("src"));
            let places = source.values().map(|text| text.matches(&old).count()).sum::<usize>();
            assert_eq!(places, 1, "{kind}: this is not in one place of the project:\n{old}");
            assert_ne!(old, new);
        }
    }
}

/// What can be said of a command without running it.
fn look_at(command: &str, project: &Path) {
    let last = command.split(' ').next_back().unwrap();
    if command.starts_with("docker") {
        let compose = fs::read_to_string(project.join("compose.yml")).unwrap();
        assert!(compose.contains(&format!("\n  {last}:\n")) && compose.contains(&format!("ROLE: {last}\n")));
        let dockerfile = fs::read_to_string(project.join("Dockerfile")).unwrap();
        assert!(dockerfile.contains("cargo build --release --locked --no-default-features"), "{dockerfile}");
    } else {
        let manifest = fs::read_to_string(checkout().join("crates/cli/Cargo.toml")).unwrap();
        assert!(manifest.contains(&format!("name = \"{last}\"")), "{last}");
    }
}

/// The blocks in one language.
fn blocks<'a>(readme: &'a str, language: &'a str) -> impl Iterator<Item = &'a str> {
    let inside = readme.split("```").skip(1).step_by(2);
    inside.filter_map(move |block| block.strip_prefix(language)?.strip_prefix('\n'))
}
