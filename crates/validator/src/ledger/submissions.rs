//! What the journal keeps of each submission of weights.

use std::collections::BTreeMap;

use serde::Serialize;
use subnetkit_chain::SignedExtrinsic;
use subnetkit_protocol::Hotkey;

use crate::weights::{Payout, Way};

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

/// What hides weights until they are revealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Commitment {
    /// Nothing: they are sent in the open.
    None,
    /// Their hash. Without the salt they can never be revealed.
    Hash {
        /// What was hashed with the weights.
        salt: Vec<u16>,
        /// The hash sent.
        hash: [u8; 32],
    },
    /// A seal that a drand round opens.
    Timelocked {
        /// The sealed weights.
        ciphertext: Vec<u8>,
        /// The round.
        round: u64,
    },
}

impl Commitment {
    /// The way it belongs to.
    #[must_use]
    pub const fn way(&self) -> Way {
        match self {
            Self::None => Way::Plain,
            Self::Hash { .. } => Way::Hash,
            Self::Timelocked { .. } => Way::Timelocked,
        }
    }
}

/// The intent to submit weights, recorded before anything is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Intent {
    /// The mechanism.
    pub mecid: u8,
    /// The head when it was decided.
    pub block: u64,
    /// The epoch number of the block after it.
    pub epoch: u64,
    /// Where the weights came from.
    pub payout: Payout,
    /// The version key sent.
    pub version_key: u64,
    /// What is sent, and why.
    pub weights: Vec<WeightRecord>,
    /// What hides it.
    pub commitment: Commitment,
}

impl Intent {
    /// The pairs of the call, by ascending uid.
    #[must_use]
    pub fn pairs(&self) -> Vec<(u16, u16)> {
        self.weights.iter().map(|weight| (weight.uid, weight.value)).collect()
    }
}

/// A submission as the journal has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    /// Its number; later ones have higher numbers.
    pub id: u64,
    /// What was to be sent.
    pub intent: Intent,
    /// What became of it so far.
    pub fate: Fate,
    /// What it waits for, if that is worth a word.
    pub note: Option<String>,
    /// The transactions signed for it, oldest first: one that sets or commits, then any number of reveals.
    pub extrinsics: Vec<Extrinsic>,
}

/// A transaction of a submission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extrinsic {
    /// Its number.
    pub id: u64,
    /// What it does.
    pub kind: ExtrinsicKind,
    /// Its bytes, and until when the chain takes them.
    pub signed: SignedExtrinsic,
    /// What became of it.
    pub fate: ExtrinsicFate,
}

/// What a transaction does for its submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtrinsicKind {
    /// Sets weights in the open.
    Set,
    /// Commits.
    Commit,
    /// Reveals a hash commit.
    Reveal,
}

impl ExtrinsicKind {
    /// The name in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Set => "set",
            Self::Commit => "commit",
            Self::Reveal => "reveal",
        }
    }
}

/// What became of a transaction. All but the first are final.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExtrinsicFate {
    /// Not known: it may be nowhere, in a pool, or in a block not looked at yet.
    Undecided,
    /// In a block, where it did what it was to do.
    Succeeded {
        /// The block.
        block: u64,
    },
    /// In a block, where the chain refused it.
    Failed {
        /// The block.
        block: u64,
        /// By which rule.
        reason: String,
    },
    /// In a block whose events no node asked knows any more; or its nonce is used, and none has the blocks themselves.
    Pruned {
        /// The block, or the first that it can be in.
        block: u64,
    },
    /// Turned away by the pool when it was handed over for the first time: it is nowhere.
    Refused {
        /// By which rule.
        reason: String,
    },
    /// Another transaction of this hotkey took its nonce.
    NotIncluded {
        /// How that is known.
        reason: String,
    },
    /// Its era passed without a block that has it.
    Expired {
        /// How that is known.
        reason: String,
    },
}

impl ExtrinsicFate {
    /// The name in the ledger.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Undecided => "undecided",
            Self::Succeeded { .. } => "succeeded",
            Self::Failed { .. } => "failed",
            Self::Pruned { .. } => "pruned",
            Self::Refused { .. } => "refused",
            Self::NotIncluded { .. } => "not_included",
            Self::Expired { .. } => "expired",
        }
    }

    /// The block it is in, if it is in one.
    #[must_use]
    pub const fn block(&self) -> Option<u64> {
        match self {
            Self::Succeeded { block } | Self::Failed { block, .. } | Self::Pruned { block } => Some(*block),
            Self::Undecided | Self::Refused { .. } | Self::NotIncluded { .. } | Self::Expired { .. } => None,
        }
    }

    /// Why it did not succeed.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Failed { reason, .. }
            | Self::Refused { reason }
            | Self::NotIncluded { reason }
            | Self::Expired { reason } => Some(reason),
            Self::Undecided | Self::Succeeded { .. } | Self::Pruned { .. } => None,
        }
    }
}

/// What became of a submission. Only [`Fate::Effective`] means that the chain holds these weights.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fate {
    /// Signed and kept; whether the chain took it is not known yet.
    Intended,
    /// In a block; not read back yet.
    Included {
        /// That block.
        block: u64,
    },
    /// Committed; not revealed yet.
    Committed {
        /// The block of the commit.
        block: u64,
        /// The epoch number of the commit.
        epoch: u64,
    },
    /// Read back from the chain, equal to what was sent.
    Effective {
        /// The block of the call or the commit.
        included_block: u64,
        /// The block since which the chain is known to hold them; of plain weights the same.
        block: u64,
    },
    /// The chain refused it.
    Refused {
        /// By which rule.
        reason: String,
    },
    /// No block took it while it was valid.
    Expired {
        /// How that is known.
        reason: String,
    },
    /// Another transaction of this hotkey took its nonce.
    NotIncluded {
        /// How that is known.
        reason: String,
    },
    /// Never signed, so never sent.
    NotSent {
        /// What stood in the way.
        reason: String,
    },
    /// Included, but the chain holds something else.
    Mismatch {
        /// The block it was included in.
        block: u64,
        /// What differs.
        reason: String,
    },
    /// Committed, and never revealed.
    Unrevealed {
        /// The block of the commit.
        block: u64,
        /// Why not.
        reason: String,
    },
    /// Committed, and not revealed on purpose.
    Withheld {
        /// The block of the commit.
        block: u64,
        /// Why not.
        reason: String,
    },
    /// Of a ledger from before there was a journal: what became of it was not learned.
    Unknown {
        /// Why not.
        reason: String,
    },
}

impl Fate {
    /// The name of the state in the ledger and in metrics.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Intended => "intended",
            Self::Included { .. } => "included",
            Self::Committed { .. } => "committed",
            Self::Effective { .. } => "effective",
            Self::Refused { .. } => "refused",
            Self::Expired { .. } => "expired",
            Self::NotIncluded { .. } => "not_included",
            Self::NotSent { .. } => "not_sent",
            Self::Mismatch { .. } => "mismatch",
            Self::Unrevealed { .. } => "unrevealed",
            Self::Withheld { .. } => "withheld",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// Whether something is still to come.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Intended | Self::Included { .. } | Self::Committed { .. })
    }

    /// Whether the chain took the call or the commit, and what was sent counts for its epoch.
    #[must_use]
    pub const fn is_taken(&self) -> bool {
        matches!(
            self,
            Self::Included { .. } | Self::Committed { .. } | Self::Effective { .. } | Self::Withheld { .. }
        )
    }

    /// The block of the call or the commit, if it is in one.
    #[must_use]
    pub const fn included_block(&self) -> Option<u64> {
        match self {
            Self::Included { block }
            | Self::Committed { block, .. }
            | Self::Effective { included_block: block, .. }
            | Self::Mismatch { block, .. }
            | Self::Unrevealed { block, .. }
            | Self::Withheld { block, .. } => Some(*block),
            _ => None,
        }
    }

    /// The block since which the chain is known to hold these weights.
    #[must_use]
    pub const fn effective_block(&self) -> Option<u64> {
        match self {
            Self::Effective { block, .. } => Some(*block),
            _ => None,
        }
    }

    /// Why it is not effective and never will be.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Refused { reason }
            | Self::Expired { reason }
            | Self::NotIncluded { reason }
            | Self::NotSent { reason }
            | Self::Mismatch { reason, .. }
            | Self::Unrevealed { reason, .. }
            | Self::Withheld { reason, .. }
            | Self::Unknown { reason } => Some(reason),
            Self::Intended | Self::Included { .. } | Self::Committed { .. } | Self::Effective { .. } => None,
        }
    }
}

/// The last weights of a mechanism that were read back from the chain.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct EffectiveWeights {
    /// The block since which the chain is known to hold them.
    pub block: u64,
    /// Value per hotkey, 65535 for the largest.
    pub values: BTreeMap<Hotkey, u16>,
}
