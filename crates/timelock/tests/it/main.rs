//! Beacons and sealed messages, against those that the Python SDK and drand's quicknet made.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail the test")]

mod beacons;
mod envelopes;
mod vectors;
