//! When to submit weights: a state machine over the chain's own epoch fields, with every input passed in.
//!
//! Facts it rests on: an epoch runs at the start of its block, before that block's calls, so weights must be included
//! in an earlier block; the chain refuses a second submission within the rate limit, counted from `LastUpdate`, which
//! starts at the block of registration; a hotkey without a validator permit is refused, except the subnet owner's.

use std::fmt;

/// What the chain says at one block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation {
    /// The head all fields were read at.
    pub block: u64,
    /// Blocks per epoch; 0 means the subnet runs none.
    pub tempo: u16,
    /// The block in which the last epoch ran.
    pub last_epoch_block: u64,
    /// The block in which the next epoch is due, if any.
    pub next_epoch_block: Option<u64>,
    /// Fewest blocks between two submissions; 0 means no limit.
    pub rate_limit_blocks: u64,
    /// The block of this uid's last submission (or registration); 0 means never.
    pub last_update: u64,
    /// Whether this hotkey may set weights: it holds a validator permit or is the owner's.
    pub may_set_weights: bool,
    /// Whether the subnet takes only committed weights.
    pub commit_reveal: bool,
    /// Whether the ledger holds a scored round; without one every reward would be a guess.
    pub has_scores: bool,
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
    /// The subnet takes only committed weights, which this version does not send.
    CommitRevealDemanded,
    /// This epoch's weights are on chain.
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
        /// The first block at which it has.
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
        matches!(self, Self::NoEpochs | Self::CommitRevealDemanded | Self::NoPermit | Self::GaveUp { .. })
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
            Self::CommitRevealDemanded => f.write_str(
                "the subnet demands commit-reveal (commit_reveal_weights_enabled), and only plain weights are \
                 supported; its owner can turn it off with AdminUtils.sudo_set_commit_reveal_weights_enabled",
            ),
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

/// The state: what was submitted last, and what was tried in the current epoch.
#[derive(Debug, Clone)]
pub struct Schedule {
    margin_blocks: u64,
    attempts_per_epoch: u32,
    included_block: Option<u64>,
    tried: Option<Tried>,
}

/// What was tried in the epoch after `last_epoch_block`.
#[derive(Debug, Clone, Copy)]
struct Tried {
    last_epoch_block: u64,
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
    /// `last_included_block` is where the last confirmed weights are, as the ledger remembers it across restarts.
    #[must_use]
    pub const fn new(margin_blocks: u64, attempts_per_epoch: u32, last_included_block: Option<u64>) -> Self {
        Self { margin_blocks, attempts_per_epoch, included_block: last_included_block, tried: None }
    }

    /// What to do in this situation. Does not change the state.
    #[must_use]
    pub fn decide(&self, now: &Situation) -> Decision {
        self.wait_reason(now).map_or(Decision::Submit, Decision::Wait)
    }

    /// A submission failed. `may_retry` says whether another attempt in the same epoch can help and cannot harm.
    pub fn note_failure(&mut self, at: &Situation, may_retry: bool) {
        let attempts = self.tried_in(at).map_or(0, |tried| tried.attempts) + 1;
        let end = (!may_retry).then_some(End::Hopeless);
        self.tried = Some(Tried { last_epoch_block: at.last_epoch_block, attempts, end });
    }

    /// The operator's policy left nothing to send in this epoch.
    pub fn note_skipped(&mut self, at: &Situation) {
        self.tried =
            Some(Tried { last_epoch_block: at.last_epoch_block, attempts: 0, end: Some(End::Skipped) });
    }

    /// A submission was read back from the chain.
    pub const fn note_confirmed(&mut self, included_block: u64) {
        self.included_block = Some(included_block);
        self.tried = None;
    }

    fn tried_in(&self, now: &Situation) -> Option<Tried> {
        self.tried.filter(|tried| tried.last_epoch_block == now.last_epoch_block)
    }

    fn wait_reason(&self, now: &Situation) -> Option<WaitReason> {
        let Some(epoch_at) = now.next_epoch_block.filter(|_| now.tempo > 0) else {
            return Some(WaitReason::NoEpochs);
        };
        if now.commit_reveal {
            return Some(WaitReason::CommitRevealDemanded);
        }
        // A block number from the future is a memory of another run of the chain.
        let this_epoch = now.last_epoch_block..=now.block;
        if let Some(included_block) = self.included_block.filter(|block| this_epoch.contains(block)) {
            return Some(WaitReason::AlreadySet { included_block });
        }
        if !now.may_set_weights {
            return Some(WaitReason::NoPermit);
        }
        if !now.has_scores {
            return Some(WaitReason::NoScores);
        }
        // Short tempos would otherwise be all margin, and weights would be last epoch's news.
        let margin = self.margin_blocks.min(u64::from(now.tempo) / 2).max(2);
        let opens_at = epoch_at.saturating_sub(margin);
        if now.block < opens_at {
            return Some(WaitReason::NotYet { opens_at });
        }
        // With so few blocks per epoch there is no better moment to wait for.
        if now.tempo > 3 && now.block + 1 >= epoch_at {
            return Some(WaitReason::EpochImminent { epoch_at });
        }
        let free_at = now.last_update.saturating_add(now.rate_limit_blocks);
        if now.rate_limit_blocks > 0 && now.last_update > 0 && now.block < free_at {
            return Some(WaitReason::RateLimited { until: free_at });
        }
        match self.tried_in(now)? {
            Tried { end: Some(End::Skipped), .. } => Some(WaitReason::Skipped),
            Tried { end: Some(End::Hopeless), attempts, .. } => Some(WaitReason::GaveUp { attempts }),
            Tried { end: None, attempts, .. } => {
                (attempts >= self.attempts_per_epoch).then_some(WaitReason::GaveUp { attempts })
            }
        }
    }
}
