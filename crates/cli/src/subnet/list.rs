//! `subnetkit subnet list`.

use clap::{Args, ValueEnum};
use serde::Serialize;
use subnetkit::{
    chain::{Rao, Subnet},
    protocol::Coldkey,
};

use crate::{
    args::{Flags, NetworkArgs},
    chain,
    console::Console,
    output,
};

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    network: NetworkArgs,
    /// Those of this owner only, by the address of its coldkey
    #[arg(long, value_name = "SS58")]
    owner: Option<Coldkey>,
    /// In which order: by netuid, or the largest first
    #[arg(long, value_name = "COLUMN", default_value = "netuid")]
    sort: Order,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Order {
    Netuid,
    Price,
    Emission,
    Neurons,
    Burn,
}

#[derive(Serialize)]
struct Subnets {
    network: String,
    block: u64,
    subnets: Vec<Subnet>,
}

pub(crate) async fn run(args: ListArgs, console: Console) -> anyhow::Result<()> {
    let settings = Flags::new().network(args.network).settings()?;
    let chain = chain::connect(console, &settings).await?;
    let at = chain.at_best().await?;
    let mut subnets = console.during("reading all subnets", at.subnets()).await?;
    subnets.retain(|subnet| args.owner.is_none_or(|owner| subnet.owner_coldkey == owner));
    // Stable: equals stay in the order of their netuids.
    subnets.sort_by_key(|subnet| match args.sort {
        Order::Netuid => 0,
        Order::Price => u64::MAX - subnet.price.0,
        Order::Emission => u64::MAX - subnet.tao_in_emission.0,
        Order::Neurons => u64::MAX - u64::from(subnet.neurons),
        Order::Burn => u64::MAX - subnet.burn.0,
    });
    let found = Subnets { network: settings.network.to_string(), block: at.head().number, subnets };
    console.result(&found, Subnets::text)
}

impl Subnets {
    fn text(&self) -> String {
        let headings = [
            "netuid",
            "name",
            "symbol",
            "price",
            "TAO/block",
            "neurons",
            "tempo",
            "registration",
            "started",
            "owner",
        ];
        let rows: Vec<_> = self.subnets.iter().map(row).collect();
        format!(
            "{} subnets of {} at block {}\n{}",
            self.subnets.len(),
            self.network,
            self.block,
            output::table(&headings, &rows)
        )
    }
}

fn row(subnet: &Subnet) -> Vec<String> {
    vec![
        subnet.netuid.to_string(),
        subnet.name.clone(),
        subnet.symbol.clone(),
        subnet.price.to_string(),
        Rao(subnet.tao_in_emission.0).to_string(),
        format!("{}/{}", subnet.neurons, subnet.max_neurons),
        subnet.tempo.to_string(),
        subnet.burn.to_string(),
        if subnet.is_started { "yes" } else { "-" }.to_owned(),
        subnet.owner_coldkey.to_string(),
    ]
}
