//! The development chain's runtime: Bittensor's pallets compiled natively.
