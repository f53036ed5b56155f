//! Chores of this repository: `cargo run -p xtask -- new NAME` generates a subnet that is built against this checkout,
//! `cargo run -p xtask -- render` renders the template into `examples` after an edit.
//!
//! Both run the real cargo-generate, as a library. Nothing here is part of what subnetkit ships.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result};
use cargo_generate::{GenerateArgs, TemplatePath, Vcs};
use clap::Parser;

/// The examples: a folder below `examples/`, its description, its kind and its reward.
const EXAMPLES: [[&str; 4]; 1] =
    [["matmul", "Matrix multiplication as a Bittensor subnet.", "compute", "proportional"]];

/// What the repository has for all of them.
const SHARED_VALUES: [&str; 4] =
    ["license=none", "ci=false", "containers=false", "subnetkit=../../crates/subnetkit"];

/// Where cargo-generate looks for an author.
const AUTHOR_VARIABLES: [&str; 6] =
    ["CARGO_NAME", "GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "USER", "USERNAME", "NAME"];

/// Chores of this repository
#[derive(Debug, Parser)]
enum Chore {
    /// Generates a subnet that depends on this checkout by path
    New {
        /// Name of the project
        name: String,
        /// Folder to put the project's folder into
        #[arg(long, default_value = ".")]
        destination: PathBuf,
        /// Values of placeholders, for example `netuid=12`
        #[arg(long, short, value_name = "PLACEHOLDER=VALUE")]
        define: Vec<String>,
    },
    /// Renders the template as the examples, in a place of their own or where the repository has them
    Render {
        /// Folder of the rendered examples
        #[arg(long)]
        destination: Option<PathBuf>,
    },
}

fn main() -> Result<ExitCode> {
    let chore = Chore::parse();
    // cargo-generate insists on the name of an author, which nobody has in a container.
    if !AUTHOR_VARIABLES.iter().any(|variable| env::var_os(variable).is_some()) {
        let again =
            Command::new(env::current_exe()?).args(env::args_os().skip(1)).env("USER", "nobody").status()?;
        return Ok(if again.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    run(chore)?;
    Ok(ExitCode::SUCCESS)
}

fn run(chore: Chore) -> Result<()> {
    match chore {
        Chore::New { name, destination, mut define } => {
            if !define.iter().any(|value| value.starts_with("subnetkit=")) {
                let crate_path = checkout()?.join("crates/subnetkit");
                define.push(format!("subnetkit={}", crate_path.display()));
            }
            generate(GenerateArgs { name: Some(name), destination: Some(destination), define, ..template()? })
        }
        Chore::Render { destination } => {
            let destination = match destination {
                Some(destination) => destination,
                None => checkout()?.join("examples"),
            };
            EXAMPLES.into_iter().try_for_each(|example| render(&destination, example))
        }
    }
}

/// Renders one example, in place of what is there.
fn render(examples: &Path, [name, description, kind, reward]: [&str; 4]) -> Result<()> {
    let destination = examples.join(name);
    if destination.exists() {
        std::fs::remove_dir_all(&destination)
            .with_context(|| format!("{} cannot be removed", destination.display()))?;
    }
    std::fs::create_dir_all(&destination)
        .with_context(|| format!("{} cannot be created", destination.display()))?;
    let mut define = SHARED_VALUES.map(str::to_owned).to_vec();
    define.extend([format!("description={description}"), format!("kind={kind}"), format!("reward={reward}")]);
    generate(GenerateArgs {
        name: Some(name.to_owned()),
        destination: Some(destination),
        define,
        init: true,
        ..template()?
    })
}

fn generate(args: GenerateArgs) -> Result<()> {
    cargo_generate::generate(args).map(drop).context("cargo-generate could not render the template")
}

/// What `cargo generate --silent --vcs none --no-workspace --path <checkout> template` says.
fn template() -> Result<GenerateArgs> {
    Ok(GenerateArgs {
        template_path: TemplatePath {
            path: Some(checkout()?.display().to_string()),
            auto_path: Some("template".to_owned()),
            ..TemplatePath::default()
        },
        silent: true,
        vcs: Some(Vcs::None),
        no_workspace: true,
        ..GenerateArgs::default()
    })
}

/// Where cargo runs this from, which a binary that was built in another checkout would not know.
fn checkout() -> Result<PathBuf> {
    let xtask = env::var_os("CARGO_MANIFEST_DIR").context("run this as `cargo run -p xtask -- ...`")?;
    let checkout = Path::new(&xtask).join("..");
    checkout.canonicalize().with_context(|| format!("the checkout is no longer at {}", checkout.display()))
}
