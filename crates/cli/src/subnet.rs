//! `subnetkit subnet`.

use clap::{Args, Subcommand};
use serde::Serialize;
use subnetkit::{
    chain::{Call, Rao},
    keys::Keys,
    protocol::Hotkey,
};

use crate::{
    args::{Flags, NetuidArgs, NetworkArgs, WalletArgs},
    chain,
    console::Console,
    spending::{self, ConfirmArgs, Deed, Plan, Signer},
};

#[derive(Debug, Subcommand)]
pub(crate) enum SubnetCommand {
    /// Create a subnet, locking its price; the hotkey becomes its first neuron
    Create(CreateArgs),
    /// Start a subnet: from then on it has emission and its token can be traded
    Start(StartArgs),
}

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

pub(crate) async fn run(command: SubnetCommand, console: Console) -> anyhow::Result<()> {
    match command {
        SubnetCommand::Create(args) => create(args, console).await,
        SubnetCommand::Start(args) => start(args, console).await,
    }
}

#[derive(Debug, Serialize)]
struct Created {
    netuid: u16,
    hotkey: Hotkey,
    block: u64,
}

async fn create(args: CreateArgs, console: Console) -> anyhow::Result<()> {
    let settings = Flags::new().network(args.network).wallet(args.wallet).settings()?;
    let keys = Keys::named_by(&settings)?;
    let hotkey = keys.hotkey_account()?;
    let chain = chain::connect(console, &settings).await?;
    let at = chain.at_best().await?;
    let cost = at.network_registration_cost().await?;
    let does = format!(
        "creates a subnet on {} with the hotkey {hotkey} as its first neuron; what it locks is not given back",
        settings.network
    );
    let call = Call::register_network(&hotkey);
    let deed = Deed { does, call, signer: Signer::Coldkey, cost, gain: Rao(0) };
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
    block: u64,
}

async fn start(args: StartArgs, console: Console) -> anyhow::Result<()> {
    let settings = Flags::new().network(args.network).wallet(args.wallet).netuid(&args.netuid).settings()?;
    let keys = Keys::named_by(&settings)?;
    let (chain, netuid) = chain::connect_to_subnet(console, &settings).await?;
    let at = chain.at_best().await?;
    let does = format!("starts subnet {netuid} of {}, which can't be undone", settings.network);
    let call = Call::start_call(netuid);
    let deed = Deed { does, call, signer: Signer::Coldkey, cost: Rao(0), gain: Rao(0) };
    let plan = Plan::of(&at, &settings, &keys, deed).await?;
    if !plan.agreed(console, args.confirm)? {
        return Ok(());
    }
    let coldkey = spending::coldkey(&keys).await?;
    let included = console.during("waiting for a block", chain.submit(&coldkey, plan.call())).await?;
    let block = included.block.number;
    plan.done(console, Started { netuid, block }, |_| format!("Started subnet {netuid} in block {block}."))
}
