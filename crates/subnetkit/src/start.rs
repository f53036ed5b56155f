//! From settings to a chain: what miner and validator do alike before they differ.

use subnetkit_chain::Chain;

use crate::{RunError, settings::Common};

/// Connects to the chain the settings name and makes sure it is the right one.
///
/// # Errors
/// [`RunError::Connect`], also if the genesis is another than the setting `genesis`.
pub async fn connect(settings: &Common) -> Result<Chain, RunError> {
    let chain = Chain::connect(&settings.network).await?;
    if let Some(genesis) = settings.genesis {
        chain.expect_genesis(genesis.0)?;
    }
    Ok(chain)
}

/// Connects and makes sure that the subnet is there.
#[cfg(any(feature = "miner", feature = "validator"))]
pub(crate) async fn connect_to_subnet(settings: &Common) -> Result<(Chain, u16), RunError> {
    let netuid = settings.netuid()?;
    let chain = connect(settings).await?;
    if !chain.subnet_exists(netuid).await? {
        return Err(RunError::NoSuchSubnet { netuid, network: settings.network.to_string() });
    }
    let genesis = crate::settings::GenesisHash(chain.genesis_hash());
    tracing::info!(network = %settings.network, %genesis, netuid, "connected");
    Ok((chain, netuid))
}

/// Does what comes before running, unless shutdown is asked for meanwhile.
#[cfg(any(feature = "miner", feature = "validator"))]
pub(crate) async fn unless_stopped<T>(
    shutdown: &tokio_util::sync::CancellationToken,
    preparation: impl Future<Output = Result<T, RunError>>,
) -> Result<Option<T>, RunError> {
    tokio::select! {
        () = shutdown.cancelled() => Ok(None),
        prepared = preparation => prepared.map(Some),
    }
}
