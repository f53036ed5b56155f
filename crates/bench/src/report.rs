//! Results for people, as Markdown, and for programs, as JSON.

use std::{fs, io::Write as _, path::Path, time::Duration};

use anyhow::Context;
use serde::Serialize;

/// Prints a line, or several.
pub(crate) fn line(text: impl AsRef<str>) {
    // Nobody reads the results if standard output is closed; there is nothing else to do about it.
    writeln!(std::io::stdout().lock(), "{}", text.as_ref()).ok();
}

/// Says what is being measured, beside the results.
pub(crate) fn progress(text: impl AsRef<str>) {
    writeln!(std::io::stderr().lock(), "{}", text.as_ref()).ok();
}

/// Prints a table. The first column is text, the others are numbers.
pub(crate) fn table(columns: &[&str], rows: &[Vec<String>]) {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain([columns[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let render = |cells: &mut dyn Iterator<Item = &str>| {
        let padded = cells.zip(&widths).enumerate().map(|(column, (cell, width))| {
            if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
        });
        format!("| {} |", padded.collect::<Vec<_>>().join(" | "))
    };
    line("");
    line(render(&mut columns.iter().copied()));
    let rule = widths.iter().enumerate().map(|(column, width)| match column {
        0 => "-".repeat(width + 2),
        _ => format!("{}:", "-".repeat(width + 1)),
    });
    line(format!("|{}|", rule.collect::<Vec<_>>().join("|")));
    for row in rows {
        line(render(&mut row.iter().map(String::as_str)));
    }
    line("");
}

/// A goal and what was measured.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Goal {
    pub(crate) what: String,
    pub(crate) goal: String,
    pub(crate) measured: String,
    pub(crate) met: bool,
}

pub(crate) fn goals(goals: &[Goal]) {
    let rows: Vec<_> = goals
        .iter()
        .map(|Goal { what, goal, measured, met }| {
            let met = if *met { "yes" } else { "no" };
            vec![what.clone(), goal.clone(), measured.clone(), met.to_owned()]
        })
        .collect();
    table(&["goal", "wanted", "measured", "met"], &rows);
}

pub(crate) fn write_json(file: Option<&Path>, results: &impl Serialize) -> anyhow::Result<()> {
    let Some(file) = file else { return Ok(()) };
    let text = serde_json::to_string_pretty(results)?;
    fs::write(file, text + "\n").with_context(|| format!("{} can't be written", file.display()))
}

/// Milliseconds, to a hundredth.
pub(crate) fn millis(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

/// Megabytes of a million bytes, to a tenth.
#[expect(clippy::cast_precision_loss, reason = "memory is far below 2^53 bytes")]
pub(crate) fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// What the machine is and what else it does at the start: other work makes figures worse, never better.
pub(crate) fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown").to_owned();
    let model = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .map_or("an unknown processor", |name| name.trim_start_matches([' ', '\t', ':']));
    format!("{cores} cores of {model}; load average at the start {load}.")
}
