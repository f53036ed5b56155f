//! The stage: a development chain with a subnet on it, and everybody running.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use futures::future::{join_all, try_join_all};
use subnetkit_chain::{Chain, Mechanism, Network, Rao, SubmitError, Value};
use subnetkit_devnet::{BlockProduction, Config, Devnet, Genesis};
use subnetkit_miner::{Miner, MinerConfig};
use subnetkit_protocol::{Hotkey, Synapse};
use subnetkit_validator::{Report, RoundInterval, Validator, ValidatorConfig, WhenAllZero};
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::cast::{Cast, Member};
use super::epochs::{EpochReport, Row, ScoreBoard, Verdict};
use super::{Local, LocalError, LocalFlags, output};

/// What everybody starts with; the owner also locks the subnet's price.
const OWNER_TAO: u64 = 10_000;
const MEMBER_TAO: u64 = 5_000;
/// What a validator stakes.
const STAKE_TAO: u64 = 200;
/// Rounds that fit into an epoch, so that weights rest on more than one.
const ROUNDS_PER_EPOCH: u64 = 4;
/// Reports that may wait while an epoch is being read.
const REPORT_BUFFER: usize = 1024;

/// How long a part may take to end once it was told to.
const STOP_GRACE: std::time::Duration = std::time::Duration::from_secs(25);

type Ending = (String, Result<(), LocalError>);

/// A subnet that is running.
pub(super) struct Stage {
    devnet: Devnet,
    chain: Chain,
    netuid: u16,
    cast: Cast,
    parts: JoinSet<Ending>,
    stop: CancellationToken,
    reports: mpsc::Receiver<Report>,
    /// Where the ledgers are; deleted with the stage.
    ledgers: TempDir,
}

impl Stage {
    pub(super) async fn start<S: Synapse>(
        local: Local<S>,
        cast: Cast,
        flags: &LocalFlags,
    ) -> Result<Self, LocalError> {
        let devnet = Devnet::spawn(devnet_config(&cast, flags)).await?;
        output::endpoint(flags, &devnet.ws_url());
        let chain = Chain::connect(&Network::Url(devnet.ws_url())).await?;
        let netuid = set_up(&chain, &cast, flags.tempo).await?;

        let ledgers = tempfile::tempdir().map_err(LocalError::Ledgers)?;
        let (report, reports) = mpsc::channel(REPORT_BUFFER);
        let mut stage = Self {
            devnet,
            chain,
            netuid,
            cast,
            parts: JoinSet::new(),
            stop: CancellationToken::new(),
            reports,
            ledgers,
        };
        for member in stage.cast.miners.clone() {
            stage.start_miner(&local, member, flags).await?;
        }
        for member in stage.cast.validators.clone() {
            stage.start_validator(&local, member, flags, report.clone())?;
        }
        Ok(stage)
    }

    async fn start_miner<S: Synapse>(
        &mut self,
        local: &Local<S>,
        member: Member,
        flags: &LocalFlags,
    ) -> Result<(), LocalError> {
        let config = MinerConfig {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            external_ip: Some(Ipv4Addr::LOCALHOST.into()),
            // Validators get their permits in the first epoch, and miners should know soon.
            metagraph_refresh: flags.block_time.saturating_mul(2),
            ..MinerConfig::default()
        };
        let failed =
            |name: &str, source| LocalError::Miner { name: name.to_owned(), source: Box::new(source) };
        let behaviour = member.behaviour.unwrap_or(super::Behaviour::Honest);
        let forward = local.forward(behaviour);
        let miner = Miner::new(config, self.chain.clone(), self.netuid, member.hotkey)
            .serve::<S>(forward)
            .bind()
            .await
            .map_err(|source| failed(&member.name, source))?;
        let stop = self.stop.clone();
        let name = member.name;
        self.parts.spawn(async move {
            let ended = miner.run(stop).await.map_err(|source| failed(&name, source));
            (name, ended)
        });
        Ok(())
    }

    fn start_validator<S: Synapse>(
        &mut self,
        local: &Local<S>,
        member: Member,
        flags: &LocalFlags,
        report: mpsc::Sender<Report>,
    ) -> Result<(), LocalError> {
        let mut config = ValidatorConfig::new(WhenAllZero::Skip);
        config.round_interval = RoundInterval::Blocks((u64::from(flags.tempo) / ROUNDS_PER_EPOCH).max(1));
        config.submit_margin_blocks = (u64::from(flags.tempo) / 2).max(2);
        config.allow_private_addresses = true;
        config.ledger_path = self.ledgers.path().join(format!("{}.sqlite", member.name));
        let (judge, reward) = (Arc::clone(&local.judge), Arc::clone(&local.reward));
        let name = member.name;
        let failed =
            |name: &str, source| LocalError::Validator { name: name.to_owned(), source: Box::new(source) };
        let validator =
            Validator::<S>::new(config, self.chain.clone(), self.netuid, member.hotkey, judge, reward)
                .map_err(|source| failed(&name, source))?;
        let mut heard = validator.subscribe();
        let stop = self.stop.clone();
        self.parts.spawn(async move {
            let running = validator.run(stop);
            tokio::pin!(running);
            loop {
                tokio::select! {
                    ended = &mut running => {
                        let ended = ended.map_err(|source| failed(&name, source));
                        return (name, ended);
                    }
                    // A missed report costs a score on the table, nothing else.
                    Ok(heard) = heard.recv() => drop(report.send(heard).await),
                }
            }
        });
        Ok(())
    }

    /// Follows the chain epoch by epoch until enough have passed or `shutdown`, then ends every part.
    pub(super) async fn play(
        mut self,
        flags: &LocalFlags,
        shutdown: CancellationToken,
    ) -> Result<(), LocalError> {
        let outcome = self.watch(flags, &shutdown).await;
        self.stop.cancel();
        let stopped = tokio::time::timeout(STOP_GRACE, async {
            let mut failure = Ok(());
            while let Some(ended) = self.parts.join_next().await {
                let ended =
                    ended.unwrap_or_else(|error| (String::new(), Err(ended_by_itself("a task", &error))));
                failure = failure.and(ended.1);
            }
            failure
        })
        .await;
        // Only now: the parts end in order while their chain still answers.
        drop(self.devnet);
        let verdict = outcome?;
        stopped.unwrap_or_else(|_| Err(ended_by_itself("the subnet", &"it did not stop in time")))?;
        match verdict {
            Some(Verdict::Fair) => Ok(()),
            Some(Verdict::Unfair(why)) => Err(LocalError::Verdict(why)),
            None => Err(LocalError::NoEpoch),
        }
    }

    async fn watch(
        &mut self,
        flags: &LocalFlags,
        shutdown: &CancellationToken,
    ) -> Result<Option<Verdict>, LocalError> {
        let mut progress = output::Progress::new(flags);
        let mut heads = self.chain.follow();
        let mut scores = ScoreBoard::default();
        let mut seen = self.chain.epoch_clock(self.netuid).await?.epoch_index;
        let mut verdict = None;
        let mut epoch = 0;
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return Ok(verdict),
                Some(ended) = self.parts.join_next() => {
                    let (name, result) = ended.unwrap_or_else(|error| {
                        let cause = ended_by_itself("a task", &error);
                        (String::new(), Err(cause))
                    });
                    result?;
                    return Err(ended_by_itself(&name, &"nothing told it to stop"));
                }
                Some(report) = self.reports.recv() => note(&mut scores, report),
                changed = heads.changed() => {
                    changed.map_err(|error| ended_by_itself("the stream of blocks", &error))?;
                    let Some(head) = *heads.borrow_and_update() else { continue };
                    let clock = self.chain.epoch_clock(self.netuid).await?;
                    progress.set(epoch + 1, head.number, &clock);
                    if clock.epoch_index == seen {
                        continue;
                    }
                    seen = clock.epoch_index;
                    epoch += 1;
                    let rows = self.rows().await?;
                    let subnet = self.chain.metagraph(self.netuid).await?;
                    let report = EpochReport::new(epoch, &subnet, &rows, &scores, &self.cast);
                    verdict = Some(report.verdict(&rows));
                    progress.hidden(|| output::epoch(flags, &report));
                    if flags.epochs == Some(epoch) {
                        return Ok(verdict);
                    }
                }
            }
        }
    }

    /// Every validator's weights on chain.
    async fn rows(&self) -> Result<BTreeMap<Hotkey, Row>, LocalError> {
        let at = self.chain.at_best().await?;
        let rows = self.cast.validators.iter().map(|validator| async {
            let hotkey = validator.hotkey.account();
            let row = match at.uid(self.netuid, &hotkey).await? {
                Some(uid) => at.weights_of(Mechanism::first(self.netuid), uid).await?,
                None => Row::new(),
            };
            Ok::<_, LocalError>((hotkey, row))
        });
        Ok(try_join_all(rows).await?.into_iter().collect())
    }
}

fn note(scores: &mut ScoreBoard, report: Report) {
    if let Report::Round(round) = report {
        for entry in round.entries {
            if let Some(score) = entry.score {
                scores.note(round.validator, entry.hotkey, score);
            }
        }
    }
}

fn ended_by_itself(name: &str, cause: &impl ToString) -> LocalError {
    LocalError::Ended { name: name.to_owned(), cause: cause.to_string() }
}

fn devnet_config(cast: &Cast, flags: &LocalFlags) -> Config {
    let genesis = cast.members().fold(Genesis::fast().block_time(flags.block_time), |genesis, member| {
        let tao = if member.name == cast.owner.name { OWNER_TAO } else { MEMBER_TAO };
        genesis.endow(&member.coldkey.account().to_string(), Rao::from_tokens(tao).0)
    });
    Config {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, flags.port)),
        block_production: BlockProduction::Interval(flags.block_time),
        genesis: genesis.into_json(),
        ..Config::default()
    }
}

/// From an empty chain to a subnet on which validators may set weights: the order that works on any local network.
async fn set_up(chain: &Chain, cast: &Cast, tempo: u16) -> Result<u16, LocalError> {
    let at = |step| move |source: SubmitError| LocalError::SetUp { step, source: Box::new(source) };
    let runtime = chain.runtime().await?;
    let setting = |name: &str, netuid: Option<u16>, value: Value| {
        runtime.parameter_call(name, netuid, vec![value]).map_err(|error| at("hyperparameters")(error.into()))
    };
    let free = [
        setting("admin_freeze_window", None, 0u16.into())?,
        setting("owner_hparam_rate_limit", None, 0u16.into())?,
    ];
    chain.sudo_batch(&cast.sudo, free).await.map_err(at("lift the freeze window"))?;

    let owner = &cast.owner;
    let netuid = chain
        .register_network(&owner.coldkey, &owner.hotkey.account())
        .await
        .map_err(at("register_network"))?;
    let rules = [
        setting("commit_reveal_weights_enabled", Some(netuid), false.into())?,
        setting("weights_set_rate_limit", Some(netuid), 0u64.into())?,
        setting("serving_rate_limit", Some(netuid), 0u64.into())?,
        setting("subnet_emission_enabled", Some(netuid), true.into())?,
        setting("tempo", Some(netuid), tempo.into())?,
    ];
    chain.sudo_batch(&cast.sudo, rules).await.map_err(at("set the subnet's hyperparameters"))?;
    chain.start_call(&owner.coldkey, netuid).await.map_err(at("start_call"))?;

    let registrations = cast
        .validators
        .iter()
        .chain(&cast.miners)
        .map(|member| async { chain.register(&member.coldkey, netuid, &member.hotkey.account()).await });
    for registered in join_all(registrations).await {
        registered.map_err(at("burned_register"))?;
    }
    let stakes = cast.validators.iter().map(|member| async {
        chain.add_stake(&member.coldkey, &member.hotkey.account(), netuid, Rao::from_tokens(STAKE_TAO)).await
    });
    for staked in join_all(stakes).await {
        staked.map_err(at("add_stake"))?;
    }
    Ok(netuid)
}
