//! One round of a validator: every miner asked once, all at the same time.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::ensure;
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use subnetkit_validator::{
    Dendrite, Outcome,
    dendrite::{DendriteSettings, EncodedRequest, Endpoint},
};

use crate::{
    Options,
    cores::Cores,
    process::{self, Server},
    python::Sdk,
    report::{self, Goal, millis},
    requests::validator,
    serve::miners::Miner,
    work::{Length, Text},
};

const MINERS: usize = 256;
/// How long each miner thinks.
const PAUSE: Duration = Duration::from_millis(20);
/// What a round may take beyond its slowest miner.
const BEYOND_MAX: Duration = Duration::from_millis(60);
/// Times the CPU seconds of ours that Python's takes.
const TIMES_PYTHON: f64 = 5.0;
const PYTHON_DENDRITE: &str = include_str!("../python/dendrite.py");
const TEXT: &str = "the quick brown fox jumps over the lazy dog";

#[derive(Debug, Serialize)]
struct Results {
    machine: String,
    cores: Option<Cores>,
    production: Rounds,
    connected: Rounds,
    unsigned: Rounds,
    python: Option<Rounds>,
    goals: Vec<Goal>,
}

#[derive(Clone, Debug, Serialize)]
struct Rounds {
    walls: Vec<Duration>,
    /// CPU time of the asking side per round, the mean of all.
    cpu: Duration,
}

impl Rounds {
    fn median(&self) -> Duration {
        let mut walls = self.walls.clone();
        walls.sort_unstable();
        walls.get(walls.len() / 2).copied().unwrap_or_default()
    }

    fn longest(&self) -> Duration {
        self.walls.iter().max().copied().unwrap_or_default()
    }
}

/// How rounds are made.
#[derive(Clone, Copy, Debug)]
struct Way {
    /// Keep connections from one round to the next. By default a validator's rounds are further apart than it keeps
    /// them, so each of its rounds dials anew.
    keep: bool,
    /// Take only answers that their miners signed, as by default.
    signed: bool,
}

/// What the Python side says of its rounds.
#[derive(Clone, Debug, Deserialize)]
struct Said {
    cpu_seconds: Vec<f64>,
    wall_seconds: Vec<f64>,
    answered: Vec<usize>,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let number = if options.quick { 2 } else { 10 };
    let machine = report::machine();
    let cores = Cores::divide();
    report::line(format!("## A round over {MINERS} miners\n"));
    report::line(&machine);
    report::line(Cores::sentence(cores.as_ref()));
    report::line(format!(
        "The miners are axons in one process, each with its hotkey and port, and each thinks for {PAUSE:?}."
    ));

    let (_server, miners) = start(cores.as_ref(), false)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let measure = |way: Way| runtime.block_on(rounds(&miners, number, way));
    let production = measure(Way { keep: false, signed: true })?;
    let connected = measure(Way { keep: true, signed: true })?;
    let unsigned = measure(Way { keep: false, signed: false })?;
    drop(runtime);

    let python = match Sdk::V10.interpreter() {
        Ok(interpreter) => Some(python(cores.as_ref(), &interpreter, number)?),
        Err(missing) => {
            report::line(format!("Python is left out. {missing}"));
            None
        }
    };

    let mut rows = vec![
        row("subnetkit, dialling anew", &production),
        row("subnetkit, connections kept", &connected),
        row("subnetkit, dialling anew, answers may be unsigned", &unsigned),
    ];
    if let Some(python) = &python {
        rows.push(row(
            &format!("Bittensor's SDK {}, v10 axons, connections kept", Sdk::V10.version()),
            python,
        ));
    }
    report::table(&["dendrite", "round, median", "round, longest", "CPU per round"], &rows);
    let goals = judge(&production, python.as_ref());
    report::goals(&goals);
    report::write_json(
        options.json.as_deref(),
        &Results { machine, cores, production, connected, unsigned, python, goals },
    )
}

/// All miners, and the process they are in.
fn start(cores: Option<&Cores>, v10: bool) -> anyhow::Result<(Server, Vec<Miner>)> {
    let (number, pause) = (MINERS.to_string(), PAUSE.as_millis().to_string());
    let mut arguments = vec!["miners", "--number", &number, "--pause-millis", &pause];
    if v10 {
        arguments.push("--v10");
    }
    process::role(cores, &arguments)
}

/// Rounds one after the other, the first of which is not counted: it is the one in which memory is first touched.
async fn rounds(miners: &[Miner], number: u32, way: Way) -> anyhow::Result<Rounds> {
    // The defaults, but that here all miners are on one host and this one.
    let settings = DendriteSettings {
        concurrency_per_host: MINERS,
        allow_private_addresses: true,
        require_signed_responses: way.signed,
        ..DendriteSettings::default()
    };
    let new = || anyhow::Ok(Dendrite::new(validator(0)?, settings.clone()));
    let mut dendrite = new()?;
    round(&dendrite, miners).await?;
    let cpu_before = process::own_cpu()?;
    let mut walls = Vec::new();
    for _ in 0..number {
        if !way.keep {
            dendrite = new()?;
        }
        let started = Instant::now();
        round(&dendrite, miners).await?;
        walls.push(started.elapsed());
    }
    let cpu = process::own_cpu()?.saturating_sub(cpu_before) / number;
    Ok(Rounds { walls, cpu })
}

async fn round(dendrite: &Dendrite, miners: &[Miner]) -> anyhow::Result<()> {
    let request = EncodedRequest::new::<Length>(&Text { text: TEXT.to_owned() })?;
    let endpoints: Vec<_> = miners.iter().map(|miner| Endpoint::new(miner.hotkey, miner.address)).collect();
    let asks = endpoints.iter().map(|endpoint| dendrite.ask::<Length>(endpoint, &request, None));
    for answer in join_all(asks).await {
        let answer = answer?;
        ensure!(matches!(answer.outcome, Outcome::Answered { .. }), "a miner did not answer: {answer:?}");
    }
    Ok(())
}

fn python(cores: Option<&Cores>, interpreter: &Path, number: u32) -> anyhow::Result<Rounds> {
    let (_server, miners) = start(cores, true)?;
    let key = "//Validator0";
    let plan = serde_json::json!({ "miners": miners, "rounds": number + 1, "text": TEXT, "key": key });
    let mut command = Command::new(interpreter);
    command.args(["-c", PYTHON_DENDRITE, &plan.to_string()]);
    let (_dendrite, said): (_, Said) = Server::start(command)?;
    ensure!(said.answered.iter().all(|answered| *answered == MINERS), "not every miner answered: {said:?}");
    let counted = |seconds: &[f64]| -> Vec<Duration> {
        seconds.iter().skip(1).copied().map(Duration::from_secs_f64).collect()
    };
    let cpu = counted(&said.cpu_seconds).iter().sum::<Duration>() / number;
    Ok(Rounds { walls: counted(&said.wall_seconds), cpu })
}

fn row(name: &str, rounds: &Rounds) -> Vec<String> {
    vec![name.to_owned(), millis(rounds.median()), millis(rounds.longest()), millis(rounds.cpu)]
}

fn judge(rounds: &Rounds, python: Option<&Rounds>) -> Vec<Goal> {
    let beyond = rounds.median().saturating_sub(PAUSE);
    let mut goals = vec![Goal {
        what: format!("a round's time beyond its slowest miner, {MINERS} miners"),
        goal: format!("at most {}", millis(BEYOND_MAX)),
        measured: millis(beyond),
        met: beyond <= BEYOND_MAX,
    }];
    if let Some(python) = python {
        let times = python.cpu.as_secs_f64() / rounds.cpu.as_secs_f64();
        goals.push(Goal {
            what: format!("CPU time per round, against SDK {}", Sdk::V10.version()),
            goal: format!("{TIMES_PYTHON:.0} times less"),
            measured: format!("{times:.1} times less"),
            met: times >= TIMES_PYTHON,
        });
    }
    goals
}
