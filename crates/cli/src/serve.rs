//! `subnetkit serve`: where the axon is, published by hand.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use clap::Args;
use serde::Serialize;
use subnetkit::{chain::AxonCertificate, keys::Keys, miner::published_key, protocol::Hotkey};

use crate::{
    args::{Flags, NetuidArgs, NetworkArgs, WalletArgs},
    chain,
    console::Console,
    spending::{self, ConfirmArgs, Deed, Plan, Signer},
};

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// IP address under which validators reach the axon
    #[arg(long, value_name = "ADDRESS", required_unless_present = "clear")]
    ip: Option<IpAddr>,
    /// Port under which they reach it
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..), required_unless_present = "clear")]
    port: Option<u16>,
    /// PEM file of the certificate that the axon serves TLS with [default: no TLS; a key published before is taken back]
    #[arg(long, value_name = "FILE", requires = "ip")]
    tls_certificate: Option<PathBuf>,
    /// Publish that the hotkey serves nowhere
    #[arg(long, conflicts_with_all = ["ip", "port"])]
    clear: bool,
    #[command(flatten)]
    netuid: NetuidArgs,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    wallet: WalletArgs,
    #[command(flatten)]
    confirm: ConfirmArgs,
}

#[derive(Debug, Serialize)]
struct Published {
    netuid: u16,
    hotkey: Hotkey,
    /// None if it serves nowhere.
    address: Option<SocketAddr>,
    /// None without TLS.
    certificate: Option<AxonCertificate>,
    /// None if the chain had it so before.
    block: Option<u64>,
}

impl Published {
    fn place(&self) -> String {
        match (self.address, &self.certificate) {
            (None, _) => "nowhere".to_owned(),
            (Some(address), None) => format!("at {address}"),
            (Some(address), Some(_)) => format!("at {address} with TLS"),
        }
    }
}

pub(crate) async fn run(args: ServeArgs, console: Console) -> anyhow::Result<()> {
    let settings = Flags::new().network(args.network).wallet(args.wallet).netuid(&args.netuid).settings()?;
    let keys = Keys::named_by(&settings)?;
    let hotkey = keys.hotkey_account()?;
    let address = args.ip.zip(args.port).map(|(ip, port)| SocketAddr::new(ip, port));
    let certificate = match &args.tls_certificate {
        Some(file) => Some(published_key(file).await?),
        None => None,
    };
    let (chain, netuid) = chain::connect_to_subnet(console, &settings).await?;
    let at = chain.at_best().await?;
    anyhow::ensure!(
        at.uid(netuid, &hotkey).await?.is_some(),
        "the hotkey {hotkey} is not registered on subnet {netuid}: register it with `subnetkit register --netuid {netuid}`"
    );
    let call = at.axon_call(netuid, &hotkey, address, certificate.as_ref()).await?;
    let mut published = Published { netuid, hotkey, address, certificate, block: None };
    let place = published.place();
    let Some(call) = call else {
        return spending::unchanged(console, published, |_| {
            format!("The chain has the hotkey {hotkey} {place} already.")
        });
    };
    let does = format!("publishes that the hotkey {hotkey} serves {place} on subnet {netuid}");
    let deed = Deed::new(does, call, Signer::Hotkey);
    let plan = Plan::of(&at, &settings, &keys, deed).await?;
    if !plan.agreed(console, args.confirm)? {
        return Ok(());
    }
    let signer = keys.hotkey()?;
    let included = console.during("waiting for a block", chain.publish(&signer, netuid, plan.call())).await?;
    published.block = Some(included.block.number);
    plan.done(console, published, |_| {
        format!("Published in block {} that the hotkey {hotkey} serves {place}.", included.block.number)
    })
}
