//! `subnetkit stake`.

use clap::{Args, Subcommand};
use subnetkit::{keys::Keys, protocol::Hotkey};

use crate::{
    args::{Flags, NetuidArgs, NetworkArgs, WalletArgs},
    chain, output,
    spending::{self, ConfirmArgs},
    tao::Tao,
};

#[derive(Debug, Subcommand)]
pub(crate) enum StakeCommand {
    /// Buy a subnet's alpha with TAO, at the price of the moment, and stake it on a hotkey
    Add(AddArgs),
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// How much TAO to stake
    #[arg(long, value_name = "TAO")]
    amount: Tao,
    /// Address of the hotkey to stake on [default: the wallet's hotkey]
    #[arg(long, value_name = "SS58")]
    hotkey: Option<Hotkey>,
    #[command(flatten)]
    netuid: NetuidArgs,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    wallet: WalletArgs,
    #[command(flatten)]
    confirm: ConfirmArgs,
}

pub(crate) async fn run(command: StakeCommand) -> anyhow::Result<()> {
    let StakeCommand::Add(args) = command;
    let settings = Flags::new().network(args.network).wallet(args.wallet).netuid(&args.netuid).settings()?;
    let keys = Keys::named_by(&settings)?;
    let hotkey = match args.hotkey {
        Some(hotkey) => hotkey,
        None => keys.hotkey_account()?,
    };
    let Tao(amount) = args.amount;
    let (chain, netuid) = chain::connect_to_subnet(&settings).await?;
    let deed = format!(
        "stakes {amount} TAO on the hotkey {hotkey} in subnet {netuid} of {}, at any price",
        settings.network
    );
    spending::confirm(args.confirm, &deed)?;
    let coldkey = spending::coldkey(&keys).await?;
    let included = chain.add_stake(&coldkey, &hotkey, netuid, amount).await?;
    let stake = chain.stake(netuid, &hotkey).await?;
    output::say(&format!(
        "Staked {amount} TAO in block {}; the hotkey {hotkey} now holds {stake} alpha in subnet {netuid}.",
        included.block.number
    ));
    Ok(())
}
