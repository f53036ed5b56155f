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
    #[error("the {hook} hook of {} panicked {}: {message}", .at.whose(), .at.when())]
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
        "the {hook} hook of {} took more than {} s of virtual time {}; a hook that waits for something outside of the \
         laboratory waits for ever",
        .at.whose(), .after.as_secs_f64(), .at.when()
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
        "the {hook} hook of {} has not come back for {} s {}; it computes without end, or blocks its thread \
         (`Lab::patience` gives it longer)",
        .at.whose(), .after.as_secs_f64(), .at.when()
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
        "the {hook} hook of {} was woken {polls} times {} without an end: let it wait for something, or return",
        .at.whose(), .at.when()
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

impl Moment {
    /// Whose hook it is.
    #[must_use]
    pub fn whose(&self) -> &str {
        self.miner.as_deref().unwrap_or(&self.validator)
    }

    /// When it was called.
    #[must_use]
    pub fn when(&self) -> String {
        let Self { validator, miner, epoch, round } = self;
        let asked = if miner.is_some() { format!("when asked by {validator} ") } else { String::new() };
        format!("{asked}in round {round} (epoch {epoch})")
    }
}
