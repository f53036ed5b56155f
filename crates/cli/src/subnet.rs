//! `subnetkit subnet`.

use clap::{Args, Subcommand};
use subnetkit::keys::Keys;

use crate::{
    args::{Flags, NetuidArgs, NetworkArgs, WalletArgs},
    chain, output,
    spending::{self, ConfirmArgs},
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

pub(crate) async fn run(command: SubnetCommand) -> anyhow::Result<()> {
    match command {
        SubnetCommand::Create(args) => create(args).await,
        SubnetCommand::Start(args) => start(args).await,
    }
}

async fn create(args: CreateArgs) -> anyhow::Result<()> {
    let settings = Flags::new().network(args.network).wallet(args.wallet).settings()?;
    let keys = Keys::named_by(&settings)?;
    let hotkey = keys.hotkey_account()?;
    let chain = chain::connect(&settings).await?;
    let price = chain.network_registration_cost().await?;
    let deed = format!(
        "creates a subnet on {} with the hotkey {hotkey} as its first neuron and locks about {price} TAO",
        settings.network
    );
    spending::confirm(args.confirm, &deed)?;
    let coldkey = spending::coldkey(&keys).await?;
    let netuid = chain.register_network(&coldkey, &hotkey).await?;
    output::say(&format!(
        "Created subnet {netuid}. Start it with `subnetkit subnet start --netuid {netuid}`."
    ));
    Ok(())
}

async fn start(args: StartArgs) -> anyhow::Result<()> {
    let settings = Flags::new().network(args.network).wallet(args.wallet).netuid(&args.netuid).settings()?;
    let keys = Keys::named_by(&settings)?;
    let (chain, netuid) = chain::connect_to_subnet(&settings).await?;
    let deed =
        format!("starts subnet {netuid} of {}, which can't be undone, and costs a fee", settings.network);
    spending::confirm(args.confirm, &deed)?;
    let coldkey = spending::coldkey(&keys).await?;
    let included = chain.start_call(&coldkey, netuid).await?;
    output::say(&format!("Started subnet {netuid} in block {}.", included.block.number));
    Ok(())
}
