//! The conditions of `cargo-generate.toml`, as far as it uses them: `name`, `!name`, `name == "value"`,
//! `name != "value"`, and several of them with `&&` and `||`.

use anyhow::{Context, bail};

use super::values::{Chosen, Values};

/// Whether an expression holds.
pub(crate) fn holds(expression: &str, values: &Values) -> anyhow::Result<bool> {
    let mut any = false;
    for terms in expression.split("||") {
        let mut all = true;
        for term in terms.split("&&") {
            all &= term_holds(term.trim(), values)
                .with_context(|| format!("in the condition {expression:?}"))?;
        }
        any |= all;
    }
    Ok(any)
}

fn term_holds(term: &str, values: &Values) -> anyhow::Result<bool> {
    let value = |name: &str| values.get(name).with_context(|| format!("{name:?} is no placeholder"));
    if let Some((name, text)) = term.split_once("==") {
        return Ok(is_text(value(name.trim())?, text.trim()));
    }
    if let Some((name, text)) = term.split_once("!=") {
        return Ok(!is_text(value(name.trim())?, text.trim()));
    }
    let (name, wanted) = match term.strip_prefix('!') {
        Some(name) => (name, false),
        None => (term, true),
    };
    match value(name)? {
        Chosen::Flag(flag) => Ok(*flag == wanted),
        Chosen::Text(_) => bail!("{name:?} is neither true nor false"),
    }
}

fn is_text(value: &Chosen, quoted: &str) -> bool {
    matches!(value, Chosen::Text(text) if quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) == Some(text))
}
