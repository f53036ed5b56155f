//! What a person at a terminal is asked for.

use std::io::stdin;

use anyhow::ensure;

use super::template::Placeholder;
use super::values::Values;
use crate::output;

/// Asks until the answer is a possible one. An empty line takes the default.
pub(crate) fn ask(placeholder: &Placeholder) -> anyhow::Result<String> {
    output::note(&placeholder.prompt);
    for (number, choice) in (1..).zip(&placeholder.choices) {
        output::note(&format!("  {number}. {}", choice.label));
    }
    loop {
        output::note(&format!("[{}]", placeholder.default));
        let mut line = String::new();
        ensure!(stdin().read_line(&mut line)? > 0, "the input ended before everything was answered");
        let answer = answer(placeholder, line.trim());
        match Values::default().set(placeholder, &answer) {
            Ok(()) => return Ok(answer),
            Err(refusal) => output::note(&refusal.to_string()),
        }
    }
}

/// What was typed, where a choice may be given by its number and a flag as y or n.
fn answer(placeholder: &Placeholder, typed: &str) -> String {
    let number = typed.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    let numbered = number.and_then(|number| placeholder.choices.get(number));
    match (numbered, typed.to_lowercase().as_str()) {
        (Some(choice), _) => choice.value.clone(),
        (None, "") => placeholder.default.clone(),
        (None, "y" | "yes") if placeholder.flag => "true".to_owned(),
        (None, "n" | "no") if placeholder.flag => "false".to_owned(),
        (None, _) => typed.to_owned(),
    }
}
