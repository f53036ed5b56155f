//! What an operator sees of a running validator: its numbers, its readiness, its ledger from outside.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    time::Duration,
};

use serde_json::Value as Json;
use subnetkit::chain::{Chain, Network};

use crate::{
    devnet::{Devnet, text},
    doctor::closed_port,
    processes::{Process, hotkey, key, set_up, start, until},
    support::{refusal, run, stdout},
};

/// One answer of a validator's status server; nothing while it does not listen.
fn get(port: u16, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    Some((head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned()))
}

/// The value of a series.
fn sample(metrics: &str, series: &str) -> Option<f64> {
    let found = metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    found.map(|value| value.parse().unwrap())
}

/// The validator's series that the alert rules name, with the labels and values they ask for.
fn named_by_alerts() -> BTreeMap<String, BTreeSet<(String, String)>> {
    let manifest = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let rules = std::fs::read_to_string(Path::new(&manifest).join("../../docs/src/alerts.yml")).unwrap();
    let mut named = BTreeMap::<String, BTreeSet<(String, String)>>::new();
    for (at, _) in rules.match_indices("subnetkit_validator_") {
        let rest = &rules[at..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap();
        let labels = named.entry(rest[..end].to_owned()).or_default();
        let Some((matchers, _)) = rest[end..].strip_prefix('{').and_then(|rest| rest.split_once('}')) else {
            continue;
        };
        for matcher in matchers.split(", ") {
            let (label, values) = matcher.split_once(['=', '!']).unwrap();
            let values = values.trim_start_matches(['=', '~']).trim_matches('"');
            labels.extend(values.split('|').map(|value| (label.to_owned(), value.to_owned())));
        }
    }
    named
}

#[tokio::test(flavor = "multi_thread")]
async fn a_validator_shows_what_alerts_ask_for_and_ages_outlive_a_restart() {
    let mut devnet = Devnet::start(&["--json", "--fast", "--block-time", "250ms"]);
    let ws = text(&devnet.banner()["ws"]).to_owned();
    let chain = Chain::connect(&Network::Url(ws.clone())).await.unwrap();
    let netuid = set_up(&chain).await;
    let number = netuid.to_string();
    let here = tempfile::tempdir().unwrap();
    let at = ["--network", ws.as_str(), "--netuid", number.as_str()];
    let miner = ["--wallet", "//Charlie", "--listen", "127.0.0.1:0", "--metagraph-refresh", "1s"];
    let _miner = start("miner", here.path(), &[&at[..], &miner].concat());
    let port = closed_port();
    let validator = || -> Process {
        let status = format!("127.0.0.1:{port}");
        let own = ["--wallet", "//Bob", "--when-all-zero", "skip", "--round-interval", "3 blocks"];
        let own = [&own[..], &["--allow-private-addresses", "true", "--status-listen", &status]].concat();
        start("validator", here.path(), &[&at[..], &own].concat())
    };
    let running = validator();
    let paid = hotkey("//Charlie//default");
    until(&chain, netuid, "emission to the miner", |subnet| subnet.neuron(&paid).unwrap().emission > 0).await;
    let age = "subnetkit_validator_effective_weights_age_blocks{mechanism=\"0\"}";
    let effective = "subnetkit_validator_effective_block{mechanism=\"0\"}";
    let mut metrics = String::new();
    // The first checkup may still be under way.
    until(&chain, netuid, "the age of effective weights", |_| {
        metrics = get(port, "/metrics").unwrap().1;
        sample(&metrics, "subnetkit_validator_effective_weights_age_limit_blocks")
            .is_some_and(|limit| limit > 0.0)
            && sample(&metrics, age).is_some()
    })
    .await;
    assert!(metrics.ends_with("# EOF\n"), "{metrics}");
    for (series, labels) in named_by_alerts() {
        assert!(metrics.contains(&format!("\n{series}")), "{series} is not in:\n{metrics}");
        for (label, value) in labels {
            let known = metrics.lines().any(|line| {
                line.starts_with(&format!("{series}{{")) && line.contains(&format!("{label}=\"{value}\""))
            });
            assert!(known, "{series} with {label}=\"{value}\" is not in:\n{metrics}");
        }
    }
    assert!(sample(&metrics, "subnetkit_validator_rounds_total{outcome=\"scored\"}").unwrap() > 0.0);
    assert!(sample(&metrics, "subnetkit_validator_block_time_seconds").unwrap() > 0.2);
    assert!(sample(&metrics, "subnetkit_validator_chain_lag_seconds").unwrap() < 10.0);
    assert_eq!(get(port, "/readyz").unwrap().0, 200, "{:?}", get(port, "/readyz"));

    // From here on nothing lands: the limit is longer than this test.
    let runtime = chain.runtime().await.unwrap();
    let limit =
        runtime.parameter_call("weights_set_rate_limit", Some(netuid), vec![100_000u64.into()]).unwrap();
    chain.sudo_batch(&key("//Alice"), [limit]).await.unwrap();
    drop(running);
    let history = |flags: &[&str]| run(here.path(), &[&["weights", "history"][..], &at, flags].concat());
    let json: Json = serde_json::from_str(&stdout(&history(&["--json"]))).unwrap();
    let submissions = json["submissions"].as_array().unwrap();
    let last = submissions.iter().find(|submission| submission["state"] == "effective").unwrap();
    let since = last["block"].as_u64().unwrap();
    assert_eq!(json["block"].as_u64().unwrap() - since, last["age_blocks"].as_u64().unwrap());
    assert_eq!((&last["way"], &last["extrinsics"][0]["state"]), (&"plain".into(), &"succeeded".into()));
    let table = stdout(&history(&["--limit", "3"]));
    assert!(table.contains("effective") && table.contains(&since.to_string()), "{table}");
    let said = refusal(&run(here.path(), &["weights", "history", "--netuid", "9", "--network", &ws]), 1);
    assert!(said.contains("about subnet") && said.contains("--netuid"), "{said}");

    let _running = validator();
    let mut first = None;
    until(&chain, netuid, "a growing age after the restart", |_| {
        let Some((200, metrics)) = get(port, "/metrics") else { return false };
        let (Some(age), Some(block)) = (sample(&metrics, age), sample(&metrics, effective)) else {
            return false;
        };
        assert!(block >= since as f64, "the ledger says {since}, the metric {block}");
        assert_eq!(sample(&metrics, "subnetkit_validator_head_block").unwrap(), block + age, "{metrics}");
        age > *first.get_or_insert(age) + 5.0
    })
    .await;
    assert_eq!(devnet.interrupt().code(), Some(0));
}
