//! Playing it, and beside it the same subnet under other settings: everything at once, on all cores.

use std::sync::{Arc, mpsc};

use rayon::ThreadPoolBuilder;
use rayon::prelude::*;
use subnetkit_protocol::Synapse;

use crate::error::LabError;
use crate::lab::Lab;
use crate::play::play;
use crate::report::{Alone, Report, WhatIf, WhatIfPoint};
use crate::watch::Watch;

type Change<S> = Arc<dyn Fn(Lab<S>, f64) -> Lab<S> + Send + Sync>;

/// One setting and the values to play.
pub(crate) struct Sweep<S: Synapse> {
    pub(crate) name: String,
    pub(crate) unit: String,
    pub(crate) values: Vec<f64>,
    pub(crate) change: Change<S>,
}

impl<S: Synapse> Clone for Sweep<S> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            unit: self.unit.clone(),
            values: self.values.clone(),
            change: Arc::clone(&self.change),
        }
    }
}

impl<S: Synapse> Sweep<S> {
    pub(crate) fn new(
        name: impl Into<String>,
        unit: impl Into<String>,
        values: impl IntoIterator<Item = f64>,
        change: impl Fn(Lab<S>, f64) -> Lab<S> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            unit: unit.into(),
            values: values.into_iter().collect(),
            change: Arc::new(change),
        }
    }
}

/// One of the plays that make a report.
enum Part<S: Synapse> {
    /// The laboratory as it is.
    Main(Lab<S>),
    /// With one identity where this strategy has several.
    Alone(usize, Lab<S>),
    /// With another value: the sweep's place, and the value.
    Point(usize, f64, Lab<S>),
}

impl<S: Synapse> Part<S> {
    const fn lab(&self) -> &Lab<S> {
        match self {
            Self::Main(lab) | Self::Alone(_, lab) | Self::Point(_, _, lab) => lab,
        }
    }
}

/// Plays the laboratory and all that belongs to its report. It is played on threads of its own, so that a hook that never
/// comes back ends the run, and nothing else.
///
/// # Errors
/// See [`LabError`].
pub(crate) fn run<S: Synapse>(lab: &Lab<S>, watch: &Arc<Watch>) -> Result<Report, LabError> {
    let mut pool = ThreadPoolBuilder::new().thread_name(|number| format!("lab-{number}"));
    if let Some(threads) = lab.threads {
        pool = pool.num_threads(threads.get());
    }
    let pool = pool.build().map_err(|error| LabError::Machine(error.to_string()))?;
    let (sender, done) = mpsc::channel();
    let (watched, played) = (Arc::clone(watch), lab.clone());
    pool.spawn(move || {
        // Nobody waits any more if a hook was given up.
        let _ = sender.send(play_all(&played, &watched));
    });
    watch.wait(&done, lab.patience)?
}

fn play_all<S: Synapse>(lab: &Lab<S>, watch: &Watch) -> Result<Report, LabError> {
    let mut parts = vec![Part::Main(lab.clone())];
    for (strategy, _) in lab.miners.iter().enumerate().filter(|(_, miner)| miner.habits.identities > 1) {
        let mut alone = lab.clone();
        if let Some(miner) = alone.miners.get_mut(strategy) {
            miner.habits.identities = 1;
        }
        parts.push(Part::Alone(strategy, alone));
    }
    for (at, sweep) in lab.sweeps.iter().enumerate() {
        let point = |value: &f64| Part::Point(at, *value, (sweep.change)(lab.clone(), *value));
        parts.extend(sweep.values.iter().map(point));
    }
    watch.expect(parts.iter().map(|part| u64::from(part.lab().epochs)).sum());
    let played: Vec<_> = parts.par_iter().map(|part| play(part.lab(), watch)).collect();
    // The first fault in the order of the parts, whichever came first.
    let played = played.into_iter().collect::<Result<Vec<_>, _>>()?;

    let mut parts = parts.iter().zip(played);
    let Some((_, mut report)) = parts.next() else {
        return Err(LabError::Machine("nothing was played".to_owned()));
    };
    let what_if =
        |sweep: &Sweep<S>| WhatIf { name: sweep.name.clone(), unit: sweep.unit.clone(), points: Vec::new() };
    let mut what_ifs: Vec<WhatIf> = lab.sweeps.iter().map(what_if).collect();
    for (part, other) in parts {
        match part {
            Part::Main(_) => {}
            Part::Alone(strategy, _) => {
                let earned = other.strategies.get(*strategy).map(|alone| alone.earned);
                if let (Some(strategy), Some(earned)) = (report.strategies.get_mut(*strategy), earned) {
                    strategy.alone = Some(Alone { earned });
                }
            }
            Part::Point(at, value, _) => {
                let gini = other.gini();
                let same = other.validators == report.validators && other.epochs == report.epochs;
                let Report { strategies, validators, .. } = other;
                let point = WhatIfPoint { value: *value, current: same, strategies, validators, gini };
                if let Some(what_if) = what_ifs.get_mut(*at) {
                    what_if.points.push(point);
                }
            }
        }
    }
    report.what_ifs = what_ifs;
    Ok(report)
}
