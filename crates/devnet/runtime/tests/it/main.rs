//! The runtime at its byte-level boundary: method names and SCALE in, SCALE and storage changes out.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helpers fail the test")]

mod admin;
mod chain;
mod commitments;
mod commits;
mod drand;
mod guards;
mod info;
mod metadata;
mod recorded;
mod stake;
mod timelocked;
mod variants;
