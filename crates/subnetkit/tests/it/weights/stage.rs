//! A subnet on a chain that makes blocks on demand, and a validator on it whose every step is awaited.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value as Json, json};
use subnetkit::prelude::*;
use subnetkit_chain::{Chain, Mechanism, Metagraph, Network, Pinned, Settings, Value, WaitFor};
use subnetkit_devnet::{BlockProduction, Config, Devnet, Genesis, Member, NewSubnet, SubnetPlan};
use subnetkit_protocol::{Hotkey, Keypair, Scheme};
use subnetkit_validator::{
    CommitWith, Report, RoundInterval, SubmissionReport, Validator, ValidatorConfig, ValidatorError,
    WhenAllZero,
};
use tempfile::TempDir;
use tokio::sync::broadcast::Receiver;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Nothing here takes longer, however busy the machine is.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) const TEMPO: u16 = 20;

struct Nothing;

impl Synapse for Nothing {
    const NAME: &'static str = "nothing";
    type Request = ();
    type Response = ();
}

/// Gives the miners 3 and 1, whatever they answer.
struct Judge([Hotkey; 2]);

#[async_trait]
impl Score<Nothing> for Judge {
    async fn task(&self, _: &Round) -> Task<Nothing> {
        Task::same((), self.0)
    }

    async fn score(&self, _: &Task<Nothing>, _: &[Answer<Nothing>]) -> Scores {
        [(self.0[0], 3.0), (self.0[1], 1.0)].into_iter().collect()
    }
}

/// The last scores; the second mechanism pays the other way round.
struct Last;

impl Reward for Last {
    fn reward(&self, ledger: &Ledger, _: &Metagraph) -> Weights {
        let last =
            |history: Vec<subnetkit_validator::ledger::Scored>| history.last().map(|scored| scored.score);
        ledger.scores(5).into_iter().filter_map(|(hotkey, history)| Some((hotkey, last(history)?))).collect()
    }

    fn mechanism_reward(&self, mecid: u8, ledger: &Ledger, subnet: &Metagraph) -> Weights {
        let rewards = self.reward(ledger, subnet);
        let turned = |reward: f64| if mecid == 1 { 1.0 / reward } else { reward };
        rewards.iter().map(|(hotkey, reward)| (hotkey, turned(reward))).collect()
    }
}

pub(crate) struct Stage {
    pub(crate) devnet: Devnet,
    pub(crate) chain: Chain,
    pub(crate) subnet: NewSubnet,
    folder: TempDir,
    commit_with: CommitWith,
    /// By which blocks fates are judged.
    pub(crate) wait_for: WaitFor,
}

impl Stage {
    /// A validator and two miners. `commit_with` of `None` is a subnet without commit-reveal.
    pub(crate) async fn new(
        commit_with: Option<CommitWith>,
        mechanisms: u8,
        weights_rate_limit: u64,
    ) -> Self {
        Self::on(Config::default(), commit_with, mechanisms, weights_rate_limit).await
    }

    /// The same on a chain of these settings.
    pub(crate) async fn on(
        config: Config,
        commit_with: Option<CommitWith>,
        mechanisms: u8,
        weights_rate_limit: u64,
    ) -> Self {
        let config = Config {
            block_production: BlockProduction::OnDemand,
            genesis: Genesis::local().into_json(),
            ..config
        };
        let devnet = Devnet::spawn(config).await.unwrap();
        let plan = SubnetPlan {
            validators: 1,
            miners: 2,
            tempo: Some(TEMPO),
            commit_reveal: commit_with.is_some(),
            weights_rate_limit,
            ..SubnetPlan::default()
        };
        let subnet = devnet.create_subnet(&plan).await.unwrap();
        let chain = Chain::connect(&Network::Url(devnet.ws_url())).await.unwrap();
        let stage = Self {
            devnet,
            chain,
            subnet,
            folder: tempfile::tempdir().unwrap(),
            commit_with: commit_with.unwrap_or_default(),
            wait_for: WaitFor::InBlock,
        };
        if mechanisms > 1 {
            stage.set("max_allowed_uids", json!(128)).await;
            stage.set("mechanism_count", json!(mechanisms)).await;
        }
        stage
    }

    pub(crate) async fn set(&self, parameter: &str, value: Json) {
        self.devnet.set_hyperparameter(Some(self.subnet.netuid), parameter, &value).await.unwrap();
    }

    pub(crate) fn validator(&self) -> &Member {
        &self.subnet.validators[0]
    }

    pub(crate) fn hotkey(&self) -> Hotkey {
        self.validator().hotkey.parse().unwrap()
    }

    pub(crate) fn ledger_path(&self) -> PathBuf {
        self.folder.path().join("ledger.sqlite")
    }

    fn config(&self) -> ValidatorConfig {
        let mut config = ValidatorConfig::new(WhenAllZero::Skip);
        config.ledger_path = self.ledger_path();
        config.round_interval = RoundInterval::Time(Duration::from_secs(3600));
        config.commit_with = self.commit_with;
        config.ask_timeout = Duration::from_millis(200);
        config
    }

    /// Starts a validator and waits until it has scored a round.
    pub(crate) async fn start(&self) -> Running {
        let key = Keypair::from_uri(&self.validator().hotkey_uri, Scheme::Sr25519).unwrap();
        let miners = [0, 1].map(|n: usize| self.subnet.miners[n].hotkey.parse().unwrap());
        let network = Network::Url(self.devnet.ws_url());
        let mut settings = Settings::for_network(&network);
        settings.wait_for = self.wait_for;
        let chain = Chain::connect_with(&network, settings).await.unwrap();
        let validator =
            Validator::<Nothing>::new(self.config(), chain, self.subnet.netuid, key, Judge(miners), Last)
                .unwrap();
        let reports = validator.subscribe();
        let stop = CancellationToken::new();
        let task = tokio::spawn(validator.run(stop.clone()));
        let mut running = Running { reports, stop, task, news: Vec::new(), failures: Vec::new() };
        running.until(|report| matches!(report, Report::Round(_))).await;
        running
    }

    pub(crate) async fn best(&self) -> Pinned {
        self.chain.at_best().await.unwrap()
    }

    pub(crate) async fn epoch(&self) -> u64 {
        self.best().await.epoch_clock(self.subnet.netuid).await.unwrap().epoch_index
    }

    /// How many transactions of the validator are in blocks.
    pub(crate) async fn extrinsics(&self) -> u64 {
        self.best().await.account_nonce(&self.hotkey()).await.unwrap()
    }

    pub(crate) async fn row(&self, mecid: u8) -> Vec<(u16, u16)> {
        let of = Mechanism { netuid: self.subnet.netuid, mecid };
        self.best().await.weights_of(of, self.validator().uid).await.unwrap()
    }

    /// What the last epoch paid both miners for a mechanism, of 65535.
    pub(crate) async fn incentives(&self, mecid: u8) -> [u16; 2] {
        let index = Mechanism { netuid: self.subnet.netuid, mecid }.storage_index();
        let best = self.best().await;
        let paid = best.storage("SubtensorModule", "Incentive", vec![index.into()]).await.unwrap().unwrap();
        [0, 1].map(|n: usize| {
            paid.item(self.subnet.miners[n].uid.into()).and_then(Value::number_as).unwrap_or_default()
        })
    }

    /// Gives the uid of the first miner to another hotkey of the same owner.
    pub(crate) async fn pass_on_first_miner(&self) -> Hotkey {
        let miner = &self.subnet.miners[0];
        let heir = Keypair::from_uri("//Heir", Scheme::Sr25519).unwrap().account();
        let args = json!([miner.hotkey, heir.to_string(), null]);
        self.devnet.dispatch(Some(&miner.coldkey), "SubtensorModule", "swap_hotkey", &args).await.unwrap();
        heir
    }

    /// Makes a block and waits until the validator has acted on it. Blocks made by other means before count too.
    pub(crate) async fn step(&self, running: &mut Running) {
        let head = u64::from(self.devnet.mine(1).await.unwrap().number);
        running.acted_on(head).await;
    }

    /// Makes blocks until an epoch has run.
    pub(crate) async fn to_next_epoch(&self, running: &mut Running) {
        let before = self.epoch().await;
        for _ in 0..400 {
            if self.epoch().await > before {
                return;
            }
            self.step(running).await;
        }
        panic!("no epoch came");
    }

    /// Makes blocks until there is news of this fate about this mechanism, and takes it.
    pub(crate) async fn to_fate(&self, running: &mut Running, mecid: u8, fate: &str) -> SubmissionReport {
        for _ in 0..400 {
            let mut news = running.news.iter();
            if let Some(at) = news.position(|news| news.mecid == mecid && news.fate.as_str() == fate) {
                return running.news.remove(at);
            }
            self.step(running).await;
        }
        panic!("no news of {fate}; there is {:#?}; and failures: {:?}", running.news, running.failures);
    }
}

/// A validator that runs.
pub(crate) struct Running {
    reports: Receiver<Report>,
    stop: CancellationToken,
    task: JoinHandle<Result<(), ValidatorError>>,
    /// What was told of submissions and not looked at yet.
    pub(crate) news: Vec<SubmissionReport>,
    /// Why it could do nothing at a block.
    pub(crate) failures: Vec<String>,
}

impl Running {
    async fn until(&mut self, found: impl Fn(&Report) -> bool) {
        loop {
            let report = timeout(PATIENCE, self.reports.recv()).await.expect("a report in time").unwrap();
            let found = found(&report);
            match report {
                Report::Submission(news) => self.news.push(news),
                Report::Block(report) => self.failures.extend(report.failure),
                _ => {}
            }
            if found {
                return;
            }
        }
    }

    pub(crate) async fn acted_on(&mut self, block: u64) {
        self.until(|report| matches!(report, Report::Block(report) if report.block >= block)).await;
    }

    /// Ends it as a crash does: at once, wherever it is.
    pub(crate) async fn kill(self) -> Vec<SubmissionReport> {
        self.task.abort();
        let _ = self.task.await;
        self.news
    }

    pub(crate) async fn end(self) {
        self.stop.cancel();
        timeout(PATIENCE, self.task).await.expect("an end in time").unwrap().unwrap();
    }
}

/// The pairs that news are about, by uid.
pub(crate) fn pairs(news: &SubmissionReport) -> Vec<(u16, u16)> {
    news.weights.iter().map(|weight| (weight.uid, weight.value)).collect()
}
