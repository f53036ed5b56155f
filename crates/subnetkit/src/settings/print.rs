//! `--print-config`: a configuration file that gives these settings, with the origin of each in a comment.

use std::fmt::Write as _;

use config::{Value, ValueKind};

use super::{Layers, layers::origin};

impl Layers {
    /// Every setting, its value, and where it came from, as TOML. What may be a password in a URL is left out; other
    /// secrets are not among the settings.
    #[must_use]
    pub fn print(&self) -> String {
        let lines: Vec<(Option<&str>, String, String)> = self
            .keys
            .iter()
            .map(|key| match self.value(key) {
                Some(value) if value.kind != ValueKind::Nil => {
                    (key.table, format!("{} = {}", key.name, literal(value.clone())), origin(&value))
                }
                _ => (key.table, format!("# {} =", key.name), "not set".to_owned()),
            })
            .collect();
        let width = lines.iter().map(|(_, setting, _)| setting.len()).max().unwrap_or(0).min(MAX_COLUMN);
        let mut text = String::new();
        let mut table = None;
        for (of, setting, origin) in lines {
            if of != table
                && let Some(name) = of
            {
                let _ = write!(text, "\n[{name}]\n");
                table = of;
            }
            let _ = writeln!(text, "{setting:width$}  # {origin}");
        }
        text
    }
}

/// Longer values push their comment to the right alone.
const MAX_COLUMN: usize = 48;

fn literal(value: Value) -> toml::Value {
    match value.kind {
        ValueKind::Boolean(value) => value.into(),
        ValueKind::I64(value) => value.into(),
        ValueKind::Float(value) => value.into(),
        ValueKind::Array(items) => items.into_iter().map(literal).collect::<Vec<_>>().into(),
        ValueKind::Table(fields) => {
            let fields = fields.into_iter().map(|(name, field)| (name, literal(field)));
            toml::Value::Table(fields.collect())
        }
        ValueKind::String(text) => without_password(text).into(),
        // Whole numbers beyond TOML's range are read back from text.
        other => other.to_string().into(),
    }
}

/// `scheme://user:password@host?query` without what stands between the scheme and the host, and without the query.
fn without_password(text: String) -> String {
    let Some((scheme, rest)) = text.split_once("://") else { return text };
    let (user, place) = match rest.rsplit_once('@') {
        Some((_, place)) => ("***@", place),
        None => ("", rest),
    };
    let (place, query) = place.split_once('?').map_or((place, ""), |(place, _)| (place, "?***"));
    format!("{scheme}://{user}{place}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_not_printed() {
        let printed = |text: &str| without_password(text.to_owned());
        assert_eq!(printed("redis://user:pass@word@host:6379/0"), "redis://***@host:6379/0");
        assert_eq!(printed("redis://host:6379/0"), "redis://host:6379/0");
        assert_eq!(printed("redis+unix:///socket?pass=word"), "redis+unix:///socket?***");
        assert_eq!(printed("wss://node.example/?key=word"), "wss://node.example/?***");
        assert_eq!(printed("ws://127.0.0.1:9944"), "ws://127.0.0.1:9944");
        assert_eq!(printed("some@text"), "some@text");
    }
}
