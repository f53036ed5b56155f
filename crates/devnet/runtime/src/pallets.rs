//! Bittensor's pallets.

pub mod admin;
pub mod subtensor;
pub mod swap;
