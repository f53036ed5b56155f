//! A report in a terminal: two tables and what stands out.

use crate::{
    findings,
    number::{self, alpha, counted, ratio},
    report::{Report, Strategy},
};

/// Names longer than this are cut.
const NAME: usize = 24;
/// How long the chain takes for a block.
const SECONDS_PER_BLOCK: f64 = 12.0;

impl Report {
    /// The report as text, at most 120 columns wide: who earned what, and what stands out.
    #[must_use]
    pub fn to_table(&self) -> String {
        let mut text = format!("{}\n{}\n\n", clean(&self.title, usize::MAX), self.summary());
        text += &strategies(self).to_string();
        text.push('\n');
        text += &validators(self).to_string();
        text.push('\n');
        for finding in findings::of(self) {
            text += &format!("{:<8} {}\n", finding.gravity, clean(&finding.sentence, usize::MAX));
        }
        text
    }

    /// What was played, in one sentence.
    pub(crate) fn summary(&self) -> String {
        let epochs = self.epochs.len();
        let hours = epochs as f64 * f64::from(self.rules.tempo) * SECONDS_PER_BLOCK / 3_600.0;
        let rounded = |number: f64| number::plain((number * 10.0).round() / 10.0);
        let time = if hours < 48.0 {
            format!("{} hours", rounded(hours))
        } else {
            format!("{} days", rounded(hours / 24.0))
        };
        let miners: usize = self.strategies.iter().map(|strategy| strategy.identities).sum();
        let validators: usize = self.validators.iter().map(|kind| kind.count).sum();
        format!(
            "{} of {} ({time} on chain), {} of {}, {}, seed {}",
            counted(epochs, "epoch"),
            counted(usize::from(self.rules.tempo), "block"),
            counted(miners, "miner hotkey"),
            match self.strategies.len() {
                1 => "one strategy".to_owned(),
                count => format!("{count} strategies"),
            },
            counted(validators, "validator"),
            self.seed,
        )
    }

    /// What plays it again in the builder's project.
    pub(crate) fn command(&self) -> String {
        format!(
            "cargo run --release --bin lab -- --epochs {} --rounds-per-epoch {} --seed {}",
            self.epochs.len(),
            self.rounds_per_epoch,
            self.seed
        )
    }
}

fn strategies(report: &Report) -> Columns {
    let strategies = &report.strategies;
    let amounts = |strategy: &Strategy| [alpha(strategy.earned), strategy.costs() as f64 / 1e9];
    let decimals = number::decimals(strategies.iter().flat_map(amounts));
    let one = number::decimals(strategies.iter().map(|strategy| strategy.earned_per_identity() / 1e9));
    let mut columns = Columns::new(&[
        "strategy",
        "identities",
        "earned α",
        "each α",
        "share",
        "costs α",
        "net α",
        "sybil gain",
    ]);
    for strategy in strategies {
        columns.row([
            clean(&strategy.name, NAME),
            strategy.identities.to_string(),
            number::fixed(alpha(strategy.earned), decimals),
            number::fixed(strategy.earned_per_identity() / 1e9, one),
            number::percent(strategy.share),
            number::fixed(strategy.costs() as f64 / 1e9, decimals),
            number::fixed(strategy.net() as f64 / 1e9, decimals),
            strategy.sybil_gain().map_or_else(|| number::NONE.to_owned(), |gain| number::fixed(gain, 2)),
        ]);
    }
    columns
}

fn validators(report: &Report) -> Columns {
    let kinds = &report.validators;
    let stake = number::decimals(kinds.iter().map(|kind| alpha(kind.stake_end)));
    let paid = number::decimals(kinds.iter().map(|kind| alpha(kind.dividends)));
    let mut columns =
        Columns::new(&["validator", "count", "stake α", "grown to α", "dividends α", "of stake", "trust"]);
    for kind in kinds {
        columns.row([
            clean(&kind.name, NAME),
            kind.count.to_string(),
            number::fixed(alpha(kind.stake_start), stake),
            number::fixed(alpha(kind.stake_end), stake),
            number::fixed(alpha(kind.dividends), paid),
            number::percent(ratio(kind.dividends as f64, kind.stake_start as f64)),
            number::fixed(kind.mean_trust, 3),
        ]);
    }
    columns
}

/// A name without what would break a line, and cut where it is too long.
fn clean(name: &str, most: usize) -> String {
    let printed = name.chars().filter(|character| !character.is_control());
    let mut clean: String = printed.clone().take(most).collect();
    if printed.count() > most {
        clean.pop();
        clean.push('…');
    }
    clean
}

/// Rows of equal length: the first column to the left, all others to the right.
struct Columns(Vec<Vec<String>>);

impl Columns {
    fn new(heads: &[&str]) -> Self {
        Self(vec![heads.iter().map(|head| (*head).to_owned()).collect()])
    }

    fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.0.push(cells.into());
    }
}

impl std::fmt::Display for Columns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let width =
            |at: usize| self.0.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max();
        for row in &self.0 {
            for (at, cell) in row.iter().enumerate() {
                let width = width(at).unwrap_or(0);
                match at {
                    0 => write!(f, "{cell:<width$}")?,
                    _ => write!(f, "  {cell:>width$}")?,
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}
