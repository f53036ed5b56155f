//! A validator's memory, files and queues over half an hour of fast blocks.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, bail};
use clap::Args;
use serde::Serialize;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::{
    process,
    report::{self, Goal, megabytes},
    stage::{Stage, Terms, Way, validator::Validator},
};

/// Samples that are shown of all that are taken.
const SHOWN: usize = 12;
/// Growth over the second half that counts as none: pages that SQLite and the allocator happen to touch.
const GROWTH_MAX_BYTES: f64 = 1e6;
/// Rounds that the ledger keeps, few enough that old ones go long before the end.
const LEDGER_ROUNDS: u64 = 300;

#[derive(Clone, Debug, Args)]
pub(crate) struct Options {
    /// How long
    #[arg(long, default_value_t = 30)]
    minutes: u32,
    /// How weights get on chain
    #[arg(long, value_enum, default_value = "plain")]
    way: Way,
    /// Time between two blocks, in milliseconds
    #[arg(long, default_value_t = 250)]
    block_millis: u64,
    /// Miners of the subnet
    #[arg(long, default_value_t = 8)]
    miners: u16,
    /// Also writes the results to a file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Results {
    machine: String,
    terms: Terms,
    samples: Vec<Sample>,
    goals: Vec<Goal>,
}

#[derive(Clone, Debug, Serialize)]
struct Sample {
    seconds: u64,
    block: u64,
    resident_bytes: u64,
    /// The part of it that no file backs: heap and stacks.
    anonymous_bytes: u64,
    ledger_bytes: u64,
    open_files: usize,
    threads: u64,
    /// Tasks of the validator's runtime, and those of them that wait to run.
    tasks: u64,
    queued_tasks: u64,
    /// Every number of `/metrics`, by name and labels.
    metrics: BTreeMap<String, f64>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let results = runtime.block_on(measure(options))?;
    show(&results, options);
    report::write_json(options.json.as_deref(), &results)?;
    if let Some(missed) = results.goals.iter().find(|goal| !goal.met) {
        bail!("{}: {}", missed.what, missed.measured);
    }
    Ok(())
}

async fn measure(options: &Options) -> anyhow::Result<Results> {
    let machine = report::machine();
    let terms = Terms {
        way: options.way,
        mechanisms: 1,
        tempo: 40,
        miners: options.miners,
        block_time: Duration::from_millis(options.block_millis),
    };
    let mut stage = Stage::set(terms).await?;
    let mut validator = stage.validator(LEDGER_ROUNDS)?;
    validator.start()?;
    let time = Duration::from_secs(u64::from(options.minutes) * 60);
    let step = (time / 120).max(Duration::from_secs(1));
    let (mut beat, begun) = (interval(step), Instant::now());
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beat.tick().await;
    let mut samples: Vec<Sample> = Vec::new();
    while begun.elapsed() < time {
        beat.tick().await;
        stage.miners.check()?;
        if let Some(reason) = validator.ended_by_itself()? {
            bail!("the validator ended by itself: {reason}");
        }
        let sample = sample(&stage, &validator, begun.elapsed()).await?;
        if samples.len().is_multiple_of(10) {
            let Sample { seconds, resident_bytes, .. } = &sample;
            report::progress(format!("{seconds} s: {}", megabytes(*resident_bytes)));
        }
        samples.push(sample);
    }
    validator.stop().await?;
    let goals = goals(&samples);
    Ok(Results { machine, terms, samples, goals })
}

async fn sample(stage: &Stage, validator: &Validator, elapsed: Duration) -> anyhow::Result<Sample> {
    let process = validator.process_id().context("the validator does not run")?;
    let folder = format!("/proc/{process}");
    let status = fs::read_to_string(format!("{folder}/status"))?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
        number.with_context(|| format!("the system says nothing of {name}"))
    };
    let (code, text) = validator.status("/metrics").await?;
    if code != 200 {
        bail!("/metrics answered {code}");
    }
    let [tasks, queued_tasks] = validator.runtime()?;
    Ok(Sample {
        seconds: elapsed.as_secs(),
        block: stage.pace.head(),
        resident_bytes: process::resident(&format!("{folder}/status"))?,
        anonymous_bytes: field("RssAnon:")? * 1024,
        ledger_bytes: ledger_bytes(&stage.ledger()),
        open_files: fs::read_dir(format!("{folder}/fd"))?.count(),
        threads: field("Threads:")?,
        tasks,
        queued_tasks,
        metrics: metrics(&text),
    })
}

/// The file and what SQLite keeps beside it.
fn ledger_bytes(path: &Path) -> u64 {
    let of = |suffix: &str| {
        let mut name = path.to_owned().into_os_string();
        name.push(suffix);
        fs::metadata(name).map_or(0, |file| file.len())
    };
    of("") + of("-wal") + of("-shm")
}

fn metrics(text: &str) -> BTreeMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.rsplit_once(' '))
        .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
        .collect()
}

fn goals(samples: &[Sample]) -> Vec<Goal> {
    let settled = &samples[samples.len() / 2..];
    let mut goals = vec![
        flat("resident memory", settled, |sample| sample.resident_bytes),
        flat("memory that no file backs", settled, |sample| sample.anonymous_bytes),
        flat("the ledger's files", settled, |sample| sample.ledger_bytes),
    ];
    // The median: a round that is being asked has its tasks and its connections for a moment.
    let steady = |what: &str, of: &dyn Fn(&Sample) -> u64| {
        let median = |samples: &[Sample]| {
            let mut values: Vec<u64> = samples.iter().map(of).collect();
            values.sort_unstable();
            values.get(values.len() / 2).copied().unwrap_or(0)
        };
        let (before, after) = (median(&samples[..samples.len() / 2]), median(settled));
        Goal {
            what: format!("{what}, median of the second half"),
            goal: format!("at most that of the first, {before}"),
            measured: after.to_string(),
            met: after <= before,
        }
    };
    goals.push(steady("open files", &|sample| u64::try_from(sample.open_files).unwrap_or(u64::MAX)));
    goals.push(steady("threads", &|sample| sample.threads));
    goals.push(steady("tasks", &|sample| sample.tasks));
    goals.push(steady("tasks waiting to run", &|sample| sample.queued_tasks));
    goals
}

/// The slope over the second half. In the first one caches fill, and the ledger its bound.
fn flat(what: &str, settled: &[Sample], of: impl Fn(&Sample) -> u64) -> Goal {
    let number = |value: u64| f64::from(u32::try_from(value).unwrap_or(u32::MAX));
    let count = number(u64::try_from(settled.len()).unwrap_or(1).max(1));
    let (time, bytes) = (|sample: &Sample| number(sample.seconds), |sample: &Sample| number(of(sample)));
    let mean = |values: &dyn Fn(&Sample) -> f64| settled.iter().map(values).sum::<f64>() / count;
    let (mean_time, mean_bytes) = (mean(&time), mean(&bytes));
    let covariance: f64 = settled.iter().map(|s| (time(s) - mean_time) * (bytes(s) - mean_bytes)).sum();
    let variance: f64 = settled.iter().map(|s| (time(s) - mean_time).powi(2)).sum();
    let span = settled.last().map_or(0.0, time) - settled.first().map_or(0.0, time);
    let growth = if variance > 0.0 { covariance / variance * span } else { 0.0 };
    Goal {
        what: format!("growth of {what} over the second half"),
        goal: format!("at most {:.1} MB", GROWTH_MAX_BYTES / 1e6),
        measured: format!("{:.2} MB", growth / 1e6),
        met: growth <= GROWTH_MAX_BYTES,
    }
}

fn show(results: &Results, options: &Options) {
    report::line(format!("## A validator over {} minutes\n", options.minutes));
    report::line(&results.machine);
    let columns =
        ["time", "block", "resident", "no file backs", "ledger", "files", "threads", "tasks", "waiting"];
    let every = results.samples.len().div_ceil(SHOWN).max(1);
    let last = results.samples.len().saturating_sub(1);
    let shown = results.samples.iter().enumerate().filter(|(index, _)| index % every == 0 || *index == last);
    let rows: Vec<_> = shown
        .map(|(_, sample)| {
            vec![
                format!("{} s", sample.seconds),
                sample.block.to_string(),
                megabytes(sample.resident_bytes),
                megabytes(sample.anonymous_bytes),
                megabytes(sample.ledger_bytes),
                sample.open_files.to_string(),
                sample.threads.to_string(),
                sample.tasks.to_string(),
                sample.queued_tasks.to_string(),
            ]
        })
        .collect();
    report::table(&columns, &rows);
    if let Some(sample) = results.samples.last() {
        let rows: Vec<_> = sample
            .metrics
            .iter()
            .filter(|(name, _)| !name.contains("_bucket"))
            .map(|(name, value)| vec![name.clone(), value.to_string()])
            .collect();
        report::table(&["metric at the end", "value"], &rows);
    }
    report::goals(&results.goals);
}
