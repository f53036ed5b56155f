//! `subnetkit new`: a subnet of one's own, from the template that travels in the program.
//!
//! It writes what cargo-generate would, byte for byte: both read `cargo-generate.toml` and `template/`, and a test compares
//! them over all that can be chosen.

mod condition;
mod project;
mod questions;
mod rendering;
mod template;
mod values;

use std::io::{IsTerminal, stderr, stdin};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use clap::Args;
use serde::Serialize;

use crate::{console::Console, output};
use project::Project;
use template::{Placeholder, Template};
use values::Values;

#[derive(Debug, Args)]
pub(crate) struct NewArgs {
    /// Name of the project and of its folder
    #[arg(required_unless_present = "list")]
    name: Option<String>,
    /// What miners do, one of those that --list shows
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// How scores become weights, one of those that --list shows
    #[arg(long, value_name = "REWARD")]
    reward: Option<String>,
    /// Another choice, such as netuid=12, license=MIT or containers=false; --list shows all
    #[arg(long, short, value_name = "NAME=VALUE")]
    define: Vec<String>,
    /// Folder to put the project's folder into
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    destination: PathBuf,
    /// Show all there is to choose from, and write nothing
    #[arg(long, conflicts_with = "name")]
    list: bool,
}

/// What was written.
#[derive(Debug, Serialize)]
struct Written<'a> {
    name: &'a str,
    path: &'a Path,
    values: &'a Values,
    files: Vec<&'a Path>,
}

pub(crate) fn run(args: &NewArgs, console: Console) -> anyhow::Result<()> {
    let template = Template::embedded()?;
    let Some(name) = &args.name else {
        return console.result(&template.placeholders, |placeholders| list(placeholders));
    };
    let project = Project::new(name, &args.destination)?;
    let mut values = given(&template, args)?;
    let asks = !console.is_json() && stdin().is_terminal() && stderr().is_terminal();
    for placeholder in &template.placeholders {
        if values.get(&placeholder.name).is_none() {
            let value = if asks { questions::ask(placeholder)? } else { placeholder.default.clone() };
            values.set(placeholder, &value)?;
        }
    }
    let files = rendering::render(&template, &values, &project)?;
    project.write(&files)?;
    let files = files.iter().map(|file| file.path.as_path()).collect();
    let written = Written { name: &project.name, path: &project.folder, values: &values, files };
    console.result(&written, |written| {
        let folder = project.folder.display();
        format!(
            "Wrote {} files into {folder}. Its README.md is a tutorial, which begins with\n\n  cd {folder}\n  cargo run",
            written.files.len()
        )
    })?;
    if let Some(workspace) = project.workspace() {
        output::note(&format!(
            "\n{} is a workspace: the project has to be among its `members` or its `exclude`.",
            workspace.display()
        ));
    }
    Ok(())
}

/// What flags say.
fn given(template: &Template, args: &NewArgs) -> anyhow::Result<Values> {
    let mut given: Vec<(&str, &str)> = Vec::new();
    given.extend(args.kind.as_deref().map(|kind| ("kind", kind)));
    given.extend(args.reward.as_deref().map(|reward| ("reward", reward)));
    for definition in &args.define {
        let (name, value) = definition.split_once('=').with_context(|| {
            format!("--define takes NAME=VALUE, such as netuid=12, and was given {definition:?}")
        })?;
        given.push((name.trim_end(), value.trim_start()));
    }
    let mut values = Values::default();
    for (name, value) in given {
        let Some(placeholder) = template.placeholders.iter().find(|known| known.name == name) else {
            let names: Vec<&str> = template.placeholders.iter().map(|known| known.name.as_str()).collect();
            bail!("there is nothing called {name:?} to choose, but {}", names.join(", "));
        };
        ensure!(values.get(name).is_none(), "{name} is given twice");
        values.set(placeholder, value)?;
    }
    Ok(values)
}

fn list(placeholders: &[Placeholder]) -> String {
    let paragraph = |placeholder: &Placeholder| {
        let head = format!("{} [default: {}]: {}", placeholder.name, placeholder.default, placeholder.prompt);
        let choices = placeholder.choices.iter().map(|choice| format!("\n    {}", choice.label));
        std::iter::once(head).chain(choices).collect::<String>()
    };
    placeholders.iter().map(paragraph).collect::<Vec<_>>().join("\n")
}
