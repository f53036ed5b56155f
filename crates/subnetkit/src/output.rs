//! What a program says to the terminal, as opposed to its log.
#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the one place where a role's program writes to the terminal"
)]

use std::error::Error;

/// A document that was asked for.
pub fn document(text: &str) {
    print!("{text}");
}

/// An error with its causes, each on a line. A cause that the line before has already quoted is left out.
pub fn error(error: &dyn Error) {
    let mut said = error.to_string();
    eprintln!("error: {said}");
    let mut cause = error.source();
    while let Some(inner) = cause {
        let text = inner.to_string();
        if !said.contains(&text) {
            eprintln!("  because: {text}");
            said = text;
        }
        cause = inner.source();
    }
}
