//! What the command says: results on standard output, so that they can be piped; remarks on standard error.

use std::io::{self, Write as _};

use serde::Serialize;

/// A result for people.
pub(crate) fn say(text: &str) -> anyhow::Result<()> {
    line(io::stdout().lock(), text)
}

/// A result for programs: one object on one line.
pub(crate) fn json(value: &impl Serialize) -> anyhow::Result<()> {
    say(&serde_json::to_string(value)?)
}

/// A result that is bytes, with no line's end added.
pub(crate) fn bytes(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    written(out.write_all(bytes).and_then(|()| out.flush()))
}

/// What is going on, or a question, without being part of the result.
#[expect(clippy::print_stderr, reason = "where there is no standard error, nobody is there to be told")]
pub(crate) fn note(text: &str) {
    eprintln!("{text}");
}

fn line(mut out: impl io::Write, text: &str) -> anyhow::Result<()> {
    written(writeln!(out, "{text}").and_then(|()| out.flush()))
}

fn written(written: io::Result<()>) -> anyhow::Result<()> {
    match written {
        // Whoever reads has seen enough, as `head` has.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// Rows under headings, each column as wide as it must be.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = headings.iter().map(|heading| heading.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &mut dyn Iterator<Item = &str>| {
        let padded: Vec<String> =
            cells.zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(&mut headings.iter().copied())];
    lines.extend(rows.iter().map(|row| line(&mut row.iter().map(String::as_str))));
    lines.join("\n")
}
