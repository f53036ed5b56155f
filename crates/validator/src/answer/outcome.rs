//! How a request ended.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::Piece;

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
    /// The miner's stream came to its end, and its signature covers all of it. One that broke off is whatever ended it,
    /// and what had come by then is in [`Answer::partial`](super::Answer::partial).
    Streamed {
        /// Its pieces, in order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pieces: Vec<Piece<R>>,
        /// As for an answer in one piece: to the last byte.
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
    /// The stream has more pieces than `max_response_pieces`.
    TooManyPieces {
        /// The limit it exceeds.
        limit: usize,
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
            Self::Streamed { .. } => OutcomeKind::Streamed,
            Self::Refused { .. } => OutcomeKind::Refused,
            Self::TimedOut { .. } => OutcomeKind::TimedOut,
            Self::Unreachable { .. } => OutcomeKind::Unreachable,
            Self::Forged { .. } => OutcomeKind::Forged,
            Self::Malformed { .. } => OutcomeKind::Malformed,
            Self::TooLarge { .. } => OutcomeKind::TooLarge,
            Self::TooManyPieces { .. } => OutcomeKind::TooManyPieces,
            Self::NotServing { .. } => OutcomeKind::NotServing,
        }
    }

    /// One line for the ledger and the log; empty for an answer, streamed or not.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::Answered { .. } | Self::Streamed { .. } => String::new(),
            Self::Refused { status, message, .. } => format!("{status} {message}"),
            Self::TimedOut { after } => format!("no answer within {} ms", after.as_millis()),
            Self::Unreachable { reason }
            | Self::Forged { reason }
            | Self::Malformed { reason }
            | Self::NotServing { reason } => reason.clone(),
            Self::TooLarge { limit_bytes } => format!("more than {limit_bytes} bytes"),
            Self::TooManyPieces { limit } => format!("more than {limit} pieces"),
        }
    }

    /// The same, borrowing the response.
    #[must_use]
    pub fn as_ref(&self) -> Outcome<&R> {
        match self {
            Self::Answered { response, elapsed } => Outcome::Answered { response, elapsed: *elapsed },
            Self::Streamed { pieces, elapsed } => {
                let pieces = pieces.iter().map(|Piece { value, at }| Piece { value, at: *at }).collect();
                Outcome::Streamed { pieces, elapsed: *elapsed }
            }
            Self::Refused { status, message, retry_after } => {
                Outcome::Refused { status: *status, message: message.clone(), retry_after: *retry_after }
            }
            Self::TimedOut { after } => Outcome::TimedOut { after: *after },
            Self::Unreachable { reason } => Outcome::Unreachable { reason: reason.clone() },
            Self::Forged { reason } => Outcome::Forged { reason: reason.clone() },
            Self::Malformed { reason } => Outcome::Malformed { reason: reason.clone() },
            Self::TooLarge { limit_bytes } => Outcome::TooLarge { limit_bytes: *limit_bytes },
            Self::TooManyPieces { limit } => Outcome::TooManyPieces { limit: *limit },
            Self::NotServing { reason } => Outcome::NotServing { reason: reason.clone() },
        }
    }

    /// The same with another response, or other pieces.
    #[must_use]
    pub fn map<T>(self, mut response_to: impl FnMut(R) -> T) -> Outcome<T> {
        let Ok(outcome) = self.try_map(|response| Ok::<_, Infallible>(response_to(response)));
        outcome
    }

    /// The same with another response, or other pieces, where each can be had.
    ///
    /// # Errors
    /// The first that cannot.
    pub fn try_map<T, E>(self, mut response_to: impl FnMut(R) -> Result<T, E>) -> Result<Outcome<T>, E> {
        Ok(match self {
            Self::Answered { response, elapsed } => {
                Outcome::Answered { response: response_to(response)?, elapsed }
            }
            Self::Streamed { pieces, elapsed } => {
                let pieces = pieces
                    .into_iter()
                    .map(|Piece { value, at }| response_to(value).map(|value| Piece { value, at }));
                Outcome::Streamed { pieces: pieces.collect::<Result<_, E>>()?, elapsed }
            }
            Self::Refused { status, message, retry_after } => {
                Outcome::Refused { status, message, retry_after }
            }
            Self::TimedOut { after } => Outcome::TimedOut { after },
            Self::Unreachable { reason } => Outcome::Unreachable { reason },
            Self::Forged { reason } => Outcome::Forged { reason },
            Self::Malformed { reason } => Outcome::Malformed { reason },
            Self::TooLarge { limit_bytes } => Outcome::TooLarge { limit_bytes },
            Self::TooManyPieces { limit } => Outcome::TooManyPieces { limit },
            Self::NotServing { reason } => Outcome::NotServing { reason },
        })
    }

    /// The time of an answer, streamed or not.
    #[must_use]
    pub const fn elapsed(&self) -> Option<Duration> {
        match self {
            Self::Answered { elapsed, .. } | Self::Streamed { elapsed, .. } => Some(*elapsed),
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
    Streamed,
    Refused,
    TimedOut,
    Unreachable,
    Forged,
    Malformed,
    TooLarge,
    TooManyPieces,
    NotServing,
}

impl OutcomeKind {
    /// All kinds.
    pub const ALL: [Self; 10] = [
        Self::Answered,
        Self::Streamed,
        Self::Refused,
        Self::TimedOut,
        Self::Unreachable,
        Self::Forged,
        Self::Malformed,
        Self::TooLarge,
        Self::TooManyPieces,
        Self::NotServing,
    ];

    /// The name in the ledger and in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Streamed => "streamed",
            Self::Refused => "refused",
            Self::TimedOut => "timed_out",
            Self::Unreachable => "unreachable",
            Self::Forged => "forged",
            Self::Malformed => "malformed",
            Self::TooLarge => "too_large",
            Self::TooManyPieces => "too_many_pieces",
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
