//! The axon over real sockets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helpers fail the test")]

mod admission;
mod auth;
mod body;
mod config;
mod health;
mod load;
mod routes;
mod shutdown;
mod support;
mod tls;
