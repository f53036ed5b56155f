//! An honest validator's latency while others flood the axon with requests that must be refused.

mod attack;

pub(crate) use attack::{Attack, Kind, attack};

use std::{collections::BTreeMap, net::SocketAddr, rc::Rc, time::Duration};

use hdrhistogram::Histogram;
use serde::Serialize;
use subnetkit_protocol::Keypair;
use tokio::time::{Instant, interval_at};

use crate::{
    Options,
    cores::Cores,
    load::{self, Connection},
    process::{self, Listening},
    report::{self, Goal, millis},
    requests::{Requests, VALIDATORS, miner, validator},
    work,
};
use attack::Refused;

const BODY: usize = 1 << 10;
/// Connections of a flood.
const FLOODING: usize = 32;
/// Honest requests per second, of all validators together: about 3 of each, and a miner's default allows 10.
const HONEST_PER_SECOND: u32 = 200;
/// What the flood may do to the honest 99th percentile.
const TIMES_MAX: f64 = 2.0;

#[derive(Debug, Serialize)]
struct Results {
    machine: String,
    cores: Option<Cores>,
    measured: Vec<Measured>,
    goals: Vec<Goal>,
}

#[derive(Debug, Serialize)]
struct Measured {
    /// `None`: the honest validators alone.
    flood: Option<Kind>,
    p50: Duration,
    p99: Duration,
    answered: u64,
    asked: u64,
    /// What became of the flood, per second and by status; 0 stands for connections that the axon closed.
    refused_per_second: BTreeMap<u16, u64>,
    resident_bytes: u64,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let time = Duration::from_secs(if options.quick { 2 } else { 8 });
    let machine = report::machine();
    let cores = Cores::divide();
    report::line("## The axon under a flood\n");
    report::line(&machine);
    report::line(Cores::sentence(cores.as_ref()));
    report::line(format!(
        "{VALIDATORS} honest validators ask {HONEST_PER_SECOND} times a second in all, {BODY} bytes each; the flood has \
         {FLOODING} connections, each as fast as the axon answers. The axon has its default settings, and each validator \
         has asked it once before the flood."
    ));

    let runtime = load::runtime()?;
    let kinds = [None, Some(Kind::Strangers), Some(Kind::SameAddress), Some(Kind::OtherAddresses)];
    let mut measured = Vec::new();
    for flood in kinds {
        report::progress(format!("flood: {flood:?}"));
        let (server, listening): (_, Listening) =
            process::role(cores.as_ref(), &["axon", "--limits", "default"])?;
        runtime.block_on(introduce(listening.address))?;
        let flooding = flood.map(|kind| attack::start(kind, listening.address, FLOODING)).transpose()?;
        let honest = runtime.block_on(honest(listening.address, time))?;
        let refused = flooding.map(Refused::take).transpose()?;
        measured.push(Measured {
            flood,
            p50: percentile(&honest.latencies, 0.5),
            p99: percentile(&honest.latencies, 0.99),
            answered: honest.answered,
            asked: honest.asked,
            refused_per_second: refused.unwrap_or_default(),
            resident_bytes: server.usage()?.resident_bytes,
        });
    }

    let rows: Vec<_> = measured.iter().map(Measured::row).collect();
    let columns = ["flood", "honest p50", "honest p99", "answered", "flood/s by status", "resident"];
    report::table(&columns, &rows);
    let goals = judge(&measured);
    report::goals(&goals);
    report::write_json(options.json.as_deref(), &Results { machine, cores, measured, goals })
}

impl Measured {
    fn name(&self) -> &'static str {
        self.flood.map_or("none", Kind::name)
    }

    fn row(&self) -> Vec<String> {
        let status = |(status, number): (&u16, &u64)| match status {
            0 => format!("closed: {number}"),
            status => format!("{status}: {number}"),
        };
        vec![
            self.name().to_owned(),
            millis(self.p50),
            millis(self.p99),
            format!("{} of {}", self.answered, self.asked),
            self.refused_per_second.iter().map(status).collect::<Vec<_>>().join(", "),
            report::megabytes(self.resident_bytes),
        ]
    }
}

fn judge(measured: &[Measured]) -> Vec<Goal> {
    let Some((alone, floods)) = measured.split_first() else { return Vec::new() };
    let goal = |flood: &Measured| {
        let times = flood.p99.as_secs_f64() / alone.p99.as_secs_f64();
        Goal {
            what: format!("honest p99 under a flood: {}", flood.name()),
            goal: format!("at most {TIMES_MAX:.0} times, all answered"),
            measured: format!("{times:.1} times, {} of {}", flood.answered, flood.asked),
            met: times <= TIMES_MAX && flood.answered == flood.asked,
        }
    };
    floods.iter().map(goal).collect()
}

struct Honest {
    latencies: Histogram<u64>,
    asked: u64,
    answered: u64,
}

/// Every honest validator asks once: an axon keeps what it knows of its callers for an hour, and they ask every epoch.
async fn introduce(address: SocketAddr) -> anyhow::Result<()> {
    let senders = (0..VALIDATORS).map(validator).collect::<anyhow::Result<Vec<Keypair>>>()?;
    let requests = Requests::sign(&senders, &miner()?.account(), work::body(BODY), VALIDATORS, false)?;
    let mut connection = Connection::open(address, None).await?;
    for index in 0..VALIDATORS {
        let (status, _) = connection.ask(&requests, index).await?;
        anyhow::ensure!(status == 200, "validator {index} was answered {status} before any flood");
    }
    Ok(())
}

/// Asks at a steady pace, whether or not earlier answers are there yet: a slow axon must not slow the asking.
async fn honest(address: SocketAddr, time: Duration) -> anyhow::Result<Honest> {
    let senders = (0..VALIDATORS).map(validator).collect::<anyhow::Result<Vec<Keypair>>>()?;
    let miner = miner()?.account();
    let number = usize::try_from(time.as_secs())? * usize::try_from(HONEST_PER_SECOND)?;
    let mut connections = Vec::new();
    for _ in 0..VALIDATORS {
        connections.push(Connection::open(address, None).await?);
    }
    let requests = Rc::new(Requests::sign(&senders, &miner, work::body(BODY), number, false)?);
    let pace = Duration::from_secs(1) / HONEST_PER_SECOND;
    let started = Instant::now() + pace;
    let tasks = tokio::task::LocalSet::new();
    let asking: Vec<_> = connections
        .into_iter()
        .enumerate()
        .map(|(first, mut connection)| {
            let requests = Rc::clone(&requests);
            tasks.spawn_local(async move {
                // Each validator has a connection and every so many-th request.
                let turn = |index: usize| pace * u32::try_from(index).unwrap_or(u32::MAX);
                let mut ticks = interval_at(started + turn(first), turn(VALIDATORS));
                let mut results = Vec::new();
                for index in (first..requests.len()).step_by(VALIDATORS) {
                    ticks.tick().await;
                    results.push(connection.ask(&requests, index).await?);
                }
                anyhow::Ok(results)
            })
        })
        .collect();
    tasks.await;
    let mut honest = Honest { latencies: load::histogram()?, asked: 0, answered: 0 };
    for task in asking {
        for (status, latency) in task.await?? {
            honest.asked += 1;
            honest.answered += u64::from(status == 200);
            honest.latencies.saturating_record(load::micros(latency));
        }
    }
    Ok(honest)
}

fn percentile(latencies: &Histogram<u64>, quantile: f64) -> Duration {
    Duration::from_micros(latencies.value_at_quantile(quantile))
}
