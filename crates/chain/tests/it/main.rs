//! The chain client through its public face: against recordings of the real runtime, and against the development
//! chain over its real WebSocket.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test's helpers fail the test")]

mod codec;
mod connection;
mod epochs;
mod extrinsics;
mod half_dead;
mod inclusion;
mod live;
mod metadata;
mod networks;
mod proxy;
mod recorded;
mod refusals;
mod standing;
mod surface;
mod upgrades;
mod vectors;
mod weights;
