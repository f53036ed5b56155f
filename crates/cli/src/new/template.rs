//! The template as it travels in the program: its files, what can be chosen, and which files a choice takes away.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, bail};
use include_dir::{Dir, include_dir};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use toml::{Spanned, Value};

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../template");
/// What cargo-generate reads. What this program does not understand of it is an error, not ignored.
const DESCRIPTION: &str = include_str!("../../../../cargo-generate.toml");

#[derive(Debug)]
pub(crate) struct Template {
    pub(crate) files: Vec<TemplateFile>,
    pub(crate) placeholders: Vec<Placeholder>,
    /// Expressions, each with the paths that are left out where it holds.
    pub(crate) conditions: Vec<(String, Vec<PathBuf>)>,
}

#[derive(Debug)]
pub(crate) struct TemplateFile {
    pub(crate) path: PathBuf,
    pub(crate) text: &'static str,
}

/// Something to be chosen.
#[derive(Debug, Serialize)]
pub(crate) struct Placeholder {
    pub(crate) name: String,
    pub(crate) prompt: String,
    pub(crate) default: String,
    /// Whether it is `true` or `false`.
    pub(crate) flag: bool,
    /// Empty if it is free text.
    pub(crate) choices: Vec<Choice>,
}

/// One of the values that can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "WrittenChoice")]
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum WrittenChoice {
    Value(String),
    Labelled { value: String, label: String },
}

impl From<WrittenChoice> for Choice {
    fn from(written: WrittenChoice) -> Self {
        match written {
            WrittenChoice::Value(value) => Self { label: value.clone(), value },
            WrittenChoice::Labelled { value, label } => Self { value, label },
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    #[serde(rename = "template")]
    _template: IgnoredAny,
    placeholders: BTreeMap<String, WrittenPlaceholder>,
    conditional: BTreeMap<String, WrittenCondition>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPlaceholder {
    r#type: String,
    /// Its place tells the order of the questions.
    prompt: Spanned<String>,
    default: Value,
    #[serde(default)]
    choices: Vec<Choice>,
    /// Said again in `values.rs`, without regular expressions.
    #[serde(rename = "regex")]
    _regex: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCondition {
    ignore: Vec<PathBuf>,
}

impl Template {
    pub(crate) fn embedded() -> anyhow::Result<Self> {
        let mut files = Vec::new();
        collect(&FILES, &mut files)?;
        let description: Description =
            toml::from_str(DESCRIPTION).context("cargo-generate.toml is not understood")?;
        let mut written: Vec<_> = description.placeholders.into_iter().collect();
        written.sort_by_key(|(_, placeholder)| placeholder.prompt.span().start);
        let placeholders = written.into_iter().map(placeholder).collect::<Result<_, _>>()?;
        let conditions = description.conditional.into_iter();
        let conditions = conditions.map(|(expression, written)| (expression, written.ignore)).collect();
        Ok(Self { files, placeholders, conditions })
    }
}

fn collect(folder: &'static Dir<'static>, files: &mut Vec<TemplateFile>) -> anyhow::Result<()> {
    for file in folder.files() {
        let text = file.contents_utf8().with_context(|| format!("{} is not text", file.path().display()))?;
        files.push(TemplateFile { path: file.path().to_owned(), text });
    }
    folder.dirs().try_for_each(|folder| collect(folder, files))
}

fn placeholder((name, written): (String, WrittenPlaceholder)) -> anyhow::Result<Placeholder> {
    let default = match (written.r#type.as_str(), written.default) {
        ("string", Value::String(default)) => default,
        ("bool", Value::Boolean(default)) => default.to_string(),
        (other, default) => bail!("the placeholder {name} is a {other} with the default {default}"),
    };
    let flag = written.r#type == "bool";
    Ok(Placeholder { name, prompt: written.prompt.into_inner(), default, flag, choices: written.choices })
}
