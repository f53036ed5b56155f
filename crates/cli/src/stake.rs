//! `subnetkit stake`.

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

#[derive(Debug, Serialize)]
struct Staked {
    netuid: u16,
    hotkey: Hotkey,
    block: u64,
    /// What the hotkey holds now, of all who staked on it.
    hotkey_alpha_rao: u64,
}

pub(crate) async fn run(command: StakeCommand, console: Console) -> anyhow::Result<()> {
    let StakeCommand::Add(args) = command;
    let settings = Flags::new().network(args.network).wallet(args.wallet).netuid(&args.netuid).settings()?;
    let keys = Keys::named_by(&settings)?;
    let hotkey = match args.hotkey {
        Some(hotkey) => hotkey,
        None => keys.hotkey_account()?,
    };
    let Tao(amount) = args.amount;
    let (chain, netuid) = chain::connect_to_subnet(console, &settings).await?;
    let at = chain.at_best().await?;
    let does = format!(
        "stakes {amount} TAO on the hotkey {hotkey} in subnet {netuid} of {}, at any price",
        settings.network
    );
    let call = Call::add_stake(&hotkey, netuid, amount, None);
    let deed = Deed { does, call, signer: Signer::Coldkey, cost: amount, gain: Rao(0) };
    let plan = Plan::of(&at, &settings, &keys, deed).await?;
    if !plan.agreed(console, args.confirm)? {
        return Ok(());
    }
    let coldkey = spending::coldkey(&keys).await?;
    let included = console.during("waiting for a block", chain.submit(&coldkey, plan.call())).await?;
    let (block, stake) = (included.block.number, chain.stake(netuid, &hotkey).await?);
    plan.done(console, Staked { netuid, hotkey, block, hotkey_alpha_rao: stake.0 }, |_| {
        format!("Staked {amount} TAO in block {block}; the hotkey {hotkey} now holds {stake} alpha in subnet {netuid}.")
    })
}
