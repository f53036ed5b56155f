//! The servers under measurement, each in a process of its own. It says where it listens on its first line, and ends when
//! its standard input does.

mod axon;
mod bare;
pub(crate) mod miners;
pub(crate) mod verification;

use std::{
    io::{Read as _, Write as _},
    time::Duration,
};

use anyhow::Context;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

/// What a process serves.
#[derive(Clone, Debug, clap::Subcommand)]
pub(crate) enum Role {
    /// The axon as a miner runs it
    Axon {
        /// Which settings are not the defaults
        #[arg(long, value_enum)]
        limits: Limits,
    },
    /// The same route on axum alone: no authentication, no limits
    Bare,
    /// No server: how many signatures one core verifies
    Verification {
        /// How long to count for, in milliseconds
        #[arg(long)]
        millis: u64,
        /// Sizes of the bodies that are signed
        #[arg(long, value_delimiter = ',')]
        bodies: Vec<usize>,
    },
    /// A subnet's miners, each an axon of its own
    Miners {
        /// How many
        #[arg(long)]
        number: usize,
        /// How long each thinks about its answer, in milliseconds
        #[arg(long)]
        pause_millis: u64,
        /// Serve the protocol of Bittensor's SDK 10
        #[arg(long)]
        v10: bool,
    },
}

/// How far the axon's settings are from the defaults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Limits {
    /// As by default.
    Default,
    /// One address may ask as often as many validators would.
    Rates,
    /// That, and signatures may be minutes old.
    RatesAndAge,
}

pub(crate) fn run(role: &Role) -> anyhow::Result<()> {
    if let Role::Verification { millis, bodies } = role {
        return verification::measure(*millis, bodies);
    }
    // As the programs of a subnet build theirs.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let ended = CancellationToken::new();
        let on_end = ended.clone();
        // A thread and not a task: reading standard input can't be given up, and would hold up the runtime's end.
        std::thread::spawn(move || {
            let _ended = on_end.drop_guard();
            std::io::stdin().read_to_end(&mut Vec::new()).ok();
        });
        match *role {
            Role::Axon { limits } => axon::serve(limits, ended).await,
            Role::Bare => bare::serve(ended).await,
            Role::Miners { number, pause_millis, v10 } => {
                miners::serve(number, Duration::from_millis(pause_millis), v10, ended).await
            }
            Role::Verification { .. } => Ok(()),
        }
    })
}

/// Says something to the process that started this one.
fn say(value: &impl Serialize) -> anyhow::Result<()> {
    let mut output = std::io::stdout().lock();
    serde_json::to_writer(&mut output, value)?;
    output.write_all(b"\n")?;
    output.flush().context("the process that started this one does not listen")
}
