//! `subnetkit metagraph`.

use clap::Args;
use subnetkit::chain::{Metagraph, Neuron, Rao};

use crate::{
    args::{Flags, NetuidArgs, NetworkArgs},
    chain,
    console::Console,
    output,
};

#[derive(Debug, Args)]
pub(crate) struct MetagraphArgs {
    #[command(flatten)]
    netuid: NetuidArgs,
    #[command(flatten)]
    network: NetworkArgs,
}

pub(crate) async fn run(args: MetagraphArgs, console: Console) -> anyhow::Result<()> {
    let settings = Flags::new().network(args.network).netuid(&args.netuid).settings()?;
    let (chain, netuid) = chain::connect_to_subnet(console, &settings).await?;
    let subnet = console.during("reading the metagraph", chain.metagraph(netuid)).await?;
    console.result(&subnet, text)
}

fn text(subnet: &Metagraph) -> String {
    let headings =
        ["uid", "hotkey", "permit", "stake", "incentive", "dividends", "emission", "updated", "axon"];
    let rows: Vec<_> = subnet.neurons.iter().map(row).collect();
    format!(
        "Subnet {} at block {}: {} of {} neurons, tempo {}, registration {} TAO\n{}",
        subnet.netuid,
        subnet.block,
        subnet.neurons.len(),
        subnet.max_uids,
        subnet.tempo,
        Rao(subnet.burn),
        output::table(&headings, &rows)
    )
}

fn row(neuron: &Neuron) -> Vec<String> {
    let share = |value: u16| format!("{:.4}", f64::from(value) / f64::from(u16::MAX));
    vec![
        neuron.uid.to_string(),
        neuron.hotkey.to_string(),
        if neuron.validator_permit { "yes" } else { "-" }.to_owned(),
        Rao(neuron.total_stake).to_string(),
        share(neuron.incentive),
        share(neuron.dividends),
        Rao(neuron.emission).to_string(),
        neuron.last_update.to_string(),
        neuron.axon.map_or_else(|| "-".to_owned(), |axon| axon.to_string()),
    ]
}
