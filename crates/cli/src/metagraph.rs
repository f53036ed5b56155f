//! `subnetkit metagraph`.

use std::cmp::Reverse;

use clap::{Args, ValueEnum};
use subnetkit::{
    chain::{Metagraph, Neuron, Rao},
    protocol::{Coldkey, Hotkey},
};

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
    #[command(flatten)]
    filter: Filter,
    /// In the order of this column: names and addresses upwards, numbers downwards
    #[arg(long, value_name = "COLUMN", default_value = "uid")]
    sort: Column,
    /// Show the first of them only
    #[arg(long, value_name = "COUNT")]
    limit: Option<usize>,
    /// The columns of the table; JSON has all
    #[arg(
        long,
        value_name = "COLUMN,...",
        value_delimiter = ',',
        default_value = "uid,hotkey,permit,stake,incentive,dividends,emission,updated,axon"
    )]
    columns: Vec<Column>,
}

/// Which neurons: those for which all of these hold.
#[derive(Debug, Args)]
struct Filter {
    /// Those with a validator permit
    #[arg(long)]
    validators: bool,
    /// Those without a validator permit
    #[arg(long, conflicts_with = "validators")]
    miners: bool,
    /// Those that published an axon
    #[arg(long)]
    serving: bool,
    /// Those that set weights within the activity cutoff
    #[arg(long)]
    active: bool,
    /// These uids
    #[arg(long, value_name = "UID,...", value_delimiter = ',')]
    uids: Vec<u16>,
    /// The one with this hotkey, by its address
    #[arg(long, value_name = "SS58")]
    hotkey: Option<Hotkey>,
    /// Those of this coldkey, by its address
    #[arg(long, value_name = "SS58")]
    coldkey: Option<Coldkey>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Column {
    Uid,
    Hotkey,
    Coldkey,
    Permit,
    Active,
    Stake,
    AlphaStake,
    TaoStake,
    Incentive,
    Dividends,
    Consensus,
    Emission,
    Updated,
    Registered,
    Axon,
}

pub(crate) async fn run(args: MetagraphArgs, console: Console) -> anyhow::Result<()> {
    let settings = Flags::new().network(args.network).netuid(&args.netuid).settings()?;
    let (chain, netuid) = chain::connect_to_subnet(console, &settings).await?;
    let mut subnet = console.during("reading the metagraph", chain.metagraph(netuid)).await?;
    let all = subnet.neurons.len();
    subnet.neurons.retain(|neuron| args.filter.takes(neuron));
    let found = subnet.neurons.len();
    // Stable: equals stay in the order of their uids.
    subnet.neurons.sort_by_key(|neuron| args.sort.key(neuron));
    subnet.neurons.truncate(args.limit.unwrap_or(usize::MAX));
    console.result(&subnet, |subnet| text(subnet, &args.columns, all, found))
}

impl Filter {
    fn takes(&self, neuron: &Neuron) -> bool {
        (!self.validators || neuron.validator_permit)
            && (!self.miners || !neuron.validator_permit)
            && (!self.serving || neuron.axon.is_some())
            && (!self.active || neuron.active)
            && (self.uids.is_empty() || self.uids.contains(&neuron.uid))
            && self.hotkey.is_none_or(|hotkey| neuron.hotkey == hotkey)
            && self.coldkey.is_none_or(|coldkey| neuron.coldkey == coldkey)
    }
}

impl Column {
    /// Text upwards, then numbers downwards; a column has either.
    fn key(self, neuron: &Neuron) -> (String, Reverse<u64>) {
        let text = |text: String| (text, Reverse(0));
        let number = |number: u64| (String::new(), Reverse(number));
        match self {
            // Downwards like all numbers, but for the one that counts from the first.
            Self::Uid => number(u64::MAX - u64::from(neuron.uid)),
            Self::Hotkey => text(neuron.hotkey.to_string()),
            Self::Coldkey => text(neuron.coldkey.to_string()),
            Self::Axon => text(neuron.axon.map(|axon| axon.to_string()).unwrap_or_default()),
            Self::Permit => number(neuron.validator_permit.into()),
            Self::Active => number(neuron.active.into()),
            Self::Stake => number(neuron.total_stake),
            Self::AlphaStake => number(neuron.alpha_stake),
            Self::TaoStake => number(neuron.tao_stake),
            Self::Incentive => number(neuron.incentive.into()),
            Self::Dividends => number(neuron.dividends.into()),
            Self::Consensus => number(neuron.consensus.into()),
            Self::Emission => number(neuron.emission),
            Self::Updated => number(neuron.last_update),
            Self::Registered => number(neuron.registered_at),
        }
    }

    fn heading(self) -> String {
        self.to_possible_value().map(|value| value.get_name().replace('-', " ")).unwrap_or_default()
    }

    fn cell(self, neuron: &Neuron) -> String {
        let share = |value: u16| format!("{:.4}", f64::from(value) / f64::from(u16::MAX));
        let flag = |on: bool| if on { "yes" } else { "-" }.to_owned();
        match self {
            Self::Uid => neuron.uid.to_string(),
            Self::Hotkey => neuron.hotkey.to_string(),
            Self::Coldkey => neuron.coldkey.to_string(),
            Self::Permit => flag(neuron.validator_permit),
            Self::Active => flag(neuron.active),
            Self::Stake => Rao(neuron.total_stake).to_string(),
            Self::AlphaStake => Rao(neuron.alpha_stake).to_string(),
            Self::TaoStake => Rao(neuron.tao_stake).to_string(),
            Self::Incentive => share(neuron.incentive),
            Self::Dividends => share(neuron.dividends),
            Self::Consensus => share(neuron.consensus),
            Self::Emission => Rao(neuron.emission).to_string(),
            Self::Updated => neuron.last_update.to_string(),
            Self::Registered => neuron.registered_at.to_string(),
            Self::Axon => neuron.axon.map_or_else(|| "-".to_owned(), |axon| axon.to_string()),
        }
    }
}

fn text(subnet: &Metagraph, columns: &[Column], all: usize, found: usize) -> String {
    let headings: Vec<_> = columns.iter().map(|column| column.heading()).collect();
    let headings: Vec<_> = headings.iter().map(String::as_str).collect();
    let row = |neuron: &Neuron| columns.iter().map(|column| column.cell(neuron)).collect();
    let rows: Vec<Vec<String>> = subnet.neurons.iter().map(row).collect();
    let shown = match rows.len() {
        count if count == all => String::new(),
        count if count == found => format!("; {count} shown"),
        count => format!("; {count} of {found} shown"),
    };
    format!(
        "Subnet {} at block {}: {all} of {} neurons, tempo {}, registration {} TAO{shown}\n{}",
        subnet.netuid,
        subnet.block,
        subnet.max_uids,
        subnet.tempo,
        Rao(subnet.burn),
        output::table(&headings, &rows)
    )
}
