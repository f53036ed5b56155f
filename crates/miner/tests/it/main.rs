//! The axon over real sockets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's helpers fail the test")]

mod admission;
mod attacks;
mod auth;
mod body;
mod config;
mod deadlines;
mod encodings;
mod health;
mod load;
mod routes;
mod shutdown;
mod signed;
mod streams;
mod support;
mod tls;
#[cfg(feature = "axon-v10")]
mod v10;
mod wire;
