//! Why a laboratory could not be played to its end.

use std::fmt;
use std::time::Duration;

/// Why a laboratory could not be played to its end.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum LabError {
    /// What was asked for cannot be played.
    #[error("`{setting}` {problem}")]
    Setting {
        /// The setting, miner or validator.
        setting: String,
        /// What is wrong with it, and what would be right.
        problem: String,
    },
    /// A hook of the builder's panicked.
    #[error("the {hook} hook panicked {at}: {message}")]
    HookPanicked {
        /// Which hook.
        hook: Hook,
        /// In which call.
        at: Moment,
        /// What it said.
        message: String,
    },
    /// A hook of the builder's took longer in virtual time than it may.
    #[error(
        "the {hook} hook took more than {} s of virtual time {at}; a hook that waits for something outside of the \
         laboratory waits for ever",
        .after.as_secs_f64()
    )]
    HookTimedOut {
        /// Which hook.
        hook: Hook,
        /// In which call.
        at: Moment,
        /// The virtual time it had.
        after: Duration,
    },
    /// A hook of the builder's did not come back.
    #[error(
        "the {hook} hook has not come back for {} s {at}; it computes without end, or blocks its thread (`Lab::patience` \
         gives it longer)",
        .after.as_secs_f64()
    )]
    HookStuck {
        /// Which hook.
        hook: Hook,
        /// In which call.
        at: Moment,
        /// How long was waited, in real time.
        after: Duration,
    },
    /// A hook of the builder's is woken again and again and waits for nothing.
    #[error(
        "the {hook} hook was woken {polls} times {at} without an end; let it wait for something, or return"
    )]
    HookRestless {
        /// Which hook.
        hook: Hook,
        /// In which call.
        at: Moment,
        /// How often.
        polls: u32,
    },
    /// The reward hook gave what the chain does not take.
    #[error("the weights of {validator} in epoch {epoch} cannot be set: {reason}")]
    Reward {
        /// The validator.
        validator: String,
        /// The epoch.
        epoch: u32,
        /// What is wrong with them.
        reason: String,
    },
    /// The machine gave no threads, or no runtime.
    #[error("the laboratory cannot be set up: {0}")]
    Machine(String),
}

/// A hook of the builder's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each is the hook of the same name")]
pub enum Hook {
    Task,
    Forward,
    Stream,
    Score,
    Settle,
    Reward,
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Task => "task",
            Self::Forward => "forward",
            Self::Stream => "stream",
            Self::Score => "score",
            Self::Settle => "settle",
            Self::Reward => "reward",
        })
    }
}

/// Which call of a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The validator for which it was called.
    pub validator: String,
    /// The miner that was asked, for the hooks of miners.
    pub miner: Option<String>,
    /// The epoch, from 1.
    pub epoch: u32,
    /// The round of that validator, from 1.
    pub round: u64,
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(miner) = &self.miner {
            write!(f, "of {miner}, asked by {},", self.validator)?;
        } else {
            write!(f, "of {}", self.validator)?;
        }
        write!(f, " in round {} (epoch {})", self.round, self.epoch)
    }
}
