//! Replays recorded epochs of the chain (files of the format `yuma-epoch/1`) and compares every stored value.

mod compare;
mod scenario;
mod state;

use std::{fs, path::Path};

pub(crate) use scenario::Scenario;

/// Reads a file of recorded scenarios. The error is one sentence that names the file.
pub(crate) fn read(path: &Path) -> Result<Vec<Scenario>, String> {
    let text =
        fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let recording: scenario::Recording = serde_json::from_str(&text)
        .map_err(|error| format!("{} is not a yuma-epoch/1 file: {error}", path.display()))?;
    if recording.format != "yuma-epoch/1" {
        return Err(format!(
            "{} has the format {:?}, but only yuma-epoch/1 is known",
            path.display(),
            recording.format
        ));
    }
    if recording.scenarios.is_empty() {
        return Err(format!("{} holds no scenarios", path.display()));
    }
    Ok(recording.scenarios)
}

/// Runs a scenario; the error is its first difference from the recording.
pub(crate) fn check(scenario: &Scenario) -> Result<(), String> {
    if scenario.outputs.len() != scenario.epochs.len() {
        return Err(format!("{} epochs but {} outputs", scenario.epochs.len(), scenario.outputs.len()));
    }
    let mut state = state::State::new(scenario)?;
    for (index, (epoch, expected)) in scenario.epochs.iter().zip(&scenario.outputs).enumerate() {
        let in_epoch = |problem| format!("epoch {index}: {problem}");
        for op in &epoch.ops {
            state.apply(op).map_err(in_epoch)?;
        }
        let outcome = state.run(epoch.block, epoch.emission).map_err(in_epoch)?;
        compare::first_difference(expected, &outcome).map_err(in_epoch)?;
        state.store(epoch.block, outcome);
    }
    Ok(())
}
