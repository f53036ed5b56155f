//! `subnetkit weights`, read and written by hand, on a chain that makes a block per transaction.

use serde_json::Value as Json;
use subnetkit::{
    chain::{Chain, Network, Rao, Value},
    protocol::{Hotkey, Keypair, Scheme},
};
use subnetkit_devnet::{BlockProduction, Config, Devnet, Genesis};

use crate::support::{refusal, run, stdout};

const TEMPO: u16 = 50;

fn key(uri: &str) -> Keypair {
    Keypair::from_uri(uri, Scheme::Sr25519).unwrap()
}

fn hotkey(name: &str) -> Hotkey {
    key(&format!("{name}//default")).account()
}

/// A subnet of four with two mechanisms, and Bob, uid 1, with a permit.
struct Stage {
    devnet: Devnet,
    netuid: u16,
    here: tempfile::TempDir,
}

impl Stage {
    async fn new(commit_reveal: bool) -> Self {
        let config = Config {
            block_production: BlockProduction::OnSubmit,
            genesis: Genesis::fast().into_json(),
            ..Config::default()
        };
        let devnet = Devnet::spawn(config).await.unwrap();
        let chain = Chain::connect(&Network::Url(devnet.ws_url())).await.unwrap();
        let alice = key("//Alice");
        let runtime = chain.runtime().await.unwrap();
        let set = |name: &str, netuid: Option<u16>, value: Value| {
            runtime.parameter_call(name, netuid, vec![value]).unwrap()
        };
        chain.sudo_batch(&alice, [set("admin_freeze_window", None, 0u16.into())]).await.unwrap();
        let netuid = chain.register_network(&alice, &key("//Alice//owner").account()).await.unwrap();
        let rules = [
            set("tempo", Some(netuid), TEMPO.into()),
            set("commit_reveal_weights_enabled", Some(netuid), commit_reveal.into()),
            set("weights_set_rate_limit", Some(netuid), 10u64.into()),
            set("max_allowed_uids", Some(netuid), 128u16.into()),
            set("mechanism_count", Some(netuid), 2u8.into()),
        ];
        chain.sudo_batch(&alice, rules).await.unwrap();
        chain.start_call(&alice, netuid).await.unwrap();
        for name in ["//Bob", "//Charlie", "//Dave"] {
            chain.register(&key(name), netuid, &hotkey(name)).await.unwrap();
        }
        chain.add_stake(&key("//Bob"), &hotkey("//Bob"), netuid, Rao::from_tokens(100)).await.unwrap();
        devnet.advance_epochs(netuid, 1).await.unwrap();
        Self { devnet, netuid, here: tempfile::tempdir().unwrap() }
    }

    fn weights(&self, wallet: &str, arguments: &[&str]) -> std::process::Output {
        let (netuid, ws) = (self.netuid.to_string(), self.devnet.ws_url());
        let (command, flags) = arguments.split_first().unwrap();
        let at = ["weights", command, "--netuid", &netuid, "--network", &ws, "--wallet", wallet];
        run(self.here.path(), &[&at[..], flags].concat())
    }

    fn json(&self, arguments: &[&str]) -> Json {
        serde_json::from_str(&stdout(&self.weights("//Bob", &[arguments, &["--json"]].concat()))).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn weights_set_in_the_open_are_shown_at_once() {
    let stage = Stage::new(false).await;
    let set = ["set", "--uids", "3,2", "--weights", "1,3", "--mechanism", "1"];
    let said = refusal(&stage.weights("//Bob", &set), 1);
    assert!(said.contains("nothing was done") && said.contains("--yes"), "{said}");
    let dry = stage.json(&[&set[..], &["--dry-run"]].concat());
    assert_eq!(dry["state"], "not_sent");
    let done = stage.json(&[&set[..], &["--yes"]].concat());
    assert_eq!(
        (&done["state"], &done["way"], &done["uid"]),
        (&"effective".into(), &"plain".into(), &1.into())
    );
    assert_eq!(done["weights"], dry["weights"]);

    let shown = stage.json(&["show"]);
    let mechanisms = shown["validators"][0]["mechanisms"].as_array().unwrap();
    assert_eq!(mechanisms.len(), 2);
    assert_eq!(mechanisms[0]["weights"], Json::Array(vec![]));
    assert_eq!(mechanisms[1]["last_update"], done["block"]);
    assert_eq!(mechanisms[1]["age_blocks"], 0);
    let row = mechanisms[1]["weights"].as_array().unwrap();
    assert_eq!(
        (&row[0]["uid"], &row[0]["value"], &row[0]["share"]),
        (&2.into(), &65535.into(), &0.75.into())
    );
    assert_eq!((&row[1]["uid"], &row[1]["value"]), (&3.into(), &21845.into()));
    assert_eq!(row[1]["hotkey"], hotkey("//Dave").to_string());
    let table = stdout(&stage.weights("//Eve", &["show", "--all", "--mechanism", "1"]));
    for part in ["uid 1", "mechanism 1: 2 weights", "0.7500", &hotkey("//Charlie").to_string()] {
        assert!(table.contains(part), "{part} is not in {table}");
    }

    // Nothing of these reaches the chain.
    let refusals: [(&str, &[&str], &[&str]); 7] = [
        ("//Bob", &set, &["weights_rate_limit", "wait"]),
        ("//Eve", &["set", "--uids", "2", "--weights", "1"], &["not registered", "subnetkit register"]),
        (
            "//Charlie",
            &["set", "--uids", "3", "--weights", "1"],
            &["no validator permit", "subnetkit doctor"],
        ),
        ("//Bob", &["set", "--uids", "2,2", "--weights", "1,1"], &["uid 2"]),
        ("//Bob", &["set", "--uids", "9", "--weights", "1"], &["--uids names 9"]),
        ("//Bob", &["set", "--uids", "2", "--weights", "1", "--mechanism", "2"], &["2 mechanisms"]),
        ("//Eve", &["show"], &["not registered", "--all"]),
    ];
    stage.devnet.mine(5).await.unwrap();
    for (wallet, arguments, parts) in refusals {
        let arguments =
            if arguments[0] == "set" { [arguments, &["--yes"]].concat() } else { arguments.to_vec() };
        let said = refusal(&stage.weights(wallet, &arguments), 1);
        assert!(parts.iter().all(|part| said.contains(part)), "{arguments:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sealed_weights_wait_and_open_in_the_block_that_was_told() {
    let stage = Stage::new(true).await;
    stage.devnet.mine(15).await.unwrap();
    let set = ["set", "--uids", "2,3", "--weights", "0.5,0.5", "--yes"];
    let by_hash = refusal(&stage.weights("//Bob", &[&set[..], &["--commit-with", "hash"]].concat()), 1);
    assert!(by_hash.contains("salt") && by_hash.contains("validator"), "{by_hash}");
    let done = stage.json(&set);
    assert_eq!((&done["state"], &done["way"]), (&"committed".into(), &"timelocked".into()));
    let shown = stage.json(&["show", "--mechanism", "0"]);
    let mechanism = &shown["validators"][0]["mechanisms"][0];
    assert_eq!(mechanism["weights"], Json::Array(vec![]));
    let commit = &mechanism["commits"][0];
    assert_eq!((&commit["kind"], &commit["block"]), (&"timelocked".into(), &done["block"]));
    assert_eq!((&commit["round"], &commit["opens_at_block"]), (&done["round"], &done["opens_at_block"]));
    let table = stdout(&stage.weights("//Bob", &["show"]));
    assert!(table.contains("timelocked") && table.contains("of drand"), "{table}");

    // The pulse comes a few blocks into the epoch that opens them.
    let opens = done["opens_at_block"].as_u64().unwrap();
    let head = u64::from(stage.devnet.head().number);
    stage.devnet.mine(u32::try_from(opens - head).unwrap() + 20).await.unwrap();
    let shown = stage.json(&["show", "--mechanism", "0"]);
    let mechanism = &shown["validators"][0]["mechanisms"][0];
    assert_eq!(mechanism["commits"], Json::Array(vec![]));
    let row = mechanism["weights"].as_array().unwrap();
    assert!(row.len() == 2 && row.iter().all(|weight| weight["value"] == 65535), "{row:?}");
}
