//! `subnetkit weights`: what the chain holds of weights, setting them by hand, and what a validator wrote down.

mod history;
mod set;
mod show;

use clap::Subcommand;

use crate::console::Console;

#[derive(Debug, Subcommand)]
pub(crate) enum WeightsCommand {
    /// Show the weights on chain, and the commits that wait to be revealed
    Show(show::ShowArgs),
    /// Set weights once, by hand; a validator does so by itself
    Set(set::SetArgs),
    /// Show what a validator submitted and what became of it, from its ledger
    History(history::HistoryArgs),
}

pub(crate) async fn run(command: WeightsCommand, console: Console) -> anyhow::Result<()> {
    match command {
        WeightsCommand::Show(args) => show::run(args, console).await,
        WeightsCommand::History(args) => history::run(args, console).await,
        WeightsCommand::Set(args) => set::run(args, console).await,
    }
}
