//! The chain through its port, as clients meet it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    reason = "a test's helpers fail the test, and take what reads best at the call"
)]

mod bad_input;
mod beacon;
mod bittensor;
mod blocks;
mod client;
mod driving;
mod dumps;
mod edits;
mod faults;
mod history;
mod lifecycle;
mod metadata;
mod methods;
mod pool;
mod replay;
mod tiny;
mod upgrades;
