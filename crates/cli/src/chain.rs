//! The connection of a command.

use anyhow::Context as _;
use subnetkit::{chain::Chain, settings::Common};

use crate::console::Console;

/// Connects to the right chain, or says why not.
pub(crate) async fn connect(console: Console, settings: &Common) -> anyhow::Result<Chain> {
    let what = format!("connecting to {}", settings.network);
    Ok(console.during(&what, subnetkit::connect(settings)).await?)
}

/// Connects and makes sure that the subnet is there.
pub(crate) async fn connect_to_subnet(console: Console, settings: &Common) -> anyhow::Result<(Chain, u16)> {
    let netuid = settings.netuid()?;
    let chain = connect(console, settings).await?;
    if !chain.subnet_exists(netuid).await.context("the subnet could not be looked up")? {
        anyhow::bail!(
            "subnet {netuid} does not exist on the network {}: check --netuid and --network",
            settings.network
        );
    }
    Ok((chain, netuid))
}
