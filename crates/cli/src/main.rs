//! The `subnetkit` command: a local chain, wallets, and what subnet owners, miners and validators do on chain once.
//!
//! It is **not** how a miner or a validator runs: those are binaries of the subnet itself. It decides nothing and keeps
//! nothing: each command reads the same settings as those binaries, does one thing over the chain's RPC, and ends.
//!
//! Start reading at [`Command`]; each command has a file of its name.

mod args;
mod call;
mod chain;
mod completions;
mod console;
mod devnet;
mod doctor;
mod lab;
mod metagraph;
mod new;
mod output;
mod project;
mod register;
mod replay;
mod serve;
mod spending;
mod stake;
mod subnet;
mod tao;
mod up;
mod wallet;
mod weights;

use std::{
    panic::{self, AssertUnwindSafe},
    process::ExitCode,
};

use clap::{CommandFactory as _, Parser, Subcommand};
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
    /// Write a new subnet into a folder of its name: contract, hooks, programs, tests, laboratory and a tutorial
    New(new::NewArgs),
    /// Run this project's miner and validator on a chain of this machine, and show what each epoch pays
    Up(up::UpArgs),
    /// Play this project's incentive against whole populations of miners and validators
    Lab(lab::LabArgs),
    /// Start a development chain on this machine
    Devnet(devnet::DevnetArgs),
    /// Judge past rounds of this project's validator again with its hooks of today, and show what would change
    ReplayScores(replay::ReplayArgs),
    /// Make, list, show and import wallets, sign with them and verify signatures
    #[command(subcommand)]
    Wallet(wallet::WalletCommand),
    /// Create, start, list and show subnets, and read and set their rules
    #[command(subcommand)]
    Subnet(subnet::SubnetCommand),
    /// Register the hotkey in a subnet, paying the registration price
    Register(register::RegisterArgs),
    /// Stake on hotkeys, take stake back, and list it
    #[command(subcommand)]
    Stake(stake::StakeCommand),
    /// Publish where the hotkey's axon is, by hand; a miner does so by itself
    Serve(serve::ServeArgs),
    /// Show the neurons of a subnet
    Metagraph(metagraph::MetagraphArgs),
    /// Show and set weights, and what became of those that a validator set
    #[command(subcommand)]
    Weights(weights::WeightsCommand),
    /// Send a signed request to a miner and print its answer
    Call(call::CallArgs),
    /// Name every rule that stands between the hotkey and effective weights; the exit status is 1 if one does
    Doctor(doctor::DoctorArgs),
    /// Print what makes a shell complete this command's words
    Completions(completions::CompletionsArgs),
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
            Command::New(args) => new::run(&args, console),
            Command::Up(args) => up::run(args, console).await,
            Command::Lab(args) => lab::run(args, console),
            Command::Devnet(args) => devnet::run(args, console).await,
            Command::ReplayScores(args) => replay::run(args, console),
            Command::Wallet(command) => wallet::run(command, console),
            Command::Subnet(command) => subnet::run(command, console).await,
            Command::Register(args) => register::run(args, console).await,
            Command::Stake(command) => stake::run(command, console).await,
            Command::Serve(args) => serve::run(args, console).await,
            Command::Metagraph(args) => metagraph::run(args, console).await,
            Command::Weights(command) => weights::run(command, console).await,
            Command::Call(args) => call::run(args, console).await,
            Command::Doctor(args) => doctor::run(args, console).await,
            Command::Completions(args) => completions::run(args, Cli::command()),
        }
    })
}
