//! Load on axons and dendrites, side by side with what they could at best do and with Python.
//!
//! The benchmarks are no tests: they measure, say whether the goals were met, and fail only if something could not be
//! measured. Every server runs in a process of its own ([`serve`]), so that its CPU time and memory are its own. Start
//! reading at [`axon`], the first of them; how they measure is in `docs/src/benchmarks.md`.
//!
//! [`chaos`] and [`validator_soak`] do fail: they put a whole validator on a [`stage`] of its own, and say whether its
//! weights land whatever happens and whether it grows. How they judge is in `docs/src/chaos.md`, and a short chaos is among the
//! tests (`tests/it`).

mod axon;
mod chaos;
mod cores;
mod dendrite;
mod flood;
mod load;
mod process;
mod python;
mod report;
mod requests;
mod serve;
mod soak;
mod stage;
mod validator_soak;
mod work;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Measures subnetkit's axon and dendrite on this machine.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Verified requests per second, latency, CPU time and memory of an axon, beside what bounds it and beside Python
    Axon {
        #[command(flatten)]
        selection: axon::Selection,
        #[command(flatten)]
        options: Options,
    },
    /// One round of a validator over 256 miners, beside the dendrite of Bittensor's SDK 10
    Dendrite {
        #[command(flatten)]
        options: Options,
    },
    /// An honest validator's latency while others flood the axon with forged requests
    Flood {
        #[command(flatten)]
        options: Options,
    },
    /// The axon's memory over a million requests
    Soak {
        #[command(flatten)]
        options: Options,
    },
    /// A validator that is killed and cut off time and again, and whether its weights land all the same
    Chaos(chaos::Options),
    /// A validator's memory, files and queues over half an hour of fast blocks
    ValidatorSoak(validator_soak::Options),
    /// Forged requests to an axon, until standard input ends
    #[command(hide = true)]
    Attack(flood::Attack),
    /// A validator of the chaos, until standard input ends
    #[command(hide = true)]
    Validate {
        /// Its settings
        #[arg(last = true)]
        arguments: Vec<std::ffi::OsString>,
    },
    /// One of the servers under measurement, on a free port, until standard input ends
    #[command(hide = true)]
    Serve {
        #[command(subcommand)]
        role: serve::Role,
    },
}

#[derive(Clone, Debug, Args)]
struct Options {
    /// Also writes the results to a file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Takes a few seconds instead of minutes: for trying out, not for figures
    #[arg(long)]
    quick: bool,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Axon { selection, options } => axon::run(selection, &options),
        Command::Dendrite { options } => dendrite::run(&options),
        Command::Flood { options } => flood::run(&options),
        Command::Soak { options } => soak::run(&options),
        Command::ValidatorSoak(options) => validator_soak::run(&options),
        Command::Chaos(options) => chaos::run(&options),
        Command::Validate { arguments } => stage::validator::validate(&arguments),
        Command::Attack(attack) => flood::attack(&attack),
        Command::Serve { role } => serve::run(&role),
    }
}
