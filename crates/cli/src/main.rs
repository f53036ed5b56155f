//! The `subnetkit` command: a local chain, wallets, and what subnet owners, miners and validators do on chain once.
//!
//! It is **not** how a miner or a validator runs: those are binaries of the subnet itself. It decides nothing and keeps
//! nothing: each command reads the same settings as those binaries, does one thing over the chain's RPC, and ends.
//!
//! Start reading at [`Command`]; each command has a file of its name.

mod args;
mod chain;
mod console;
mod devnet;
mod doctor;
mod metagraph;
mod output;
mod register;
mod replay;
mod spending;
mod stake;
mod subnet;
mod tao;
mod wallet;
mod weights;

use std::{
    panic::{self, AssertUnwindSafe},
    process::ExitCode,
};

use clap::{Parser, Subcommand};
use subnetkit::{logging, settings::Common};

use console::{AFTER_HELP, Console};

/// Tools for Bittensor subnets.
#[derive(Debug, Parser)]
#[command(name = "subnetkit", version, about, after_help = AFTER_HELP)]
struct Cli {
    #[command(flatten)]
    console: Console,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a development chain on this machine
    Devnet(devnet::DevnetArgs),
    /// Make and list wallets
    #[command(subcommand)]
    Wallet(wallet::WalletCommand),
    /// Register the hotkey in a subnet, paying the registration price
    Register(register::RegisterArgs),
    /// Create and start subnets
    #[command(subcommand)]
    Subnet(subnet::SubnetCommand),
    /// Stake on hotkeys
    #[command(subcommand)]
    Stake(stake::StakeCommand),
    /// Judge past rounds of this project's validator again with its hooks of today, and show what would change
    ReplayScores(replay::ReplayArgs),
    /// Show the neurons of a subnet
    Metagraph(metagraph::MetagraphArgs),
    /// Name every rule that stands between the hotkey and effective weights; the exit status is 1 if one does
    Doctor(doctor::DoctorArgs),
    /// Show and set weights, and what became of those that a validator set
    #[command(subcommand)]
    Weights(weights::WeightsCommand),
}

fn main() -> ExitCode {
    let Cli { console, command } = Cli::parse();
    let start = || {
        logging::start(&log_settings())?;
        run(command, console)
    };
    match panic::catch_unwind(AssertUnwindSafe(start)) {
        Ok(ended) => console.end(ended),
        Err(_) => console.end_panicked(),
    }
}

/// Only what a person should know, unless `RUST_LOG` asks for more. The setting `log` of the file is meant for processes
/// that run for months.
fn log_settings() -> Common {
    let log = std::env::var("RUST_LOG").ok().filter(|log| !log.is_empty());
    Common { log: log.unwrap_or_else(|| "warn".to_owned()), ..Common::default() }
}

fn run(command: Command, console: Console) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match command {
            Command::Devnet(args) => devnet::run(args, console).await,
            Command::Wallet(command) => wallet::run(command, console),
            Command::Register(args) => register::run(args, console).await,
            Command::Subnet(command) => subnet::run(command, console).await,
            Command::Stake(command) => stake::run(command, console).await,
            Command::ReplayScores(args) => replay::run(args, console),
            Command::Metagraph(args) => metagraph::run(args, console).await,
            Command::Doctor(args) => doctor::run(args, console).await,
            Command::Weights(command) => weights::run(command, console).await,
        }
    })
}
