//! Requests by hand: to a miner of the subnet found on the chain, to one by URL, and what is said when there is no answer.

use std::fs;

use serde_json::{Value, json};
use subnetkit::chain::{Chain, Network};

use crate::{
    devnet::{Devnet, text},
    processes::{hotkey, key, set_up, start},
    support::{refusal, run, stdout},
};

/// A problem of the example, and its product.
fn problem() -> (String, Value) {
    let matrix = |cells: [u32; 4]| json!({ "size": 2, "cells": cells });
    let problem = json!({ "left": matrix([1, 2, 3, 4]), "right": matrix([0, 1, 1, 0]) });
    (problem.to_string(), json!({ "product": matrix([2, 1, 4, 3]) }))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_miner_is_called_and_an_axon_published_by_hand() {
    let mut devnet = Devnet::start(&["--json", "--fast", "--block-time", "100ms"]);
    let ws = text(&devnet.banner()["ws"]).to_owned();
    let chain = Chain::connect(&Network::Url(ws.clone())).await.unwrap();
    let netuid = set_up(&chain).await;
    let number = netuid.to_string();
    let here = tempfile::tempdir().unwrap();
    let at = ["--network", ws.as_str(), "--netuid", number.as_str()];
    let (problem, product) = problem();
    fs::write(here.path().join("problem.json"), &problem).unwrap();

    // Everybody registered is admitted, so that no epoch has to pass first.
    let own = ["--wallet", "//Charlie", "--listen", "127.0.0.1:0", "--require-permit", "false"];
    let _miner = start("miner", here.path(), &[&at[..], &own].concat());
    let charlie = hotkey("//Charlie//default");
    let mut heads = chain.follow();
    let address = loop {
        heads.changed().await.unwrap();
        if let Some(address) = chain.axon(netuid, &charlie).await.unwrap().and_then(|record| record.address) {
            break address;
        }
    };
    let uid = chain.uid(netuid, &charlie).await.unwrap().unwrap().to_string();

    let call = |more: &[&str]| run(here.path(), &[&["call"], more].concat());
    let by_uid =
        [&["matmul", "--uid", &uid, "--data", "@problem.json", "--wallet", "//Bob", "-v"], &at[..]].concat();
    let output = call(&by_uid);
    let answer: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(answer, product);
    let said = String::from_utf8(output.stderr).unwrap();
    for part in ["> POST /matmul", "> x-", "< 200", "signature is right", &charlie.to_string()] {
        assert!(said.contains(part), "{part:?} is not in: {said}");
    }

    let url = format!("http://{address}/matmul");
    let at_url = [&url, "--data", &problem, "--wallet", "//Bob", "--json"];
    let ss58 = charlie.to_string();
    for whose in [&["--hotkey", &ss58][..], &at] {
        let answer: Value = serde_json::from_str(&stdout(&call(&[&at_url[..], whose].concat()))).unwrap();
        assert_eq!((&answer["outcome"], &answer["signed"]), (&json!("answered"), &json!(true)), "{answer}");
        assert_eq!((&answer["body"], &answer["hotkey"]), (&product, &json!(ss58)), "{answer}");
    }
    let binary = [&at_url[..], &["--hotkey", &ss58, "--encoding", "msgpack"]].concat();
    let answer: Value = serde_json::from_str(&stdout(&call(&binary))).unwrap();
    assert_eq!(answer["body"], product);

    let failure = |more: &[&str]| refusal(&call(&[&[url.as_str(), "--data", "{}"], more].concat()), 1);
    let whose = ["--hotkey", &ss58];
    let cases: [(&[&str], &[&str]); 3] = [
        (&["--wallet", "//Eve"], &["403 not_registered", "--wallet"]),
        (&["--wallet", "//Bob"], &["400 malformed_body", "--data"]),
        (&["--wallet", "//Bob", "--stream"], &["400", "--data"]),
    ];
    for (more, parts) in cases {
        let said = failure(&[&whose, more].concat());
        assert!(parts.iter().all(|part| said.contains(part)), "{parts:?}: {said}");
    }
    let dave = hotkey("//Dave//default").to_string();
    let said = failure(&["--wallet", "//Bob", "--hotkey", &dave]);
    assert!(said.contains("401 wrong_receiver") && said.contains("--hotkey"), "{said}");
    let said = refusal(&call(&["matmul", "--data", "{", "--uid", "1"]), 1);
    assert!(said.contains("--data is not JSON"), "{said}");
    let said = refusal(&call(&[&["matmul", "--data", "{}", "--wallet", "//Bob"], &at[..]].concat()), 1);
    assert!(said.contains("--uid") && said.contains("--hotkey") && said.contains("URL"), "{said}");

    publishes(&chain, here.path(), &at).await;
    assert_eq!(devnet.interrupt().code(), Some(0));
}

/// By hand, of a hotkey that no program serves for.
async fn publishes(chain: &Chain, here: &std::path::Path, at: &[&str]) {
    let netuid: u16 = at[3].parse().unwrap();
    let dave = key("//Dave//default").account();
    let serve = |more: &[&str]| run(here, &[&["serve", "--wallet", "//Dave"], at, more].concat());
    let address = async || chain.axon(netuid, &dave).await.unwrap().and_then(|record| record.address);
    let place = ["--ip", "192.0.2.7", "--port", "8091"];
    let said = stdout(&serve(&[&place[..], &["--dry-run"]].concat()));
    assert!(said.contains("192.0.2.7:8091") && said.contains("serve_axon"), "{said}");
    assert_eq!(address().await, None, "a dry run does nothing");
    let said = refusal(&serve(&place), 1);
    assert!(said.contains("--yes"), "{said}");
    let done: Value =
        serde_json::from_str(&stdout(&serve(&[&place[..], &["--yes", "--json"]].concat()))).unwrap();
    assert_eq!(done["address"], "192.0.2.7:8091", "{done}");
    assert_eq!(address().await, Some("192.0.2.7:8091".parse().unwrap()));
    let said = stdout(&serve(&place));
    assert!(said.contains("already"), "nothing to sign, and nothing to ask: {said}");
    stdout(&serve(&["--clear", "--yes"]));
    assert_eq!(address().await, None);
    let said = refusal(&serve(&["--ip", "192.0.2.7"]), 2);
    assert!(said.contains("--port"), "{said}");
}
