//! JSON as SDK 10's bodies have it, and Python's text of it, which body hashes are over.

#![no_main]

use libfuzzer_sys::fuzz_target;
use subnetkit_protocol::axon_v10::{BodyHash, Value, python_str};

/// Floats that JSON can't hold are written as `null`.
fn is_finite(value: &Value) -> bool {
    match value {
        Value::Float(float) => float.is_finite(),
        Value::List(items) | Value::Tuple(items) => items.iter().all(is_finite),
        Value::Dict(entries) => entries.iter().all(|(_, value)| is_finite(value)),
        _ => true,
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(value) = Value::parse(data) else { return };
    let text = python_str(&value);
    let written = value.to_json();
    let again = Value::parse(written.as_bytes()).expect("what is written is read");
    if is_finite(&value) {
        assert_eq!(again, value, "{written}");
        assert_eq!(python_str(&again), text);
        assert_eq!(BodyHash::of([&again]), BodyHash::of([&value]));
    }
    // Writing is final: the second time gives the same text.
    assert_eq!(again.to_json(), written);
    if let Ok(json) = value.to_serde() {
        let written = serde_json::to_vec(&json).expect("a value has a text");
        Value::parse(&written).expect("what serde_json writes is JSON");
    }
});
