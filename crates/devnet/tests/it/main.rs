//! The chain through its port, as clients meet it.

mod bittensor;
mod blocks;
mod client;
mod history;
mod lifecycle;
mod methods;
mod pool;
mod tiny;
