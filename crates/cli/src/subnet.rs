//! `subnetkit subnet`.

mod create;
mod hyperparams;
mod lint;
mod list;
mod show;
mod units;

use clap::Subcommand;

use crate::console::Console;

#[derive(Debug, Subcommand)]
pub(crate) enum SubnetCommand {
    /// Create a subnet, locking its price; the hotkey becomes its first neuron
    Create(create::CreateArgs),
    /// Start a subnet: from then on it has emission and its token can be traded
    Start(create::StartArgs),
    /// List all subnets
    List(list::ListArgs),
    /// Show one subnet
    Show(show::ShowArgs),
    /// Show what a subnet's rules are and what is risky about them, and change them
    #[command(subcommand)]
    Hyperparams(hyperparams::HyperparamsCommand),
}

pub(crate) async fn run(command: SubnetCommand, console: Console) -> anyhow::Result<()> {
    match command {
        SubnetCommand::Create(args) => create::create(args, console).await,
        SubnetCommand::Start(args) => create::start(args, console).await,
        SubnetCommand::List(args) => list::run(args, console).await,
        SubnetCommand::Show(args) => show::run(args, console).await,
        SubnetCommand::Hyperparams(command) => hyperparams::run(command, console).await,
    }
}
