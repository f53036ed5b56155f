//! Chores of this repository: `cargo xtask render` renders the template into `examples` after an edit.
//!
//! It runs the real cargo-generate, as a library. Nothing here is part of what subnetkit ships.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use cargo_generate::{GenerateArgs, TemplatePath, Vcs};
use clap::Parser;

/// A rendered example.
struct Example {
    name: &'static str,
    description: &'static str,
    kind: &'static str,
    reward: &'static str,
    /// Whether it belongs to the workspace. Two cannot: their programs have the same names.
    member: bool,
}

const EXAMPLES: [Example; 3] = [
    Example {
        name: "matmul",
        description: "Matrix multiplication as a Bittensor subnet.",
        kind: "compute",
        reward: "proportional",
        member: true,
    },
    Example {
        name: "forecast",
        description: "Forecasts of its own alpha's price as a Bittensor subnet.",
        kind: "forecast",
        reward: "rank",
        member: false,
    },
    Example {
        name: "stream",
        description: "Text told word by word as a Bittensor subnet.",
        kind: "stream",
        reward: "proportional",
        member: false,
    },
];

/// What is chosen for all of them: the repository has a licence and checks of its own.
const SHARED_VALUES: [&str; 4] =
    ["license=none", "ci=false", "containers=false", "subnetkit=../../crates/subnetkit"];

/// Chores of this repository
#[derive(Debug, Parser)]
enum Chore {
    /// Renders the template as the examples, where the repository has them or elsewhere
    Render {
        /// Folder of the examples
        #[arg(long)]
        destination: Option<PathBuf>,
    },
}

fn main() -> Result<()> {
    let Chore::Render { destination } = Chore::parse();
    let destination = match destination {
        Some(destination) => destination,
        None => checkout()?.join("examples"),
    };
    EXAMPLES.iter().try_for_each(|example| render(example, &destination.join(example.name)))
}

/// Renders an example in place of what is there.
fn render(example: &Example, destination: &Path) -> Result<()> {
    // What is rendered below a manifest counts as part of a workspace, and leaves profiles to it.
    let elsewhere = tempfile::tempdir()?;
    if example.member {
        fs::write(elsewhere.path().join("Cargo.toml"), "[workspace]\n")?;
    }
    let mut define = SHARED_VALUES.map(str::to_owned).to_vec();
    define.extend([
        format!("description={}", example.description),
        format!("kind={}", example.kind),
        format!("reward={}", example.reward),
    ]);
    let template_path = TemplatePath {
        path: Some(checkout()?.display().to_string()),
        auto_path: Some("template".to_owned()),
        ..TemplatePath::default()
    };
    let rendered = cargo_generate::generate(GenerateArgs {
        template_path,
        name: Some(example.name.to_owned()),
        destination: Some(elsewhere.path().to_owned()),
        define,
        silent: true,
        vcs: Some(Vcs::None),
        no_workspace: true,
        ..GenerateArgs::default()
    })
    .context("cargo-generate could not render the template")?;
    if destination.exists() {
        fs::remove_dir_all(destination)
            .with_context(|| format!("{} cannot be removed", destination.display()))?;
    }
    copy(&rendered, destination).with_context(|| format!("{} cannot be written", destination.display()))
}

fn copy(folder: &Path, destination: &Path) -> Result<()> {
    fs::create_dir_all(destination)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let destination = destination.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &destination)?;
        } else {
            fs::copy(entry.path(), destination)?;
        }
    }
    Ok(())
}

/// Where cargo runs this from, which a binary that was built in another checkout would not know.
fn checkout() -> Result<PathBuf> {
    let xtask = env::var_os("CARGO_MANIFEST_DIR").context("run this as `cargo xtask ...`")?;
    let checkout = Path::new(&xtask).join("..");
    checkout.canonicalize().with_context(|| format!("the checkout is no longer at {}", checkout.display()))
}
