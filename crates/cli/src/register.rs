//! `subnetkit register`.

use clap::Args;
use serde::Serialize;
use subnetkit::{chain::Call, keys::Keys, protocol::Hotkey};

use crate::{
    args::{Flags, NetuidArgs, NetworkArgs, WalletArgs},
    chain,
    console::Console,
    spending::{self, ConfirmArgs, Deed, Plan, Signer},
    tao::Tao,
};

#[derive(Debug, Args)]
pub(crate) struct RegisterArgs {
    #[command(flatten)]
    netuid: NetuidArgs,
    #[command(flatten)]
    network: NetworkArgs,
    #[command(flatten)]
    wallet: WalletArgs,
    /// The most to pay: if somebody else's registration raises the price above it, nothing is paid [default: the price now]
    #[arg(long, value_name = "TAO")]
    max_price: Option<Tao>,
    #[command(flatten)]
    confirm: ConfirmArgs,
}

#[derive(Debug, Serialize)]
struct Registration {
    netuid: u16,
    hotkey: Hotkey,
    uid: u16,
    /// None if it was registered before.
    block: Option<u64>,
    /// Until this block nobody can take the uid.
    immune_until_block: u64,
}

pub(crate) async fn run(args: RegisterArgs, console: Console) -> anyhow::Result<()> {
    let settings = Flags::new().network(args.network).wallet(args.wallet).netuid(&args.netuid).settings()?;
    let keys = Keys::named_by(&settings)?;
    let hotkey = keys.hotkey_account()?;
    let (chain, netuid) = chain::connect_to_subnet(console, &settings).await?;
    let at = chain.at_best().await?;
    let subnet = at.metagraph(netuid).await?;
    let rules = at.hyperparameters(netuid).await?;
    let immunity = u64::from(rules.immunity_period);
    if let Some(neuron) = subnet.neuron(&hotkey) {
        let immune_until_block = neuron.registered_at + immunity;
        let registered = Registration { netuid, hotkey, uid: neuron.uid, block: None, immune_until_block };
        return spending::unchanged(console, registered, |it| {
            format!("The hotkey {hotkey} is registered on subnet {netuid} already, as uid {}.", it.uid)
        });
    }
    anyhow::ensure!(
        rules.registration_allowed,
        "subnet {netuid} takes no registrations now: its registration_allowed is false, which root sets"
    );
    let price = at.burn(netuid).await?;
    let most = args.max_price.map_or(price, |Tao(most)| most);
    anyhow::ensure!(
        price <= most,
        "registering on subnet {netuid} costs {price} TAO now, above --max-price: wait for it to fall, or raise --max-price"
    );
    let free = usize::from(subnet.max_uids).saturating_sub(subnet.neurons.len());
    let place = match free {
        0 => "that of the neuron that earns least; the subnet is full".to_owned(),
        free => format!("one of {free} free ones"),
    };
    let does = format!("registers the hotkey {hotkey} on subnet {netuid}, burning the price");
    let immune = format!("for {immunity} blocks nobody can take the uid while others are older");
    let deed = Deed::new(does, Call::register_for_at_most(netuid, &hotkey, most), Signer::Coldkey)
        .cost(most)
        .detail("price", format!("{price} TAO now"), price.0)
        .detail("place", place, free)
        .detail("immunity", immune, immunity);
    let plan = Plan::of(&at, &settings, &keys, deed).await?;
    if !plan.agreed(console, args.confirm)? {
        return Ok(());
    }
    let coldkey = spending::coldkey(&keys).await?;
    let included = console.during("waiting for a block", chain.submit(&coldkey, plan.call())).await?;
    let uid = chain.registered_uid(&included, netuid, &hotkey).await?;
    let block = included.block.number;
    let done = Registration { netuid, hotkey, uid, block: Some(block), immune_until_block: block + immunity };
    plan.done(console, done, |done| {
        format!(
            "Registered the hotkey {hotkey} on subnet {netuid} as uid {uid} in block {block}; immune until block {}.",
            done.immune_until_block
        )
    })
}
