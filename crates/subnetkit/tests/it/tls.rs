//! A miner that serves TLS and a validator that holds it to the published key, on a development chain.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use subnetkit::prelude::*;
use subnetkit_chain::{AxonCertificate, Chain, Rao, Value};
use subnetkit_devnet::{BlockProduction, Config, Devnet, Genesis};
use subnetkit_miner::{Axon, Miner, MinerConfig, Roster, Standing};
use subnetkit_protocol::{Hotkey, Keypair, Scheme};
use subnetkit_validator::{
    Ema, OutcomeKind, Report, RoundInterval, RoundReport, Validator, ValidatorConfig, WhenAllZero,
};
use tokio::sync::broadcast::Receiver;
use tokio_util::sync::CancellationToken;

const BLOCK: Duration = Duration::from_millis(100);

/// The keys in `tests/certificates`.
const FIRST: &str = "b0ca028d3354c96ca0fc2a6c030e14c12d078ad869f916dcceaafb7ca83ff4f4\
                     af5dc79b6c2e430ea0f893b44ea3558c75d0ad65d80f0f53551d187f80060fe9";
const SECOND: &str = "9038f80cfa24c54439ab8012ff2b598017857853d4d8d3086348f721ce605cbc";

struct Double;

impl Synapse for Double {
    const NAME: &'static str = "double";
    type Request = u32;
    type Response = u32;
}

/// Counts what it was asked.
#[derive(Clone, Default)]
struct Doubler(Arc<AtomicUsize>);

#[async_trait]
impl Forward<Double> for Doubler {
    async fn forward(&self, call: Call<u32>) -> Result<u32, Refusal> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(call.request * 2)
    }
}

struct Judge;

#[async_trait]
impl Score<Double> for Judge {
    async fn task(&self, round: &Round) -> Task<Double> {
        Task::same(21, round.sample.iter().copied())
    }

    async fn score(&self, _: &Task<Double>, answers: &[Answer<Double>]) -> Scores {
        let right = |answer: &Answer<Double>| answer.response().is_some_and(|(doubled, _)| *doubled == 42);
        answers.iter().map(|answer| (answer.hotkey, f64::from(right(answer)))).collect()
    }
}

fn key(uri: &str) -> Keypair {
    Keypair::from_uri(uri, Scheme::Sr25519).unwrap()
}

/// Puts one of the recorded pairs where the miner looks.
fn install(directory: &Path, name: &str) {
    let recorded = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("tests/certificates");
    for extension in ["crt", "key"] {
        let from = recorded.join(name).with_extension(extension);
        fs::copy(from, directory.join("axon").with_extension(extension)).unwrap();
    }
}

fn miner_config(directory: &Path, port: u16) -> MinerConfig {
    MinerConfig {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        external_ip: Some(Ipv4Addr::LOCALHOST.into()),
        tls_certificate: Some(directory.join("axon.crt")),
        tls_key: Some(directory.join("axon.key")),
        tls_reload: BLOCK,
        metagraph_refresh: BLOCK,
        require_permit: false,
        ..MinerConfig::default()
    }
}

/// A subnet with a staked validator and a miner on it.
async fn subnet(chain: &Chain, validator: &Hotkey, miner: &Hotkey) -> u16 {
    let (alice, bob) = (key("//Alice"), key("//Bob"));
    let runtime = chain.runtime().await.unwrap();
    let set = |name: &str, netuid: Option<u16>, value: Value| {
        runtime.parameter_call(name, netuid, vec![value]).unwrap()
    };
    chain.sudo_batch(&alice, [set("admin_freeze_window", None, 0u16.into())]).await.unwrap();
    let netuid = chain.register_network(&alice, &key("//Alice//owner").account()).await.unwrap();
    let rules = [
        set("commit_reveal_weights_enabled", Some(netuid), false.into()),
        set("serving_rate_limit", Some(netuid), 0u64.into()),
    ];
    chain.sudo_batch(&alice, rules).await.unwrap();
    chain.start_call(&alice, netuid).await.unwrap();
    for hotkey in [validator, miner] {
        chain.register(&bob, netuid, hotkey).await.unwrap();
    }
    chain.add_stake(&bob, validator, netuid, Rao::from_tokens(10)).await.unwrap();
    netuid
}

/// The first round from now on in which the miner's request ended so. Rounds go on four times a second.
async fn round(reports: &mut Receiver<Report>, miner: Hotkey, ended: OutcomeKind) -> RoundReport {
    for _ in 0..400 {
        let Report::Round(round) = reports.recv().await.unwrap() else { continue };
        if round.entries.iter().any(|entry| entry.hotkey == miner && entry.outcome == ended) {
            return round;
        }
    }
    panic!("no round in which the miner's request was {ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_miner_is_asked_over_tls_and_held_to_the_key_it_published() {
    let (validator, miner) = (key("//Bob//validator"), key("//Bob//miner"));
    let hotkey = miner.account();
    let devnet = Devnet::spawn(Config {
        block_production: BlockProduction::Interval(BLOCK),
        genesis: Genesis::fast().block_time(BLOCK).into_json(),
        ..Config::default()
    })
    .await
    .unwrap();
    let chain = Chain::connect_url(&devnet.ws_url()).await.unwrap();
    let netuid = subnet(&chain, &validator.account(), &hotkey).await;
    let directory = tempfile::tempdir().unwrap();
    install(directory.path(), "first");
    let published = async || chain.axon_certificate(netuid, &hotkey).await.unwrap();
    let certificate =
        |algorithm, key: &str| AxonCertificate { algorithm, public_key: hex::decode(key).unwrap() };

    // The miner publishes its key, and what only speaks TLS answers.
    let asked = Doubler::default();
    let bound = Miner::new(miner_config(directory.path(), 0), chain.clone(), netuid, miner.clone())
        .serve::<Double>(asked.clone())
        .bind()
        .await
        .unwrap();
    let address = bound.local_addr();
    let stop_miner = CancellationToken::new();
    let serving = tokio::spawn(bound.run(stop_miner.clone()));
    let mut config = ValidatorConfig::new(WhenAllZero::Skip);
    config.round_interval = RoundInterval::Time(Duration::from_millis(250));
    config.allow_private_addresses = true;
    config.ledger_path = directory.path().join("ledger.sqlite");
    let running =
        Validator::<Double>::new(config, chain.clone(), netuid, validator.clone(), Judge, Ema::default());
    let running = running.unwrap();
    let mut reports = running.subscribe();
    let stop = CancellationToken::new();
    let validating = tokio::spawn(running.run(stop.clone()));
    round(&mut reports, hotkey, OutcomeKind::Answered).await;
    assert_eq!(published().await, Some(certificate(AxonCertificate::ECDSA_P256, FIRST)));
    assert!(asked.0.load(Ordering::SeqCst) > 0);

    // Another pair in the same files: served and published without a restart.
    install(directory.path(), "second");
    let second = Some(certificate(AxonCertificate::ED25519, SECOND));
    let mut graph = chain.metagraph(netuid).await.unwrap();
    for _ in 0..400 {
        if graph.neuron(&hotkey).unwrap().certificate == second {
            break;
        }
        round(&mut reports, hotkey, OutcomeKind::Answered).await;
        graph = chain.metagraph(netuid).await.unwrap();
    }
    assert_eq!(graph.neuron(&hotkey).unwrap().certificate, second);
    while round(&mut reports, hotkey, OutcomeKind::Answered).await.block < graph.block {}

    // At the same address someone with another key, who would answer: nothing is asked.
    stop_miner.cancel();
    serving.await.unwrap().unwrap();
    install(directory.path(), "first");
    let asked = Doubler::default();
    let config = miner_config(directory.path(), address.port());
    let other = Axon::new(miner, config).serve::<Double>(asked.clone()).bind().await.unwrap();
    let standing = Standing { uid: 1, validator_permit: true, stake_rao: 1, owner: false };
    other.roster().publish(Roster { block: 1, members: [(validator.account(), standing)].into() });
    let stop_other = CancellationToken::new();
    let serving = tokio::spawn(other.run(stop_other.clone()));
    round(&mut reports, hotkey, OutcomeKind::Forged).await;
    round(&mut reports, hotkey, OutcomeKind::Forged).await;
    assert_eq!(asked.0.load(Ordering::SeqCst), 0);

    stop.cancel();
    stop_other.cancel();
    validating.await.unwrap().unwrap();
    serving.await.unwrap();
}
