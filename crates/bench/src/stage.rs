//! A subnet to try a validator on: its chain and miners are in this process, the validator has one of its own, and between
//! validator and chain is a proxy. Start reading at [`Stage`].

pub(crate) mod hooks;
pub(crate) mod http;
pub(crate) mod ledger;
pub(crate) mod miners;
pub(crate) mod pace;
pub(crate) mod proxy;
pub(crate) mod validator;

use std::{path::PathBuf, time::Duration};

use anyhow::Context;
use serde::Serialize;
use serde_json::json;
use subnetkit_chain::{Chain, Network};
use subnetkit_devnet::{BlockProduction, Config, Devnet, Genesis, Member, SubnetPlan};
use tempfile::TempDir;

use self::{
    miners::Miners,
    pace::Pace,
    proxy::Proxy,
    validator::{Place, Validator},
};

/// How weights get on chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    /// Commit-reveal is off.
    Plain,
    /// Commits are hashes, and the validator reveals.
    Hash,
    /// Commits are sealed for the beacon, and the chain reveals.
    Timelocked,
}

/// What the subnet is like.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Terms {
    pub(crate) way: Way,
    pub(crate) mechanisms: u8,
    pub(crate) tempo: u16,
    pub(crate) miners: u16,
    /// Real time between two blocks. The chain's own time goes by its slots, whatever this is.
    pub(crate) block_time: Duration,
}

/// The chain's own time between two blocks, by which rounds of its beacon come: an epoch has to last for some of them, as it does on
/// the real chain, or whatever is sealed late in an epoch is sealed for a round that has passed.
const SLOT: Duration = Duration::from_secs(1);
/// Blocks whose state the chain keeps, so that a whole run can be read at its end.
const HISTORY_BLOCKS: u32 = 1 << 16;

/// The chain, the miners and the way between validator and chain. Dropping it ends all of it.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) terms: Terms,
    pub(crate) netuid: u16,
    pub(crate) member: Member,
    pub(crate) proxy: Proxy,
    pub(crate) pace: Pace,
    pub(crate) miners: Miners,
    /// The harness's own connection, past the proxy.
    pub(crate) chain: Chain,
    folder: TempDir,
    pub(crate) devnet: Devnet,
}

impl Stage {
    pub(crate) async fn set(terms: Terms) -> anyhow::Result<Self> {
        let config = Config {
            block_production: BlockProduction::OnDemand,
            history_blocks: HISTORY_BLOCKS,
            kept_blocks: HISTORY_BLOCKS,
            genesis: Genesis::fast().block_time(SLOT).into_json(),
            ..Config::default()
        };
        let devnet = Devnet::spawn(config).await?;
        devnet.set_hyperparameter(None, "admin_freeze_window", &json!(0)).await?;
        let plan = SubnetPlan {
            validators: 1,
            miners: terms.miners,
            tempo: Some(terms.tempo),
            commit_reveal: terms.way != Way::Plain,
            // Long enough to be in the way of a second submission in one epoch, short enough for one in each.
            weights_rate_limit: u64::from(terms.tempo) / 2,
            ..SubnetPlan::default()
        };
        let mut subnet = devnet.create_subnet(&plan).await?;
        let netuid = subnet.netuid;
        if terms.mechanisms > 1 {
            // All mechanisms together have no more than 256 uids.
            let uids = 256 / u16::from(terms.mechanisms);
            devnet.set_hyperparameter(Some(netuid), "max_allowed_uids", &json!(uids)).await?;
            devnet.set_hyperparameter(Some(netuid), "mechanism_count", &json!(terms.mechanisms)).await?;
        }
        let member = subnet.validators.pop().context("the subnet has no validator")?;
        let chain = Chain::connect(&Network::Url(devnet.ws_url())).await?;
        let proxy = Proxy::start(devnet.address()).await?;
        let pace = Pace::start((*devnet).clone(), terms.block_time);
        let miners = Miners::start(&devnet, netuid, &subnet.miners, terms.block_time).await?;
        let folder = tempfile::tempdir().context("no folder for the ledger")?;
        Ok(Self { terms, netuid, member, proxy, pace, miners, chain, folder, devnet })
    }

    /// A validator of the subnet, not yet started.
    pub(crate) fn validator(&self, ledger_rounds: u64) -> anyhow::Result<Validator> {
        let place = Place {
            network: self.proxy.ws_url(),
            netuid: self.netuid,
            wallet: self.member.coldkey_uri.clone(),
            ledger: self.ledger(),
            log: self.folder.path().join("validator.log"),
            runtime: self.folder.path().join("runtime"),
            tempo: self.terms.tempo,
            ledger_rounds,
            way: self.terms.way,
        };
        Validator::new(place)
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        self.folder.path().join("validator.sqlite")
    }

    /// Leaves ledger and log where they are, for somebody to look at, and says where that is.
    pub(crate) fn keep_folder(&mut self) -> PathBuf {
        self.folder.disable_cleanup(true);
        self.folder.path().to_owned()
    }
}
