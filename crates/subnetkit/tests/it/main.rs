//! The settings and programs of miner and validator, from a command line to a sentence.
#![cfg(all(feature = "miner", feature = "validator"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's helpers fail the test")]

mod layers;
#[cfg(feature = "devnet")]
mod local;
#[cfg(feature = "devnet")]
mod program;
mod refusals;
mod replay;
mod support;
#[cfg(feature = "devnet")]
mod tls;
#[cfg(feature = "devnet")]
mod weights;
