//! What came back from each miner asked.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use subnetkit_protocol::btauth::Evidence;
use subnetkit_protocol::{Hotkey, Synapse};

/// What one hotkey did with its request.
pub struct Answer<S: Synapse> {
    /// Who was asked.
    pub hotkey: Hotkey,
    /// What happened.
    pub outcome: Outcome<S::Response>,
    /// When.
    pub timing: Timing,
    /// The bytes of an answer as they came, which its signature covers; empty where there is no answer.
    pub body: Bytes,
    /// The miner's word for it, for anyone to check: present if the miner signed its answer or its refusal. With the
    /// bytes of request and answer it shows who said what to whom.
    pub evidence: Option<Box<Evidence>>,
}

/// Where the time of one request went. The sum is all of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timing {
    /// Waiting for this side's limits on concurrency. No miner is charged for it.
    pub queued: Duration,
    /// Until a connection was ready to carry the request, earlier attempts and TLS included; next to nothing if one was
    /// open already.
    pub connecting: Duration,
    /// From there to the last byte of the answer, or whatever else was the outcome.
    pub answering: Duration,
}

impl<S: Synapse> Answer<S> {
    /// An answer that nothing else is known of, as it is where nobody was dialled, and in tests of a judge.
    #[must_use]
    pub fn new(hotkey: Hotkey, outcome: Outcome<S::Response>) -> Self {
        Self { hotkey, outcome, timing: Timing::default(), body: Bytes::new(), evidence: None }
    }

    /// The response and the time it took, if there is one.
    #[must_use]
    pub const fn response(&self) -> Option<(&S::Response, Duration)> {
        match &self.outcome {
            Outcome::Answered { response, elapsed } => Some((response, *elapsed)),
            _ => None,
        }
    }
}

impl<S: Synapse> fmt::Debug for Answer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("hotkey", &self.hotkey).field("outcome", &self.outcome.kind()).finish()
    }
}

/// The ways a request can end. Only what is the miner's doing is here: a request that this validator could not send for
/// reasons of its own is no answer at all, and the hotkey stays *not asked*.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome<R> {
    /// The miner answered with a well-formed response; whether it is right is for the judge to say.
    Answered {
        /// The response.
        response: R,
        /// From a connection being ready to carry the request to the last byte of the answer: neither this side's queue nor
        /// connecting is in it.
        elapsed: Duration,
    },
    /// The miner said no.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The beginning of the miner's reason, untrusted.
        message: String,
        /// How long the miner asks to be left alone.
        retry_after: Option<Duration>,
    },
    /// The answer was not complete in time.
    TimedOut {
        /// The time the miner had.
        after: Duration,
    },
    /// No connection to the miner's axon, or it broke.
    Unreachable {
        /// What failed.
        reason: String,
    },
    /// What came back is not proven to be the miner's: its signature is missing or wrong, or its server holds another TLS
    /// key than the published one.
    Forged {
        /// Which of these.
        reason: String,
    },
    /// The miner answered, but not with this synapse's response.
    Malformed {
        /// What is wrong with it.
        reason: String,
    },
    /// The answer is larger than `max_response_bytes`, or its head than 64 KiB or 64 fields.
    TooLarge {
        /// The limit it exceeds.
        limit_bytes: usize,
    },
    /// The hotkey has no axon on chain, is not registered, or published an address that is not dialled.
    NotServing {
        /// Which of these.
        reason: String,
    },
}

impl<R> Outcome<R> {
    /// The kind, without the details.
    #[must_use]
    pub const fn kind(&self) -> OutcomeKind {
        match self {
            Self::Answered { .. } => OutcomeKind::Answered,
            Self::Refused { .. } => OutcomeKind::Refused,
            Self::TimedOut { .. } => OutcomeKind::TimedOut,
            Self::Unreachable { .. } => OutcomeKind::Unreachable,
            Self::Forged { .. } => OutcomeKind::Forged,
            Self::Malformed { .. } => OutcomeKind::Malformed,
            Self::TooLarge { .. } => OutcomeKind::TooLarge,
            Self::NotServing { .. } => OutcomeKind::NotServing,
        }
    }

    /// One line for the ledger and the log; empty for an answer.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Answered { .. } => String::new(),
            Self::Refused { status, message, .. } => format!("{status} {message}"),
            Self::TimedOut { after } => format!("no answer within {} ms", after.as_millis()),
            Self::Unreachable { reason }
            | Self::Forged { reason }
            | Self::Malformed { reason }
            | Self::NotServing { reason } => reason.clone(),
            Self::TooLarge { limit_bytes } => format!("more than {limit_bytes} bytes"),
        }
    }

    /// The same, borrowing the response.
    #[must_use]
    pub fn as_ref(&self) -> Outcome<&R> {
        match self {
            Self::Answered { response, elapsed } => Outcome::Answered { response, elapsed: *elapsed },
            Self::Refused { status, message, retry_after } => {
                Outcome::Refused { status: *status, message: message.clone(), retry_after: *retry_after }
            }
            Self::TimedOut { after } => Outcome::TimedOut { after: *after },
            Self::Unreachable { reason } => Outcome::Unreachable { reason: reason.clone() },
            Self::Forged { reason } => Outcome::Forged { reason: reason.clone() },
            Self::Malformed { reason } => Outcome::Malformed { reason: reason.clone() },
            Self::TooLarge { limit_bytes } => Outcome::TooLarge { limit_bytes: *limit_bytes },
            Self::NotServing { reason } => Outcome::NotServing { reason: reason.clone() },
        }
    }

    /// The same with another response.
    #[must_use]
    pub fn map<T>(self, response_to: impl FnOnce(R) -> T) -> Outcome<T> {
        match self {
            Self::Answered { response, elapsed } => {
                Outcome::Answered { response: response_to(response), elapsed }
            }
            Self::Refused { status, message, retry_after } => {
                Outcome::Refused { status, message, retry_after }
            }
            Self::TimedOut { after } => Outcome::TimedOut { after },
            Self::Unreachable { reason } => Outcome::Unreachable { reason },
            Self::Forged { reason } => Outcome::Forged { reason },
            Self::Malformed { reason } => Outcome::Malformed { reason },
            Self::TooLarge { limit_bytes } => Outcome::TooLarge { limit_bytes },
            Self::NotServing { reason } => Outcome::NotServing { reason },
        }
    }

    /// The time of an answer.
    #[must_use]
    pub const fn elapsed(&self) -> Option<Duration> {
        match self {
            Self::Answered { elapsed, .. } => Some(*elapsed),
            _ => None,
        }
    }
}

/// [`Outcome`] without its details: what the ledger counts and the metrics label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs, reason = "each mirrors the variant of Outcome of the same name")]
pub enum OutcomeKind {
    Answered,
    Refused,
    TimedOut,
    Unreachable,
    Forged,
    Malformed,
    TooLarge,
    NotServing,
}

impl OutcomeKind {
    /// All kinds.
    pub const ALL: [Self; 8] = [
        Self::Answered,
        Self::Refused,
        Self::TimedOut,
        Self::Unreachable,
        Self::Forged,
        Self::Malformed,
        Self::TooLarge,
        Self::NotServing,
    ];

    /// The name in the ledger and in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::TimedOut => "timed_out",
            Self::Unreachable => "unreachable",
            Self::Forged => "forged",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::NotServing => "not_serving",
        }
    }
}

impl fmt::Display for OutcomeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for OutcomeKind {
    type Err = UnknownOutcome;

    fn from_str(text: &str) -> Result<Self, UnknownOutcome> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| UnknownOutcome(text.to_owned()))
    }
}

/// A text that names no outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an outcome")]
pub struct UnknownOutcome(String);
