//! Clients that others wrote, unchanged, against the development chain as a process.
//!
//! What each of them does and expects is in its script in `tests/clients`. Where Python or Node have not what a script
//! needs, its test says so and passes; the full check installs both and names them by the variables below.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::devnet::{Devnet, text};

/// Names a Python interpreter whose environment has the SDK in it.
const PYTHON: &str = "SUBNETKIT_TEST_PYTHON";
/// Names a folder of Node's modules with polkadot.js in it.
const NODE_MODULES: &str = "SUBNETKIT_TEST_NODE_MODULES";

/// The interpreter that can import the SDK, if there is one.
fn python() -> Option<PathBuf> {
    let python = PathBuf::from(std::env::var_os(PYTHON).unwrap_or_else(|| "python3".into()));
    let import = Command::new(&python).args(["-c", "import bittensor"]).stderr(Stdio::null()).status();
    import.is_ok_and(|status| status.success()).then_some(python)
}

/// Node, told where polkadot.js is, if both are there.
fn node() -> Option<Command> {
    let modules = PathBuf::from(std::env::var_os(NODE_MODULES)?);
    let runs = Command::new("node").arg("--version").stdout(Stdio::null()).status();
    let ready = modules.join("@polkadot/api").exists() && runs.is_ok_and(|status| status.success());
    ready.then(|| {
        let mut node = Command::new("node");
        node.env("NODE_PATH", modules);
        node
    })
}

#[allow(clippy::print_stderr, reason = "who runs the tests is to see which did not run")]
fn skipped(script: &str, why: &str) {
    eprintln!("{script} is not run: {why}");
}

/// Runs a script against a chain of its own, in an empty home so that nobody's wallets and caches are met.
fn run(mut program: Command, script: &str) {
    let mut devnet = Devnet::start(&["--json", "--fast", "--block-time", "100ms"]);
    let ws = text(&devnet.banner()["ws"]).to_owned();
    let home = tempfile::tempdir().unwrap();
    let script =
        PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("tests/clients").join(script);
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("BT_")) {
            program.env_remove(name);
        }
    }
    let output = program
        .arg(&script)
        .arg(ws)
        .env("SUBNETKIT", env!("CARGO_BIN_EXE_subnetkit"))
        .env("HOME", home.path())
        .env("BITTENSOR_RUNTIME_CACHE_DIR", home.path().join("runtimes"))
        .current_dir(home.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{} failed:\n{}{}",
        script.display(),
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(devnet.interrupt().code(), Some(0));
}

fn run_with_python(script: &str) {
    match python() {
        Some(python) => run(Command::new(python), script),
        None => {
            skipped(script, &format!("there is no Python with the package bittensor; name one by {PYTHON}"))
        }
    }
}

#[test]
fn the_python_sdk_reads_transfers_registers_stakes_serves_and_sets_weights() {
    run_with_python("sdk.py");
}

#[test]
fn btcli_makes_wallets_registers_stakes_serves_and_sets_weights() {
    run_with_python("btcli.py");
}

#[test]
fn polkadot_js_connects_decodes_and_sends_a_transfer() {
    const SCRIPT: &str = "polkadot.mjs";
    match node() {
        Some(node) => run(node, SCRIPT),
        None => skipped(
            SCRIPT,
            &format!(
                "there is no Node with the package @polkadot/api; name its modules' folder by {NODE_MODULES}"
            ),
        ),
    }
}
