//! Bittensor's pallets.

pub mod admin;
pub mod commitments;
pub mod drand;
pub mod shield;
pub mod subtensor;
pub mod swap;
