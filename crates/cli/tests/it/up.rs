//! A project under `subnetkit up`: its binaries are those of the example, its cargo one that has built them already.

use std::{
    collections::VecDeque,
    fs,
    io::{BufRead as _, BufReader, Read as _},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    processes::binary,
    support::{refusal, run, stdout, subnetkit},
};

/// How long anything may take that has to happen.
const PATIENCE: Duration = Duration::from_secs(90);

/// A project's folder.
struct Project {
    here: TempDir,
    cargo: PathBuf,
}

impl Project {
    fn new() -> Self {
        let here = tempfile::tempdir().unwrap();
        let root = here.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("src/bin")).unwrap();
        fs::create_dir_all(root.join("config")).unwrap();
        fs::write(root.join("Cargo.toml"), "[package]\nname = 'project'\n").unwrap();
        let config = "netuid = 99\n[validator]\nwhen_all_zero = 'skip'\nround_interval = '3 blocks'\n";
        fs::write(root.join("config/local.toml"), config).unwrap();
        let target = |name: &str| json!({ "name": name, "kind": ["bin"], "required-features": [name] });
        let targets = ["miner", "validator", "lab"].map(target);
        let metadata = json!({
            "packages": [{
                "name": "project", "manifest_path": root.join("Cargo.toml"), "dependencies": [],
                "targets": targets,
            }],
            "target_directory": root.join("target"), "workspace_root": root,
        });
        fs::write(root.join("metadata.json"), metadata.to_string()).unwrap();
        let cargo = root.join("cargo");
        let project = Self { here, cargo };
        project.builds(&binary("miner"), &binary("validator"));
        project
    }

    fn root(&self) -> &Path {
        self.here.path()
    }

    /// What cargo says of a build from now on.
    fn builds(&self, miner: &Path, validator: &Path) {
        let artifact = |name: &str, path: &Path| json!({ "reason": "compiler-artifact", "target": { "name": name, "kind": ["bin"] }, "executable": path });
        let said = format!("{}\n{}\n", artifact("miner", miner), artifact("validator", validator));
        fs::write(self.root().join("built.json"), said).unwrap();
        self.cargo_does("cat \"$here/built.json\"");
    }

    /// A cargo that knows the project, and whose build is this.
    fn cargo_does(&self, build: &str) {
        let script = format!(
            "#!/bin/sh\nhere='{}'\ncase \"$1\" in\nmetadata) cat \"$here/metadata.json\" ;;\n\
             build) case \"$*\" in *'--no-default-features --features miner,validator'*) ;; *) exit 9 ;; esac\n{build} ;;\n\
             run) echo \"$*\" ;;\nesac\n",
            self.root().display()
        );
        // Replaced as a whole: the old one may be running.
        let fresh = self.root().join("cargo.new");
        fs::write(&fresh, script).unwrap();
        fs::set_permissions(&fresh, fs::Permissions::from_mode(0o755)).unwrap();
        fs::rename(&fresh, &self.cargo).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = subnetkit(&self.root().join("src"), arguments);
        command.env("CARGO", &self.cargo);
        command
    }

    fn up(&self, more: &[&str]) -> Up {
        let common =
            ["up", "--json", "--port", "0", "--tempo", "10", "--block-time", "150ms", "--log", "warn"];
        let mut command = self.command(&[&common[..], more].concat());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Up { child, out, started: Vec::new(), heard: VecDeque::new() }
    }
}

/// A run, whose every process is ended with it even if the test fails.
struct Up {
    child: Child,
    out: BufReader<ChildStdout>,
    /// Every process that was started, by name.
    started: Vec<(String, u32)>,
    heard: VecDeque<String>,
}

impl Up {
    /// The next object that is this; what comes before is passed over.
    fn until(&mut self, what: &str, mut is: impl FnMut(&Value) -> bool) -> Value {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            let mut line = String::new();
            assert_ne!(
                self.out.read_line(&mut line).unwrap(),
                0,
                "it ended before {what}: {:#?}",
                self.heard
            );
            let object: Value = serde_json::from_str(&line).unwrap();
            if object["event"] == "started" {
                let name = object["process"].as_str().unwrap().to_owned();
                self.started.push((name, u32::try_from(object["pid"].as_u64().unwrap()).unwrap()));
            }
            if is(&object) {
                return object;
            }
            self.heard.push_back(line.chars().take(200).collect());
            if self.heard.len() > 30 {
                self.heard.pop_front();
            }
        }
        panic!("within {PATIENCE:?} there was no {what}: {:#?}", self.heard);
    }

    fn started(&mut self, name: &str) -> u32 {
        if let Some(at) = self.started.iter().rposition(|(known, _)| known == name) {
            return self.started[at].1;
        }
        self.until(name, |object| object["event"] == "started" && object["process"] == name);
        self.started(name)
    }

    fn epoch(&mut self, what: &str, mut is: impl FnMut(&Value) -> bool) -> Value {
        self.until(what, |object| object["event"] == "epoch" && is(object))
    }

    fn signal(&self, signal: &str) {
        send(signal, self.child.id());
    }

    fn wait(&mut self) -> Option<i32> {
        // Whoever writes must not wait for a reader.
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn send(signal: &str, pid: u32) {
    assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
}

fn runs(pid: u32) -> bool {
    // A zombie that nobody has waited for yet runs no more.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

fn all_end(pids: &[(String, u32)]) {
    let begun = Instant::now();
    while let Some(living) = pids.iter().find(|(_, pid)| runs(*pid)) {
        assert!(begun.elapsed() < PATIENCE, "{living:?} is still running");
        thread::yield_now();
    }
}

fn incentive(epoch: &Value, name: &str) -> f64 {
    let neurons = epoch["neurons"].as_array().unwrap();
    neurons.iter().find(|neuron| neuron["name"] == name).unwrap()["incentive"].as_f64().unwrap()
}

#[test]
fn a_killed_miner_is_started_again_and_earns_again_and_the_end_leaves_nothing_behind() {
    let project = Project::new();
    let mut up = project.up(&["--miners", "2", "--validators", "1"]);
    let chain = up.until("chain", |object| object["event"] == "chain");
    let address = chain["ws"].as_str().unwrap().strip_prefix("ws://").unwrap().to_owned();
    up.epoch("emission to both", |epoch| {
        ["miner-1", "miner-2"].iter().all(|name| incentive(epoch, name) > 0.3)
    });
    let first = up.started("miner-1");
    send("-KILL", first);
    let died = up.until("death", |object| object["event"] == "died");
    assert_eq!((&died["process"], &died["restart_in_ms"]), (&json!("miner-1"), &json!(250)));
    assert!(died["status"].as_str().unwrap().contains('9'), "{died}");
    let again = up.until("restart", |object| object["event"] == "started");
    assert_eq!(again["process"], "miner-1");
    assert_ne!(again["pid"], first);
    let mut passed = 0;
    // Averages of the time before would be paid too: only who answers again is still paid its full share so much later.
    let paid = up.epoch("emission to the restarted one", |epoch| {
        passed += 1;
        passed > 3 && incentive(epoch, "miner-1") > 0.35
    });
    assert!(incentive(&paid, "miner-2") < 0.65, "{paid}");

    up.signal("-INT");
    assert_eq!(up.wait(), Some(0));
    for (name, pid) in &up.started {
        assert!(!runs(*pid), "{name} outlived the run");
    }
    assert!(TcpStream::connect(address).is_err(), "the chain outlived the run");
}

#[test]
fn a_saved_source_replaces_what_it_changed_and_no_process_outlives_a_killed_run() {
    let project = Project::new();
    let mut up = project.up(&["--miners", "1", "--validators", "1", "--watch"]);
    let (miner, validator) = (up.started("miner-1"), up.started("validator-1"));

    project.cargo_does("echo 'error: a semicolon is missing' >&2\nexit 101");
    fs::write(project.root().join("src/score.rs"), "wrong").unwrap();
    up.until("failed build", |object| {
        let text = object["text"].as_str().unwrap_or_default();
        text.contains("did not build") && text.contains("goes on")
    });
    assert!(runs(miner) && runs(validator), "what ran before goes on");

    // The same miner, and another validator: it is the same program with something behind it.
    let other = project.root().join("validator");
    let mut changed = fs::read(binary("validator")).unwrap();
    changed.extend_from_slice(b"changed");
    fs::write(&other, changed).unwrap();
    fs::set_permissions(&other, fs::Permissions::from_mode(0o755)).unwrap();
    project.builds(&binary("miner"), &other);
    fs::write(project.root().join("src/score.rs"), "right").unwrap();
    up.until("replacement", |object| object["event"] == "replaced" && object["process"] == "validator-1");
    let again = up.until("restart", |object| object["event"] == "started");
    assert_eq!(again["process"], "validator-1");
    assert!(runs(miner) && !runs(validator), "only the validator was started anew");
    assert!(!up.started.iter().any(|(name, pid)| name == "miner-1" && *pid != miner));

    let pids = up.started.clone();
    up.signal("-KILL");
    assert_eq!(up.wait(), None);
    all_end(&pids);
}

#[test]
fn what_cannot_run_is_told_with_the_remedy() {
    let project = Project::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = refusal(&project.command(&["up", "--port", &port]).output().unwrap(), 1);
    assert!(said.contains(&format!("port {port} is in use")) && said.contains("--port"), "{said}");

    project.cargo_does("echo 'error: a semicolon is missing' >&2\nexit 101");
    let said = refusal(&project.command(&["up", "--port", "0"]).output().unwrap(), 1);
    assert!(said.contains("a semicolon is missing") && said.contains("did not build"), "{said}");

    let elsewhere = tempfile::tempdir().unwrap();
    let said = refusal(&run(elsewhere.path(), &["up"]), 1);
    assert!(said.contains("no Cargo.toml") && said.contains("--manifest-path"), "{said}");
}

#[test]
fn a_process_that_always_dies_ends_the_run_with_its_last_words() {
    let project = Project::new();
    let dying = project.root().join("dying");
    fs::write(&dying, "#!/bin/sh\necho 'the model is not there' >&2\nexit 3\n").unwrap();
    fs::set_permissions(&dying, fs::Permissions::from_mode(0o755)).unwrap();
    project.builds(&dying, &binary("validator"));
    let flags = ["up", "--port", "0", "--miners", "1", "--block-time", "100ms", "--log", "error"];
    let output = project.command(&flags).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let (said, why) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("miner-1     | the model is not there"), "{said}");
    assert!(said.contains("died (exit status: 3)") && said.contains("again in 500 ms"), "{said}");
    assert!(!said.contains('\u{1b}'), "no colours without a terminal: {said}");
    assert!(why.contains("miner-1 died 5 times") && why.contains("the model is not there"), "{why}");
}

#[test]
fn the_laboratory_is_the_projects_own() {
    let project = Project::new();
    let said = stdout(&project.command(&["lab", "--json", "--", "--epochs", "5"]).output().unwrap());
    let manifest = project.root().canonicalize().unwrap().join("Cargo.toml");
    let expected = format!(
        "run --quiet --profile release --manifest-path {} --bin lab --no-default-features --features lab -- --json --epochs 5",
        manifest.display()
    );
    assert_eq!(said.trim(), expected);

    let metadata = fs::read_to_string(project.root().join("metadata.json")).unwrap();
    fs::write(project.root().join("metadata.json"), metadata.replace("\"lab\"", "\"other\"")).unwrap();
    let said = refusal(&project.command(&["lab"]).output().unwrap(), 1);
    assert!(said.contains("src/bin/lab.rs") && said.contains("lab"), "{said}");
}
