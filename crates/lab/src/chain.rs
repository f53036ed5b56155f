//! The chain in virtual time: its rules.

mod rules;

pub use rules::{RecycleOrBurn, Rules, RulesError};
