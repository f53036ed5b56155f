//! What agreed, by group.

use std::{collections::BTreeMap, fmt};

use super::scenario::Scenario;

/// How many of how many.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Count {
    agreed: usize,
    all: usize,
}

impl Count {
    pub(crate) fn note(&mut self, agrees: bool) {
        self.all += 1;
        self.agreed += usize::from(agrees);
    }

    fn add(&mut self, other: Self) {
        self.agreed += other.agreed;
        self.all += other.all;
    }

    const fn is_full(self) -> bool {
        self.agreed == self.all
    }
}

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.agreed, self.all))
    }
}

/// What one scenario gave.
#[derive(Debug, Default)]
pub(crate) struct Replayed {
    /// Calls whose `validate` agrees.
    pub(crate) validate: Count,
    /// Calls whose `result` agrees.
    pub(crate) result: Count,
    /// Fields of snapshots that agree.
    pub(crate) fields: Count,
    /// Snapshots all of whose fields agree.
    pub(crate) snapshots: Count,
    /// Calls and snapshots that agree in all, to the end.
    pub(crate) steps: Count,
    /// The same up to the first call that the runtime does not have.
    pub(crate) cut_steps: Count,
    /// The first such call.
    pub(crate) cut: Option<String>,
    pub(crate) differences: Vec<String>,
}

/// What all scenarios gave.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    groups: BTreeMap<String, Replayed>,
    first: Vec<String>,
    absent: BTreeMap<String, usize>,
}

impl Tally {
    pub(crate) fn add(&mut self, scenario: &Scenario, replayed: Replayed) {
        let group = self.groups.entry(scenario.group().to_owned()).or_default();
        group.validate.add(replayed.validate);
        group.result.add(replayed.result);
        group.fields.add(replayed.fields);
        group.snapshots.add(replayed.snapshots);
        group.steps.add(replayed.steps);
        group.cut_steps.add(replayed.cut_steps);
        if let Some(call) = replayed.cut {
            *self.absent.entry(call).or_default() += 1;
        }
        if let Some(difference) = replayed.differences.into_iter().next() {
            self.first.push(format!("{}: {difference}", scenario.name));
        }
    }

    pub(crate) fn all_agree(&self) -> bool {
        self.groups.values().all(|group| group.steps.is_full())
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:10} {:>11} {:>11} {:>13} {:>11} {:>11} {:>16}",
            "group", "validate", "result", "fields", "snapshots", "steps", "steps up to cut"
        )?;
        for (name, group) in &self.groups {
            let Replayed { validate, result, fields, snapshots, steps, cut_steps, .. } = group;
            writeln!(
                f,
                "{name:10} {validate:>11} {result:>11} {fields:>13} {snapshots:>11} {steps:>11} {cut_steps:>16}"
            )?;
        }
        for (call, scenarios) in &self.absent {
            writeln!(f, "the runtime has no {call}: first such call of {scenarios} scenarios")?;
        }
        for difference in &self.first {
            writeln!(f, "{difference}")?;
        }
        Ok(())
    }
}
