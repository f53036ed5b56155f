//! Reads a weights-vectors/1 file and compares each case with this crate's answer.

use serde_json::{Map, Value};
use subnetkit_validator::weights::conform::{self, ConformError, Limits};

/// Clipped shares are compared relatively: other implementations may sum with compensation.
const CLIP_TOLERANCE: f64 = 1e-12;

/// What came of a file.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) passed: usize,
    pub(crate) failures: Vec<String>,
}

type Case = Map<String, Value>;
type Verdict = Result<(), String>;
type Check = fn(&Case) -> Verdict;

/// Runs every case of the sections this crate implements.
pub(crate) fn run(text: &str) -> Result<Outcome, String> {
    let file: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let format = file.get("format").and_then(Value::as_str);
    if format != Some("weights-vectors/1") {
        return Err(format!("its format is {format:?}"));
    }
    let sections: [(&str, Check); 4] = [
        ("normalize", normalize),
        ("clip_to_max_weight", clip),
        ("conform", conform_case),
        ("as_pairs", as_pairs),
    ];
    let mut outcome = Outcome::default();
    for (section, check) in sections {
        let cases = file.get(section).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for (index, case) in cases.iter().enumerate() {
            let verdict = case.as_object().ok_or_else(|| "not an object".to_owned()).and_then(check);
            match verdict {
                Ok(()) => outcome.passed += 1,
                Err(why) => {
                    let note = case.get("note").and_then(Value::as_str).unwrap_or_default();
                    outcome.failures.push(format!("{section}[{index}] ({note}): {why}"));
                }
            }
        }
    }
    Ok(outcome)
}

fn normalize(case: &Case) -> Verdict {
    let got = conform::normalize(&integers(case, "uids")?, &floats(case, "weights")?);
    compare_values(case, got.map_err(|error| error.to_string()))
}

fn conform_case(case: &Case) -> Verdict {
    let limits = Limits {
        min_allowed_weights: u16_of(case, "min_allowed_weights")?,
        max_weight_limit: u16_of(case, "max_weight_limit")?,
    };
    let own_uid = u16_of(case, "own_uid")?;
    let raw = case.get("raw_u16").and_then(Value::as_bool).unwrap_or(false);
    let got = conform::pairs(&integers(case, "uids")?, &floats(case, "weights")?).and_then(|weights| {
        if raw {
            conform::conform_raw(own_uid, &weights, limits)
        } else {
            conform::conform(own_uid, &weights, limits)
        }
    });
    if let Err(error) = &got {
        compare_reason(case, error)?;
    }
    compare_values(case, got.map_err(|error| error.to_string()))
}

/// The recorded refusals are known by their text; ours must be of the same kind.
fn compare_reason(case: &Case, error: &ConformError) -> Verdict {
    let Some(message) = case.get("expect").and_then(|expect| expect.get("message")).and_then(Value::as_str)
    else {
        return Ok(());
    };
    let same = match error {
        ConformError::TooFew { required, got } => {
            message.contains(&format!("at least {required} ")) && message.contains(&format!("only {got} "))
        }
        ConformError::AllZero => message.contains("All weights are zero"),
        ConformError::NotRaw { .. } => message.contains("must be integers"),
        ConformError::RawOverLimit { .. } => message.contains("max_weight_limit"),
        ConformError::NotAWeight { .. } => message.contains("finite"),
        ConformError::DuplicateUid { .. } => message.contains("Duplicate"),
        ConformError::LengthMismatch { .. } => message.contains("equal length"),
        ConformError::UidOutOfRange { .. } => message.contains("0..65535"),
        _ => false,
    };
    if same { Ok(()) } else { Err(format!("refused for another reason: {error}; expected: {message}")) }
}

fn clip(case: &Case) -> Verdict {
    let limit = case.get("limit").and_then(Value::as_f64).ok_or("no limit")?;
    let got = conform::clip_to_max_weight(&floats(case, "weights")?, limit);
    match (expected_ok(case)?, got) {
        (None, Err(_)) => Ok(()),
        (None, Ok(shares)) => Err(format!("got {shares:?}, expected a refusal")),
        (Some(_), Err(error)) => Err(format!("refused: {error}")),
        (Some(expect), Ok(shares)) => {
            let expected = floats(expect, "weights")?;
            let close = |a: f64, b: f64| (a - b).abs() <= CLIP_TOLERANCE * a.abs().max(b.abs());
            if shares.len() == expected.len() && shares.iter().zip(&expected).all(|(a, b)| close(*a, *b)) {
                Ok(())
            } else {
                Err(format!("got {shares:?}, expected {expected:?}"))
            }
        }
    }
}

fn as_pairs(case: &Case) -> Verdict {
    let uids = case.get("uids").filter(|uids| !uids.is_null());
    let got = match (uids, case.get("weights")) {
        (None, Some(Value::Object(map))) => {
            let mut uids = Vec::new();
            let mut weights = Vec::new();
            for (uid, weight) in map {
                uids.push(uid.parse::<i64>().map_err(|error| format!("{uid}: {error}"))?);
                weights.push(float(weight)?);
            }
            conform::pairs(&uids, &weights)
                .map(|mut pairs| {
                    pairs.sort_by_key(|(uid, _)| *uid);
                    pairs
                })
                .map_err(|error| error.to_string())
        }
        (Some(_), Some(Value::Array(_))) => {
            conform::pairs(&integers(case, "uids")?, &floats(case, "weights")?)
                .map_err(|error| error.to_string())
        }
        _ => Err("give a map from uid to weight, or two parallel lists".to_owned()),
    };
    match (expected_ok(case)?, got) {
        (None, Err(_)) => Ok(()),
        (None, Ok(pairs)) => Err(format!("got {pairs:?}, expected a refusal")),
        (Some(_), Err(error)) => Err(format!("refused: {error}")),
        (Some(expect), Ok(pairs)) => {
            let uids: Vec<i64> = pairs.iter().map(|(uid, _)| i64::from(*uid)).collect();
            let weights: Vec<f64> = pairs.iter().map(|(_, weight)| *weight).collect();
            if uids == integers(expect, "uids")? && weights == floats(expect, "weights")? {
                Ok(())
            } else {
                Err(format!("got {pairs:?}"))
            }
        }
    }
}

fn compare_values(case: &Case, got: Result<Vec<(u16, u16)>, String>) -> Verdict {
    match (expected_ok(case)?, got) {
        (None, Err(_)) => Ok(()),
        (None, Ok(values)) => Err(format!("got {values:?}, expected a refusal")),
        (Some(_), Err(error)) => Err(format!("refused: {error}")),
        (Some(expect), Ok(values)) => {
            let uids: Vec<i64> = values.iter().map(|(uid, _)| i64::from(*uid)).collect();
            let got: Vec<i64> = values.iter().map(|(_, value)| i64::from(*value)).collect();
            if uids == integers(expect, "uids")? && got == integers(expect, "values")? {
                Ok(())
            } else {
                Err(format!("got {values:?}, expected {expect:?}"))
            }
        }
    }
}

/// The expectation if it is a success, `None` if it is a refusal.
fn expected_ok(case: &Case) -> Result<Option<&Case>, String> {
    let expect = case.get("expect").and_then(Value::as_object).ok_or("no expect")?;
    match expect.get("ok").and_then(Value::as_bool) {
        Some(true) => Ok(Some(expect)),
        Some(false) => Ok(None),
        None => Err("no expect.ok".to_owned()),
    }
}

fn u16_of(case: &Case, name: &str) -> Result<u16, String> {
    let value = case.get(name).and_then(Value::as_u64).ok_or_else(|| format!("no {name}"))?;
    u16::try_from(value).map_err(|error| format!("{name}: {error}"))
}

fn integers(case: &Case, name: &str) -> Result<Vec<i64>, String> {
    let list = case.get(name).and_then(Value::as_array).ok_or_else(|| format!("no list {name}"))?;
    list.iter().map(|value| value.as_i64().ok_or_else(|| format!("{name}: {value} is no integer"))).collect()
}

fn floats(case: &Case, name: &str) -> Result<Vec<f64>, String> {
    let list = case.get(name).and_then(Value::as_array).ok_or_else(|| format!("no list {name}"))?;
    list.iter().map(float).collect()
}

/// JSON has no infinities, so the files write them as text.
fn float(value: &Value) -> Result<f64, String> {
    match value {
        Value::Number(number) => number.as_f64().ok_or_else(|| format!("{number} is no double")),
        Value::String(text) => match text.as_str() {
            "NaN" => Ok(f64::NAN),
            "Infinity" => Ok(f64::INFINITY),
            "-Infinity" => Ok(f64::NEG_INFINITY),
            other => other.parse().map_err(|error| format!("{other}: {error}")),
        },
        other => Err(format!("{other} is no number")),
    }
}
