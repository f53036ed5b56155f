//! What a person, or a program, sees of a local run.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "printing is what this module is for")]

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};
use subnetkit_chain::EpochClock;
use tracing_subscriber::EnvFilter;

use super::epochs::EpochReport;
use super::{LocalFlags, NeuronReport};

pub(super) fn init_logs(flags: &LocalFlags) {
    let filter = EnvFilter::try_new(&flags.log).unwrap_or_else(|_| EnvFilter::new("error"));
    // A program that has set up its own logging keeps it.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}

/// Where the chain listens. On standard error with `--json`, whose lines are all epochs.
pub(super) fn endpoint(flags: &LocalFlags, url: &str) {
    if flags.json {
        eprintln!("development chain at {url}");
    } else {
        println!("development chain at {url}");
    }
}

pub(super) fn epoch(flags: &LocalFlags, report: &EpochReport) {
    if !flags.json {
        return println!("{}", table(report));
    }
    match serde_json::to_string(report) {
        Ok(line) => println!("{line}"),
        Err(cause) => {
            tracing::error!(epoch = report.epoch, "the epoch could not be written as JSON: {cause}")
        }
    }
}

fn table(report: &EpochReport) -> String {
    report.table(|neuron| match neuron.behaviour {
        Some(behaviour) => format!("{} ({behaviour})", neuron.role),
        None => neuron.role.to_string(),
    })
}

impl EpochReport {
    /// The epoch as a table for people, a line per neuron, which is called by its `label`.
    #[must_use]
    pub fn table(&self, label: impl Fn(&NeuronReport) -> String) -> String {
        let mut lines = vec![
            String::new(),
            format!("epoch {} (block {})", self.epoch, self.block),
            format!(
                "{:>4}  {:<14} {:<12} {:>8} {:>8} {:>10} {:>10} {:>14} {:>14}",
                "uid", "role", "hotkey", "score", "weight", "incentive", "dividends", "emission", "stake"
            ),
        ];
        lines.extend(self.neurons.iter().map(|neuron| row(neuron, &label(neuron))));
        lines.join("\n")
    }
}

fn row(neuron: &NeuronReport, label: &str) -> String {
    let hotkey = neuron.hotkey.to_string();
    let short = format!("{}..{}", &hotkey[..5], &hotkey[hotkey.len() - 4..]);
    let score = neuron.score.map_or_else(|| "-".to_owned(), |score| format!("{score:.3}"));
    format!(
        "{:>4}  {label:<14} {short:<12} {score:>8} {:>8.3} {:>10.3} {:>10.3} {:>14.4} {:>14.4}",
        neuron.uid,
        neuron.weight,
        neuron.incentive,
        neuron.dividends,
        tokens(neuron.emission),
        tokens(neuron.stake),
    )
}

fn tokens(rao: u64) -> f64 {
    rao as f64 / 1e9
}

/// A bar that fills up to the next epoch; only for a terminal.
pub(super) struct Progress(Option<ProgressBar>);

impl Progress {
    pub(super) fn new(flags: &LocalFlags) -> Self {
        if flags.json || !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let style = ProgressStyle::with_template("epoch {prefix} {bar:40} block {msg}");
        Self(style.ok().map(|style| ProgressBar::new(u64::from(flags.tempo)).with_style(style)))
    }

    pub(super) fn set(&mut self, epoch: u64, block: u64, clock: &EpochClock) {
        if let (Some(bar), Some(left)) = (&self.0, clock.blocks_until_next()) {
            bar.set_prefix(epoch.to_string());
            bar.set_message(block.to_string());
            bar.set_length(u64::from(clock.tempo));
            bar.set_position(u64::from(clock.tempo).saturating_sub(left));
        }
    }

    /// Prints without the bar in the way.
    pub(super) fn hidden(&self, print: impl FnOnce()) {
        match &self.0 {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
