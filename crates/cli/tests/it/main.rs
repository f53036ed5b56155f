//! The built command, as a shell runs it.

mod devnet;
mod support;
mod usage;
mod wallet;
