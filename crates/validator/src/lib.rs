//! The scoring loop of a subnet's validator: sample hotkeys, ask miners over signed HTTP, score the answers, remember
//! them, turn them into weights, and set the weights on chain until the chain shows them.
//!
//! It is **not** a wallet, not a chain client (that is `subnetkit-chain`), and knows nothing of what a subnet computes: that
//! is in the two hooks a subnet writes.

mod answer;
mod guard;
mod health;
mod metrics;
mod report;
mod scores;
mod status;
mod task;

pub mod ledger;
pub mod schedule;
pub mod weights;

pub use answer::{Answer, Outcome, OutcomeKind, UnknownOutcome};
pub use ledger::Ledger;
pub use report::{Report, RoundEntry, RoundReport, SubmissionReport};
pub use scores::{Scores, Weights};
pub use task::Task;
pub use weights::WhenAllZero;
