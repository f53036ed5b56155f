//! One measurement: a server, a body size and a number of connections.

use std::{fmt, path::Path, process::Command, rc::Rc, time::Duration};

use anyhow::Context;
use serde::Serialize;
use subnetkit_protocol::Keypair;
use tokio::runtime::Runtime;

use super::Server;
use crate::{
    cores::{self, Cores},
    load::Connections,
    process::{self, Listening, Server as Process},
    report,
    requests::{Requests, VALIDATORS, miner, validator},
    work,
};

const PYTHON_SERVER: &str = include_str!("../../python/server.py");

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Shape {
    pub(super) server: Server,
    pub(super) body: usize,
    pub(super) connections: usize,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Cell {
    #[serde(flatten)]
    pub(super) shape: Shape,
    pub(super) requests: u64,
    pub(super) per_second: f64,
    pub(super) p50: Duration,
    pub(super) p99: Duration,
    /// User and system time of the server's process.
    pub(super) cpu_per_request: Duration,
    pub(super) resident_bytes: u64,
    /// Of the time measured, how much of the server's core others used: programs of this machine, the load's packets,
    /// and other machines on the same hardware. `None` if the server is not held to a core.
    pub(super) others: Option<f64>,
}

/// Requests sent before anything is measured, to each connection.
const WARM_UP: usize = 20;

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { server, body, connections } = self;
        write!(f, "{}, {body} bytes, {connections} connections", server.name())
    }
}

impl Shape {
    /// Starts the server, warms it up, and measures for about so long.
    pub(super) fn measure(
        self,
        runtime: &Runtime,
        cores: Option<&Cores>,
        python: Option<&Path>,
        millis: u64,
    ) -> anyhow::Result<Cell> {
        let (server, address) = self.start(cores, python)?;
        let senders = (0..VALIDATORS).map(validator).collect::<anyhow::Result<Vec<_>>>()?;
        let connections = runtime.block_on(Connections::open(address, self.connections, None))?;

        // The warm-up also says how many requests to sign.
        let warm_up = self.requests(&senders, (self.connections * WARM_UP).max(500))?;
        let (connections, outcome) = runtime.block_on(connections.send(&warm_up, 0, warm_up.len()))?;
        outcome.all_answered()?;
        let wanted = duration_ratio(Duration::from_millis(millis), outcome.elapsed) * count(warm_up.len());
        let requests = self.requests(&senders, whole(wanted).clamp(self.connections * 4, REQUESTS_MAX))?;

        let before = server.usage()?;
        let busy_before = cores.map(|cores| cores::busy(cores.server)).transpose()?;
        let (connections, outcome) = runtime.block_on(connections.send(&requests, 0, requests.len()))?;
        let after = server.usage()?;
        let busy_after = cores.map(|cores| cores::busy(cores.server)).transpose()?;
        outcome.all_answered()?;
        drop(connections);

        let cpu = after.cpu.saturating_sub(before.cpu);
        let others = busy_after.zip(busy_before).map(|(after, before)| {
            duration_ratio(after.saturating_sub(before).saturating_sub(cpu), outcome.elapsed)
        });
        let percentile = |quantile| Duration::from_micros(outcome.latencies.value_at_quantile(quantile));
        let number = u32::try_from(requests.len())?;
        Ok(Cell {
            shape: self,
            requests: outcome.answered(),
            per_second: f64::from(number) / outcome.elapsed.as_secs_f64(),
            p50: percentile(0.5),
            p99: percentile(0.99),
            cpu_per_request: cpu / number,
            resident_bytes: after.resident_bytes,
            others,
        })
    }

    fn requests(self, senders: &[Keypair], number: usize) -> anyhow::Result<Rc<Requests>> {
        let signed = self.server == Server::Signed;
        let body = work::body(self.body);
        Requests::sign(senders, &miner()?.account(), body, number, signed).map(Rc::new)
    }

    fn start(
        self,
        cores: Option<&Cores>,
        python: Option<&Path>,
    ) -> anyhow::Result<(Process, std::net::SocketAddr)> {
        let (server, listening): (_, Listening) = match self.server {
            Server::Axon | Server::Signed => process::role(cores, &["axon", "--limits", "rates-and-age"])?,
            Server::Bare => process::role(cores, &["bare"])?,
            Server::Python => {
                let python = python.context("there is no Python")?;
                let mut command: Command = cores::on_server_core(cores, python.as_os_str());
                command.args(["-c", PYTHON_SERVER, &miner()?.account().to_ss58()]);
                Process::start(command)?
            }
        };
        Ok((server, listening.address))
    }
}

/// Below the default capacity of the axon's memory of nonces.
const REQUESTS_MAX: usize = 150_000;

impl Cell {
    pub(super) fn row(&self) -> Vec<String> {
        let others =
            self.others.map_or_else(|| "unknown".to_owned(), |share| format!("{:.0}%", share * 100.0));
        vec![
            self.shape.server.name().to_owned(),
            format!("{} KiB", self.shape.body / 1024),
            self.shape.connections.to_string(),
            format!("{:.0}", self.per_second),
            report::millis(self.p50),
            report::millis(self.p99),
            format!("{:.1} us", self.cpu_per_request.as_secs_f64() * 1e6),
            report::megabytes(self.resident_bytes),
            others,
        ]
    }

    /// Requests per second of the server's CPU time: what it could answer if it had the core to itself.
    pub(super) fn per_cpu_second(&self) -> f64 {
        1.0 / self.cpu_per_request.as_secs_f64()
    }
}

fn duration_ratio(one: Duration, other: Duration) -> f64 {
    one.as_secs_f64() / other.as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
fn count(number: usize) -> f64 {
    number as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is clamped by the caller"
)]
fn whole(number: f64) -> usize {
    number as usize
}
