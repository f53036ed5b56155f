//! Many miners asked at once, their answers as they arrive.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures::Stream;
use subnetkit_protocol::Synapse;
use tokio::task::JoinSet;

use super::{AskError, Dendrite, EncodedRequest, Endpoint};
use crate::answer::Answer;

/// The answers to [`Dendrite::ask_all`], the fastest first. Dropping it gives up on the rest.
#[derive(Debug)]
pub struct Answers<S: Synapse> {
    asking: JoinSet<Result<Answer<S>, AskError>>,
}

impl Dendrite {
    /// Asks everyone at once, each on a task of its own, so that a large answer of one does not delay the clock of
    /// another. `timeout` is as for [`Dendrite::ask`].
    pub fn ask_all<S: Synapse>(
        self: &Arc<Self>,
        asks: impl IntoIterator<Item = (Endpoint, EncodedRequest)>,
        timeout: Option<Duration>,
    ) -> Answers<S> {
        let mut asking = JoinSet::new();
        for (endpoint, request) in asks {
            let dendrite = Arc::clone(self);
            asking.spawn(async move { dendrite.ask::<S>(&endpoint, &request, timeout).await });
        }
        Answers::new(asking)
    }
}

impl<S: Synapse> Answers<S> {
    pub(super) const fn new(asking: JoinSet<Result<Answer<S>, AskError>>) -> Self {
        Self { asking }
    }
}

impl<S: Synapse> Stream for Answers<S> {
    type Item = Result<Answer<S>, AskError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match ready!(self.asking.poll_join_next(cx)) {
                Some(Ok(answer)) => return Poll::Ready(Some(answer)),
                // A response type's own decoding can panic. Whose fault that is cannot be told: not asked.
                Some(Err(ended)) => tracing::error!(error = %ended, synapse = S::NAME, "an ask ended early"),
                None => return Poll::Ready(None),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.asking.len()))
    }
}
