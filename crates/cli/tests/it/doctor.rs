//! `subnetkit doctor` against the development chain, broken in one way at a time: exactly that rule is found.

use std::{
    net::{Ipv4Addr, TcpListener},
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value as Json, json};
use subnetkit::{
    chain::{Call, Chain, Mechanism, Network, Rao, Value},
    protocol::{Hotkey, Keypair, Scheme},
    validator::{
        ValidatorConfig, WhenAllZero,
        ledger::{LedgerOwner, LedgerStore, Retention},
    },
};
use subnetkit_devnet::{BlockProduction, Config, Devnet, Genesis};

use crate::support::{refusal, run};

/// Blocks per epoch: longer than any of these tests take.
const TEMPO: u16 = 360;
const BLOCK: Duration = Duration::from_millis(250);
/// Severity and rule of every finding that is not fine.
type Bad = Vec<(String, String)>;

/// A storage item, its keys, the value that breaks a rule, flags for the command; severity and rule of the finding.
type Edit<'a> = (&'a str, &'a [Json], Json, &'a [&'a str], &'a str, &'a str);

fn key(uri: &str) -> Keypair {
    Keypair::from_uri(uri, Scheme::Sr25519).unwrap()
}

fn hotkey(name: &str) -> Hotkey {
    key(&format!("{name}//default")).account()
}

/// A started subnet with commit-reveal on, and Bob its staked validator with a permit.
struct Stage {
    devnet: Devnet,
    chain: Chain,
    netuid: u16,
    here: tempfile::TempDir,
}

impl Stage {
    async fn new(config: Config) -> Self {
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
            set("immunity_period", Some(netuid), 5_000u16.into()),
            set("serving_rate_limit", Some(netuid), 0u64.into()),
        ];
        chain.sudo_batch(&alice, rules).await.unwrap();
        chain.start_call(&alice, netuid).await.unwrap();
        for name in ["//Bob", "//Charlie", "//Dave"] {
            chain.register(&key(name), netuid, &hotkey(name)).await.unwrap();
        }
        chain.add_stake(&key("//Bob"), &hotkey("//Bob"), netuid, Rao::from_tokens(100)).await.unwrap();
        // The epoch gives the permit; a while after it the rate limit since the registration is over.
        devnet.advance_epochs(netuid, 1).await.unwrap();
        devnet.mine(120).await.unwrap();
        Self { devnet, chain, netuid, here: tempfile::tempdir().unwrap() }
    }

    /// What the command says: the findings that are not fine, and whether they blocked.
    fn doctor(&self, flags: &[&str]) -> Bad {
        self.doctor_of(&["--wallet", "//Bob"], flags)
    }

    fn doctor_of(&self, wallet: &[&str], flags: &[&str]) -> Bad {
        let (netuid, ws) = (self.netuid.to_string(), self.devnet.ws_url());
        let mut arguments = vec!["doctor", "--json"];
        arguments.extend(wallet);
        arguments.extend(flags);
        for (flag, value) in [("--netuid", netuid.as_str()), ("--network", ws.as_str())] {
            if !flags.contains(&flag) {
                arguments.extend([flag, value]);
            }
        }
        examine(self.here.path(), &arguments)
    }

    async fn set(&self, item: &str, keys: &[Json], value: Json) {
        self.devnet.set_storage("SubtensorModule", item, keys, &value).await.unwrap();
    }

    fn netuid(&self) -> Json {
        json!(self.netuid)
    }
}

fn examine(here: &Path, arguments: &[&str]) -> Bad {
    let output = run(here, arguments);
    let said = String::from_utf8(output.stdout).unwrap();
    let report: Json = serde_json::from_str(&said)
        .unwrap_or_else(|_| panic!("no report: {said} {}", String::from_utf8_lossy(&output.stderr)));
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap();
    let bad = findings.iter().filter(|finding| finding["severity"] != "fine");
    let bad: Bad = bad.map(|finding| (text(&finding["severity"]), text(&finding["rule"]))).collect();
    let blocked = bad.iter().any(|(severity, _)| severity == "blocks");
    assert_eq!(report["blocked"], blocked, "{report}");
    assert_eq!(output.status.code(), Some(blocked.into()), "{report}");
    bad
}

fn only(severity: &str, rule: &str) -> Bad {
    vec![(severity.to_owned(), rule.to_owned())]
}

fn config() -> Config {
    Config {
        block_production: BlockProduction::Interval(BLOCK),
        genesis: Genesis::fast().block_time(BLOCK).into_json(),
        ..Config::default()
    }
}

/// A port on which nobody listens.
pub(crate) fn closed_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_hotkey_has_no_finding_and_each_broken_rule_is_the_only_one() {
    let stage = Stage::new(config()).await;
    let (devnet, n) = (&stage.devnet, || stage.netuid());
    let bob = devnet_account("//Bob");
    assert_eq!(stage.doctor(&[]), []);
    assert_eq!(stage.doctor(&["--when-all-zero", "burn_to_owner"]), []);

    // What the command line alone can get wrong.
    let nowhere = format!("ws://127.0.0.1:{}", closed_port());
    let other = format!("0x{}", "00".repeat(32));
    let missing = stage.here.path().join("missing/validator.sqlite");
    let foreign = stage.here.path().join("foreign.sqlite");
    let owner = LedgerOwner {
        genesis_hash: stage.chain.genesis_hash(),
        netuid: stage.netuid,
        hotkey: hotkey("//Charlie"),
    };
    drop(
        LedgerStore::open(&foreign, owner, Retention::of(&ValidatorConfig::new(WhenAllZero::Skip)))
            .await
            .unwrap(),
    );
    let by_flags: &[(&[&str], &str, &str)] = &[
        (&["--network", &nowhere], "blocks", "chain_reachable"),
        (&["--genesis", &other], "blocks", "genesis"),
        (&["--netuid", "99"], "blocks", "subnet_exists"),
        (&["--ledger", missing.to_str().unwrap()], "blocks", "ledger"),
        (&["--ledger", foreign.to_str().unwrap()], "blocks", "ledger"),
    ];
    for (flags, severity, rule) in by_flags {
        assert_eq!(stage.doctor(flags), only(severity, rule), "{flags:?}");
    }
    assert_eq!(stage.doctor_of(&["--wallet", "//Eve"], &[]), only("blocks", "registered"));
    let anothers = ["--wallet", "//Dave", "--wallet-hotkey", "//Bob//default"];
    assert_eq!(stage.doctor_of(&anothers, &[]), only("weakens", "hotkey_owner"));

    // What storage alone can get wrong; the chain is as before in between.
    let now = stage.chain.head().await.unwrap().number;
    let by_storage: &[Edit<'_>] = &[
        ("Tempo", &[n()], json!(0), &[], "blocks", "tempo"),
        ("StakeThreshold", &[], json!(u64::MAX / 2), &[], "blocks", "stake_threshold"),
        ("WeightsVersionKey", &[n()], json!(7), &["--version-key", "6"], "blocks", "version_key"),
        ("MinAllowedWeights", &[n()], json!(1024), &[], "weakens", "min_allowed_weights"),
        (
            "MinAllowedWeights",
            &[n()],
            json!(2),
            &["--when-all-zero", "burn_to_owner"],
            "weakens",
            "when_all_zero",
        ),
        ("WeightsSetRateLimit", &[n()], json!(361), &[], "weakens", "rate_limit_tempo"),
        ("LastUpdate", &[n()], json!([now, now + 100, now, now]), &[], "weakens", "rate_limit"),
        ("CommitRevealWeightsVersion", &[], json!(5), &[], "blocks", "commit_reveal_version"),
        ("ImmunityPeriod", &[n()], json!(360), &[], "weakens", "immunity_period"),
        ("ActivityCutoffFactorMilli", &[n()], json!(1), &[], "weakens", "activity_cutoff"),
    ];
    let mut wrong = Vec::new();
    for (item, keys, value, flags, severity, rule) in by_storage {
        let snapshot = devnet.snapshot().await.unwrap();
        if *rule == "rate_limit" {
            stage.set("WeightsSetRateLimit", &[n()], json!(TEMPO)).await;
        }
        stage.set(item, keys, value.clone()).await;
        let found = stage.doctor(flags);
        if found != only(severity, rule) {
            wrong.push(format!("{item} = {value}: {found:?}"));
        }
        devnet.revert(snapshot).await.unwrap();
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(stage.doctor(&[]), [], "the chain is as it was");

    // What takes more than one write.
    let snapshot = devnet.snapshot().await.unwrap();
    devnet.set_permit(stage.netuid, &bob, false).await.unwrap();
    assert_eq!(stage.doctor(&[]), only("blocks", "validator_permit"));
    devnet.revert(snapshot).await.unwrap();

    let snapshot = devnet.snapshot().await.unwrap();
    let address = (Ipv4Addr::new(127, 0, 0, 1), closed_port()).into();
    stage.chain.serve_axon(&key("//Bob//default"), stage.netuid, address).await.unwrap();
    assert_eq!(stage.doctor(&[]), only("weakens", "served_address"));
    devnet.revert(snapshot).await.unwrap();

    let snapshot = devnet.snapshot().await.unwrap();
    // Anew: a connection counts an account's transactions, and some of these are reverted.
    let chain = Chain::connect(&Network::Url(devnet.ws_url())).await.unwrap();
    let runtime = chain.runtime().await.unwrap();
    stage.set("WeightsSetRateLimit", &[n()], json!(0)).await;
    let round = chain.at_best().await.unwrap().last_stored_round().await.unwrap() + 100;
    for number in 0..10 {
        let of = Mechanism::first(stage.netuid);
        let commit = Call::commit_timelocked_weights(&runtime, of, &[number; 100], round, 4);
        chain.submit(&key("//Bob//default"), commit).await.unwrap();
    }
    assert_eq!(stage.doctor(&[]), only("blocks", "open_commits"));
    devnet.revert(snapshot).await.unwrap();

    // A beacon whose pulses nobody writes; after a minute that is more than a delay.
    let snapshot = devnet.snapshot().await.unwrap();
    let beacon = stage.chain.at_best().await.unwrap().beacon().await.unwrap();
    let strange = json!({
        "public_key": format!("0x{}", "11".repeat(96)),
        "period": beacon.period,
        "genesis_time": beacon.genesis_time,
        "hash": format!("0x{}", "22".repeat(32)),
        "group_hash": format!("0x{}", "22".repeat(32)),
        "scheme_id": "0x00",
        "metadata": { "beacon_id": "0x00" },
    });
    devnet.set_storage("Drand", "BeaconConfig", &[], &strange).await.unwrap();
    devnet.mine(256).await.unwrap();
    assert_eq!(stage.doctor(&[]), only("weakens", "drand_lag"));
    devnet.revert(snapshot).await.unwrap();
}

fn devnet_account(name: &str) -> String {
    hotkey(name).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_makes_no_blocks_and_a_clock_that_is_wrong_are_found() {
    let stage = Stage::new(Config { block_production: BlockProduction::OnSubmit, ..config() }).await;
    assert_eq!(stage.doctor(&[]), only("blocks", "chain_silent"));

    // The set-up makes about 500 blocks of 250 ms: what is left are some seven minutes.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let genesis_time_ms = u64::try_from((now - Duration::from_secs(600)).as_millis()).unwrap();
    let stage = Stage::new(Config { genesis_time_ms: genesis_time_ms / 250 * 250, ..config() }).await;
    assert_eq!(stage.doctor(&[]), only("weakens", "clock_skew"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_for_people_has_sentences_and_a_missing_setting_is_named() {
    let stage = Stage::new(config()).await;
    let (netuid, ws) = (stage.netuid.to_string(), stage.devnet.ws_url());
    let at = ["doctor", "--network", &ws, "--netuid", &netuid, "--wallet"];
    let output = run(stage.here.path(), &[&at[..], &["//Eve"]].concat());
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let (said, warned) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    let first = said.lines().nth(1).unwrap();
    for part in ["blocks", "registered", "subnetkit register --netuid"] {
        assert!(first.contains(part), "{part} is not in {first}");
    }
    assert!(warned.contains("sets no effective weights"), "{warned}");
    let said = refusal(&run(stage.here.path(), &["doctor", "--network", &ws, "--wallet", "//Bob"]), 1);
    assert!(said.contains("`netuid`") && said.contains("--netuid"), "{said}");
}
