//! A subnet's rules: read with their meaning, judged, and set by whoever may.

use serde_json::Value as Json;
use subnetkit_devnet::Genesis;

use crate::{
    spending::{Stage, key},
    support::{refusal, stdout},
};

const GET: [&str; 5] = ["subnet", "hyperparams", "get", "--netuid", "2"];

/// The arguments of a change by a wallet.
fn set<'a>(wallet: &'a str, name: &'a str, value: &'a str, flags: &[&'a str]) -> Vec<&'a str> {
    let words = ["subnet", "hyperparams", "set", name, value, "--netuid", "2", "-w", wallet];
    [&words[..], flags].concat()
}

fn value(stage: &Stage, name: &str) -> Json {
    let shown = stage.json(&[&GET[..], &[name]].concat());
    assert_eq!(shown["parameters"].as_array().map(Vec::len), Some(1), "{shown}");
    shown["parameters"][0]["value"].clone()
}

fn rules(found: &Json) -> Vec<String> {
    let findings = found["findings"].as_array().unwrap();
    findings.iter().map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_are_explained_judged_and_set_within_their_bounds() {
    let stage = Stage::new(Genesis::local()).await;
    let alice = key("//Alice");
    stage.chain.register_network(&alice, &key("//Alice//owner").account()).await.unwrap();
    stage.chain.start_call(&alice, 2).await.unwrap();
    stage.chain.register(&key("//Bob"), 2, &key("//Bob//miner").account()).await.unwrap();

    let shown = stage.json(&GET);
    let parameters = shown["parameters"].as_array().unwrap();
    assert!(parameters.len() > 40, "{}", parameters.len());
    for parameter in parameters {
        for field in ["meaning", "unit", "set_by"] {
            assert!(parameter[field].is_string(), "{field} of {parameter}");
        }
    }
    let immunity = parameters.iter().find(|parameter| parameter["name"] == "immunity_period").unwrap();
    assert_eq!((&immunity["value"], &immunity["unit"]), (&5_000.into(), &"blocks".into()));
    assert_eq!((&immunity["set_by"], &immunity["human"]), (&"owner".into(), &"16h 40m, 13.9 tempos".into()));
    assert_eq!(immunity["bounds"], serde_json::json!([0, 65_535]));
    let text = stdout(&stage.run(&GET));
    for part in ["immunity_period", "13.9 tempos", "owner", "360 to 50400", "remedy:"] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    // As the chain makes a subnet there is one risk, and it is root's to remove.
    assert_eq!(rules(&stage.failure(&[&GET[..], &["--lint"]].concat())), ["no_tao_emission"]);
    let owners = refusal(&stage.run(&set("//Alice", "subnet_emission_enabled", "true", &["--yes"])), 1);
    assert!(owners.contains("only root") && owners.contains("--sudo"), "{owners}");
    stage.json(&set("//Alice", "subnet_emission_enabled", "true", &["--sudo", "--yes"]));
    let good = stage.json(&[&GET[..], &["--lint"]].concat());
    assert_eq!(good["findings"], Json::Array(vec![]));

    changed(&stage);
    refused(&stage);

    // Each of these is bad, and told apart.
    for (name, bad) in [("weights_rate_limit", "500"), ("kappa", "0.9"), ("registration_allowed", "off")] {
        stage.json(&set("//Alice", name, bad, &["--sudo", "--yes"]));
    }
    let output = stage.run(&[&GET[..], &["--lint"]].concat());
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1));
    for rule in
        ["weights_rate_limit_beyond_tempo", "kappa_off_half", "registration_closed", "commit_reveal_off"]
    {
        assert!(said.contains(&format!("risk: {rule}")), "{rule} is not in {said}");
    }

    // The last blocks before an epoch.
    let clock = stage.chain.at_best().await.unwrap().epoch_clock(2).await.unwrap();
    let left = clock.blocks_until_next().unwrap();
    stage.devnet.mine(u32::try_from(left).unwrap() - 4).await.unwrap();
    let frozen = refusal(&stage.run(&set("//Alice", "serving_rate_limit", "60", &["--yes"])), 1);
    let epoch = clock.next_epoch_block().unwrap();
    assert!(frozen.contains("10 blocks before an epoch"), "{frozen}");
    assert!(frozen.contains(&format!("from block {epoch} on")), "{frozen}");
    stage.devnet.mine(4).await.unwrap();
    assert_eq!(stage.json(&set("//Alice", "serving_rate_limit", "60", &["--yes"]))["new"], 60);
}

fn changed(stage: &Stage) {
    let to_720 = set("//Alice", "immunity_period", "2tempos", &[]);
    let asked = refusal(&stage.run(&to_720), 1);
    for part in ["nothing was done", "5000", "720", "2h 24m", "--yes"] {
        assert!(asked.contains(part), "{part} is not in {asked}");
    }
    let head = stage.devnet.head().number;
    let dry = stage.json(&[&to_720[..], &["--dry-run"]].concat());
    assert_eq!(
        (&dry["state"], &dry["plan"]["call"]["call"]),
        (&"not_sent".into(), &"sudo_set_immunity_period".into())
    );
    assert_eq!(dry["plan"]["call"]["arguments"]["immunity_period"], 720);
    assert_eq!((stage.devnet.head().number, value(stage, "immunity_period")), (head, 5_000.into()));
    let done = stage.json(&[&to_720[..], &["--yes"]].concat());
    assert_eq!((&done["state"], &done["old"], &done["new"]), (&"done".into(), &5_000.into(), &720.into()));
    assert_eq!(value(stage, "immunity_period"), 720);
    assert_eq!(stage.json(&[&to_720[..], &["--yes"]].concat())["state"], "unchanged");
    // An owner has to wait for two tempos, and is told how long.
    let again = refusal(&stage.run(&set("//Alice", "immunity_period", "800", &["--yes"])), 1);
    assert!(again.contains("once in 720 blocks") && again.contains("wait"), "{again}");

    for (name, text, raw) in [
        ("tempo", "400", Json::from(400)),
        ("activity_cutoff_factor", "6tempos", 6_000.into()),
        ("bonds_penalty", "50%", 32_768.into()),
        ("min_burn", "0.001", 1_000_000.into()),
        ("burn_increase_mult", "1.5", 1.5.into()),
        ("liquid_alpha_enabled", "on", true.into()),
        ("alpha_low", "0.8", 52_428.into()),
        ("alpha_sigmoid_steepness", "500", 500.0.into()),
        ("yuma_version", "2", 2.into()),
        ("transfers_enabled", "false", false.into()),
        ("max_allowed_uids", "128", 128.into()),
        ("weights_version", "3", 3.into()),
    ] {
        let done = stage.json(&set("//Alice", name, text, &["--yes"]));
        // As the chain has it in that block.
        assert_eq!((&done["state"], &done["new"]), (&"done".into(), &raw), "{done}");
    }
    // A change that makes something risky says so before it is signed.
    let off = set("//Alice", "commit_reveal_weights_enabled", "false", &[]);
    let dry = stage.json(&[&off[..], &["--dry-run"]].concat());
    assert_eq!(dry["plan"]["details"]["risk"], serde_json::json!(["commit_reveal_off"]));
    stage.json(&[&off[..], &["--yes"]].concat());
}

fn refused(stage: &Stage) {
    let head = stage.devnet.head().number;
    let cases: [(&str, &str, &str, &[&str]); 10] = [
        ("//Alice", "tempo", "100", &["tempo", "360 to 50400", "1h 12m"]),
        ("//Alice", "burn_increase_mult", "5", &["burn_increase_mult", "1 to 3"]),
        ("//Alice", "min_burn", "1TAO", &["min_burn", "999999999", "TAO"]),
        ("//Alice", "commit_reveal_period", "0", &["commit_reveal_period", "1 to 100"]),
        ("//Alice", "max_allowed_uids", "1", &["number of neurons"]),
        ("//Alice", "kappa", "0.6", &["only root", "--sudo"]),
        ("//Alice", "activity_cutoff", "100", &["nobody", "activity_cutoff_factor"]),
        ("//Alice", "immunity_period", "soon", &["`soon`", "3tempos"]),
        ("//Alice", "imunity_period", "1", &["`imunity_period`", "immunity_period"]),
        ("//Bob", "serving_rate_limit", "10", &["belongs to", "--wallet"]),
    ];
    for (wallet, name, value, parts) in cases {
        let said = refusal(&stage.run(&set(wallet, name, value, &["--yes"])), 1);
        assert!(parts.iter().all(|part| said.contains(part)), "{name} {value}: {said}");
    }
    // What only the chain knows it refuses itself, and is explained.
    let soon = stage.failure(&set("//Alice", "tempo", "500", &["--yes"]));
    assert_eq!(soon["refusal"], "TxRateLimitExceeded", "{soon}");
    assert!(soon["error"].as_str().unwrap().contains("360 blocks"), "{soon}");
    assert_eq!(stage.devnet.head().number, head + 1, "nothing but the last was sent");
}
