//! When to submit the weights of a mechanism: a function of what the chain says at one block and what the journal remembers.
//!
//! Facts it rests on: an epoch runs at the start of its block, before that block's calls, so weights must be included in an
//! earlier block; it comes `tempo` blocks after the last one or at the block its owner has called it for, and may be put off by
//! a block; a change of the tempo restarts the period. The chain refuses a second submission within the rate limit, counted
//! per mechanism from `LastUpdate`, which starts at the block of registration and which a commit moves, a reveal does not. A
//! hotkey without a validator permit is refused, except the subnet owner's. In the blocks of the chain's admin freeze window
//! before an epoch no rule changes, so that weights sent there meet the rules they were made for.

use std::fmt;

use crate::weights::Way;

/// A head that is behind by no more than this is of the same run of the chain, however young that is.
const MOST_BLOCKS_BEHIND: u64 = 256;

/// Whether a block was seen in another run of the chain than the one whose head this is: development chains begin anew, from
/// 0. A node that is behind, be it by days, shows the same run at an earlier time; whoever took that for a new one would
/// believe that nothing of what was sent had happened.
#[must_use]
pub const fn is_of_another_run(block: u64, head: u64) -> bool {
    head < block / 2 && block - head > MOST_BLOCKS_BEHIND
}

/// What the chain and the journal say of one mechanism at one block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation {
    /// The head all fields were read at.
    pub block: u64,
    /// Blocks per epoch; 0 means the subnet runs none.
    pub tempo: u16,
    /// The block in which the last epoch ran: weights included in it or later have served no epoch yet. Not the block from
    /// which the next one is counted, which a change of the tempo moves.
    pub epoch_began_at: u64,
    /// The block in which the next epoch is due, if any.
    pub next_epoch_block: Option<u64>,
    /// Fewest blocks between two submissions; 0 means no limit.
    pub rate_limit_blocks: u64,
    /// The block of this uid's last submission to the mechanism (or registration); 0 means never.
    pub last_update: u64,
    /// Whether this hotkey may set weights: it holds a validator permit or is the owner's.
    pub may_set_weights: bool,
    /// Whether the ledger holds a scored round; without one every reward would be a guess.
    pub has_scores: bool,
    /// The way in which the subnet takes weights.
    pub way: Way,
    /// Whether the chain holds no weights of this validator: then there is no reason to wait for a better moment.
    pub row_is_empty: bool,
    /// The newest submission to the mechanism that the chain took.
    pub newest: Option<Newest>,
}

/// The newest submission that the chain took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newest {
    /// The block it was included in; of a commit, that of the commit.
    pub included_block: u64,
    /// How it was sent.
    pub way: Way,
    /// Whether it still waits to be revealed.
    pub waits: bool,
    /// Whether it must not or should not take effect, because a uid in it has passed to another hotkey.
    pub outdated: bool,
}

/// What to do at this block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Submit now.
    Submit,
    /// Do nothing, for this reason.
    Wait(WaitReason),
}

/// Why nothing is submitted at this block. Its `Display` is a sentence for the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitReason {
    /// The subnet's tempo is 0.
    NoEpochs,
    /// This epoch's weights are on chain, in the open or committed.
    AlreadySet {
        /// The block that holds them.
        included_block: u64,
    },
    /// The hotkey holds no validator permit.
    NoPermit,
    /// No round has been scored yet.
    NoScores,
    /// The submission window has not opened.
    NotYet {
        /// Its first block.
        opens_at: u64,
    },
    /// A call sent now would be included after the epoch.
    EpochImminent {
        /// The block of the epoch.
        epoch_at: u64,
    },
    /// The chain's rate limit has not passed.
    RateLimited {
        /// The first block that can hold a submission.
        until: u64,
    },
    /// The operator's policy left nothing to send in this epoch.
    Skipped,
    /// Submitting failed, and trying again in this epoch cannot help.
    GaveUp {
        /// How many attempts were made.
        attempts: u32,
    },
}

impl WaitReason {
    /// Whether somebody has to act before weights can be set; the others pass by themselves.
    #[must_use]
    pub const fn needs_attention(&self) -> bool {
        matches!(self, Self::NoEpochs | Self::NoPermit | Self::GaveUp { .. })
    }

    /// Whether both are the same reason, whatever their numbers: a reason is logged once, not once per block.
    #[must_use]
    pub fn same_kind(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

impl fmt::Display for WaitReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoEpochs => f.write_str("the subnet's tempo is 0, so it runs no epochs and weights have no effect"),
            Self::AlreadySet { included_block } => {
                write!(f, "this epoch's weights are on chain since block {included_block}")
            }
            Self::NoPermit => f.write_str(
                "this hotkey holds no validator permit; permits are given by an epoch to the hotkeys with most stake, \
                 so stake to it and wait for the next epoch",
            ),
            Self::NoScores => f.write_str("no round has been scored yet"),
            Self::NotYet { opens_at } => write!(f, "weights are submitted from block {opens_at} on"),
            Self::EpochImminent { epoch_at } => {
                write!(f, "a call sent now would miss the epoch in block {epoch_at}")
            }
            Self::RateLimited { until } => {
                write!(f, "the subnet's weights_rate_limit allows the next submission at block {until}")
            }
            Self::Skipped => f.write_str("there is nothing to submit in this epoch"),
            Self::GaveUp { attempts } => {
                write!(f, "{attempts} submissions of this epoch failed (submit_attempts); waiting for the next epoch")
            }
        }
    }
}

/// The settings, and what was tried of one mechanism in the current epoch. What the chain took is not kept here but in
/// the journal.
#[derive(Debug, Clone)]
pub struct Schedule {
    margin_blocks: u64,
    attempts_per_epoch: u32,
    tried: Option<Tried>,
}

/// What was tried in one way in one epoch.
#[derive(Debug, Clone, Copy)]
struct Tried {
    epoch_began_at: u64,
    way: Way,
    attempts: u32,
    end: Option<End>,
}

/// Why nothing more is tried in an epoch, besides too many attempts.
#[derive(Debug, Clone, Copy)]
enum End {
    Skipped,
    Hopeless,
}

impl Schedule {
    /// The settings `submit_margin_blocks` and `submit_attempts`.
    #[must_use]
    pub const fn new(margin_blocks: u64, attempts_per_epoch: u32) -> Self {
        Self { margin_blocks, attempts_per_epoch, tried: None }
    }

    /// What to do in this situation. Does not change the state.
    #[must_use]
    pub fn decide(&self, now: &Situation) -> Decision {
        self.wait_reason(now).map_or(Decision::Submit, Decision::Wait)
    }

    /// A submission of the epoch that began at a block failed. `may_retry` says whether another attempt in the same epoch can
    /// help; the other ways of sending stay open, since a subnet may change its mind.
    pub fn note_failure(&mut self, epoch_began_at: u64, way: Way, may_retry: bool) {
        let attempts = self.tried_in(epoch_began_at, way).map_or(0, |tried| tried.attempts) + 1;
        let end = (!may_retry).then_some(End::Hopeless);
        self.tried = Some(Tried { epoch_began_at, way, attempts, end });
    }

    /// The operator's policy left nothing to send in the epoch that began at a block.
    pub fn note_skipped(&mut self, epoch_began_at: u64, way: Way) {
        self.tried = Some(Tried { epoch_began_at, way, attempts: 0, end: Some(End::Skipped) });
    }

    fn tried_in(&self, epoch_began_at: u64, way: Way) -> Option<Tried> {
        self.tried.filter(|tried| tried.epoch_began_at == epoch_began_at && tried.way == way)
    }

    fn wait_reason(&self, now: &Situation) -> Option<WaitReason> {
        let Some(epoch_at) = now.next_epoch_block.filter(|_| now.tempo > 0) else {
            return Some(WaitReason::NoEpochs);
        };
        // What was sent the other way does not count: a hash cannot be revealed once the subnet takes plain weights.
        let newest = now.newest.filter(|newest| newest.way.is_commit() == now.way.is_commit());
        let outdated = newest.is_some_and(|newest| newest.outdated);
        // A node may be behind the one that told of the inclusion.
        let is_of_this_epoch =
            |block: u64| block >= now.epoch_began_at && !is_of_another_run(block, now.block);
        if let Some(newest) = newest.filter(|newest| !outdated && is_of_this_epoch(newest.included_block)) {
            return Some(WaitReason::AlreadySet { included_block: newest.included_block });
        }
        if !now.may_set_weights {
            return Some(WaitReason::NoPermit);
        }
        if !now.has_scores {
            return Some(WaitReason::NoScores);
        }
        let nothing_there = now.row_is_empty && !newest.is_some_and(|newest| newest.waits);
        // Short tempos would otherwise be all margin, and weights would be last epoch's news.
        let margin = self.margin_blocks.min(u64::from(now.tempo) / 2).max(2);
        let opens_at = epoch_at.saturating_sub(margin);
        if now.block < opens_at && !outdated && !nothing_there {
            return Some(WaitReason::NotYet { opens_at });
        }
        // With so few blocks per epoch there is no better moment to wait for.
        if now.tempo > 3 && now.block + 1 >= epoch_at {
            return Some(WaitReason::EpochImminent { epoch_at });
        }
        // What is sent now is judged for the next block.
        let free_at = now.last_update.saturating_add(now.rate_limit_blocks);
        if now.rate_limit_blocks > 0 && now.last_update > 0 && now.block + 1 < free_at {
            return Some(WaitReason::RateLimited { until: free_at });
        }
        match self.tried_in(now.epoch_began_at, now.way)? {
            Tried { end: Some(End::Skipped), .. } => Some(WaitReason::Skipped),
            Tried { end: Some(End::Hopeless), attempts, .. } => Some(WaitReason::GaveUp { attempts }),
            Tried { end: None, attempts, .. } => {
                (attempts >= self.attempts_per_epoch).then_some(WaitReason::GaveUp { attempts })
            }
        }
    }
}
