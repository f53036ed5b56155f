//! `subnetkit subnet create` and `start`.

use clap::Args;
use serde::Serialize;
use subnetkit::{chain::Call, keys::Keys, protocol::Hotkey};

use crate::{
    args::{Flags, NetuidArgs, NetworkArgs, WalletArgs},
    chain,
    console::Console,
    spending::{self, ConfirmArgs, Deed, Plan, Signer},
};

#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    wallet: WalletArgs,
    #[command(flatten)]
    confirm: ConfirmArgs,
}

#[derive(Debug, Args)]
pub(crate) struct StartArgs {
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
struct Created {
    netuid: u16,
    hotkey: Hotkey,
    block: u64,
}

pub(crate) async fn create(args: CreateArgs, console: Console) -> anyhow::Result<()> {
    let settings = Flags::new().network(args.network).wallet(args.wallet).settings()?;
    let keys = Keys::named_by(&settings)?;
    let hotkey = keys.hotkey_account()?;
    let chain = chain::connect(console, &settings).await?;
    let at = chain.at_best().await?;
    let price = at.network_registration_cost().await?;
    let does =
        format!("creates a subnet on {} with the hotkey {hotkey} as its first neuron", settings.network);
    let deed = Deed::new(does, Call::register_network(&hotkey), Signer::Coldkey).cost(price).detail(
        "price",
        format!("{price} TAO now, which go into the subnet's pool and do not come back"),
        price.0,
    );
    let plan = Plan::of(&at, &settings, &keys, deed).await?;
    if !plan.agreed(console, args.confirm)? {
        return Ok(());
    }
    let coldkey = spending::coldkey(&keys).await?;
    let included = console.during("waiting for a block", chain.submit(&coldkey, plan.call())).await?;
    let netuid = included.created_netuid()?;
    plan.done(console, Created { netuid, hotkey, block: included.block.number }, |_| {
        format!("Created subnet {netuid}. Start it with `subnetkit subnet start --netuid {netuid}`.")
    })
}

#[derive(Debug, Serialize)]
struct Started {
    netuid: u16,
    /// None if it was started before.
    block: Option<u64>,
}

pub(crate) async fn start(args: StartArgs, console: Console) -> anyhow::Result<()> {
    let settings = Flags::new().network(args.network).wallet(args.wallet).netuid(&args.netuid).settings()?;
    let keys = Keys::named_by(&settings)?;
    let (chain, netuid) = chain::connect_to_subnet(console, &settings).await?;
    let at = chain.at_best().await?;
    if at.subnet_is_started(netuid).await? {
        return spending::unchanged(console, Started { netuid, block: None }, |_| {
            format!("Subnet {netuid} was started already.")
        });
    }
    let does = format!("starts subnet {netuid} of {}, which can't be undone", settings.network);
    let plan =
        Plan::of(&at, &settings, &keys, Deed::new(does, Call::start_call(netuid), Signer::Coldkey)).await?;
    if !plan.agreed(console, args.confirm)? {
        return Ok(());
    }
    let coldkey = spending::coldkey(&keys).await?;
    let included = console.during("waiting for a block", chain.submit(&coldkey, plan.call())).await?;
    let block = included.block.number;
    plan.done(console, Started { netuid, block: Some(block) }, |_| {
        format!("Started subnet {netuid} in block {block}.")
    })
}
