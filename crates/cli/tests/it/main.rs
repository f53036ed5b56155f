//! The built command, as a shell runs it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helpers fail the test")]

mod bad_input;
mod book;
mod call;
mod clients;
mod completions;
mod devnet;
mod doctor;
mod hyperparams;
mod operating;
mod processes;
mod spending;
mod support;
mod up;
mod usage;
mod wallet;
mod weights;
