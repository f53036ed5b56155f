//! The flags of a local run.

use std::time::Duration;

use clap::Parser;

use super::LocalError;

/// Runs the whole subnet on this machine: a development chain, validators and miners, and a table per epoch.
#[derive(Debug, Clone, Parser)]
#[non_exhaustive]
pub struct LocalFlags {
    /// Stop after this many epochs [default: run until Ctrl-C]
    #[arg(long)]
    pub epochs: Option<u64>,
    /// Miners; the last answers wrongly and the one before it slowly, from three on
    #[arg(long, default_value_t = 4)]
    pub miners: u16,
    /// Validators
    #[arg(long, default_value_t = 2)]
    pub validators: u16,
    /// Print one JSON object per epoch and line instead of a table
    #[arg(long)]
    pub json: bool,
    /// Port of the development chain; 0 takes a free one
    #[arg(long, default_value_t = 9944)]
    pub port: u16,
    /// Blocks per epoch
    #[arg(long, default_value_t = 20)]
    pub tempo: u16,
    /// Time between blocks, for example 250ms or 1s
    #[arg(long, default_value = "250ms", value_parser = humantime::parse_duration)]
    pub block_time: Duration,
    /// What to log to standard error, for example info or subnetkit_validator=debug
    #[arg(long, env = "RUST_LOG", default_value = "error")]
    pub log: String,
}

impl LocalFlags {
    pub(super) fn validate(&self) -> Result<(), LocalError> {
        let refuse = |flag, problem: &str| Err(LocalError::Flag { flag, problem: problem.to_owned() });
        if self.epochs == Some(0) {
            return refuse("--epochs", "is 0; give at least 1, or leave it out to run until Ctrl-C");
        }
        if self.miners == 0 {
            return refuse("--miners", "is 0; a subnet needs at least 1 miner");
        }
        if self.validators == 0 {
            return refuse("--validators", "is 0; a subnet needs at least 1 validator");
        }
        if u32::from(self.miners) + u32::from(self.validators) > 200 {
            return refuse("--miners", "and `--validators` make more than 200; this machine runs them all");
        }
        // Below this, validators have no time for a round and a submission within an epoch.
        if self.tempo < 10 {
            return refuse("--tempo", "is below 10 blocks; give at least 10");
        }
        if self.block_time < Duration::from_millis(50) {
            return refuse("--block-time", "is below 50ms; give at least 50ms");
        }
        Ok(())
    }
}
