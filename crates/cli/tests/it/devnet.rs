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
fn accounts_balances_and_keys_are_those_asked_for() {
    let flags = ["--json", "--block-time", "manual", "--accounts", "11", "--balance", "12.5", "--seed", "7"];
    let mut devnet = Devnet::start(&flags);
    let banner = devnet.banner();
    let accounts = banner["accounts"].as_array().unwrap();
    assert_eq!(accounts.len(), 11);
    assert!(accounts.iter().all(|account| account["balance_rao"] == 12_500_000_000_u64));
    assert_eq!((text(&accounts[10]["uri"]), text(&banner["sudo"])), ("//7//Account//10", "//7//Alice"));
    let again = Devnet::start(&flags).banner();
    assert_eq!(again["genesis"], banner["genesis"]);
    let other = Devnet::start(&[&flags[..8], &["8"]].concat()).banner();
    assert_ne!(other["genesis"], banner["genesis"]);

    let here = std::env::temp_dir();
    let said = refusal(&run(&here, &["devnet", "--accounts", "11", "--balance", "9000000000"]), 1);
    assert!(said.contains("--balance") && said.contains("--accounts"), "{said}");
}

#[test]
fn a_strict_chain_funds_nobody_and_keeps_the_real_clock() {
    let mut devnet = Devnet::start(&["--json", "--strict", "--block-time", "1s"]);
    let banner = devnet.banner();
    assert_eq!(banner["accounts"], Value::Array(vec![]));
    assert_eq!(devnet.interrupt().code(), Some(0));
    let said = refusal(&run(&std::env::temp_dir(), &["devnet", "--strict", "--block-time", "manual"]), 1);
    assert!(said.contains("--block-time") && said.contains("real clock"), "{said}");
}

#[test]
fn a_chain_is_kept_in_its_state_file_and_a_corrupt_one_is_refused() {
    let here = tempfile::tempdir().unwrap();
    let file = here.path().join("chain.state");
    let path = file.to_str().unwrap();
    let flags = ["--json", "--fast", "--block-time", "instant", "--state", path];
    let mut devnet = Devnet::start(&flags);
    let banner = devnet.banner();
    let network = ["--network", text(&banner["ws"]), "--genesis", text(&banner["genesis"])];
    let create = ["subnet", "create", "--wallet", "//Alice", "--wallet-hotkey", "owner", "--yes"];
    stdout(&run(here.path(), &[&create[..], &network].concat()));
    assert_eq!(devnet.interrupt().code(), Some(0));

    let mut devnet = Devnet::start(&flags);
    let later = devnet.banner();
    assert_eq!(later["genesis"], banner["genesis"]);
    assert!(later["block"].as_u64().unwrap() > 0, "{later}");
    assert!(later["accounts"][0]["balance_rao"].as_u64() < banner["accounts"][0]["balance_rao"].as_u64());
    assert_eq!(devnet.interrupt().code(), Some(0));

    let mut bytes = std::fs::read(&file).unwrap();
    bytes[5_000] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let said = refusal(&run(here.path(), &["devnet", "--port", "0", "--state", path]), 1);
    assert!(said.contains("corrupt at byte 4136"), "{said}");
    let nowhere = here.path().join("nowhere/chain.state");
    let said = refusal(&run(here.path(), &["devnet", "--state", nowhere.to_str().unwrap()]), 1);
    assert!(said.contains("--state") && said.contains("directory"), "{said}");
}

#[test]
fn a_new_subnets_tempo_is_the_one_asked_for() {
    let mut devnet = Devnet::start(&["--json", "--block-time", "instant", "--tempo", "33"]);
    let banner = devnet.banner();
    let here = tempfile::tempdir().unwrap();
    let network = ["--network", text(&banner["ws"]), "--genesis", text(&banner["genesis"])];
    let create = ["subnet", "create", "--wallet", "//Alice", "--wallet-hotkey", "owner", "--yes"];
    stdout(&run(here.path(), &[&create[..], &network].concat()));
    let graph =
        stdout(&run(here.path(), &[&["metagraph", "--netuid", "2", "--json"][..], &network].concat()));
    let graph: Value = serde_json::from_str(&graph).unwrap();
    assert_eq!(graph["tempo"], 33, "{graph}");
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
