//! The laboratory as a subnet's author meets it.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail the test")]

mod agreement;
mod chain;
mod markup;
mod page;
mod strategies;
mod support;
mod validators;
