//! A validator that is killed, cut off and lied to, and what the chain holds of its weights all the same.
//!
//! The validator is a process with ordinary settings; its chain and miners are in this one. What goes wrong is drawn from a
//! seed ([`plan`]), done by the [`director`], and judged afterwards by the chain's blocks and the ledger alone
//! ([`verdict`]). Unlike the benchmarks it fails if anything was not as it should be.

mod director;
mod plan;
mod record;
mod timeline;
mod verdict;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context, bail};
use clap::Args;
use serde::Serialize;
use tokio::time::{sleep, timeout};

use self::{
    director::{Director, Seen},
    plan::{Amount, Plan},
    timeline::{Allowances, Timeline},
    verdict::{Evidence, Verdict, judge},
};
use crate::{
    report,
    stage::{Stage, Terms, Way, ledger::Contents, validator::Validator},
};

/// Longest wait for the first scores and for the first epoch.
const START_PATIENCE: Duration = Duration::from_secs(60);
/// Rounds that the ledger keeps: all of a run.
const LEDGER_ROUNDS: u64 = 20_000;
/// Epochs without any trouble at the end, in which whatever is still open has to end.
const QUIET_EPOCHS: u64 = 3;

/// What the verdict allows the validator for getting ready again, with the limits that its connection has here
/// ([`crate::stage::validator`]): a redial takes half a second at most, a refusal counts for a second, and a connection
/// is known to be dead two seconds after the last that was heard on it.
const ALLOWANCES: Allowances = Allowances {
    restart: Duration::from_millis(1000),
    reconnect: Duration::from_millis(1500),
    watchdog: Duration::from_millis(4000),
    blocks: 5,
};

#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// How weights get on chain
    #[arg(long, value_enum, default_value = "plain")]
    way: Way,
    /// Mechanisms of the subnet, 1 or 2
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=2))]
    mechanisms: u8,
    /// Least epochs to run
    #[arg(long, default_value_t = 100)]
    epochs: u64,
    /// How often to kill the validator
    #[arg(long, default_value_t = 200)]
    kills: u64,
    /// What to draw everything that goes wrong from; another one each time without it
    #[arg(long)]
    seed: Option<u64>,
    /// Blocks per epoch
    #[arg(long, default_value_t = 40)]
    tempo: u16,
    /// Time between two blocks, in milliseconds
    #[arg(long, default_value_t = 120)]
    block_millis: u64,
    /// How many times as long the validator may take to get ready again, for slow machines
    #[arg(long, default_value_t = 1)]
    patience: u32,
    /// Also writes the results to a file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Results {
    machine: String,
    seed: u64,
    terms: Terms,
    allowances: Allowances,
    blocks: u64,
    elapsed: Duration,
    kills: u64,
    aimed: BTreeMap<String, u64>,
    caught: BTreeMap<String, u64>,
    rounds_cut: u64,
    upgrades: u64,
    disturbances: BTreeMap<String, u64>,
    ended_by_itself: Vec<String>,
    restarts: Restarts,
    submissions: BTreeMap<String, u64>,
    verdict: Verdict,
}

/// From the start of a process to its readiness, of those that got there.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Restarts {
    number: usize,
    median: Duration,
    longest: Duration,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let results = runtime.block_on(play(options))?;
    show(&results);
    report::write_json(options.json.as_deref(), &results)?;
    let violations = results.verdict.violations.len();
    if violations > 0 {
        bail!("{violations} violations; seed {}", results.seed);
    }
    Ok(())
}

async fn play(options: &Options) -> anyhow::Result<Results> {
    let machine = report::machine();
    let seed = options.seed.unwrap_or_else(rand::random);
    let terms = Terms {
        way: options.way,
        mechanisms: options.mechanisms,
        tempo: options.tempo,
        miners: 5,
        block_time: Duration::from_millis(options.block_millis),
    };
    report::progress(format!("seed {seed}"));
    let started = Instant::now();
    let mut stage = Stage::set(terms).await?;
    let mut validator = stage.validator(LEDGER_ROUNDS)?;
    validator.start()?;
    let first = stage.pace.head();
    settle(&stage, &mut validator).await?;

    let begin = stage.pace.head();
    let amount = Amount {
        epochs: options.epochs,
        kills: options.kills,
        tempo: options.tempo.into(),
        miners: stage.miners.moods.len(),
    };
    let plan = Plan::draw(seed, amount);
    let blocks = options.epochs * u64::from(options.tempo);
    let seen = Director::new(&mut stage, &mut validator, plan, seed).run(blocks).await;
    let finished = match seen {
        Ok(seen) => finish(&stage, &mut validator, options, seed, first, begin, seen).await,
        Err(error) => Err(error),
    };
    let (mut results, kept) = match finished {
        Ok(results) if results.verdict.violations.is_empty() => (results, None),
        Ok(results) => (results, Some(stage.keep_folder())),
        Err(error) => {
            let folder = stage.keep_folder();
            return Err(error.context(format!("ledger and log are in {}", folder.display())));
        }
    };
    if let Some(folder) = kept {
        report::progress(format!("ledger and log are in {}", folder.display()));
    }
    (results.machine, results.elapsed) = (machine, started.elapsed());
    Ok(results)
}

/// Waits until the validator has scored, and an epoch begins.
async fn settle(stage: &Stage, validator: &mut Validator) -> anyhow::Result<()> {
    let scored = async {
        loop {
            if let Some(reason) = validator.ended_by_itself()? {
                bail!("the validator ended before anything went wrong: {reason}");
            }
            let ledger = stage.ledger();
            if ledger.exists() && Contents::read(&ledger).is_ok_and(|contents| !contents.scored.is_empty()) {
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
        let epoch = stage.chain.epoch_clock(stage.netuid).await?.epoch_index;
        while stage.chain.epoch_clock(stage.netuid).await?.epoch_index == epoch {
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    };
    timeout(START_PATIENCE, scored).await.context("the validator scored nothing in time")?
}

/// Lets everything that is open end, stops the validator, and judges.
async fn finish(
    stage: &Stage,
    validator: &mut Validator,
    options: &Options,
    seed: u64,
    first: u64,
    begin: u64,
    mut seen: Seen,
) -> anyhow::Result<Results> {
    let mut heads = stage.pace.heads();
    let last = stage.pace.head() + QUIET_EPOCHS * u64::from(options.tempo);
    while stage.pace.head() < last {
        heads.changed().await.context("no blocks are made any more")?;
        // The verdict is told of it by the lives.
        if validator.ended_by_itself()?.is_some() {
            validator.start()?;
        }
    }
    if let Err(error) = validator.stop().await {
        seen.violations.push(error.to_string());
    }
    let ledger = Contents::read(&stage.ledger())?;
    report::progress("reading the chain's blocks");
    let record = record::read(stage, first, last).await?;
    let timeline = Timeline {
        allowances: ALLOWANCES.times(options.patience).for_mechanisms(options.mechanisms),
        blocks: stage.pace.times(),
        disturbances: seen.disturbances.clone(),
        lives: validator.lives(),
    };
    let evidence =
        Evidence { terms: stage.terms, blocks: &record, ledger: &ledger, timeline: &timeline, begin };
    let mut verdict = judge(&evidence);
    let calm_ends = timeline.lives.iter().filter(|life| timeline.was_calm(life));
    let reasons = calm_ends.filter_map(|life| life.by_itself.as_ref());
    verdict.violations.extend(reasons.map(|reason| format!("the validator ended by itself: {reason}")));
    verdict.violations.append(&mut seen.violations);
    Ok(Results {
        machine: String::new(),
        seed,
        terms: stage.terms,
        allowances: timeline.allowances,
        blocks: last - begin,
        elapsed: Duration::ZERO,
        kills: seen.kills,
        aimed: seen.aimed,
        caught: seen.caught,
        rounds_cut: seen.rounds_cut,
        upgrades: seen.upgrades,
        disturbances: tally(seen.disturbances.iter().map(|span| span.what.kind().to_owned())),
        ended_by_itself: timeline.lives.iter().filter_map(|life| life.by_itself.clone()).collect(),
        restarts: restarts(&timeline),
        submissions: tally(ledger.submissions.iter().map(|submission| submission.state.clone())),
        verdict,
    })
}

fn tally(names: impl Iterator<Item = String>) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    counts
}

fn restarts(timeline: &Timeline) -> Restarts {
    let mut times: Vec<Duration> =
        timeline.lives.iter().filter_map(|life| Some(life.ready?.duration_since(life.started))).collect();
    times.sort_unstable();
    Restarts {
        number: times.len(),
        median: times.get(times.len() / 2).copied().unwrap_or_default(),
        longest: times.last().copied().unwrap_or_default(),
    }
}

fn show(results: &Results) {
    let Results { seed, terms, verdict, .. } = results;
    let way = match terms.way {
        Way::Plain => "plain weights",
        Way::Hash => "hash commits",
        Way::Timelocked => "timelocked commits",
    };
    report::line(format!("## Chaos: {way}, {} mechanism(s)\n", terms.mechanisms));
    report::line(&results.machine);
    let [required, landed, excused, landed_anyway] = verdict.counts();
    let list = |counts: &BTreeMap<String, u64>| {
        counts.iter().map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
    };
    let seconds = |time: Duration| format!("{:.2} s", time.as_secs_f64());
    let Restarts { number, median, longest } = results.restarts;
    let rows = [
        ("seed", seed.to_string()),
        ("blocks, and time for all of it", format!("{}, {}", results.blocks, seconds(results.elapsed))),
        ("kills", results.kills.to_string()),
        ("rounds that a kill cut short", results.rounds_cut.to_string()),
        ("runtime upgrades", results.upgrades.to_string()),
        ("ends by itself, the chain being out of reach", results.ended_by_itself.len().to_string()),
        (
            "start to ready: number, median, longest",
            format!("{number}, {}, {}", seconds(median), seconds(longest)),
        ),
        ("epochs in which weights had to land", required.to_string()),
        ("of these, landed", landed.to_string()),
        ("epochs excused", excused.to_string()),
        ("of these, landed all the same", landed_anyway.to_string()),
        ("violations", verdict.violations.len().to_string()),
    ];
    let rows: Vec<_> = rows.into_iter().map(|(name, value)| vec![name.to_owned(), value]).collect();
    report::table(&["what", "measured"], &rows);
    let lists = [
        ("Kills by what the ledger had just been told", list(&results.aimed)),
        ("Submissions that kills found open", list(&results.caught)),
        ("Disturbances", list(&results.disturbances)),
        ("Epochs by what excused them", list(&verdict.excuses())),
        ("Submissions by fate", list(&results.submissions)),
    ];
    for (name, list) in lists {
        report::line(format!("{name}: {list}.\n"));
    }
    for violation in &verdict.violations {
        report::line(format!("- {violation}"));
    }
}
