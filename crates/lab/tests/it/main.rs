//! The laboratory as a subnet's author meets it.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test's helpers fail the test")]

mod agreement;
mod chain;
mod faults;
mod markup;
mod page;
mod program;
mod reports;
mod strategies;
mod support;
mod validators;
