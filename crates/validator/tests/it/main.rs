//! The validator through its outermost boundaries: recorded vectors, HTTP over real sockets, the ledger's file.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a helper of a test that cannot go on fails the test")]

mod config;
mod dendrite;
mod ledger;
mod pipeline;
mod python;
mod reward;
mod schedule;
mod support;
mod vectors;
