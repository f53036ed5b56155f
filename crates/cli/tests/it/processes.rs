//! The example's own binaries as processes of their own, against `subnetkit devnet`: what production runs.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use subnetkit::{
    chain::{Chain, Metagraph, Network, Rao, Value},
    protocol::{Hotkey, Keypair, Scheme},
};

use crate::devnet::{Devnet, text};
use crate::support::{stdout, subnetkit};

/// Blocks per epoch.
const TEMPO: u16 = 15;
/// Epochs within which what must happen has to happen.
const PATIENCE: u64 = 12;

/// A running binary; killed when dropped.
pub(crate) struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A binary of the example, which is built into the folder of the command by any build of the workspace.
pub(crate) fn binary(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_BIN_EXE_subnetkit")).with_file_name(name);
    assert!(
        path.exists(),
        "{} is not built: run `cargo test --workspace`, or `cargo build -p matmul` first",
        path.display()
    );
    path
}

pub(crate) fn start(name: &str, directory: &Path, arguments: &[&str]) -> Process {
    let mut command = Command::new(binary(name));
    command.args(arguments).current_dir(directory).env("RUST_LOG", "warn").stdin(Stdio::null());
    Process(command.spawn().unwrap())
}

pub(crate) fn key(uri: &str) -> Keypair {
    Keypair::from_uri(uri, Scheme::Sr25519).unwrap()
}

pub(crate) fn hotkey(uri: &str) -> Hotkey {
    key(uri).account()
}

/// A started subnet on which weights are set in the open, with one staked validator and two miners registered.
pub(crate) async fn set_up(chain: &Chain) -> u16 {
    let alice = key("//Alice");
    let runtime = chain.runtime().await.unwrap();
    let set = |name: &str, netuid: Option<u16>, value: Value| {
        runtime.parameter_call(name, netuid, vec![value]).unwrap()
    };
    chain.sudo_batch(&alice, [set("admin_freeze_window", None, 0u16.into())]).await.unwrap();
    let netuid = chain.register_network(&alice, &hotkey("//Alice//owner")).await.unwrap();
    let rules = [
        set("commit_reveal_weights_enabled", Some(netuid), false.into()),
        set("weights_set_rate_limit", Some(netuid), 0u64.into()),
        set("serving_rate_limit", Some(netuid), 0u64.into()),
        set("tempo", Some(netuid), TEMPO.into()),
    ];
    chain.sudo_batch(&alice, rules).await.unwrap();
    chain.start_call(&alice, netuid).await.unwrap();
    for name in ["//Bob", "//Charlie", "//Dave"] {
        chain.register(&key(name), netuid, &hotkey(&format!("{name}//default"))).await.unwrap();
    }
    chain.add_stake(&key("//Bob"), &hotkey("//Bob//default"), netuid, Rao::from_tokens(100)).await.unwrap();
    netuid
}

/// Reads the subnet at every block until `happened`, for at most [`PATIENCE`] epochs.
pub(crate) async fn until(
    chain: &Chain,
    netuid: u16,
    what: &str,
    mut happened: impl FnMut(&Metagraph) -> bool,
) -> Metagraph {
    let mut heads = chain.follow();
    for _ in 0..PATIENCE * u64::from(TEMPO) {
        heads.changed().await.unwrap();
        let subnet = chain.metagraph(netuid).await.unwrap();
        if happened(&subnet) {
            return subnet;
        }
    }
    panic!("within {PATIENCE} epochs {what} did not happen: {:#?}", chain.metagraph(netuid).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn binaries_earn_emission_on_a_devnet_and_a_killed_miner_earns_less() {
    let mut devnet = Devnet::start(&["--json", "--fast", "--block-time", "250ms"]);
    let ws = text(&devnet.banner()["ws"]).to_owned();
    let chain = Chain::connect(&Network::Url(ws.clone())).await.unwrap();
    let netuid = set_up(&chain).await;
    let netuid_text = netuid.to_string();
    let here = tempfile::tempdir().unwrap();
    let common = ["--network", ws.as_str(), "--netuid", netuid_text.as_str(), "--wallet"];
    let miner = |wallet| {
        let own = [wallet, "--listen", "127.0.0.1:0", "--metagraph-refresh", "1s"];
        start("miner", here.path(), &[&common[..], &own[..]].concat())
    };
    let (charlie, _dave) = (miner("//Charlie"), miner("//Dave"));
    let own = [
        "//Bob",
        "--when-all-zero",
        "skip",
        "--round-interval",
        "3 blocks",
        "--allow-private-addresses",
        "true",
    ];
    let _validator = start("validator", here.path(), &[&common[..], &own[..]].concat());

    let (killed, living) = (hotkey("//Charlie//default"), hotkey("//Dave//default"));
    let incentive = |subnet: &Metagraph, hotkey: &Hotkey| subnet.neuron(hotkey).unwrap().incentive;
    let before = until(&chain, netuid, "emission to both miners", |subnet| {
        [&killed, &living].iter().all(|hotkey| {
            subnet.neuron(hotkey).is_some_and(|neuron| neuron.emission > 0 && neuron.incentive > 16_000)
        })
    })
    .await;
    replays(here.path(), &common, &own);
    drop(charlie);
    let after = until(&chain, netuid, "a fall of the killed miner's incentive", |subnet| {
        incentive(subnet, &killed) < incentive(&before, &killed) / 2
    })
    .await;
    assert!(
        incentive(&after, &living) > incentive(&before, &living),
        "the miner that lives gets the other's share"
    );
    assert_eq!(devnet.interrupt().code(), Some(0));
}

/// Beside the running validator, by its own program and by the command: the same hooks change nothing.
fn replays(directory: &Path, common: &[&str], own: &[&str]) {
    let settings = [common, own].concat();
    let arguments = [&["replay-scores", "--rounds", "3", "--json"], &settings[..]].concat();
    let output = Command::new(binary("validator")).args(arguments).current_dir(directory).output().unwrap();
    let direct: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    let rounds = direct["rounds"].as_array().unwrap();
    assert_eq!(rounds.len(), 3, "{direct}");
    for round in rounds {
        assert_eq!(round["verdict"], "judged", "{round}");
        let scores = round["scores"].as_array().unwrap();
        assert_eq!(scores.len(), 2, "{round}");
        assert!(scores.iter().all(|score| score["difference"] == 0.0 && score["today"] != 0.0), "{round}");
    }
    for reward in direct["mechanisms"][0]["rewards"].as_array().unwrap() {
        assert_eq!(reward["recorded"], reward["today"], "{direct}");
    }

    // The project's folder, with a cargo that has built everything already.
    fs::write(directory.join("Cargo.toml"), "").unwrap();
    let cargo = directory.join("cargo");
    let script = format!(
        "#!/bin/sh\nset -e\ntest \"$*\" != \"${{*#run --quiet --profile release --no-default-features --features validator \
         --bin validator -- replay-scores }}\"\nwhile test \"$1\" != --; do shift; done\nshift\nexec '{}' \"$@\"\n",
        binary("validator").display()
    );
    fs::write(&cargo, script).unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    let arguments = [&["replay-scores", "--rounds", "2", "--"], &settings[..]].concat();
    let output = subnetkit(directory, &arguments).env("CARGO", &cargo).output().unwrap();
    let said = stdout(&output);
    assert!(said.contains("2 rounds, 2 judged again, 0 of them differently"), "{said}");
    assert!(said.contains("Shares of all rewards in mechanism 0"), "{said}");
}
