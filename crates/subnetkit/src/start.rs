//! From settings to a chain: what miner and validator do alike before they differ.

use subnetkit_chain::Chain;

use crate::{
    RunError,
    settings::{Common, Endpoints},
};

/// Connects to the chain the settings name and makes sure it is the right one.
///
/// # Errors
/// [`RunError::Connect`], also if the genesis is another than the setting `genesis`.
pub async fn connect(settings: &Common) -> Result<Chain, RunError> {
    Ok(Chain::connect_with(&settings.network, connection(settings)).await?)
}

/// How to be connected, by the settings.
fn connection(settings: &Common) -> subnetkit_chain::Settings {
    let mut connection = subnetkit_chain::Settings::for_network(&settings.network);
    if let Some(Endpoints(urls)) = &settings.fallback_endpoints {
        connection.fallback_endpoints.clone_from(urls);
    }
    if let Some(Endpoints(urls)) = &settings.archive_endpoints {
        connection.archive_endpoints.clone_from(urls);
    }
    if let Some(genesis) = settings.genesis {
        connection.genesis = Some(genesis.0);
    }
    connection.max_silent_blocks = settings.max_silent_blocks;
    connection
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
