//! A miner's program, as an operator starts it wrongly: each mistake gets one sentence, and nothing is done.

use std::process::{Command, Output, Stdio};

use crate::{
    devnet::{Devnet, text},
    processes::binary,
    support::{run, stdout},
};

#[test]
fn a_miner_that_cannot_run_says_which_setting_is_wrong_and_what_to_do() {
    let mut devnet = Devnet::start(&["--json", "--fast", "--block-time", "instant"]);
    let banner = devnet.banner();
    let (ws, genesis) = (text(&banner["ws"]).to_owned(), text(&banner["genesis"]).to_owned());
    let here = tempfile::tempdir().unwrap();
    stdout(&run(here.path(), &["subnet", "create", "--network", &ws, "--wallet", "//Alice", "--yes"]));

    let miner = |arguments: &[&str]| -> Output {
        let mut command = Command::new(binary("miner"));
        command.env_clear().current_dir(here.path()).stdin(Stdio::null()).args(["--log", "error"]);
        command.args(arguments).output().unwrap()
    };
    let port = ws.rsplit(':').next().unwrap();
    let taken = format!("127.0.0.1:{port}");
    let other = format!("0x{}", "00".repeat(32));
    let nowhere = here.path().join("wallets");
    let at = ["--network", &ws, "--listen", "127.0.0.1:0"];
    let bob = [&at[..], &["--netuid", "2", "--wallet", "//Bob"]].concat();
    let cases: [(&[&str], &[&str]); 7] = [
        (&["--wallet", "//Bob"], &["`netuid`", "--netuid", "SUBNETKIT_NETUID", "subnet.toml"]),
        (&["--netuid", "77", "--wallet", "//Bob"], &["subnet 77 does not exist", "`netuid`"]),
        (
            &["--netuid", "2", "--wallet", "//Bob"],
            &["not registered on subnet 2", "subnetkit register --netuid 2"],
        ),
        (
            &["--netuid", "2", "--wallet-path", nowhere.to_str().unwrap()],
            &["there is no wallet", "wallets/default"],
        ),
        (
            &["--netuid", "2", "--wallet", "//Bob", "--genesis", &other],
            &["another network", &genesis, &other],
        ),
        (&["--netuid", "2", "--wallet", "//Bob", "--queue", "many"], &["`miner.queue`", "flag --queue"]),
        (&["--netuid", "2", "--wallet", "//Bob", "--max-concurrency", "0"], &["`max_concurrency`"]),
    ];
    for (arguments, parts) in cases {
        check(&miner(&[&at[..], arguments].concat()), parts);
    }
    let listen = ["--network", &ws, "--netuid", "2", "--wallet", "//Bob", "--listen", &taken];
    check(&miner(&listen), &[&format!("port {port}"), "in use", "`listen`"]);

    assert_eq!(devnet.interrupt().code(), Some(0));
    check(&miner(&bob), &[&ws, "cannot be reached", "network"]);
}

fn check(output: &Output, parts: &[&str]) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!(said.lines().count(), 1, "one sentence, not: {said}");
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in: {said}");
    }
}
