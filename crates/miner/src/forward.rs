//! The miner's hook: one request of a synapse in, one answer out.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use subnetkit_protocol::{Hotkey, Synapse};
use tokio::time::Instant;

use crate::Standing;

/// The miner's work on a synapse.
///
/// The future is dropped when the deadline passes or the caller hangs up. Work that keeps a core busy belongs in
/// [`tokio::task::spawn_blocking`], so that the other requests and the health routes go on.
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not answer the synapse `{S}`",
    label = "this type needs `impl Forward<{S}>`",
    note = "write `#[async_trait] impl Forward<{S}> for {Self} {{ async fn forward(&self, call: Call<..>) -> Result<.., Refusal> }}`"
)]
pub trait Forward<S: Synapse>: Send + Sync + 'static {
    /// Answers one authenticated and admitted request, or refuses it.
    async fn forward(&self, call: Call<S::Request>) -> Result<S::Response, Refusal>;
}

#[async_trait]
impl<S: Synapse, F: Forward<S> + ?Sized> Forward<S> for Arc<F> {
    async fn forward(&self, call: Call<S::Request>) -> Result<S::Response, Refusal> {
        (**self).forward(call).await
    }
}

/// One request, with who sent it and how long there is to answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Call<T> {
    /// What was asked.
    pub request: T,
    /// The hotkey whose signature was verified.
    pub caller: Hotkey,
    /// The caller's place in the metagraph; `None` for a hotkey admitted without being registered.
    pub standing: Option<Standing>,
    /// The answer has to be there by then.
    pub deadline: Instant,
}

impl<T> Call<T> {
    /// A call as the axon would make it for a caller outside the metagraph: for testing a [`Forward`] by itself.
    pub fn new(request: T, caller: Hotkey, timeout: Duration) -> Self {
        Self { request, caller, standing: None, deadline: Instant::now() + timeout }
    }

    /// Time left to answer; zero once the deadline has passed.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

/// Why a handler does not answer.
///
/// Any error turns into [`Refusal::internal`] with `?`. Like other types that errors convert into, this one is not
/// itself a [`std::error::Error`].
pub struct Refusal(pub(crate) Reason);

pub(crate) enum Reason {
    Busy { retry_after: Duration },
    Invalid { sentence: String },
    Internal { source: Box<dyn std::error::Error + Send + Sync> },
}

impl Refusal {
    /// No capacity now: 503, and the caller is told when to try again (rounded up to whole seconds).
    #[must_use]
    pub fn busy(retry_after: Duration) -> Self {
        Self(Reason::Busy { retry_after })
    }

    /// The request is well formed and makes no sense: 422. The sentence is sent to the caller.
    pub fn invalid(sentence: impl Into<String>) -> Self {
        Self(Reason::Invalid { sentence: sentence.into() })
    }

    /// The miner failed: 500. The cause is logged and never sent to the caller.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self(Reason::Internal { source: source.into() })
    }

    /// The HTTP status that the caller gets.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match &self.0 {
            Reason::Busy { .. } => 503,
            Reason::Invalid { .. } => 422,
            Reason::Internal { .. } => 500,
        }
    }

    /// The sentence that the caller gets. It says nothing of the cause of a failure.
    #[must_use]
    pub fn sentence(&self) -> &str {
        match &self.0 {
            Reason::Busy { .. } => "this miner can't take the request now",
            Reason::Invalid { sentence } => sentence,
            Reason::Internal { .. } => "this miner failed to answer",
        }
    }

    /// When the caller is told to try again, if it is.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match &self.0 {
            Reason::Busy { retry_after } => Some(*retry_after),
            Reason::Invalid { .. } | Reason::Internal { .. } => None,
        }
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Refusal {
    fn from(source: E) -> Self {
        Self::internal(source)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::Busy { retry_after } => write!(f, "busy, try again in {retry_after:?}"),
            Reason::Invalid { sentence } => write!(f, "invalid request: {sentence}"),
            Reason::Internal { source } => write!(f, "internal error: {source}"),
        }
    }
}

impl fmt::Debug for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Refusal({self})")
    }
}
