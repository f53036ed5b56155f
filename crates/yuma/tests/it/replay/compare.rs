//! Finds the first value that differs from the recording.

use std::fmt::Debug;

use subnetkit_yuma::Outcome;

use super::scenario::Output;

pub(crate) fn first_difference(expected: &Output, found: &Outcome) -> Result<(), String> {
    same("active", &expected.active, &found.active)?;
    same("stake_weight", &expected.stake_weight, &found.stake_weight)?;
    same("validator_permit", &expected.validator_permit, &found.validator_permit)?;
    same("consensus", &expected.consensus, &found.consensus)?;
    same("validator_trust", &expected.validator_trust, &found.validator_trust)?;
    if expected.mechanisms.len() != found.mechanisms.len() {
        return Err(format!(
            "{} mechanisms recorded, {} found",
            expected.mechanisms.len(),
            found.mechanisms.len()
        ));
    }
    for (index, (expected, found)) in expected.mechanisms.iter().zip(&found.mechanisms).enumerate() {
        same(&format!("mechanisms[{index}].incentive"), &expected.incentive, &found.incentive)?;
        same(&format!("mechanisms[{index}].bonds"), &expected.bonds, &found.bonds)?;
    }
    same("dividends", &expected.dividends, &found.dividends)?;
    same("server_emission", &expected.server_emission, &found.server_emission)?;
    same("validator_emission", &expected.validator_emission, &found.validator_emission)?;
    same("emission", &expected.emission, &found.emission)
}

fn same<T: PartialEq + Debug>(field: &str, expected: &[T], found: &[T]) -> Result<(), String> {
    if expected.len() != found.len() {
        return Err(format!("{field} has {} entries, recorded {}", found.len(), expected.len()));
    }
    match expected.iter().zip(found).position(|(expected, found)| expected != found) {
        Some(uid) => Err(format!("{field}[{uid}] is {:?}, recorded {:?}", found[uid], expected[uid])),
        None => Ok(()),
    }
}
