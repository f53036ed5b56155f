//! Whatever is signed is shown first, asked about, and never waits where nobody can answer.

use serde_json::Value as Json;
use subnetkit::{
    chain::{Chain, Network, Rao},
    protocol::{AccountId, Keypair, Scheme},
};
use subnetkit_devnet::{BlockProduction, Config, Devnet, Genesis};

use crate::support::{refusal, run, stdout};

pub(crate) fn key(uri: &str) -> Keypair {
    Keypair::from_uri(uri, Scheme::Sr25519).unwrap()
}

/// A chain with a block for each transaction and for nothing else, and the command beside it.
pub(crate) struct Stage {
    pub(crate) devnet: Devnet,
    pub(crate) chain: Chain,
    here: tempfile::TempDir,
}

impl Stage {
    pub(crate) async fn new(genesis: Genesis) -> Self {
        let block_production = BlockProduction::OnSubmit;
        let config = Config { block_production, genesis: genesis.into_json(), ..Config::default() };
        let devnet = Devnet::spawn(config).await.unwrap();
        let chain = Chain::connect(&Network::Url(devnet.ws_url())).await.unwrap();
        Self { devnet, chain, here: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> std::process::Output {
        run(self.here.path(), &[arguments, &["-n", &self.devnet.ws_url()]].concat())
    }

    /// The one object that a command printed.
    pub(crate) fn json(&self, arguments: &[&str]) -> Json {
        let said = stdout(&self.run(&[arguments, &["--json"]].concat()));
        assert_eq!(said.lines().count(), 1, "{said}");
        serde_json::from_str(&said).unwrap()
    }

    /// The object that a command printed whose exit status was 1.
    pub(crate) fn failure(&self, arguments: &[&str]) -> Json {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said = String::from_utf8(output.stdout).unwrap();
        assert_eq!(said.lines().count(), 1, "{said}");
        serde_json::from_str(&said).unwrap()
    }

    async fn free(&self, account: &AccountId) -> u64 {
        self.chain.balance(account).await.unwrap().0
    }

    /// The command without an answer, as a dry run, and in earnest; gives what the last one printed.
    async fn spend(&self, arguments: &[&str], call: &str, cost: u64) -> Json {
        let payer = key(arguments[arguments.iter().position(|word| *word == "-w").unwrap() + 1]).account();
        let (head, balance) = (self.devnet.head().number, self.free(&payer).await);
        let said = refusal(&self.run(arguments), 1);
        for part in ["nothing was done", "no terminal", "--yes", "--dry-run", "TAO"] {
            assert!(said.contains(part), "{part} is not in {said}");
        }
        let dry = self.json(&[arguments, &["--dry-run"]].concat());
        let plan = &dry["plan"];
        assert_eq!(dry["state"], "not_sent", "{dry}");
        assert_eq!(plan["call"]["call"], call, "{dry}");
        assert_eq!((plan["payer"].as_str(), &plan["signer"]), (Some(&*payer.to_string()), &"coldkey".into()));
        assert_eq!((&plan["balance_rao"], &plan["cost_rao"]), (&balance.into(), &cost.into()), "{dry}");
        if cost > Rao::from_tokens(100).0 {
            let text = stdout(&self.run(&[arguments, &["--dry-run", "--yes"]].concat()));
            assert!(
                text.contains("Nothing was signed or sent") && text.contains(&format!(".{call}(")),
                "{text}"
            );
        }
        assert_eq!((self.devnet.head().number, self.free(&payer).await), (head, balance));

        let done = self.json(&[arguments, &["-y"]].concat());
        assert_eq!(done["state"], "done", "{done}");
        assert_eq!((&done["plan"]["call"], &done["plan"]["fee_rao"]), (&plan["call"], &plan["fee_rao"]));
        assert_eq!(self.devnet.head().number, head + 1);
        assert_eq!(done["block"], head + 1);
        let paid = balance.saturating_sub(self.free(&payer).await);
        let gain = plan["gain_rao"].as_u64().unwrap();
        if gain == 0 {
            // The price of a registration falls a little until its block, and never costs more than was told.
            let told = plan["balance_after_rao"].as_u64().unwrap();
            let left = self.free(&payer).await;
            assert!((told..=told + cost / 100).contains(&left), "{left}, {done}");
        } else {
            assert_eq!(paid, 0, "a sale brings more than its fee: {done}");
        }
        done
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subnets_life_is_shown_before_it_is_signed() {
    let stage = Stage::new(Genesis::local()).await;
    let price = stage.chain.network_registration_cost().await.unwrap().0;
    let created =
        stage.spend(&["subnet", "create", "-w", "//Alice", "-H", "owner"], "register_network", price).await;
    let netuid = created["netuid"].as_u64().unwrap();
    assert_eq!(netuid, 2);
    let number = netuid.to_string();
    let at = ["--netuid", &number];
    let with = |words: &[&'static str]| -> Vec<&str> { [words, &at].concat() };

    let listed = stage.json(&["subnet", "list"]);
    let listed = listed["subnets"].as_array().unwrap().iter().find(|it| it["netuid"] == netuid).unwrap();
    assert_eq!((&listed["is_started"], &listed["neurons"]), (&false.into(), &1.into()), "{listed}");
    assert_eq!(listed["owner_coldkey"], key("//Alice").account().to_string());
    stage.spend(&with(&["subnet", "start", "-w", "//Alice"]), "start_call", 0).await;
    let again = stage.json(&with(&["subnet", "start", "-w", "//Alice", "--yes"]));
    assert_eq!(again["state"], "unchanged");

    let burn = stage.chain.burn(2).await.unwrap();
    let register = with(&["register", "-w", "//Bob", "-H", "miner"]);
    let low = stage.failure(&[&register[..], &["--max-price", "0.000001", "--yes"]].concat());
    assert!(low["error"].as_str().unwrap().contains("--max-price"), "{low}");
    let registered = stage.spend(&register, "register_limit", burn.0).await;
    assert_eq!(registered["uid"], 1);
    assert_eq!(registered["plan"]["details"]["price"], burn.0);
    assert_eq!(
        registered["immune_until_block"].as_u64().unwrap() - registered["block"].as_u64().unwrap(),
        registered["plan"]["details"]["immunity"].as_u64().unwrap()
    );
    let again = stage.json(&[&register[..], &["--yes"]].concat());
    assert_eq!((&again["state"], &again["uid"]), (&"unchanged".into(), &1.into()));

    let add = with(&["stake", "add", "-w", "//Bob", "-H", "miner", "--amount", "1.5"]);
    let added = stage.spend(&add, "add_stake_limit", 1_500_000_000).await;
    // The pool was asked in the same state; a block in between moves it by its emission only.
    let (expected, got) = (&added["plan"]["details"]["expected"], &added["alpha_rao"]);
    let apart = expected.as_u64().unwrap().abs_diff(got.as_u64().unwrap());
    assert!(apart < expected.as_u64().unwrap() / 1_000, "{added}");
    let refused = stage.failure(&with(&[
        "stake",
        "add",
        "-w",
        "//Bob",
        "-H",
        "miner",
        "--amount",
        "100",
        "--rate-tolerance",
        "1%",
        "--yes",
    ]));
    assert_eq!(refused["refusal"], "SlippageTooHigh", "{refused}");
    assert!(refused["error"].as_str().unwrap().contains("--rate-tolerance"), "{refused}");
    assert!(refused["because"][0].as_str().unwrap().contains("SlippageTooHigh"), "{refused}");
    let nobody = ["stake", "add", "-w", "//Bob", "-H", "nobody", "--amount", "1", "--yes"];
    let unknown = stage.failure(&with(&nobody));
    assert!(unknown["error"].as_str().unwrap().contains("never been registered"), "{unknown}");
    let unaffordable = stage.failure(&with(&[
        "stake",
        "add",
        "-w",
        "//Bob",
        "-H",
        "miner",
        "--amount",
        "9000000",
        "--dry-run",
    ]));
    let sentence = unaffordable["error"].as_str().unwrap();
    assert!(sentence.contains("needs") || sentence.contains("cannot sell"), "{sentence}");

    let coldkey = key("//Bob").account().to_string();
    let stakes = stage.json(&["stake", "list", "-w", "//Bob"]);
    let held = &stakes["positions"][0];
    assert_eq!((&stakes["coldkey"], &held["netuid"]), (&coldkey.clone().into(), &netuid.into()), "{stakes}");
    assert_eq!(held["alpha_rao"], *got);
    let (value, sold) = (held["value_rao"].as_u64().unwrap(), held["sold_rao"].as_u64().unwrap());
    // The purchase itself raised the price a little.
    assert!(sold < value && (1_480_000_000..1_520_000_000).contains(&value), "{stakes}");
    let table = stdout(&stage.run(&["stake", "list", "--coldkey", &coldkey]));
    assert!(table.contains("slippage") && table.contains(&Rao(value).to_string()), "{table}");

    let some = with(&["stake", "remove", "-w", "//Bob", "-H", "miner", "--amount", "0.5"]);
    let removed = stage.spend(&some, "remove_stake_limit", 0).await;
    let left = removed["alpha_before_rao"].as_u64().unwrap() - removed["alpha_rao"].as_u64().unwrap();
    assert_eq!(left, 500_000_000, "{removed}");
    let many =
        refusal(&stage.run(&with(&["stake", "remove", "-w", "//Bob", "-H", "miner", "--amount", "50"])), 1);
    assert!(many.contains("--all"), "{many}");
    let all = with(&["stake", "remove", "-w", "//Bob", "-H", "miner", "--all"]);
    let removed = stage.spend(&all, "remove_stake_full_limit", 0).await;
    assert_eq!(removed["alpha_rao"], 0);
    assert_eq!(stage.json(&["stake", "list", "-w", "//Bob"])["positions"], Json::Array(vec![]));
    let nothing = refusal(&stage.run(&[&all[..], &["--yes"]].concat()), 1);
    assert!(nothing.contains("nothing staked") && nothing.contains("stake list"), "{nothing}");

    shown(&stage, &at);
    neurons(&stage, &at);
}

fn shown(stage: &Stage, at: &[&str]) {
    let shown = stage.json(&[&["subnet", "show"], at].concat());
    assert_eq!(
        (&shown["netuid"], &shown["neurons"], &shown["is_started"]),
        (&2.into(), &2.into(), &true.into())
    );
    assert_eq!((&shown["commit_reveal"], &shown["tempo"]), (&true.into(), &360.into()), "{shown}");
    assert!(shown["next_epoch_block"].as_u64().unwrap() > shown["block"].as_u64().unwrap());
    let text = stdout(&stage.run(&[&["subnet", "show"], at].concat()));
    for part in ["360 blocks (1h 12m)", "2 of 256", "TAO per alpha", &key("//Alice").account().to_string()] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    let table = stdout(&stage.run(&["subnet", "list", "--sort", "price"]));
    assert!(table.contains("2/256") && table.contains("symbol"), "{table}");
    let none = stage.json(&["subnet", "list", "--owner", &key("//Dave").account().to_string()]);
    assert_eq!(none["subnets"], Json::Array(vec![]));
}

fn neurons(stage: &Stage, at: &[&str]) {
    let metagraph = |flags: &[&str]| stage.json(&[&["metagraph"], at, flags].concat());
    let uids = |flags: &[&str]| -> Vec<u64> {
        let neurons = metagraph(flags)["neurons"].clone();
        neurons.as_array().unwrap().iter().map(|neuron| neuron["uid"].as_u64().unwrap()).collect()
    };
    assert_eq!(uids(&[]), [0, 1]);
    assert_eq!(uids(&["--sort", "registered"]), [1, 0]);
    assert_eq!(uids(&["--sort", "registered", "--limit", "1"]), [1]);
    assert_eq!(uids(&["--coldkey", &key("//Bob").account().to_string()]), [1]);
    assert_eq!(uids(&["--uids", "0,7"]), [0]);
    assert_eq!(uids(&["--serving"]), [0; 0]);
    let table = stdout(
        &stage.run(
            &[
                &[
                    "metagraph",
                    "--columns",
                    "uid,coldkey",
                    "--hotkey",
                    &key("//Bob//miner").account().to_string(),
                ],
                at,
            ]
            .concat(),
        ),
    );
    let lines: Vec<_> = table.lines().collect();
    assert!(lines[0].contains("2 of 256 neurons") && lines[0].contains("1 shown"), "{table}");
    assert_eq!(lines[1].split_whitespace().collect::<Vec<_>>(), ["uid", "coldkey"]);
    assert_eq!(lines[2].split_whitespace().last(), Some(&*key("//Bob").account().to_string()));
    assert_eq!(lines.len(), 3);
}
