//! The ground of a local subnet: a development chain with a started subnet, everybody registered and staked, and what its
//! epochs pay. Who runs on it, tasks of this process or processes of their own, is not decided here.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use futures::future::{join_all, try_join_all};
use subnetkit_chain::{Chain, EpochClock, Head, Mechanism, Network, Rao, SubmitError, Value};
use subnetkit_devnet::{BlockProduction, Config, Devnet, Genesis};
use subnetkit_protocol::Hotkey;
use tokio::sync::watch;

use super::LocalError;
use super::cast::{Cast, Member};
use super::epochs::{EpochReport, Row, ScoreBoard, Verdict};

/// What everybody starts with; the owner also locks the subnet's price.
const OWNER_TAO: u64 = 10_000;
const MEMBER_TAO: u64 = 5_000;
/// What a validator stakes.
const STAKE_TAO: u64 = 200;
/// Netuids among which a kept chain's subnet is looked for.
const MOST_SUBNETS: u16 = 64;

/// What the development chain is like.
#[derive(Debug, Clone)]
pub struct ChainOptions {
    /// Port of JSON-RPC on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Time between blocks.
    pub block_time: Duration,
    /// Blocks per epoch.
    pub tempo: u16,
    /// Goes on with the chain in this file if it exists; [`LocalSubnet::keep`] writes it.
    pub state: Option<PathBuf>,
}

/// A development chain of this process with a subnet on it, ready for its miners and validators. Dropping it ends the chain.
#[derive(Debug)]
pub struct LocalSubnet {
    /// Dropped before what it is connected to.
    chain: Chain,
    devnet: Devnet,
    netuid: u16,
    cast: Cast,
    state: Option<PathBuf>,
}

impl LocalSubnet {
    /// Starts the chain and makes the subnet, or goes on with that of a kept chain, where only who is missing is
    /// registered.
    ///
    /// # Errors
    /// [`LocalError`]: a chain that does not start, or a step that it refused.
    pub async fn start(cast: Cast, options: &ChainOptions) -> Result<Self, LocalError> {
        let devnet = Devnet::spawn(devnet_config(&cast, options)).await?;
        let chain = Chain::connect(&Network::Url(devnet.ws_url())).await?;
        endow(&devnet, &chain, &cast).await?;
        let netuid = set_up(&chain, &cast, options.tempo).await?;
        Ok(Self { chain, devnet, netuid, cast, state: options.state.clone() })
    }

    /// The chain's WebSocket.
    #[must_use]
    pub fn ws_url(&self) -> String {
        self.devnet.ws_url()
    }

    /// A connection to it.
    #[must_use]
    pub const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The subnet.
    #[must_use]
    pub const fn netuid(&self) -> u16 {
        self.netuid
    }

    /// Who takes part.
    #[must_use]
    pub const fn cast(&self) -> &Cast {
        &self.cast
    }

    /// Writes the chain to the file it was asked to go on from, if there is one.
    ///
    /// # Errors
    /// [`LocalError::Chain`] if the file cannot be written.
    pub async fn keep(&self) -> Result<(), LocalError> {
        match &self.state {
            Some(path) => self.devnet.dump_to(path).await.map_err(LocalError::Chain),
            None => Ok(()),
        }
    }

    /// The subnet's epochs from now on.
    ///
    /// # Errors
    /// If the chain can't be read.
    pub async fn epochs(&self) -> Result<Epochs, LocalError> {
        let clock = self.chain.epoch_clock(self.netuid).await?;
        Ok(Epochs {
            heads: self.chain.follow(),
            chain: self.chain.clone(),
            netuid: self.netuid,
            seen: clock.epoch_index,
            count: 0,
        })
    }

    /// What the newest epoch paid, as number `epoch`, and whether that is as it should be.
    ///
    /// # Errors
    /// If the chain can't be read.
    pub async fn report(
        &self,
        epoch: u64,
        scores: &ScoreBoard,
    ) -> Result<(EpochReport, Verdict), LocalError> {
        let rows = self.rows().await?;
        let subnet = self.chain.metagraph(self.netuid).await?;
        let report = EpochReport::new(epoch, &subnet, &rows, scores, &self.cast);
        let verdict = report.verdict(&rows);
        Ok((report, verdict))
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

/// The epochs of a local subnet, counted from 1 as they happen.
#[derive(Debug)]
pub struct Epochs {
    heads: watch::Receiver<Option<Head>>,
    chain: Chain,
    netuid: u16,
    seen: u64,
    count: u64,
}

/// A new block, and what it is to the epochs.
#[derive(Debug, Clone)]
pub struct Beat {
    /// The block's number.
    pub block: u64,
    /// Where the next epoch stands.
    pub clock: EpochClock,
    /// Epochs so far.
    pub epochs: u64,
    /// Whether this one ended an epoch.
    pub is_epoch: bool,
}

impl Epochs {
    /// The next block. Nothing is lost if this is given up halfway: what was missed shows at the block after.
    ///
    /// # Errors
    /// If the chain can't be read, or its blocks end.
    pub async fn next(&mut self) -> Result<Beat, LocalError> {
        let block = loop {
            self.heads.changed().await.map_err(|cause| LocalError::Ended {
                name: "the stream of blocks".to_owned(),
                cause: cause.to_string(),
            })?;
            if let Some(head) = *self.heads.borrow_and_update() {
                break head.number;
            }
        };
        let clock = self.chain.epoch_clock(self.netuid).await?;
        let is_epoch = clock.epoch_index != self.seen;
        if is_epoch {
            self.seen = clock.epoch_index;
            self.count += 1;
        }
        Ok(Beat { block, clock, epochs: self.count, is_epoch })
    }
}

fn tao(cast: &Cast, member: &Member) -> Rao {
    Rao::from_tokens(if member.name == cast.owner.name { OWNER_TAO } else { MEMBER_TAO })
}

fn devnet_config(cast: &Cast, options: &ChainOptions) -> Config {
    let genesis = cast.members().fold(Genesis::fast().block_time(options.block_time), |genesis, member| {
        genesis.endow(&member.coldkey.account().to_string(), tao(cast, member).0)
    });
    Config {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, options.port)),
        block_production: BlockProduction::Interval(options.block_time),
        genesis: genesis.into_json(),
        state: options.state.clone(),
        ..Config::default()
    }
}

/// A kept chain's genesis may know fewer members than take part now.
async fn endow(devnet: &Devnet, chain: &Chain, cast: &Cast) -> Result<(), LocalError> {
    for member in cast.members() {
        let account = member.coldkey.account();
        if chain.balance(&account).await? == Rao(0) {
            let endowed = devnet.set_balance(&account.to_string(), tao(cast, member).0).await;
            endowed.map_err(LocalError::Chain)?;
        }
    }
    Ok(())
}

/// The subnet whose first neuron is the owner's hotkey, if the chain has it already.
async fn existing(chain: &Chain, owner: &Hotkey) -> Result<Option<u16>, LocalError> {
    let at = chain.at_best().await?;
    for netuid in 1..=MOST_SUBNETS {
        if !at.subnet_exists(netuid).await? {
            continue;
        }
        if at.hotkey_of(netuid, 0).await? == Some(*owner) {
            return Ok(Some(netuid));
        }
    }
    Ok(None)
}

/// From a chain to a subnet on which validators may set weights: the order that works on any local network.
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
    let hotkey = owner.hotkey.account();
    let known = existing(chain, &hotkey).await?;
    let netuid = match known {
        Some(netuid) => netuid,
        None => chain.register_network(&owner.coldkey, &hotkey).await.map_err(at("register_network"))?,
    };
    let rules = [
        setting("commit_reveal_weights_enabled", Some(netuid), false.into())?,
        setting("weights_set_rate_limit", Some(netuid), 0u64.into())?,
        setting("serving_rate_limit", Some(netuid), 0u64.into())?,
        setting("subnet_emission_enabled", Some(netuid), true.into())?,
        setting("tempo", Some(netuid), tempo.into())?,
    ];
    chain.sudo_batch(&cast.sudo, rules).await.map_err(at("set the subnet's hyperparameters"))?;
    if known.is_none() {
        chain.start_call(&owner.coldkey, netuid).await.map_err(at("start_call"))?;
    }

    let joins = cast.validators.iter().chain(&cast.miners).map(|member| async {
        let hotkey = member.hotkey.account();
        if chain.uid(netuid, &hotkey).await?.is_none() {
            let registered = chain.register(&member.coldkey, netuid, &hotkey).await;
            registered.map_err(at("burned_register"))?;
        }
        Ok::<_, LocalError>(())
    });
    for joined in join_all(joins).await {
        joined?;
    }
    let stakes = cast.validators.iter().map(|member| async {
        let hotkey = member.hotkey.account();
        if chain.stake(netuid, &hotkey).await? == Rao(0) {
            let staked = chain.add_stake(&member.coldkey, &hotkey, netuid, Rao::from_tokens(STAKE_TAO)).await;
            staked.map_err(at("add_stake"))?;
        }
        Ok::<_, LocalError>(())
    });
    for staked in join_all(stakes).await {
        staked?;
    }
    Ok(netuid)
}
