//! The crate against epochs recorded from the chain.

mod recorded;
mod replay;
mod rules;
