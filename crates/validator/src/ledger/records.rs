//! What goes into the ledger and comes out of it.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde_json::Value;
use subnetkit_chain::Metagraph;
use subnetkit_protocol::Hotkey;
use subnetkit_protocol::btauth::Evidence;

use crate::answer::{Outcome, OutcomeKind, Timing};
use crate::scores::{Scores, Weights};

/// Whose ledger it is. A file serves one validator on one subnet of one chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerOwner {
    /// The chain.
    pub genesis_hash: [u8; 32],
    /// The subnet.
    pub netuid: u16,
    /// The validator.
    pub hotkey: Hotkey,
}

/// What a round asked and what came back, recorded before it is judged.
#[derive(Debug, Clone, PartialEq)]
pub struct AskedRecord {
    /// The id given by [`super::LedgerStore::open_round`].
    pub round: u64,
    /// What was asked.
    pub task: TaskRecord,
    /// One entry per hotkey that answered, or failed to.
    pub answers: Vec<AnswerRecord>,
    /// The neurons as of the start of the round.
    pub subnet: Arc<Metagraph>,
}

/// What was asked, and of whom.
#[derive(Debug, Clone, PartialEq)]
pub struct TaskRecord {
    /// The time each miner had, if the task named one.
    pub timeout: Option<Duration>,
    /// Whether it asked for streams.
    pub streamed: bool,
    /// The judge's notes.
    pub notes: Value,
    /// The distinct requests, as they were sent.
    pub requests: Vec<Bytes>,
    /// Each hotkey asked, with the place of its request in that list.
    pub asks: Vec<(Hotkey, usize)>,
}

/// What one hotkey did in one round.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerRecord {
    /// Who was asked.
    pub hotkey: Hotkey,
    /// How it ended; the response is in the body, and so are the pieces of a stream.
    pub outcome: Outcome<()>,
    /// Where the pieces of a stream are in the body, and when they came; of one that broke off, those before.
    pub pieces: Vec<PieceRecord>,
    /// Where the time went.
    pub timing: Timing,
    /// The answer as it came; empty if there is none.
    pub body: Bytes,
    /// The miner's word for it, if it signed.
    pub evidence: Option<Box<Evidence>>,
}

/// One piece of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PieceRecord {
    /// Where in the body it ends; it begins where the one before ends.
    pub end: usize,
    /// When its last byte came, since a connection was ready to carry the request.
    pub at: Duration,
}

/// A finished round, as it is recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct RoundRecord {
    /// The id given by [`super::LedgerStore::open_round`].
    pub id: u64,
    /// How it ended.
    pub state: RoundState,
    /// The scores of hotkeys that were asked; those without stay asked and not scored.
    pub scores: Scores,
}

/// How a round ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoundState {
    /// The judge returned scores.
    Scored,
    /// The judge returned those it knows, and will know more later.
    Open,
    /// It ended without scores, for this reason.
    Failed(String),
}

impl RoundState {
    pub(crate) fn failure(&self) -> Option<String> {
        match self {
            Self::Failed(reason) => Some(reason.clone()),
            Self::Scored | Self::Open => None,
        }
    }

    pub(crate) const fn is_open(&self) -> bool {
        matches!(self, Self::Open)
    }
}

/// A round that waits for its scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenRound {
    /// The round.
    pub id: u64,
    /// When it began.
    pub started_at: SystemTime,
}

/// Scores of an open round.
#[derive(Debug, Clone, PartialEq)]
pub struct SettledRecord {
    /// The open round.
    pub round: u64,
    /// The round at whose start they came.
    pub turn: u64,
    /// The scores; unless more come [later](Scores::is_later), they end the round.
    pub scores: Scores,
    /// The neurons as of then.
    pub subnet: Arc<Metagraph>,
}

/// A round that ended without the scores it waited for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lapse {
    /// The round.
    pub round: u64,
    /// Why.
    pub reason: String,
}

/// One score of one hotkey.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Scored {
    /// The round that asked.
    pub round: u64,
    /// When that round began.
    pub at: SystemTime,
    /// The round at whose start the score came, where that was later; otherwise `round`. Scores are in this order.
    pub settled_in: u64,
    /// How the request ended.
    pub outcome: OutcomeKind,
    /// Time of an answer.
    pub elapsed: Option<Duration>,
    /// The score.
    pub score: f64,
}

/// One call of the reward hook.
#[derive(Debug, Clone, PartialEq)]
pub struct RewardRecord {
    /// The block of the metagraph that the hook was given.
    pub block: u64,
    /// The mechanism it was asked about.
    pub mecid: u8,
    /// What it gave. Only finite numbers are kept; others are refused before anything is sent.
    pub rewards: Weights,
}
