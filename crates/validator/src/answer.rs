//! What came back from each miner asked.

mod outcome;

pub use outcome::{Outcome, OutcomeKind, UnknownOutcome};

use std::fmt;
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
    /// What had come of a stream when it broke off, with [`outcome`](Self::outcome) saying how; empty everywhere else.
    /// No signature covers it: it is somebody's word, which a judge may look at and should not pay for.
    pub partial: Vec<Piece<S::Response>>,
    /// The bytes of an answer as they came, which its signature covers, or of a stream up to where it broke off; empty
    /// where nothing came.
    pub body: Bytes,
    /// The miner's word for it, for anyone to check: present if the miner signed its answer or its refusal. With the
    /// bytes of request and answer it shows who said what to whom.
    pub evidence: Option<Box<Evidence>>,
    /// Where in the body each piece of a stream ends, whole or not.
    pub(crate) ends: Vec<usize>,
}

/// One piece of a streamed answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Piece<R> {
    /// What the miner sent.
    pub value: R,
    /// When its last byte came: since a connection was ready to carry the request.
    pub at: Duration,
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
        let (timing, body) = (Timing::default(), Bytes::new());
        Self { hotkey, outcome, timing, partial: Vec::new(), body, evidence: None, ends: Vec::new() }
    }

    /// A stream that came to its end after `elapsed`, for tests of a judge.
    #[must_use]
    pub fn streamed(hotkey: Hotkey, pieces: Vec<Piece<S::Response>>, elapsed: Duration) -> Self {
        let timing = Timing { answering: elapsed, ..Timing::default() };
        Self { timing, ..Self::new(hotkey, Outcome::Streamed { pieces, elapsed }) }
    }

    /// A stream that broke off with this outcome after some pieces, for tests of a judge.
    #[must_use]
    pub fn broken_off(
        hotkey: Hotkey,
        partial: Vec<Piece<S::Response>>,
        outcome: Outcome<S::Response>,
    ) -> Self {
        Self { partial, ..Self::new(hotkey, outcome) }
    }

    /// The response and the time it took, if there is one.
    #[must_use]
    pub const fn response(&self) -> Option<(&S::Response, Duration)> {
        match &self.outcome {
            Outcome::Answered { response, elapsed } => Some((response, *elapsed)),
            _ => None,
        }
    }

    /// The pieces of a stream that came to its end, which may be none. `None` for one that broke off, of which
    /// [`partial`](Self::partial) has what came, and for what is no stream.
    #[must_use]
    pub const fn pieces(&self) -> Option<&[Piece<S::Response>]> {
        match &self.outcome {
            Outcome::Streamed { pieces, .. } => Some(pieces.as_slice()),
            _ => None,
        }
    }
}

impl<S: Synapse> fmt::Debug for Answer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer").field("hotkey", &self.hotkey).field("outcome", &self.outcome.kind()).finish()
    }
}
