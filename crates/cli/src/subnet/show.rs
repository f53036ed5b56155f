//! `subnetkit subnet show`.

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;
use subnetkit::chain::{EpochClock, Pinned, Rao, Subnet};

use super::units::Scale;
use crate::{
    args::{Flags, NetuidArgs, NetworkArgs},
    chain,
    console::Console,
};

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    netuid: NetuidArgs,
    #[command(flatten)]
    network: NetworkArgs,
}

#[derive(Serialize)]
struct Shown {
    network: String,
    block: u64,
    #[serde(flatten)]
    subnet: Subnet,
    mechanisms: u8,
    /// Neurons with a validator permit.
    validators: usize,
    max_validators: u16,
    /// Neurons that published an axon.
    serving: usize,
    /// Epochs so far.
    epoch: u64,
    /// None if there are no epochs.
    next_epoch_block: Option<u64>,
    /// Alpha that the last epoch paid to neurons.
    epoch_emission_rao: u64,
    commit_reveal: bool,
    commit_reveal_period: u64,
    immunity_period: u16,
    registration_allowed: bool,
}

pub(crate) async fn run(args: ShowArgs, console: Console) -> anyhow::Result<()> {
    let settings = Flags::new().network(args.network).netuid(&args.netuid).settings()?;
    let (chain, netuid) = chain::connect_to_subnet(console, &settings).await?;
    let at = chain.at_best().await?;
    let block_time = chain.block_time().await?;
    let network = settings.network.to_string();
    let (shown, clock) = console.during("reading the subnet", read(&at, netuid, network)).await?;
    let scale = Scale { tempo: clock.tempo, block_time };
    console.result(&shown, |shown| shown.text(scale))
}

async fn read(at: &Pinned, netuid: u16, network: String) -> anyhow::Result<(Shown, EpochClock)> {
    let subnets = at.subnets().await?;
    let subnet = subnets.into_iter().find(|subnet| subnet.netuid == netuid);
    let subnet = subnet.with_context(|| format!("the chain does not list subnet {netuid}"))?;
    let graph = at.metagraph(netuid).await?;
    let rules = at.hyperparameters(netuid).await?;
    let clock = at.epoch_clock(netuid).await?;
    let shown = Shown {
        network,
        block: at.head().number,
        mechanisms: at.mechanism_count(netuid).await?,
        validators: graph.validators().count(),
        max_validators: graph.max_validators,
        serving: graph.neurons.iter().filter(|neuron| neuron.axon.is_some()).count(),
        epoch: clock.epoch_index,
        next_epoch_block: clock.next_epoch_block(),
        epoch_emission_rao: graph
            .neurons
            .iter()
            .fold(0, |sum: u64, neuron| sum.saturating_add(neuron.emission)),
        commit_reveal: rules.commit_reveal_weights_enabled,
        commit_reveal_period: rules.commit_reveal_period,
        immunity_period: rules.immunity_period,
        registration_allowed: rules.registration_allowed,
        subnet,
    };
    Ok((shown, clock))
}

impl Shown {
    fn text(&self, scale: Scale) -> String {
        let it = &self.subnet;
        let blocks = |count: u64| format!("{count} blocks ({})", scale.time(count));
        let epochs = match self.next_epoch_block {
            Some(next) => format!(
                "{} so far, one every {}, the next in block {next}",
                self.epoch,
                blocks(it.tempo.into())
            ),
            None => "none: the tempo is 0".to_owned(),
        };
        let weights = match (self.commit_reveal, self.commit_reveal_period) {
            (false, _) => "set in the open".to_owned(),
            (true, 1) => "committed, and revealed in the next epoch".to_owned(),
            (true, period) => format!("committed, and revealed {period} epochs later"),
        };
        let registration = if self.registration_allowed { "allowed" } else { "not allowed" };
        let lines = [
            ("owner", format!("coldkey {}, hotkey {}", it.owner_coldkey, it.owner_hotkey)),
            ("created", format!("in block {}", it.registered_at)),
            ("started", if it.is_started { "yes" } else { "no: `subnetkit subnet start`" }.to_owned()),
            (
                "neurons",
                format!(
                    "{} of {}, {} of {} validators, {} serving",
                    it.neurons, it.max_neurons, self.validators, self.max_validators, self.serving
                ),
            ),
            ("mechanisms", self.mechanisms.to_string()),
            (
                "registration",
                format!(
                    "{registration}, {} TAO; immune for {}",
                    it.burn,
                    blocks(self.immunity_period.into())
                ),
            ),
            ("epochs", epochs),
            ("weights", weights),
            ("price", format!("{} TAO per alpha", it.price)),
            ("pool", format!("{} TAO and {} alpha; {} alpha outside", it.tao_in, it.alpha_in, it.alpha_out)),
            (
                "emission",
                format!(
                    "{} TAO and {} alpha into the pool, {} alpha to participants per block; {} alpha in the last epoch",
                    it.tao_in_emission,
                    it.alpha_in_emission,
                    it.alpha_out_emission,
                    Rao(self.epoch_emission_rao)
                ),
            ),
        ];
        let head = format!(
            "Subnet {} {} {} of {} at block {}",
            it.netuid, it.symbol, it.name, self.network, self.block
        );
        let lines = lines.iter().map(|(name, text)| format!("\n  {name:<12} {text}"));
        lines.fold(head, |text, line| text + &line)
    }
}
