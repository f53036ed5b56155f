//! What a running validator tells those who watch: one report per round, and one per step of a submission.

use std::time::Duration;

use serde::Serialize;
use subnetkit_protocol::Hotkey;

use crate::answer::OutcomeKind;
use crate::ledger::{Fate, WeightRecord};
use crate::weights::{Payout, Way};

/// A report.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "report", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Report {
    /// A round ended.
    Round(RoundReport),
    /// News of a submission of weights.
    Submission(SubmissionReport),
    /// What was due at a block was done.
    Block(BlockReport),
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
    /// Whether it waits for scores that come later.
    pub open: bool,
    /// Open rounds of before that got scores at the start of this one, could not be settled, or ended without scores.
    pub settled: Vec<SettledReport>,
    /// One entry per hotkey asked.
    pub entries: Vec<RoundEntry>,
}

/// What became of an open round at the start of a later one.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SettledReport {
    /// Its id in the ledger.
    pub id: u64,
    /// Why it could not be settled this time, or, where it is not open any more, why it ended without all of its scores.
    pub failure: Option<String>,
    /// Whether it waits for more.
    pub open: bool,
    /// One entry per hotkey asked; those that were scored earlier have no score here.
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

/// News of a submission of weights: it was sent, its fate has changed, or there was nothing to send. One submission makes
/// several of these.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SubmissionReport {
    /// Who made it.
    pub validator: Hotkey,
    /// The subnet.
    pub netuid: u16,
    /// The mechanism.
    pub mecid: u8,
    /// Its number in the ledger; `None` if it came to nothing before it was recorded.
    pub id: Option<u64>,
    /// The head when it was decided.
    pub block: u64,
    /// The epoch number of the block after that.
    pub epoch: u64,
    /// The way it went.
    pub way: Way,
    /// Where the weights came from; `None` if there were none to send.
    pub payout: Option<Payout>,
    /// What was to be sent; empty if there was nothing to send.
    pub weights: Vec<WeightRecord>,
    /// What became of it so far. Only [`Fate::Effective`] means that the chain holds these weights.
    pub fate: Fate,
}

/// The weights half of a validator has acted on a block: it has learned from it, and sent what was due.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct BlockReport {
    /// Who.
    pub validator: Hotkey,
    /// The subnet.
    pub netuid: u16,
    /// The best block that woke it; it may have acted on a later one.
    pub block: u64,
    /// Why it could do nothing at this block, if it could not.
    pub failure: Option<String>,
}
