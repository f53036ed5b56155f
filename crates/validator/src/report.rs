//! What a running validator tells those who watch: one report per round and per submission.

use std::time::Duration;

use serde::Serialize;
use subnetkit_protocol::Hotkey;

use crate::answer::OutcomeKind;
use crate::ledger::{Fate, WeightRecord};
use crate::weights::Payout;

/// A report.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "report", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Report {
    /// A round ended.
    Round(RoundReport),
    /// Weights were submitted, or could not be.
    Submission(SubmissionReport),
}

/// A round that ended.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RoundReport {
    /// Its id in the ledger.
    pub id: u64,
    /// Who ran it.
    pub validator: Hotkey,
    /// The subnet.
    pub netuid: u16,
    /// The block its sample was drawn at.
    pub block: u64,
    /// How long it took.
    pub duration: Duration,
    /// Why it left no scores, if it did not.
    pub failure: Option<String>,
    /// One entry per hotkey asked.
    pub entries: Vec<RoundEntry>,
}

/// What one hotkey did in a round.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RoundEntry {
    /// The hotkey.
    pub hotkey: Hotkey,
    /// How its request ended.
    pub outcome: OutcomeKind,
    /// Time of an answer.
    pub elapsed: Option<Duration>,
    /// Its score; `None`: asked, but not scored.
    pub score: Option<f64>,
}

/// An attempt to set weights.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SubmissionReport {
    /// Who made it.
    pub validator: Hotkey,
    /// The subnet.
    pub netuid: u16,
    /// The head when it was decided.
    pub block: u64,
    /// The subnet's epoch counter at that block.
    pub epoch_index: u64,
    /// Where the weights came from; `None` if there were none to send.
    pub payout: Option<Payout>,
    /// What was to be sent; empty if there was nothing to send.
    pub weights: Vec<WeightRecord>,
    /// What became of it. Only [`Fate::Confirmed`] means that the chain holds these weights.
    pub fate: Fate,
}
