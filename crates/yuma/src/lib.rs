//! Yuma Consensus as pure functions, bit-exact with the chain.
