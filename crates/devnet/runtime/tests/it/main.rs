//! The runtime at its byte-level boundary: method names and SCALE in, SCALE and storage changes out.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helpers fail the test")]

mod admin;
mod chain;
mod info;
mod metadata;
mod recorded;
