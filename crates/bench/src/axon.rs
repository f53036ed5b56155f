//! The axon, and beside it in the same run: axum without authentication, signature verification without a server, and
//! Python with FastAPI.

mod cell;
mod goals;

use std::fmt;

use anyhow::Context;
use serde::Serialize;

use crate::{
    Options,
    cores::Cores,
    load,
    process::{self, Server as Process},
    python::Sdk,
    report::{self, Goal},
    serve::verification::Verifications,
};
use cell::{Cell, Shape};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Server {
    /// subnetkit's axon
    Axon,
    /// subnetkit's axon, asked for signed answers
    Signed,
    /// axum without authentication
    Bare,
    /// FastAPI on uvicorn, with the SDK's verification
    Python,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        clap::ValueEnum::to_possible_value(self).map_or(Ok(()), |value| f.write_str(value.get_name()))
    }
}

impl Server {
    const ALL: [Self; 4] = [Self::Axon, Self::Signed, Self::Bare, Self::Python];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Axon => "axon",
            Self::Signed => "axon, signed answers",
            Self::Bare => "(a) axum, no authentication",
            Self::Python => "(c) FastAPI, SDK 11.3.0",
        }
    }
}

/// What to measure, and for how long: by default all of it, for a profile one part of it for longer.
#[derive(Clone, Debug, Serialize, clap::Args)]
pub(crate) struct Selection {
    /// Servers to measure
    #[arg(long, value_enum, value_delimiter = ',', default_values_t = Server::ALL)]
    only: Vec<Server>,
    /// Sizes of the bodies, in bytes
    #[arg(long, value_delimiter = ',', default_values_t = [1 << 10, 64 << 10])]
    bodies: Vec<usize>,
    /// Connections at once
    #[arg(long, value_delimiter = ',', default_values_t = [1, 32, 256])]
    connections: Vec<usize>,
    /// Times that everything is measured, of which the median counts [default: 3, or 1 if quick]
    #[arg(long)]
    rounds: Option<usize>,
    /// Length of one measurement in milliseconds [default: 2500, or 500 if quick]
    #[arg(long)]
    millis: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Results {
    machine: String,
    cores: Option<Cores>,
    selection: Selection,
    verification: Verifications,
    cells: Vec<Cell>,
    goals: Vec<Goal>,
}

pub(crate) fn run(mut selection: Selection, options: &Options) -> anyhow::Result<()> {
    let rounds = selection.rounds.unwrap_or(if options.quick { 1 } else { 3 });
    let millis = selection.millis.unwrap_or(if options.quick { 500 } else { 2500 });
    let machine = report::machine();
    let cores = Cores::divide();
    report::line("## The axon\n");
    report::line(&machine);
    report::line(Cores::sentence(cores.as_ref()));
    let python = match Sdk::V11.interpreter() {
        Ok(interpreter) => Some(interpreter),
        Err(missing) => {
            report::line(format!("Python is left out. {missing}"));
            selection.only.retain(|server| *server != Server::Python);
            None
        }
    };

    let runtime = load::runtime()?;
    let mut verifications = Vec::new();
    let mut measured: Vec<Cell> = Vec::new();
    for round in 1..=rounds {
        verifications.push(verification(cores.as_ref(), &selection.bodies, millis)?);
        for shape in selection.shapes() {
            report::progress(format!("round {round}: {shape}"));
            let cell = shape.measure(&runtime, cores.as_ref(), python.as_deref(), millis);
            measured.push(cell.with_context(|| format!("{shape} can't be measured"))?);
        }
    }
    let verification = median_of(verifications, |verifications| verifications.bare)
        .context("signature verification was not measured")?;
    let median = |shape: Shape| {
        let of_shape = measured.iter().filter(|cell| cell.shape == shape).cloned().collect();
        median_of(of_shape, |cell: &Cell| cell.per_second)
    };
    let mut cells: Vec<Cell> = selection.shapes().filter_map(median).collect();
    cells.sort_by_key(|cell| cell.shape.server);

    tables(&verification, &cells);
    let goals = goals::judge(&verification, &cells);
    report::goals(&goals);
    let results = Results { machine, cores, selection, verification, cells, goals };
    report::write_json(options.json.as_deref(), &results)
}

impl Selection {
    /// Servers that are compared are measured one right after the other.
    fn shapes(&self) -> impl Iterator<Item = Shape> {
        self.bodies.iter().flat_map(move |&body| {
            self.connections.iter().flat_map(move |&connections| {
                self.only.iter().map(move |&server| Shape { server, body, connections })
            })
        })
    }
}

/// The one in the middle.
fn median_of<T>(mut values: Vec<T>, key: impl Fn(&T) -> f64) -> Option<T> {
    values.sort_by(|one, other| key(one).total_cmp(&key(other)));
    let middle = values.len().checked_sub(1)? / 2;
    values.into_iter().nth(middle)
}

/// On the core of the servers, which has nothing else to do meanwhile.
fn verification(cores: Option<&Cores>, bodies: &[usize], millis: u64) -> anyhow::Result<Verifications> {
    let bodies = bodies.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let millis = millis.to_string();
    let arguments = ["verification", "--millis", &millis, "--bodies", &bodies];
    let (_server, verifications): (Process, _) = process::role(cores, &arguments)?;
    Ok(verifications)
}

fn tables(verification: &Verifications, cells: &[Cell]) {
    let columns = [
        "server",
        "body",
        "connections",
        "req/s",
        "p50",
        "p99",
        "CPU/request",
        "resident",
        "others on its core",
    ];
    let rows: Vec<_> = cells.iter().map(Cell::row).collect();
    report::table(&columns, &rows);
    let mut rows = vec![vec!["(b) signature alone".to_owned(), format!("{:.0}", verification.bare)]];
    for (body, rate) in &verification.with_hashing {
        rows.push(vec![
            format!("(b) with hashing {body} bytes and building the payload"),
            format!("{rate:.0}"),
        ]);
    }
    for (size, rate) in &verification.batches {
        rows.push(vec![format!("signatures alone, {size} together, keys known"), format!("{rate:.0}")]);
    }
    report::table(&["one core, no server", "verifications/s"], &rows);
}
