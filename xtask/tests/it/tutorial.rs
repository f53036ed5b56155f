//! The README of a generated project is a tutorial: each of its commands is run, in its order, with its changes applied.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{Bench, checkout, files};

/// What stands in for a command that would go on, ask a public network, or take long.
enum Instead {
    /// The project's tests, for which its programs are built.
    Tests,
    /// One of the project's programs, with these arguments.
    Program(&'static str, &'static [&'static str]),
    /// The `subnetkit` command, only asked whether it has these flags, for this reason.
    Flags(&'static [&'static str], &'static str),
    /// Not run, for this reason; what is looked at is in the test.
    Nothing(&'static str),
}

const LOCAL: &[&str] = &["--epochs", "3", "--json", "--port", "0"];
const LAB: &[&str] = &["--epochs", "10", "--no-what-ifs", "--quiet"];
const TEST_SETTINGS: &[&str] = &["--config", "config/test.toml", "--print-config"];
const FINNEY_SETTINGS: &[&str] = &["--config", "config/finney.toml", "--print-config"];
const PUBLIC: &str = "it asks a public network; the command's own tests do the same on a development chain";
const RELEASE: &str = "a release build takes minutes; CI makes the same two of the example";
const DOCKER: &str = "there is no Docker here; the cargo command in the Dockerfile is one of the README's";

const COMMANDS: [(&str, Instead); 17] = [
    ("cargo run", Instead::Program("local", LOCAL)),
    ("cargo run --bin lab", Instead::Program("lab", LAB)),
    ("cargo test", Instead::Tests),
    (
        "cargo install --git https://github.com/subnetkit/subnetkit subnetkit-cli",
        Instead::Nothing("it fetches and builds this repository"),
    ),
    (
        "subnetkit up --watch",
        Instead::Flags(&["up", "--watch"], "it goes on until it is ended; the command's tests run it"),
    ),
    ("subnetkit wallet new owner", Instead::Flags(&["wallet", "new"], "it writes into the home folder")),
    (
        "subnetkit subnet create --network test --wallet owner --dry-run",
        Instead::Flags(&["subnet", "create", "--network", "--wallet", "--dry-run"], PUBLIC),
    ),
    (
        "subnetkit register --network test --wallet owner --netuid 12 --dry-run",
        Instead::Flags(&["register", "--network", "--wallet", "--netuid", "--dry-run"], PUBLIC),
    ),
    ("cargo build --release --no-default-features --features miner --bin miner", Instead::Nothing(RELEASE)),
    (
        "cargo build --release --no-default-features --features validator --bin validator",
        Instead::Nothing(RELEASE),
    ),
    ("target/release/miner --config config/test.toml", Instead::Program("miner", TEST_SETTINGS)),
    ("target/release/validator --config config/test.toml", Instead::Program("validator", TEST_SETTINGS)),
    (
        "subnetkit doctor --network test --wallet owner --netuid 12",
        Instead::Flags(&["doctor", "--network", "--wallet", "--netuid"], PUBLIC),
    ),
    ("docker compose up --build miner", Instead::Nothing(DOCKER)),
    ("docker compose up --build validator", Instead::Nothing(DOCKER)),
    ("target/release/miner --config config/finney.toml", Instead::Program("miner", FINNEY_SETTINGS)),
    ("target/release/validator --config config/finney.toml", Instead::Program("validator", FINNEY_SETTINGS)),
];

#[test]
fn every_command_of_the_tutorial_is_run() {
    let mut hour = Hour::new("compute");
    let readme = fs::read_to_string(hour.bench.project.join("README.md")).unwrap();
    let mut slow = Vec::new();
    for block in Block::all(&readme) {
        match block {
            Block::Commands(commands) => {
                for command in commands.lines() {
                    if let Some(said) = hour.run(command).filter(|_| command == "cargo run") {
                        slow.push(share_of_the_slow(&said));
                    }
                }
            }
            Block::Change(change) => hour.change(change),
            Block::Undo => hour.undo(),
        }
    }
    assert_eq!(hour.run.len(), COMMANDS.len(), "a command is no longer in the README: {:?}", hour.run);
    assert!(slow[1] < slow[0] * 0.8, "the change is seen in the table: {slow:?}");
    let lab = fs::read_to_string(hour.bench.project.join("lab.html")).unwrap();
    assert!(lab.contains("copycat"), "the laboratory's page shows who took part");
}

/// The tutorial of the other kinds differs in its changes.
#[test]
fn the_changes_of_every_tutorial_can_be_made() {
    for kind in crate::support::KINDS {
        let folder = tempfile::tempdir().unwrap();
        let define = [format!("kind={kind}")];
        let project = crate::support::subnetkit_new("project", &define, folder.path()).unwrap();
        let readme = fs::read_to_string(project.join("README.md")).unwrap();
        let changes: Vec<_> = Block::all(&readme)
            .into_iter()
            .filter_map(|block| match block {
                Block::Change(change) => Some(apply(&project, change)),
                _ => None,
            })
            .collect();
        assert_eq!(changes.len(), 2, "{kind}: one of the score, one of the population");
    }
}

/// Who follows the tutorial, from the top.
struct Hour {
    bench: Bench,
    /// Whether the programs are older than the code.
    stale: bool,
    /// The last change, as it can be undone.
    undo: Option<(std::path::PathBuf, String)>,
    run: Vec<String>,
}

impl Hour {
    fn new(kind: &str) -> Self {
        let bench = Bench::new(&[&format!("kind={kind}")]);
        Self { bench, stale: true, undo: None, run: Vec::new() }
    }

    /// Runs a command, or what stands in for it.
    fn run(&mut self, command: &str) -> Option<String> {
        let known = COMMANDS.iter().find(|(known, _)| *known == command);
        let Some((_, instead)) = known else {
            panic!("the README has a command that no test runs: {command}")
        };
        if !self.run.iter().any(|run| run == command) {
            self.run.push(command.to_owned());
        }
        match instead {
            Instead::Tests => {
                self.stale = false;
                Some(self.bench.test())
            }
            Instead::Program(name, arguments) => {
                if std::mem::take(&mut self.stale) {
                    self.bench.build();
                }
                Some(said(
                    Command::new(Bench::program(name)).args(*arguments).current_dir(&self.bench.project),
                ))
            }
            Instead::Flags(words, reason) => {
                assert!(!reason.is_empty());
                let (flags, words): (Vec<&str>, Vec<&str>) =
                    words.iter().partition(|word| word.starts_with("--"));
                let arguments: Vec<&str> = words.into_iter().chain(["--help"]).collect();
                let help = crate::support::subnetkit(&arguments, &self.bench.project);
                let help = String::from_utf8(help.stdout).unwrap();
                for flag in flags {
                    assert!(help.contains(flag), "{command}: there is no {flag} in\n{help}");
                }
                None
            }
            Instead::Nothing(reason) => {
                assert!(!reason.is_empty());
                self.look_at(command);
                None
            }
        }
    }

    /// What can be said of a command without running it.
    fn look_at(&self, command: &str) {
        let words: Vec<&str> = command.split(' ').collect();
        let word_after = |flag: &str| words[words.iter().position(|word| *word == flag).unwrap() + 1];
        match words[0] {
            "docker" => {
                let compose = fs::read_to_string(self.bench.project.join("compose.yml")).unwrap();
                let role = words.last().unwrap();
                assert!(
                    compose.contains(&format!("\n  {role}:\n"))
                        && compose.contains(&format!("ROLE: {role}\n"))
                );
                let dockerfile = fs::read_to_string(self.bench.project.join("Dockerfile")).unwrap();
                assert!(
                    dockerfile.contains("cargo build --release --locked --no-default-features"),
                    "{dockerfile}"
                );
            }
            "cargo" if words[1] == "build" => {
                let ci = fs::read_to_string(checkout().join(".ci/run")).unwrap();
                assert!(
                    ci.contains("--release --quiet -p matmul --no-default-features --features"),
                    "{command}"
                );
                let manifest = fs::read_to_string(self.bench.project.join("Cargo.toml")).unwrap();
                assert!(manifest.contains(&format!("\n{} = [", word_after("--features"))), "{manifest}");
                assert!(manifest.contains(&format!("\nname = \"{}\"\n", word_after("--bin"))), "{manifest}");
            }
            _ => {
                let package = words.last().unwrap();
                let manifest = fs::read_to_string(checkout().join("crates/cli/Cargo.toml")).unwrap();
                assert!(manifest.contains(&format!("name = \"{package}\"")), "{package}");
            }
        }
    }

    fn change(&mut self, change: &str) {
        self.undo = Some(apply(&self.bench.project, change));
        self.stale = true;
    }

    fn undo(&mut self) {
        let (path, text) = self.undo.take().unwrap();
        fs::write(path, text).unwrap();
        self.stale = true;
    }
}

/// What a tutorial asks for.
enum Block<'a> {
    Commands(&'a str),
    Change(&'a str),
    Undo,
}

impl<'a> Block<'a> {
    fn all(readme: &'a str) -> Vec<Self> {
        let mut blocks = Vec::new();
        for (number, part) in readme.split("```").enumerate() {
            let inside = number % 2 == 1;
            match part.split_once('\n') {
                Some(("sh", commands)) if inside => blocks.push(Self::Commands(commands)),
                Some(("diff", change)) if inside => blocks.push(Self::Change(change)),
                _ if !inside && part.contains("Undo the change") => blocks.push(Self::Undo),
                _ => {}
            }
        }
        blocks
    }
}

/// Makes a change where its old lines are, which is in one place of one file; gives the file as it was.
fn apply(project: &Path, change: &str) -> (std::path::PathBuf, String) {
    let side = |other: char| -> String {
        let lines = change.lines().filter(|line| !line.starts_with(other));
        lines.map(|line| format!("{}\n", &line[1..])).collect()
    };
    let (old, new) = (side('+'), side('-'));
    let source = files(&project.join("src"));
    let places: Vec<_> = source.iter().filter(|(_, text)| text.matches(&old).count() == 1).collect();
    let [(path, text)] = places[..] else { panic!("this is not in one place of the project:\n{old}") };
    let path = project.join("src").join(path);
    fs::write(&path, text.replace(&old, &new)).unwrap();
    (path, text.clone())
}

/// The last score of the slow miner, as a part of the best one's.
fn share_of_the_slow(said: &str) -> f64 {
    let epoch: serde_json::Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    let neurons = epoch["neurons"].as_array().unwrap();
    let scores = |slow: bool| {
        let miners = neurons.iter().filter(move |neuron| (neuron["behaviour"] == "slow") == slow);
        miners.filter_map(|neuron| neuron["score"].as_f64()).fold(0.0, f64::max)
    };
    scores(true) / scores(false)
}

fn said(command: &mut Command) -> String {
    let run = command.output().unwrap();
    let (said, errors) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{command:?}:\n{said}\n{errors}");
    said.into_owned()
}
