//! From the template and what was chosen to a project's files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use liquid::{Object, ParserBuilder, model::Value};

use super::condition;
use super::project::Project;
use super::template::Template;
use super::values::{Chosen, Values};

/// A file of the project, its path within it.
#[derive(Debug)]
pub(crate) struct ProjectFile {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

pub(crate) fn render(
    template: &Template,
    values: &Values,
    project: &Project,
) -> anyhow::Result<Vec<ProjectFile>> {
    let mut left_out: Vec<&Path> = Vec::new();
    for (expression, paths) in &template.conditions {
        if condition::holds(expression, values)? {
            left_out.extend(paths.iter().map(PathBuf::as_path));
        }
    }
    let parser = ParserBuilder::with_stdlib().build().context("the template's language cannot be read")?;
    let variables = variables(values, project);
    let mut paths = BTreeSet::new();
    let mut files = Vec::new();
    for file in &template.files {
        if left_out.iter().any(|path| file.path.starts_with(path)) {
            continue;
        }
        let named = || format!("the template's {} cannot be rendered", file.path.display());
        let text =
            parser.parse(file.text).and_then(|parsed| parsed.render(&variables)).with_context(named)?;
        let path = place(&file.path);
        ensure!(paths.insert(path.clone()), "the template has {} twice", path.display());
        files.push(ProjectFile { path, text });
    }
    files.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(files)
}

/// What a file's text may name.
fn variables(values: &Values, project: &Project) -> Object {
    let mut variables = Object::new();
    variables.insert("project-name".into(), Value::scalar(project.name.clone()));
    variables.insert("within_cargo_project".into(), Value::scalar(project.within_cargo_project()));
    for (name, chosen) in values.iter() {
        let value = match chosen {
            Chosen::Flag(flag) => Value::scalar(*flag),
            Chosen::Text(text) => Value::scalar(text.clone()),
        };
        variables.insert(name.to_owned().into(), value);
    }
    variables
}

/// Where a file of the template goes: folders in double braces leave their place to what is in them.
fn place(path: &Path) -> PathBuf {
    let in_braces = |part: &&std::ffi::OsStr| {
        part.to_str().is_some_and(|part| part.starts_with("{{") && part.ends_with("}}"))
    };
    path.iter().filter(|part| !in_braces(part)).collect()
}
