//! `subnetkit lab`: a project's own laboratory. Only the project has the hooks, so its program plays; this builds and runs it.

use std::{
    ffi::OsString,
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context, bail};
use clap::Args;

use crate::{
    console::Console,
    project::{self, Project},
};

/// The laboratory of a subnet's project, which the template calls so.
const LAB: &str = "lab";

#[derive(Debug, Args)]
#[command(after_help = "For example: subnetkit lab -- --epochs 100 --seed 7 --html report.html")]
pub(crate) struct LabArgs {
    /// The project's Cargo.toml [default: the nearest one here or above]
    #[arg(long, value_name = "FILE")]
    manifest_path: Option<PathBuf>,
    /// The profile that the laboratory is built with
    #[arg(long, value_name = "PROFILE", default_value = "release")]
    profile: String,
    /// The laboratory's own flags; `-- --help` lists them
    #[arg(last = true, value_name = "FLAGS")]
    more: Vec<OsString>,
}

pub(crate) fn run(args: LabArgs, console: Console) -> anyhow::Result<()> {
    let project = Project::find(args.manifest_path.as_deref(), &[LAB]).context(
        "a laboratory is the binary `lab` of a project: src/bin/lab.rs, as `subnetkit new` writes it",
    )?;
    let cargo = project::cargo();
    let status = Command::new(&cargo)
        .args(["run", "--quiet", "--profile", &args.profile])
        .args(project.selection(&[LAB], &[]))
        .arg("--")
        .args(console.is_json().then_some("--json"))
        .args(args.more)
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("{} cannot be run: install Rust's cargo", cargo.to_string_lossy()))?;
    if !status.success() {
        bail!("the laboratory of {} did not end well ({status}): it said why above", project.name);
    }
    Ok(())
}
