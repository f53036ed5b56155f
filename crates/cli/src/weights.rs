//! `subnetkit weights`: what the chain holds of weights, setting them by hand, and what a validator wrote down.

mod show;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum WeightsCommand {
    /// Show the weights on chain, and the commits that wait to be revealed
    Show(show::ShowArgs),
}

pub(crate) async fn run(command: WeightsCommand) -> anyhow::Result<()> {
    match command {
        WeightsCommand::Show(args) => show::run(args).await,
    }
}
