//! `subnetkit subnet hyperparams`.

mod get;
mod set;

use std::time::Duration;

use anyhow::Context as _;
use clap::Subcommand;
use subnetkit::chain::{Chain, ChangeWindow, Hyperparameters, Metagraph, Parameter, ParameterRule, Pinned};

use super::{lint::Facts, units::Scale};
use crate::console::Console;

#[derive(Debug, Subcommand)]
pub(crate) enum HyperparamsCommand {
    /// Show each parameter: its value as the chain has it and as people say it, what it does, who may set it, and within
    /// which bounds; then what is risky, why, and the remedy
    Get(get::GetArgs),
    /// Set a parameter as the subnet's owner
    Set(set::SetArgs),
}

pub(crate) async fn run(command: HyperparamsCommand, console: Console) -> anyhow::Result<()> {
    match command {
        HyperparamsCommand::Get(args) => get::run(args, console).await,
        HyperparamsCommand::Set(args) => set::run(args, console).await,
    }
}

/// A subnet's rules, and what they are judged by.
struct Rules {
    at: Pinned,
    netuid: u16,
    parameters: Hyperparameters,
    graph: Metagraph,
    block_time: Duration,
}

impl Rules {
    async fn read(chain: &Chain, netuid: u16) -> anyhow::Result<Self> {
        let at = chain.at_best().await?;
        let parameters = at.all_hyperparameters(netuid).await?;
        let graph = at.metagraph(netuid).await?;
        Ok(Self { parameters, graph, block_time: chain.block_time().await?, at, netuid })
    }

    fn scale(&self) -> Scale {
        Scale { tempo: self.parameters.tempo, block_time: self.block_time }
    }

    /// The parameter of a name that somebody wrote.
    fn named(&self, name: &str) -> anyhow::Result<&Parameter> {
        self.parameters.all.get(name).with_context(|| {
            let names: Vec<_> = self.parameters.all.keys().map(String::as_str).collect();
            format!("subnet {} has no parameter `{name}`; it has {}", self.netuid, names.join(", "))
        })
    }

    fn facts(&self, window: &ChangeWindow) -> Facts {
        Facts::new(self.parameters.all.clone(), &self.graph, window, self.block_time)
    }
}

/// As the chain has it.
fn raw(value: &Parameter) -> String {
    match value {
        Parameter::Bool(on) => on.to_string(),
        Parameter::Number(number) => number.to_string(),
        Parameter::Fixed(number) => number.to_string(),
        _ => "?".to_owned(),
    }
}

/// The bounds of an owner's value.
fn bounds(rule: &ParameterRule) -> Option<String> {
    match rule.bounds {
        Some((least, u64::MAX)) => Some(format!("{least} or more")),
        Some((least, most)) => Some(format!("{least} to {most}")),
        None => None,
    }
}
