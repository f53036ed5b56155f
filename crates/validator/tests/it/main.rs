//! The validator through its outermost boundaries: recorded vectors, HTTP over real sockets, the ledger's file.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper of a test that cannot go on fails the test"
)]

mod config;
mod dendrite;
mod journal;
mod judging;
mod ledger;
mod memory;
mod pipeline;
mod python;
#[cfg(feature = "axon-v10")]
mod python_v10;
mod reward;
mod schedule;
mod support;
#[cfg(feature = "axon-v10")]
mod v10;
mod vectors;
mod windows;
