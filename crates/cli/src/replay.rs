//! `subnetkit replay-scores`: a project's own validator, asked to judge its past again.
//!
//! Only the project has the hooks, so its program does it; this builds that program and runs it.

use std::{
    ffi::OsString,
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context, bail};
use clap::Args;

use crate::console::Console;

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// Judge this many of the newest rounds again [default: 100]
    #[arg(long, value_name = "N")]
    rounds: Option<u64>,
    /// Judge the rounds from this one on again, by their number in the ledger
    #[arg(long, value_name = "ROUND", conflicts_with = "rounds")]
    from: Option<u64>,
    /// The last of these rounds [default: the newest]
    #[arg(long, value_name = "ROUND", requires = "from")]
    to: Option<u64>,
    /// The configuration file of the validator [default: subnet.toml, if there is one]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The profile that the validator is built with
    #[arg(long, value_name = "PROFILE", default_value = "release")]
    profile: String,
    /// More of the validator's own flags, for example -- --ledger-path other.sqlite
    #[arg(last = true, value_name = "FLAGS")]
    more: Vec<OsString>,
}

pub(crate) fn run(args: ReplayArgs, console: Console) -> anyhow::Result<()> {
    if !PathBuf::from("Cargo.toml").exists() {
        bail!(
            "there is no Cargo.toml here: run this in the folder of your subnet's project, whose validator has the hooks"
        );
    }
    // Set where cargo started this command, and then the same one is right.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(&cargo)
        .args(["run", "--quiet", "--profile", &args.profile])
        .args([
            "--no-default-features",
            "--features",
            "validator",
            "--bin",
            "validator",
            "--",
            "replay-scores",
        ])
        .args(validators(args, console))
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("{} cannot be run: install Rust's cargo", cargo.to_string_lossy()))?;
    if !status.success() {
        bail!("the project's validator did not replay its scores: {status}");
    }
    Ok(())
}

/// The validator's part of the command line.
fn validators(args: ReplayArgs, console: Console) -> Vec<OsString> {
    let number = |flag: &str, value: Option<u64>| value.map(|value| [flag.into(), value.to_string().into()]);
    let mut flags: Vec<OsString> = Vec::new();
    flags.extend(number("--rounds", args.rounds).into_iter().flatten());
    flags.extend(number("--from", args.from).into_iter().flatten());
    flags.extend(number("--to", args.to).into_iter().flatten());
    flags.extend(console.is_json().then(|| "--json".into()));
    flags.extend(args.config.map(|file| ["--config".into(), file.into_os_string()]).into_iter().flatten());
    flags.extend(args.more);
    flags
}
