//! Bittensor pallets.
