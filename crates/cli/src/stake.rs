//! `subnetkit stake`.

mod list;
mod trade;

use clap::Subcommand;

use crate::console::Console;

#[derive(Debug, Subcommand)]
pub(crate) enum StakeCommand {
    /// Buy a subnet's alpha with TAO and stake it on a hotkey
    Add(trade::AddArgs),
    /// Sell staked alpha for TAO
    Remove(trade::RemoveArgs),
    /// List what a coldkey has staked, and what it is worth
    List(list::ListArgs),
}

pub(crate) async fn run(command: StakeCommand, console: Console) -> anyhow::Result<()> {
    match command {
        StakeCommand::Add(args) => trade::add(args, console).await,
        StakeCommand::Remove(args) => trade::remove(args, console).await,
        StakeCommand::List(args) => list::run(args, console).await,
    }
}
