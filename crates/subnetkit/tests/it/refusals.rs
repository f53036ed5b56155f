//! Bad input: each gets a sentence that names the setting and the remedy.

use std::{net::TcpListener, time::Duration};

use subnetkit::{
    RunError,
    miner::{self, Call, Forward, MinerConfig, Refusal},
    prelude::{Synapse, async_trait},
    settings::{Common, Settings},
    tokio,
    tokio_util::sync::CancellationToken,
    validator::ValidatorConfig,
};
use tokio::time::timeout;

use crate::support::Desk;

fn says(sentence: &str, parts: &[&str]) {
    for part in parts {
        assert!(sentence.contains(part), "{part:?} is not in: {sentence}");
    }
}

#[test]
fn an_unknown_key_is_named_with_the_file_and_the_nearest_known_one() {
    for (file, parts) in [
        ("netiud = 1", &["`netiud`", "subnet.toml", "did you mean `netuid`?"][..]),
        ("[miner]\nlisten_on = '0.0.0.0:1'", &["`miner.listen_on`", "subnet.toml", "did you mean `listen`?"]),
        // The table of the other role is checked, too: it is the same person's file.
        (
            "[validator]\nround_intervall = '1m'",
            &["`validator.round_intervall`", "did you mean `round_interval`?"],
        ),
        ("listen = '0.0.0.0:1'", &["`listen`", "it belongs into the table [miner]"]),
        ("[miner]\nnetuid = 1", &["`miner.netuid`", "it belongs to the top of the file"]),
        ("[minr]\nqueue = 1", &["`minr`", "did you mean `miner`?"]),
        ("xyzzy = 1", &["`xyzzy`", "--print-config"]),
    ] {
        says(&Desk::new().file(file).refusal::<MinerConfig>(&[]), parts);
    }
}

#[test]
fn a_value_of_the_wrong_type_is_named_with_its_origin() {
    for (file, flags, parts) in [
        ("[miner]\nqueue = 'many'", &[][..], &["`miner.queue`", "subnet.toml", "\"many\"", "usize"][..]),
        ("[miner]\nqueue = '12'", &[], &["`miner.queue`", "subnet.toml", "\"12\"", "usize"]),
        ("", &["--queue", "many"], &["`miner.queue`", "flag --queue", "\"many\""]),
        ("", &["--queue", "-1"], &["`miner.queue`", "flag --queue", "-1"]),
        ("", &["--listen", "8091"], &["`miner.listen`", "flag --listen", "socket address"]),
        ("", &["--body-timeout", "10"], &["`miner.body_timeout`", "flag --body-timeout", "duration", "10s"]),
        ("", &["--require-permit", "perhaps"], &["`miner.require_permit`", "perhaps"]),
        ("", &["--when-stale", "panic"], &["`miner.when_stale`", "panic", "refuse"]),
        ("", &["--allow", "5Grw"], &["`miner.allow", "flag --allow"]),
        ("", &["--netuid", "70000"], &["`netuid`", "flag --netuid", "70000"]),
        ("", &["--network", "mars"], &["`network`", "flag --network", "finney, test, archive, local"]),
        ("", &["--fallback-endpoints", "wss://a,b"], &["`fallback_endpoints`", "`b` is no endpoint", "none"]),
        ("", &["--genesis", "0x12"], &["`genesis`", "64 hexadecimal digits"]),
        ("", &["--log-format", "xml"], &["`log_format`", "xml", "pretty"]),
        ("miner = 3", &[], &["`miner`", "subnet.toml", "[miner]"]),
    ] {
        let flags: Vec<&str> =
            if flags.contains(&"--netuid") { flags.to_vec() } else { [&["--netuid", "1"], flags].concat() };
        says(&Desk::new().file(file).refusal::<MinerConfig>(&flags), parts);
    }
}

#[test]
fn what_has_to_be_given_says_how() {
    let desk = Desk::new();
    says(&desk.refusal::<MinerConfig>(&[]), &["`netuid`", "--netuid", "SUBNETKIT_NETUID", "subnet.toml"]);
    let parts = ["`when_all_zero`", "--when-all-zero", "SUBNETKIT_WHEN_ALL_ZERO", "[validator]"];
    says(&desk.refusal::<ValidatorConfig>(&["--netuid", "1"]), &parts);
}

#[test]
fn a_file_that_is_missing_or_no_toml_is_named() {
    let desk = Desk::new();
    says(&desk.refusal::<MinerConfig>(&["--config", "/nowhere/a.toml"]), &["/nowhere/a.toml", "--config"]);
    says(&desk.file("netuid = = 1").refusal::<MinerConfig>(&[]), &["subnet.toml", "line 1"]);
}

#[test]
fn an_unknown_flag_is_answered_with_the_nearest() {
    says(&Desk::new().refusal::<MinerConfig>(&["--lisen", "1"]), &["--lisen", "--listen"]);
    // A miner has no validator's flags.
    says(&Desk::new().refusal::<MinerConfig>(&["--round-interval", "1m"]), &["--round-interval"]);
}

struct Echo;

impl Synapse for Echo {
    const NAME: &'static str = "echo";
    type Request = String;
    type Response = String;
}

struct Repeat;

#[async_trait]
impl Forward<Echo> for Repeat {
    async fn forward(&self, call: Call<String>) -> Result<String, Refusal> {
        Ok(call.request)
    }
}

async fn start(common: Common, role: MinerConfig) -> RunError {
    let common = Common { netuid: Some(1), ..common };
    let settings = Settings { common, role };
    let run = miner::run_with::<Echo>(&settings, Repeat, CancellationToken::new());
    timeout(Duration::from_secs(30), run).await.unwrap().unwrap_err()
}

/// A port where nobody listens, as long as nobody takes it.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn a_missing_wallet_or_hotkey_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let common =
        Common { wallet: "mine".to_owned(), wallet_path: directory.path().to_owned(), ..Common::default() };
    says(&start(common.clone(), MinerConfig::default()).await.to_string(), &["there is no wallet", "mine"]);
    std::fs::create_dir_all(directory.path().join("mine/hotkeys")).unwrap();
    let hotkey = Common { wallet_hotkey: "miner1".to_owned(), ..common };
    says(&start(hotkey, MinerConfig::default()).await.to_string(), &["there is no hotkey", "hotkeys/miner1"]);
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn development_keys_are_refused_on_public_networks() {
    let common =
        Common { wallet: "//Alice".to_owned(), network: "test".parse().unwrap(), ..Common::default() };
    let sentence = start(common, MinerConfig::default()).await.to_string();
    says(&sentence, &["//Alice", "public", "`wallet`", "`network`"]);
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn an_unreachable_chain_is_named() {
    let url = format!("ws://127.0.0.1:{}", free_port());
    let common = Common { wallet: "//Alice".to_owned(), network: url.parse().unwrap(), ..Common::default() };
    let error = start(common, MinerConfig::default()).await;
    assert!(matches!(error, RunError::Connect(_)), "{error:?}");
    says(&error.to_string(), &[&url, "cannot be reached", "network"]);
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn an_impossible_bound_is_refused_before_anything_is_touched() {
    let role = MinerConfig { max_concurrency: 0, ..MinerConfig::default() };
    says(&start(Common::default(), role).await.to_string(), &["`max_concurrency`", "1"]);
}

#[tokio::test(crate = "subnetkit::tokio")]
async fn shutdown_ends_a_start_that_hangs() {
    // A listener that never answers: the connection is accepted by the system and nothing follows.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", silent.local_addr().unwrap());
    let common = Common {
        wallet: "//Alice".to_owned(),
        network: url.parse().unwrap(),
        netuid: Some(1),
        ..Common::default()
    };
    let settings = Settings { common, role: MinerConfig::default() };
    let shutdown = CancellationToken::new();
    let run = miner::run_with::<Echo>(&settings, Repeat, shutdown.clone());
    shutdown.cancel();
    timeout(Duration::from_secs(5), run).await.unwrap().unwrap();
}
