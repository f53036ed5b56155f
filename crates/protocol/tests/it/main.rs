//! The crate as its users see it, against recorded behaviour of the Python SDK and against attackers.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helpers fail the test")]

#[path = "../../examples/btauth-check/cases.rs"]
mod cases;

mod addresses;
#[cfg(feature = "axon-v10")]
mod axon_v10;
mod chunks;
mod encodings;
mod evidence;
mod keys;
mod replay;
mod requests;
mod responses;
mod vectors;
mod verifying;

use std::{fs, path::Path};

/// Reads a file of `tests/vectors`.
fn vectors(name: &str) -> Vec<u8> {
    let path = Path::new(&std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("tests/vectors").join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
