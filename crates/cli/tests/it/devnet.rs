//! The development chain as a process: its banner, its RPC, its end, and the commands that talk to it.

use std::{
    io::{BufRead, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, ChildStdout, Command, Stdio},
};

use serde_json::Value;

use crate::support::{refusal, run, stdout, subnetkit};

/// Killed if a test fails halfway.
pub(crate) struct Devnet {
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Devnet {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let here = std::env::temp_dir();
        let mut command = subnetkit(&here, &[&["devnet", "--port", "0"], arguments].concat());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }

    /// The banner of `--json`, which is there once the chain answers.
    pub(crate) fn banner(&mut self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(self.out.read_line(&mut line).unwrap(), 0, "the chain ended before it said anything");
        line
    }

    pub(crate) fn interrupt(mut self) -> std::process::ExitStatus {
        let process = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &process]).status().unwrap().success());
        self.child.wait().unwrap()
    }
}

impl Drop for Devnet {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn it_says_what_it_is_and_ends_at_ctrl_c_with_its_port_free() {
    let mut devnet = Devnet::start(&["--json", "--block-time", "manual"]);
    let banner = devnet.banner();
    assert_eq!(banner["spec_version"], 425);
    assert_eq!(banner["block_time"], "manual");
    assert_eq!(banner["sudo"], "//Alice");
    let alice = &banner["accounts"][0];
    assert_eq!(alice["ss58"], "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY");
    assert_eq!(alice["balance_rao"], 1_000_000_000_000_000_u64);

    let address = text(&banner["ws"]).strip_prefix("ws://").unwrap().to_owned();
    TcpStream::connect(&address).unwrap();
    assert_eq!(devnet.interrupt().code(), Some(0));
    TcpListener::bind(&address).expect("the port is free once the process has ended");
}

#[test]
fn the_banner_for_people_names_accounts_and_endpoints() {
    let mut devnet = Devnet::start(&["--fast"]);
    let mut banner = String::new();
    while !banner.contains("HTTP ") {
        banner.push_str(&devnet.line());
    }
    for part in [
        "//Alice",
        "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY",
        "1000000.000000000 TAO",
        "ws://127.0.0.1:",
        "250ms",
    ] {
        assert!(banner.contains(part), "{part} is not in\n{banner}");
    }
    assert_eq!(devnet.interrupt().code(), Some(0));
}

#[test]
fn a_port_in_use_is_named_with_the_remedy() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = refusal(&run(&std::env::temp_dir(), &["devnet", "--port", &port]), 1);
    assert!(said.contains(&format!("port {port} is in use")) && said.contains("--port"), "{said}");
}

#[test]
fn a_subnet_is_created_started_registered_staked_and_read_from_the_command_line() {
    let mut devnet = Devnet::start(&["--json", "--fast", "--block-time", "instant"]);
    let banner = devnet.banner();
    let (ws, genesis) = (text(&banner["ws"]).to_owned(), text(&banner["genesis"]).to_owned());
    let here = tempfile::tempdir().unwrap();
    let network = ["--network", ws.as_str(), "--genesis", genesis.as_str()];
    let command = |arguments: &[&str]| run(here.path(), &[arguments, &network].concat());

    let create = ["subnet", "create", "--wallet", "//Alice", "--wallet-hotkey", "owner"];
    let said = refusal(&command(&create), 1);
    assert!(said.contains("nothing was done") && said.contains("--yes") && said.contains("TAO"), "{said}");
    let created = stdout(&command(&[&create[..], &["--yes"]].concat()));
    assert!(created.contains("Created subnet 2"), "{created}");
    stdout(&command(&["subnet", "start", "--netuid", "2", "--wallet", "//Alice", "--yes"]));

    let register = ["register", "--netuid", "2", "--wallet", "//Bob", "--wallet-hotkey", "miner", "--yes"];
    assert!(stdout(&command(&register)).contains("as uid 1"));
    assert!(stdout(&command(&register)).contains("registered on subnet 2 already, as uid 1"));
    let stake =
        ["stake", "add", "--netuid", "2", "--amount", "1.5", "--wallet", "//Bob", "--wallet-hotkey", "miner"];
    assert!(stdout(&command(&[&stake[..], &["--yes"]].concat())).contains("Staked 1.500000000 TAO"));

    let metagraph = stdout(&command(&["metagraph", "--netuid", "2", "--json"]));
    let metagraph: Value = serde_json::from_str(&metagraph).unwrap();
    let neurons = metagraph["neurons"].as_array().unwrap();
    assert_eq!(neurons.len(), 2);
    assert!(neurons[1]["alpha_stake"].as_u64().unwrap() > 0);
    let table = stdout(&command(&["metagraph", "--netuid", "2"]));
    assert!(table.contains(text(&neurons[1]["hotkey"])), "{table}");

    let said = refusal(&command(&["metagraph", "--netuid", "99"]), 1);
    assert!(said.contains("subnet 99 does not exist") && said.contains("--netuid"), "{said}");
    let other = format!("0x{}", "00".repeat(32));
    let said =
        refusal(&run(here.path(), &["metagraph", "--netuid", "2", "--network", &ws, "--genesis", &other]), 1);
    assert!(said.contains("another network") && said.contains(&genesis), "{said}");
    assert_eq!(devnet.interrupt().code(), Some(0));
}
