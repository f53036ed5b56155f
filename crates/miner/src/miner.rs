//! The miner: an axon with a chain behind it.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    pin::pin,
};

use subnetkit_chain::{Chain, ReadError, SubmitError};
#[cfg(feature = "axon-v10")]
use subnetkit_protocol::axon_v10::SynapseV10;
use subnetkit_protocol::{Hotkey, Keypair, Synapse};
use tokio_util::sync::CancellationToken;

use crate::{
    Admit, Axon, BindError, BoundAxon, Forward, ForwardStream, MinerConfig,
    watch::{Watch, external_address},
};

/// A miner of one hotkey on one subnet: serves its synapses, publishes its address, follows the metagraph.
///
/// ```no_run
/// # use subnetkit_chain::{Chain, Network};
/// # use subnetkit_miner::{Forward, Miner, MinerConfig};
/// # use subnetkit_protocol::{Keypair, Synapse};
/// # async fn example<S: Synapse>(hotkey: Keypair, solver: impl Forward<S>) -> Result<(), Box<dyn std::error::Error>> {
/// let chain = Chain::connect(&Network::Local).await?;
/// let miner = Miner::new(MinerConfig::default(), chain, 2, hotkey).serve::<S>(solver).bind().await?;
/// println!("listening on {}", miner.local_addr());
/// miner.run(tokio_util::sync::CancellationToken::new()).await?;
/// # Ok(()) }
/// ```
#[must_use = "a miner serves nothing until it is bound and run"]
pub struct Miner {
    axon: Axon,
    config: MinerConfig,
    chain: Chain,
    netuid: u16,
    hotkey: Keypair,
}

/// Why a miner could not start, or had to stop.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MinerError {
    /// The axon could not take its address.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// The hotkey has no uid.
    #[error(
        "hotkey {hotkey} is not registered on subnet {netuid}: register it with `subnetkit register --netuid {netuid}` \
         (the chain's burned_register) and start again"
    )]
    NotRegistered {
        /// The miner's hotkey.
        hotkey: Hotkey,
        /// The subnet.
        netuid: u16,
    },
    /// The subnet could not be read at the start.
    #[error("the subnet could not be read: {0}")]
    Read(#[from] ReadError),
    /// There is no address that callers could dial.
    #[error(
        "{ip} can't be dialled by others: set `external_ip` to the address under which this machine is reached"
    )]
    ExternalIp {
        /// The address that would be published.
        ip: IpAddr,
    },
    /// The chain does not take the address.
    #[error("the axon's address {address} could not be published: {source}")]
    Publish {
        /// The address.
        address: SocketAddr,
        /// What the chain said.
        source: SubmitError,
    },
    /// The server stopped without being asked to.
    #[error("the miner's server ended unexpectedly: see the log for the cause and start the miner again")]
    ServerEnded,
}

impl Miner {
    /// A miner for a registered hotkey. The chain is already connected; check its genesis before.
    pub fn new(config: MinerConfig, chain: Chain, netuid: u16, hotkey: Keypair) -> Self {
        let axon = Axon::new(hotkey.clone(), config.clone());
        Self { axon, config, chain, netuid, hotkey }
    }

    /// Answers a synapse; see [`Axon::serve`].
    pub fn serve<S: Synapse>(mut self, forward: impl Forward<S>) -> Self {
        self.axon = self.axon.serve::<S>(forward);
        self
    }

    /// Streams the answers to a synapse; see [`Axon::serve_stream`].
    pub fn serve_stream<S: Synapse>(mut self, forward: impl ForwardStream<S>) -> Self {
        self.axon = self.axon.serve_stream::<S>(forward);
        self
    }

    /// Answers a synapse to callers of SDK 10; see [`Axon::serve_v10`].
    #[cfg(feature = "axon-v10")]
    pub fn serve_v10<S: SynapseV10>(mut self, forward: impl Forward<S>) -> Self {
        self.axon = self.axon.serve_v10::<S>(forward);
        self
    }

    /// Streams the answers to a synapse to callers of SDK 10; see [`Axon::serve_stream_v10`].
    #[cfg(feature = "axon-v10")]
    pub fn serve_stream_v10<S: SynapseV10>(mut self, forward: impl ForwardStream<S>) -> Self {
        self.axon = self.axon.serve_stream_v10::<S>(forward);
        self
    }

    /// Replaces the admission rule; see [`Axon::admit_by`].
    pub fn admit_by(mut self, rule: impl Admit) -> Self {
        self.axon = self.axon.admit_by(rule);
        self
    }

    /// Takes the address and reads the subnet. Nothing is published yet.
    ///
    /// # Errors
    /// An impossible setting, a port in use, an unreadable chain, a subnet that is not there, an unregistered hotkey.
    pub async fn bind(self) -> Result<BoundMiner, MinerError> {
        let axon = self.axon.bind().await?;
        let watch = Watch {
            chain: self.chain,
            netuid: self.netuid,
            hotkey: self.hotkey,
            address: external_address(&self.config, axon.local_addr())?,
            refresh: self.config.metagraph_refresh,
            roster: axon.roster(),
            serving: axon.serving(),
            certificate: axon.certificate(),
        };
        watch.begin().await?;
        Ok(BoundMiner { axon, watch })
    }
}

impl fmt::Debug for Miner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Miner")
            .field("axon", &self.axon)
            .field("netuid", &self.netuid)
            .finish_non_exhaustive()
    }
}

/// A miner that is registered and has its address.
#[must_use = "a bound miner accepts nobody until it is run"]
pub struct BoundMiner {
    axon: BoundAxon,
    watch: Watch,
}

impl BoundMiner {
    /// The address the server is bound to.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.axon.local_addr()
    }

    /// The address that will be published.
    #[must_use]
    pub const fn external_addr(&self) -> SocketAddr {
        self.watch.address
    }

    /// Serves and publishes until `shutdown`, then drains. If a part of the miner ends by itself, the rest is drained
    /// too and the cause is the result: a miner does not live on as half of one.
    ///
    /// # Errors
    /// [`MinerError::Publish`] if the chain refuses the address for good, [`MinerError::ServerEnded`] after a defect.
    pub async fn run(self, shutdown: CancellationToken) -> Result<(), MinerError> {
        let stop = shutdown.child_token();
        let mut server = pin!(self.axon.run(stop.clone()));
        // Both run in this task: whoever drops this future ends them, and a panic of either is a panic here.
        let result = tokio::select! {
            // First, because a shutdown also ends the server.
            biased;
            () = shutdown.cancelled() => Ok(()),
            () = &mut server => return Err(MinerError::ServerEnded),
            error = self.watch.follow() => Err(error),
        };
        stop.cancel();
        server.await;
        result
    }
}

impl fmt::Debug for BoundMiner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundMiner").field("axon", &self.axon).finish_non_exhaustive()
    }
}

/// Runs a miner of one synapse until `shutdown`: [`Miner::serve`], [`Miner::bind`] and [`BoundMiner::run`] in one.
///
/// # Errors
/// See [`MinerError`].
pub async fn run<S: Synapse>(
    config: MinerConfig,
    chain: Chain,
    netuid: u16,
    hotkey: Keypair,
    forward: impl Forward<S>,
    shutdown: CancellationToken,
) -> Result<(), MinerError> {
    Miner::new(config, chain, netuid, hotkey).serve::<S>(forward).bind().await?.run(shutdown).await
}
