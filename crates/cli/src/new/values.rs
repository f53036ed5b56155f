//! What was chosen.

use std::collections::BTreeMap;

use anyhow::{bail, ensure};
use serde::Serialize;

use super::template::Placeholder;

/// The value of each placeholder by name.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Values(BTreeMap<String, Chosen>);

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Chosen {
    Flag(bool),
    Text(String),
}

impl Values {
    pub(crate) fn get(&self, name: &str) -> Option<&Chosen> {
        self.0.get(name)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Chosen)> {
        self.0.iter().map(|(name, chosen)| (name.as_str(), chosen))
    }

    /// Takes what was given for a placeholder, if it can be that.
    pub(crate) fn set(&mut self, placeholder: &Placeholder, given: &str) -> anyhow::Result<()> {
        let name = &placeholder.name;
        let chosen = if placeholder.flag {
            match given.to_lowercase().as_str() {
                "true" => Chosen::Flag(true),
                "false" => Chosen::Flag(false),
                _ => bail!("{name} is true or false, and was given {given:?}"),
            }
        } else if placeholder.choices.is_empty() {
            ensure!(accepts(name, given), "{given:?} cannot be the {name}: {}", rule(name));
            Chosen::Text(given.to_owned())
        } else {
            let values: Vec<&str> = placeholder.choices.iter().map(|choice| choice.value.as_str()).collect();
            ensure!(
                values.contains(&given),
                "{name} is one of {}, and was given {given:?}",
                values.join(", ")
            );
            Chosen::Text(given.to_owned())
        };
        self.0.insert(name.clone(), chosen);
        Ok(())
    }
}

/// The same as the placeholder's regular expression in `cargo-generate.toml`; a test compares them.
fn accepts(name: &str, given: &str) -> bool {
    match name {
        "description" => {
            given.starts_with(char::is_alphanumeric)
                && !given.ends_with(char::is_whitespace)
                && given.chars().all(stands_in_source)
        }
        "netuid" => given.parse::<u16>().is_ok_and(|netuid| netuid.to_string() == given),
        _ => !given.is_empty() && given.chars().all(stands_in_source),
    }
}

fn rule(name: &str) -> &'static str {
    match name {
        "description" => "it begins with a letter or digit, and is one line without \" and \\",
        "netuid" => "it is a number from 0 to 65535",
        _ => "it is one line without \" and \\",
    }
}

/// Neither ends a string of TOML or a line of Rust, nor turns round the direction of what follows.
fn stands_in_source(letter: char) -> bool {
    let turns = matches!(letter, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !turns && !letter.is_control() && letter != '"' && letter != '\\'
}
