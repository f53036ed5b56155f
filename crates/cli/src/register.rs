//! `subnetkit register`.

use clap::Args;
use subnetkit::keys::Keys;

use crate::{
    args::{Flags, NetuidArgs, NetworkArgs, WalletArgs},
    chain, output,
    spending::{self, ConfirmArgs},
};

#[derive(Debug, Args)]
pub(crate) struct RegisterArgs {
    #[command(flatten)]
    netuid: NetuidArgs,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    wallet: WalletArgs,
    #[command(flatten)]
    confirm: ConfirmArgs,
}

pub(crate) async fn run(args: RegisterArgs) -> anyhow::Result<()> {
    let settings = Flags::new().network(args.network).wallet(args.wallet).netuid(&args.netuid).settings()?;
    let keys = Keys::named_by(&settings)?;
    let hotkey = keys.hotkey_account()?;
    let (chain, netuid) = chain::connect_to_subnet(&settings).await?;
    if let Some(uid) = chain.uid(netuid, &hotkey).await? {
        output::say(&format!("The hotkey {hotkey} is registered on subnet {netuid} already, as uid {uid}."));
        return Ok(());
    }
    let price = chain.burn(netuid).await?;
    let deed = format!(
        "registers the hotkey {hotkey} on subnet {netuid} of {} and burns about {price} TAO",
        settings.network
    );
    spending::confirm(args.confirm, &deed)?;
    let coldkey = spending::coldkey(&keys).await?;
    let uid = chain.register(&coldkey, netuid, &hotkey).await?;
    output::say(&format!("Registered the hotkey {hotkey} on subnet {netuid} as uid {uid}."));
    Ok(())
}
