//! What was wanted of the axon, and whether it is so.

use super::{
    Server,
    cell::{Cell, Shape},
};
use crate::{
    report::{Goal, megabytes},
    serve::verification::Verifications,
};

/// Of what (a) and (b) together allow.
const SHARE_OF_BOUND: f64 = 0.8;
/// Of what Python does with the same CPU time.
const TIMES_PYTHON: f64 = 10.0;
/// Connections from which on an axon counts as loaded.
const LOADED: usize = 256;
const RESIDENT_MAX: u64 = 25_000_000;

pub(super) fn judge(verification: &Verifications, cells: &[Cell]) -> Vec<Goal> {
    let find = |server, body, connections| {
        cells.iter().find(|cell| {
            cell.shape.server == server && cell.shape.body == body && cell.shape.connections == connections
        })
    };
    let mut goals = Vec::new();
    for axon in cells.iter().filter(|cell| cell.shape.server == Server::Axon) {
        let Shape { body, connections, .. } = axon.shape;
        let place = format!("{} KiB, {connections} connections", body / 1024);
        let hashing = verification.with_hashing.iter().find(|(size, _)| *size == body).map(|(_, rate)| *rate);
        if let Some((bare, verify)) = find(Server::Bare, body, connections).zip(hashing) {
            goals.push(of_bound(&place, axon, bare, verify));
        }
        if let Some(python) = find(Server::Python, body, connections) {
            goals.push(of_python(&place, axon, python));
        }
        if connections < LOADED {
            continue;
        }
        if let Some(verify) = hashing {
            goals.push(Goal {
                what: format!("requests per second when loaded, against (b) alone: {place}"),
                goal: format!("more than {verify:.0}"),
                measured: format!("{:.0}", axon.per_second),
                met: axon.per_second > verify,
            });
        }
        goals.push(Goal {
            what: format!("resident memory: {place}"),
            goal: format!("at most {}", megabytes(RESIDENT_MAX)),
            measured: megabytes(axon.resident_bytes),
            met: axon.resident_bytes <= RESIDENT_MAX,
        });
    }
    goals
}

fn of_python(place: &str, axon: &Cell, python: &Cell) -> Goal {
    let times = axon.per_cpu_second() / python.per_cpu_second();
    Goal {
        what: format!("requests per CPU second, against (c): {place}"),
        goal: format!("{TIMES_PYTHON:.0} times"),
        measured: format!("{times:.1} times"),
        met: times >= TIMES_PYTHON,
    }
}

/// With (a) and (b) done one after the other on the same core, the times add up.
fn of_bound(place: &str, axon: &Cell, bare: &Cell, verify: f64) -> Goal {
    let bound = 1.0 / (1.0 / bare.per_second + 1.0 / verify);
    let share = axon.per_second / bound;
    Goal {
        what: format!("requests per second, of what (a) and (b) allow: {place}"),
        goal: format!("{:.0}% of {bound:.0}", SHARE_OF_BOUND * 100.0),
        measured: format!("{:.0}% ({:.0})", share * 100.0, axon.per_second),
        met: share >= SHARE_OF_BOUND,
    }
}
