//! What is shown of a running project: the lines of all processes, each behind its name, in the order they came.

use std::io::IsTerminal as _;

use anstyle::{AnsiColor, Style};
use serde::Serialize;
use subnetkit::local::EpochReport;

use crate::{console::Console, output};

/// Colours of names; with more processes they come again.
const COLOURS: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Yellow,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Blue,
    AnsiColor::Red,
];

/// What this program calls itself among its processes.
const OWN_NAME: &str = "up";

/// Prints, for people or for programs.
#[derive(Debug)]
pub(super) struct Lines {
    names: Vec<String>,
    width: usize,
    colours: bool,
    json: bool,
}

/// Something that happened, for programs.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Happened<'a> {
    /// The chain is up and the subnet is there.
    Chain { ws: &'a str, netuid: u16, ledgers: String },
    /// A process runs.
    Started { process: &'a str, pid: u32 },
    /// A process died and is started again.
    Died { process: &'a str, status: &'a str, restart_in_ms: u64 },
    /// A process was ended to run what was built anew.
    Replaced { process: &'a str },
    /// An epoch passed.
    Epoch(&'a EpochReport),
    /// Something for people.
    Note { text: &'a str },
}

#[derive(Serialize)]
struct Line<'a> {
    process: &'a str,
    line: &'a str,
}

impl Lines {
    pub(super) fn new(console: Console, names: Vec<String>) -> Self {
        let colours = std::io::stdout().is_terminal()
            && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        Self::with(names, colours, console.is_json())
    }

    fn with(names: Vec<String>, colours: bool, json: bool) -> Self {
        let width = names.iter().map(String::len).max().unwrap_or(0).max(OWN_NAME.len());
        Self { names, width, colours, json }
    }

    pub(super) fn name(&self, index: usize) -> &str {
        self.names.get(index).map_or(OWN_NAME, String::as_str)
    }

    /// A line of a process.
    pub(super) fn line(&self, index: usize, line: &str) -> anyhow::Result<()> {
        if self.json {
            output::json(&Line { process: self.name(index), line })
        } else {
            output::say(&self.prefixed(index, line))
        }
    }

    /// What happened: for programs as it is, for people in words.
    pub(super) fn tell(&self, happened: &Happened<'_>) -> anyhow::Result<()> {
        if self.json {
            return output::json(happened);
        }
        let text = match happened {
            Happened::Chain { ws, netuid, ledgers } => {
                format!("development chain at {ws}, subnet {netuid}, ledgers in {ledgers}")
            }
            Happened::Started { process, pid } => format!("{process} runs as process {pid}"),
            Happened::Died { process, status, restart_in_ms } => {
                format!("{process} died ({status}); it is started again in {restart_in_ms} ms")
            }
            Happened::Replaced { process } => format!("{process} ended to start anew as it was built"),
            Happened::Epoch(report) => return output::say(&table(report)),
            Happened::Note { text } => (*text).to_owned(),
        };
        text.lines().try_for_each(|line| output::say(&self.prefixed(self.names.len(), line)))
    }

    fn prefixed(&self, index: usize, line: &str) -> String {
        let name = format!("{:<width$} |", self.name(index), width = self.width);
        if !self.colours {
            return format!("{name} {line}");
        }
        let style = match self.names.get(index) {
            Some(_) => AnsiColor::on_default(COLOURS[index % COLOURS.len()]),
            None => Style::new().bold(),
        };
        format!("{style}{name}{style:#} {line}")
    }
}

/// By the names of processes: that is what a person here looks for.
fn table(report: &EpochReport) -> String {
    report.table(|neuron| neuron.name.clone().unwrap_or_else(|| neuron.role.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        ["miner-1", "validator-1"].map(str::to_owned).to_vec()
    }

    #[test]
    fn names_are_as_wide_as_the_widest_and_coloured_only_where_colours_are_seen() {
        let plain = Lines::with(names(), false, false);
        assert_eq!(plain.prefixed(0, "hello"), "miner-1     | hello");
        assert_eq!(plain.prefixed(2, "hello"), "up          | hello");
        let coloured = Lines::with(names(), true, false);
        assert_eq!(coloured.prefixed(0, "hello"), "\u{1b}[36mminer-1     |\u{1b}[0m hello");
        assert_ne!(coloured.prefixed(0, "")[..5], coloured.prefixed(1, "")[..5]);
    }

    #[test]
    fn programs_get_one_object_per_line() {
        let line = serde_json::to_string(&Line { process: "miner-1", line: "say \"hi\"" }).unwrap();
        assert_eq!(line, r#"{"process":"miner-1","line":"say \"hi\""}"#);
        let status = "signal: 9 (SIGKILL)";
        let died = Happened::Died { process: "miner-1", status, restart_in_ms: 250 };
        assert_eq!(
            serde_json::to_string(&died).unwrap(),
            r#"{"event":"died","process":"miner-1","status":"signal: 9 (SIGKILL)","restart_in_ms":250}"#
        );
    }
}
