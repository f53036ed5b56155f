//! The Bittensor chain client: everything encoded and decoded from live metadata by name.
