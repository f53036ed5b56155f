//! What came of a request at the miner's, and what of it arrives at the validator's.

use std::time::Duration;

use subnetkit_miner::Refusal;
use subnetkit_protocol::{Hotkey, Synapse};
use subnetkit_validator::{Answer, Outcome, Piece, Timing};

/// Most pieces of one streamed answer that are taken, as the validator's setting `max_response_pieces`.
pub(super) const MOST_PIECES: usize = 16_384;

/// What came of a request at the miner's.
#[derive(Clone)]
pub(super) enum Given<R> {
    Whole(R),
    /// Times count from the beginning of the work.
    Streamed(Vec<Piece<R>>),
    BrokenOff(Vec<Piece<R>>),
    /// More pieces than are taken, and those before.
    TooMany(Vec<Piece<R>>),
    Refused {
        status: u16,
        message: String,
        retry_after: Option<Duration>,
    },
    Malformed(&'static str),
    /// Nothing, or no more than these pieces, in the time there was.
    Late(Vec<Piece<R>>),
}

/// The same, and what time it took.
#[derive(Clone)]
pub(super) struct Made<R> {
    pub(super) given: Given<R>,
    pub(super) took: Duration,
}

/// When a request was at the miner's.
#[derive(Clone, Copy)]
pub(super) struct Times {
    /// When the request was there.
    pub(super) arrived: Duration,
    /// When the work on it began.
    pub(super) begun: Duration,
    /// What the way back takes.
    pub(super) back: Duration,
}

impl<R> Made<R> {
    /// What arrives at the validator's.
    pub(super) fn arrival<S: Synapse<Response = R>>(
        self,
        hotkey: Hotkey,
        times: Times,
        timeout: Duration,
    ) -> Answer<S> {
        let Times { arrived, begun, back } = times;
        let at = |time: Duration| (begun + time).max(arrived) + back;
        let elapsed = at(self.took);
        let late = Outcome::TimedOut { after: timeout };
        let in_time = elapsed <= timeout;
        let told = |pieces: Vec<Piece<R>>| {
            let told = pieces.into_iter().map(|Piece { value, at: made }| Piece { value, at: at(made) });
            told.filter(|piece| piece.at <= timeout).collect::<Vec<_>>()
        };
        let mut answer = match self.given {
            Given::Streamed(pieces) if in_time => Answer::streamed(hotkey, told(pieces), elapsed),
            Given::BrokenOff(pieces) if in_time => {
                let outcome = Outcome::Unreachable { reason: "the stream broke off".to_owned() };
                Answer::broken_off(hotkey, told(pieces), outcome)
            }
            Given::TooMany(pieces) if in_time => {
                Answer::broken_off(hotkey, told(pieces), Outcome::TooManyPieces { limit: MOST_PIECES })
            }
            Given::Streamed(pieces)
            | Given::BrokenOff(pieces)
            | Given::TooMany(pieces)
            | Given::Late(pieces) => Answer::broken_off(hotkey, told(pieces), late),
            _ if !in_time => Answer::new(hotkey, late),
            Given::Whole(response) => Answer::new(hotkey, Outcome::Answered { response, elapsed }),
            Given::Refused { status, message, retry_after } => {
                Answer::new(hotkey, Outcome::Refused { status, message, retry_after })
            }
            Given::Malformed(reason) => Answer::new(hotkey, Outcome::Malformed { reason: reason.to_owned() }),
        };
        answer.timing = Timing { answering: elapsed.min(timeout), ..Timing::default() };
        answer
    }
}

impl<R> Given<R> {
    /// The pieces of a stream, however it ended.
    pub(super) const fn pieces_mut(&mut self) -> Option<&mut Vec<Piece<R>>> {
        match self {
            Self::Streamed(pieces) | Self::BrokenOff(pieces) | Self::TooMany(pieces) | Self::Late(pieces) => {
                Some(pieces)
            }
            Self::Whole(_) | Self::Refused { .. } | Self::Malformed(_) => None,
        }
    }
}

impl<R> From<Refusal> for Given<R> {
    fn from(refusal: Refusal) -> Self {
        let (status, message) = (refusal.status(), refusal.sentence().to_owned());
        Self::Refused { status, message, retry_after: refusal.retry_after() }
    }
}

pub(super) fn later<R: Clone>(pieces: &[Piece<R>], by: Duration) -> Vec<Piece<R>> {
    pieces.iter().map(|Piece { value, at }| Piece { value: value.clone(), at: *at + by }).collect()
}
