//! The laboratory as a program: flags, a table, a page.

use std::{
    ffi::OsString,
    io::{self, IsTerminal, Write},
    num::NonZeroUsize,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use clap::Parser;
use serde::Serialize;
use subnetkit_protocol::Synapse;

use crate::{
    error::LabError,
    findings::{self, Finding, SWITCH},
    lab::Lab,
    progress::Progress,
    report::Report,
    sweep,
};

/// The exit status of a run that could not be played or written.
const FAILED: u8 = 1;
/// The exit status of a command line that is not understood, as clap has it.
const USAGE: u8 = 2;

/// Plays the subnet's own hooks against a population of miners and validators, in virtual time.
#[derive(Debug, Clone, Parser)]
struct Flags {
    /// Epochs to play [default: as the laboratory is written]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    epochs: Option<u32>,
    /// Seed of everything random [default: as the laboratory is written]
    #[arg(long)]
    seed: Option<u64>,
    /// How often each validator asks in an epoch [default: as the laboratory is written]
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    rounds_per_epoch: Option<u32>,
    /// Where the report goes, one page that needs nothing else
    #[arg(long, value_name = "FILE", default_value = "lab.html")]
    html: PathBuf,
    /// Write no page
    #[arg(long, conflicts_with = "html")]
    no_html: bool,
    /// Print the whole report as one JSON object instead of a table
    #[arg(long)]
    json: bool,
    /// Play this population only, not what would be under other settings
    #[arg(long)]
    no_what_ifs: bool,
    /// Threads to play on [default: one per core]
    #[arg(long)]
    threads: Option<NonZeroUsize>,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

/// Why the program ended without what it was asked for.
#[derive(Debug, thiserror::Error)]
enum ProgramError {
    #[error(transparent)]
    Lab(#[from] LabError),
    #[error("the page cannot be written to `{}`: {cause}; name another place with --html, or give --no-html", .path.display())]
    Page { path: PathBuf, cause: io::Error },
    #[error("the report cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("what was found cannot be printed: {0}")]
    Print(#[from] io::Error),
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    report: &'a Report,
    gini: f64,
    findings: Vec<Finding>,
    command: String,
}

impl<S: Synapse> Lab<S> {
    /// The laboratory as a program: plays what its command line says, prints a table of who earned what and what stands
    /// out, and writes a page with all of it to `lab.html`.
    ///
    /// `--epochs`, `--seed` and `--rounds-per-epoch` say otherwise than the laboratory is written; `--html FILE` or
    /// `--no-html` where the page goes; `--no-what-ifs` plays the population alone; `--threads` bounds the cores it takes.
    /// Unless the laboratory has its own of the same name, it also plays three [`Lab::what_if`]s: `tempo` (a quarter, half
    /// and twice the one in force), `kappa` (0.3 to 0.7) and `liquid alpha` (off and on).
    ///
    /// `--json` prints, instead of the table, one JSON object on one line with the fields of [`Report`] and
    ///
    /// | field | |
    /// |---|---|
    /// | `gini` | [`Report::gini`] |
    /// | `findings` | what stands out: objects of `gravity` (`fault`, `warning`, `good` or `fact`) and `sentence` |
    /// | `command` | what plays the same again |
    ///
    /// Amounts are in rao of alpha; numbers that do not exist are null.
    ///
    /// The status is 0 if it was played, whatever was found; 1 if it could not be played or written; 2 for a command line
    /// that is not understood. Errors are one sentence on standard error, and so is progress, on a terminal.
    pub fn main(self) -> ExitCode {
        let terminal = io::stderr().is_terminal();
        let status = self.program(std::env::args_os(), &mut io::stdout().lock(), &mut io::stderr(), terminal);
        ExitCode::from(status)
    }

    /// [`Lab::main`] with other arguments (the first is the program's name) and other places to write to. Returns the
    /// status, and shows no progress.
    pub fn main_with(
        self,
        arguments: impl IntoIterator<Item = OsString>,
        output: &mut dyn Write,
        errors: &mut dyn Write,
    ) -> u8 {
        self.program(arguments, output, errors, false)
    }

    fn program(
        self,
        arguments: impl IntoIterator<Item = OsString>,
        output: &mut dyn Write,
        errors: &mut dyn Write,
        terminal: bool,
    ) -> u8 {
        let flags = match Flags::try_parse_from(arguments) {
            Ok(flags) => flags,
            Err(usage) => {
                // Help goes to standard output and is no failure; clap knows which is which.
                let (text, refused) = (usage.render(), usage.use_stderr());
                let shown = if refused { write!(errors, "{text}") } else { write!(output, "{text}") };
                return if refused || shown.is_err() { USAGE } else { 0 };
            }
        };
        match self.play(&flags, output, errors, terminal && !flags.quiet) {
            Ok(()) => 0,
            // Whoever reads has read enough.
            Err(ProgramError::Print(cause)) if cause.kind() == io::ErrorKind::BrokenPipe => 0,
            Err(error) => {
                // Nobody is left to be told that this fails as well.
                let _ = writeln!(errors, "error: {error}");
                FAILED
            }
        }
    }

    fn play(
        self,
        flags: &Flags,
        output: &mut dyn Write,
        errors: &mut dyn Write,
        progress: bool,
    ) -> Result<(), ProgramError> {
        let lab = self.asked(flags);
        let report = {
            let watch = Arc::default();
            let _progress = progress.then(|| Progress::show(Arc::clone(&watch)));
            sweep::run(&lab, &watch)?
        };
        if !flags.no_html {
            std::fs::write(&flags.html, report.to_html())
                .map_err(|cause| ProgramError::Page { path: flags.html.clone(), cause })?;
        }
        let page = (!flags.no_html).then(|| format!("page: {}", flags.html.display()));
        if flags.json {
            let document = Document {
                gini: report.gini(),
                findings: findings::of(&report),
                command: report.command(),
                report: &report,
            };
            writeln!(output, "{}", serde_json::to_string(&document)?)?;
            if let Some(page) = page {
                writeln!(errors, "{page}")?;
            }
        } else {
            write!(output, "{}", report.to_table())?;
            if let Some(page) = page {
                writeln!(output, "\n{page}")?;
            }
        }
        Ok(output.flush()?)
    }

    /// The laboratory as the flags say.
    fn asked(mut self, flags: &Flags) -> Self {
        self.epochs = flags.epochs.unwrap_or(self.epochs);
        self.seed = flags.seed.unwrap_or(self.seed);
        self.rounds_per_epoch = flags.rounds_per_epoch.unwrap_or(self.rounds_per_epoch);
        self.threads = flags.threads.or(self.threads);
        if flags.no_what_ifs { self.without_what_ifs() } else { self.with_standard_what_ifs() }
    }

    fn with_standard_what_ifs(self) -> Self {
        let tempo = self.rules.tempo;
        let mut tempos: Vec<u16> = [tempo / 4, tempo / 2, tempo, tempo.saturating_mul(2)].into();
        tempos.retain(|tempo| *tempo > 0);
        tempos.dedup();
        let tempos = tempos.into_iter().map(f64::from);
        self.unless_there("tempo", "blocks", tempos, |lab, tempo| {
            lab.with_rules(|rules| rules.tempo = tempo as u16)
        })
        .unless_there("kappa", "", [0.3, 0.4, 0.5, 0.6, 0.7], |lab, kappa| {
            lab.with_rules(|rules| rules.kappa = (kappa * f64::from(u16::MAX)) as u16)
        })
        .unless_there("liquid alpha", SWITCH, [0.0, 1.0], |lab, on| {
            lab.with_rules(|rules| rules.liquid_alpha_on = on != 0.0)
        })
    }

    fn unless_there(
        self,
        name: &str,
        unit: &str,
        values: impl IntoIterator<Item = f64>,
        change: impl Fn(Self, f64) -> Self + Send + Sync + 'static,
    ) -> Self {
        if self.sweeps.iter().any(|sweep| sweep.name == name) {
            return self;
        }
        self.what_if(name, unit, values, change)
    }
}
