//! The scoring loop of a subnet's validator: sample hotkeys, ask miners over signed HTTP, score the answers, remember
//! them, turn them into weights, and set the weights on chain until the chain shows them.
//!
//! It is **not** a wallet, not a chain client (that is `subnetkit-chain`), and knows nothing of what a subnet computes: that
//! is in the two hooks a subnet writes, [`Score`] and [`Reward`].
//!
//! Start reading at the hooks, then [`run`], which runs them. Decisions are pure and tested alone: [`weights`] (which
//! weights), [`schedule`] (when) and [`journal`] (what became of them). Effects are at the edge: [`dendrite`] (HTTP), [`ledger`] (SQLite), and the chain in one
//! thin file, `link.rs`.

mod answer;
mod block_times;
mod blocks;
mod checkup;
mod config;
mod ema;
mod guard;
mod health;
mod hooks;
mod link;
mod metrics;
mod progress;
mod report;
mod rounds;
mod run;
mod scores;
mod scoring;
mod sealing;
mod status;
mod submission;
mod supervision;
mod task;

pub mod dendrite;
pub mod doctor;
pub mod journal;
pub mod ledger;
pub mod replay;
pub mod schedule;
pub mod weights;

pub use answer::{Answer, Outcome, OutcomeKind, Piece, Timing, UnknownOutcome};
pub use config::{ConfigError, RoundInterval, RoundIntervalError, ValidatorConfig};
pub use dendrite::Dendrite;
pub use ema::Ema;
pub use hooks::{Reward, Round, Score};
pub use ledger::Ledger;
pub use report::{BlockReport, Report, RoundEntry, RoundReport, SettledReport, SubmissionReport};
pub use run::{Validator, ValidatorError, run};
pub use scores::{Scores, Weights};
pub use sealing::{Moment, SealError, Sealed, seal};
pub use task::Task;
pub use weights::{CommitWith, WhenAllZero};
