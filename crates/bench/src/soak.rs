//! The axon's memory over many requests.

use std::rc::Rc;

use serde::Serialize;
use subnetkit_protocol::Keypair;

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
    per_second: f64,
}

pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let (total, step) = if options.quick { (100_000, 5_000) } else { (1_000_000, 50_000) };
    let machine = report::machine();
    let cores = Cores::divide();
    report::line(format!("## The axon over {total} requests\n"));
    report::line(&machine);
    report::line(Cores::sentence(cores.as_ref()));
    report::line(format!("{CONNECTIONS} connections, bodies of {BODY} bytes, every answer signed."));

    let runtime = load::runtime()?;
    let senders = (0..VALIDATORS).map(validator).collect::<anyhow::Result<Vec<Keypair>>>()?;
    let miner = miner()?.account();
    let (server, listening): (_, Listening) = process::role(cores.as_ref(), &["axon", "--limits", "rates"])?;
    let mut connections = runtime.block_on(Connections::open(listening.address, CONNECTIONS, None))?;
    let mut samples = Vec::new();
    for done in (step..=total).step_by(step) {
        // Signed just before, so that signatures are as fresh as they have to be by default.
        let requests = Rc::new(Requests::sign(&senders, &miner, work::body(BODY), step, true)?);
        let (open, outcome) = runtime.block_on(connections.send(&requests, 0, step))?;
        connections = open;
        outcome.all_answered()?;
        let resident_bytes = server.usage()?.resident_bytes;
        let per_second = f64::from(u32::try_from(step)?) / outcome.elapsed.as_secs_f64();
        report::progress(format!("{done} requests: {}", megabytes(resident_bytes)));
        samples.push(Sample { requests: done, resident_bytes, per_second });
    }

    let rows: Vec<_> = samples
        .iter()
        .map(|sample| {
            let Sample { requests, resident_bytes, per_second } = *sample;
            vec![requests.to_string(), megabytes(resident_bytes), format!("{per_second:.0}")]
        })
        .collect();
    report::table(&["requests", "resident", "req/s"], &rows);
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
