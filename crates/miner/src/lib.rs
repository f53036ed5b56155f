//! The axon: an axum server that authenticates, admits, limits and forwards.
