//! What a round asks, and of whom.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde_json::Value;
use subnetkit_protocol::{Hotkey, Synapse};

use crate::ledger::TaskRecord;

/// The requests of one round: each hotkey named here is asked once; every other hotkey stays *not asked*.
pub struct Task<S: Synapse> {
    requests: Vec<S::Request>,
    asks: BTreeMap<Hotkey, usize>,
    timeout: Option<Duration>,
    streamed: bool,
    notes: Value,
}

impl<S: Synapse> Task<S> {
    /// Asks nobody: the round ends at once and leaves no scores.
    #[must_use]
    pub const fn nobody() -> Self {
        Self {
            requests: Vec::new(),
            asks: BTreeMap::new(),
            timeout: None,
            streamed: false,
            notes: Value::Null,
        }
    }

    /// The same request to several hotkeys. It is serialised once.
    #[must_use]
    pub fn same(request: S::Request, hotkeys: impl IntoIterator<Item = Hotkey>) -> Self {
        let asks = hotkeys.into_iter().map(|hotkey| (hotkey, 0)).collect();
        Self { requests: vec![request], asks, ..Self::nobody() }
    }

    /// A request of its own to each hotkey. A hotkey named twice is asked its last request.
    #[must_use]
    pub fn each(asks: impl IntoIterator<Item = (Hotkey, S::Request)>) -> Self {
        let mut task = Self::nobody();
        for (hotkey, request) in asks {
            task.asks.insert(hotkey, task.requests.len());
            task.requests.push(request);
        }
        task
    }

    /// How long each miner has for its answer in this round, instead of the setting `ask_timeout`.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Asks for streams: each miner's answer comes in pieces, judged by [`Answer::pieces`](crate::Answer::pieces), within
    /// the same time and size as an answer in one piece, and at most `max_response_pieces` of them. The miners have to
    /// answer this synapse with `ForwardStream`.
    #[must_use]
    pub const fn streamed(mut self) -> Self {
        self.streamed = true;
        self
    }

    /// What the judge has to remember until it scores, such as the expected answer. Miners never see it.
    #[must_use]
    pub fn with_notes(mut self, notes: Value) -> Self {
        self.notes = notes;
        self
    }

    /// What [`Task::with_notes`] kept; null otherwise.
    #[must_use]
    pub const fn notes(&self) -> &Value {
        &self.notes
    }

    /// The time each miner has, if this task names one.
    #[must_use]
    pub const fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// Whether it asks for streams.
    #[must_use]
    pub const fn is_streamed(&self) -> bool {
        self.streamed
    }

    /// What this hotkey is asked; `None` if it is not asked.
    #[must_use]
    pub fn request(&self, hotkey: &Hotkey) -> Option<&S::Request> {
        self.requests.get(*self.asks.get(hotkey)?)
    }

    /// The hotkeys asked.
    pub fn hotkeys(&self) -> impl ExactSizeIterator<Item = Hotkey> + '_ {
        self.asks.keys().copied()
    }

    /// Whether this hotkey is asked.
    #[must_use]
    pub fn asks(&self, hotkey: &Hotkey) -> bool {
        self.asks.contains_key(hotkey)
    }

    /// A task as it was recorded, with its requests read: its asks name them by their place, which has to be in the list.
    pub(crate) fn restored(requests: Vec<S::Request>, record: &TaskRecord) -> Self {
        let asks = record.asks.iter().copied().collect();
        let (timeout, streamed, notes) = (record.timeout, record.streamed, record.notes.clone());
        Self { requests, asks, timeout, streamed, notes }
    }

    /// The requests, each once.
    #[must_use]
    pub fn distinct_requests(&self) -> &[S::Request] {
        &self.requests
    }

    /// Each hotkey asked, in the order of their bytes, with the place of its request in [`Task::distinct_requests`].
    pub fn indexed_asks(&self) -> impl Iterator<Item = (Hotkey, usize)> + '_ {
        self.asks.iter().map(|(hotkey, index)| (*hotkey, *index))
    }
}

impl<S: Synapse> fmt::Debug for Task<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task")
            .field("synapse", &S::NAME)
            .field("hotkeys", &self.asks.len())
            .field("requests", &self.requests.len())
            .field("timeout", &self.timeout)
            .field("streamed", &self.streamed)
            .finish_non_exhaustive()
    }
}
