//! Strangers on the open internet: what they may try, and who is served meanwhile.
//!
//! Everything stays on the loopback network, which has many addresses, and is bounded in count. Nothing here measures
//! time: figures are the benchmark's.

mod bodies;
mod floods;
mod heads;
mod idle;
mod nonces;
mod readers;
mod replays;
#[cfg(feature = "redis")]
mod shared_memory;
mod wire;
