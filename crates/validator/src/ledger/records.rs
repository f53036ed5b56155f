//! What goes into the ledger and comes out of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde::Serialize;
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
    /// How it ended; the response is in the body.
    pub outcome: Outcome<()>,
    /// Where the time went.
    pub timing: Timing,
    /// The answer as it came; empty if there is none.
    pub body: Bytes,
    /// The miner's word for it, if it signed.
    pub evidence: Option<Box<Evidence>>,
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
    /// It ended without scores, for this reason.
    Failed(String),
}

/// One score of one hotkey.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Scored {
    /// The round.
    pub round: u64,
    /// When the round began.
    pub at: SystemTime,
    /// How the request ended.
    pub outcome: OutcomeKind,
    /// Time of an answer.
    pub elapsed: Option<Duration>,
    /// The score.
    pub score: f64,
}

/// The intent to set weights, recorded before anything is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct SubmissionRecord {
    /// The head when it was decided.
    pub block: u64,
    /// The subnet's epoch counter at that block.
    pub epoch_index: u64,
    /// The version key sent.
    pub version_key: u64,
    /// What is sent, and why.
    pub weights: Vec<WeightRecord>,
}

/// One neuron's part in a submission.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct WeightRecord {
    /// Whose weight it is.
    pub hotkey: Hotkey,
    /// The uid it held when the weights were made.
    pub uid: u16,
    /// The value sent.
    pub value: u16,
    /// The reward behind it.
    pub reward: f64,
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

/// What became of a submission.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fate {
    /// In a block; not read back yet.
    Included {
        /// That block.
        block: u64,
    },
    /// Read back from the chain, equal to what was sent.
    Confirmed {
        /// The block it was included in.
        block: u64,
    },
    /// The chain refused it.
    Refused {
        /// By which rule.
        reason: String,
    },
    /// Included, but the chain holds something else.
    Mismatch {
        /// The block it was included in.
        block: u64,
        /// What differs.
        reason: String,
    },
    /// Never sent.
    NotSent {
        /// What stood in the way.
        reason: String,
    },
    /// Sent, but what became of it could not be learned.
    Unknown {
        /// Why not.
        reason: String,
    },
}

impl Fate {
    /// The name of the state in the ledger.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Included { .. } => "included",
            Self::Confirmed { .. } => "confirmed",
            Self::Refused { .. } => "refused",
            Self::Mismatch { .. } => "mismatch",
            Self::NotSent { .. } => "not_sent",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// The block it was included in, if it was.
    #[must_use]
    pub const fn included_block(&self) -> Option<u64> {
        match self {
            Self::Included { block } | Self::Confirmed { block } | Self::Mismatch { block, .. } => {
                Some(*block)
            }
            Self::Refused { .. } | Self::NotSent { .. } | Self::Unknown { .. } => None,
        }
    }

    /// Why it is not confirmed.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Refused { reason }
            | Self::Mismatch { reason, .. }
            | Self::NotSent { reason }
            | Self::Unknown { reason } => Some(reason),
            Self::Included { .. } | Self::Confirmed { .. } => None,
        }
    }
}

/// The last weights that were read back from the chain.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ConfirmedWeights {
    /// The block they were included in.
    pub included_block: u64,
    /// Value per hotkey, 65535 for the largest.
    pub values: BTreeMap<Hotkey, u16>,
}
