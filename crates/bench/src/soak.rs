//! The axon's memory over many requests.

use std::{rc::Rc, time::Duration};

use serde::Serialize;
use subnetkit_protocol::Keypair;
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    Options,
    cores::Cores,
    load::{self, Connections},
    process::{self, Listening},
    report::{self, Goal, megabytes},
    requests::{Requests, VALIDATORS, miner, validator},
    work,
};

const CONNECTIONS: usize = 256;
const BODY: usize = 1 << 10;
/// A steady rate, below what the axon can do. The memory of nonces holds those of some seconds, so that it grows and shrinks
/// with the rate; what is looked for here is growth that nothing explains.
const PER_SECOND: usize = 4_000;

#[derive(Debug, Serialize)]
struct Results {
    machine: String,
    cores: Option<Cores>,
    samples: Vec<Sample>,
    goals: Vec<Goal>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Sample {
    requests: usize,
    resident_bytes: u64,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let (total, step) = if options.quick { (100_000, 5_000) } else { (1_000_000, 50_000) };
    let machine = report::machine();
    let cores = Cores::divide();
    report::line(format!("## The axon over {total} requests\n"));
    report::line(&machine);
    report::line(Cores::sentence(cores.as_ref()));
    report::line(format!(
        "{CONNECTIONS} connections, {PER_SECOND} requests a second, bodies of {BODY} bytes, every answer signed."
    ));

    let runtime = load::runtime()?;
    let senders = (0..VALIDATORS).map(validator).collect::<anyhow::Result<Vec<Keypair>>>()?;
    let miner = miner()?.account();
    let (server, listening): (_, Listening) = process::role(cores.as_ref(), &["axon", "--limits", "rates"])?;
    let mut connections = runtime.block_on(Connections::open(listening.address, CONNECTIONS, None))?;
    let mut samples = Vec::new();
    let mut pace = runtime.block_on(async { interval(Duration::from_secs(1)) });
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for done in (PER_SECOND..=total).step_by(PER_SECOND) {
        runtime.block_on(pace.tick());
        // Signed just before, so that signatures are as fresh as they have to be by default.
        let requests = Rc::new(Requests::sign(&senders, &miner, work::body(BODY), PER_SECOND, true)?);
        let (open, outcome) = runtime.block_on(connections.send(&requests, 0, PER_SECOND))?;
        connections = open;
        outcome.all_answered()?;
        if done % step < PER_SECOND {
            let resident_bytes = server.usage()?.resident_bytes;
            report::progress(format!("{done} requests: {}", megabytes(resident_bytes)));
            samples.push(Sample { requests: done, resident_bytes });
        }
    }

    let rows: Vec<_> = samples
        .iter()
        .map(|sample| {
            let Sample { requests, resident_bytes } = *sample;
            vec![requests.to_string(), megabytes(resident_bytes)]
        })
        .collect();
    report::table(&["requests", "resident"], &rows);
    let goals = vec![growth(&samples)];
    report::goals(&goals);
    report::write_json(options.json.as_deref(), &Results { machine, cores, samples, goals })
}

/// Bytes per request that are noise: a megabyte in a million.
const SLOPE_MAX: f64 = 1.0;

/// The slope over the second half. In the first one the memory of nonces fills, as it must.
fn growth(samples: &[Sample]) -> Goal {
    let settled = &samples[samples.len() / 2..];
    let bytes = |sample: &Sample| f64::from(u32::try_from(sample.resident_bytes).unwrap_or(u32::MAX));
    let requests = |sample: &Sample| f64::from(u32::try_from(sample.requests).unwrap_or(u32::MAX));
    let number = f64::from(u32::try_from(settled.len()).unwrap_or(u32::MAX));
    let mean = |of: &dyn Fn(&Sample) -> f64| settled.iter().map(of).sum::<f64>() / number;
    let (mean_requests, mean_bytes) = (mean(&requests), mean(&bytes));
    let covariance: f64 =
        settled.iter().map(|s| (requests(s) - mean_requests) * (bytes(s) - mean_bytes)).sum();
    let variance: f64 = settled.iter().map(|s| (requests(s) - mean_requests).powi(2)).sum();
    let slope = covariance / variance;
    let resident = |sample: Option<&Sample>| sample.map_or(0, |sample| sample.resident_bytes);
    Goal {
        what: "growth of resident memory over the second half".to_owned(),
        goal: format!("at most {SLOPE_MAX:.0} byte per request"),
        measured: format!(
            "{slope:.2} bytes per request (first {}, half {}, last {})",
            megabytes(resident(samples.first())),
            megabytes(resident(settled.first())),
            megabytes(resident(samples.last())),
        ),
        met: slope <= SLOPE_MAX,
    }
}
