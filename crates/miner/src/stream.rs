//! The miner's hook for answers that come in pieces.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use futures::{
    future::BoxFuture,
    stream::{self, BoxStream},
};
use subnetkit_protocol::Synapse;
use tokio::sync::mpsc;

use crate::{Call, Refusal};

/// The chunks of one streamed answer, each a response of the synapse. Make them with [`produce`] or from any stream.
pub type Chunks<T> = BoxStream<'static, Result<T, Refusal>>;

/// The miner's work on a synapse whose answer is sent while it is made: tokens of a text, frames, partial results.
///
/// Every chunk is one [`Synapse::Response`] and goes out as soon as it is there; a stream that is faster than its caller
/// is not asked for more than a few chunks ahead. Until the first chunk, refusing, failing and panicking end as they do with
/// [`Forward`](crate::Forward): in one status. After it, an error, a panic or the deadline breaks the body off, so that
/// the caller cannot take a part for the whole. The stream is dropped when the deadline passes or the caller hangs up,
/// and the request holds its slot for as long as the stream lives.
///
/// ```
/// # use subnetkit_miner::{Call, Chunks, ForwardStream, Refusal, produce};
/// # use subnetkit_protocol::Synapse;
/// # struct Words;
/// # impl Synapse for Words { const NAME: &'static str = "words"; type Request = String; type Response = String; }
/// struct Splitter;
///
/// #[async_trait::async_trait]
/// impl ForwardStream<Words> for Splitter {
///     async fn stream(&self, call: Call<String>) -> Result<Chunks<String>, Refusal> {
///         Ok(produce(async move |out| {
///             for word in call.request.split(' ') {
///                 out.send(word.to_owned()).await?;
///             }
///             Ok(())
///         }))
///     }
/// }
/// ```
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not stream answers to the synapse `{S}`",
    label = "this type needs `impl ForwardStream<{S}>`",
    note = "write `#[async_trait] impl ForwardStream<{S}> for {Self} {{ async fn stream(&self, call: Call<..>) -> Result<Chunks<..>, Refusal> }}`"
)]
pub trait ForwardStream<S: Synapse>: Send + Sync + 'static {
    /// Begins the answer to one authenticated and admitted request, or refuses it.
    async fn stream(&self, call: Call<S::Request>) -> Result<Chunks<S::Response>, Refusal>;
}

#[async_trait]
impl<S: Synapse, F: ForwardStream<S> + ?Sized> ForwardStream<S> for Arc<F> {
    async fn stream(&self, call: Call<S::Request>) -> Result<Chunks<S::Response>, Refusal> {
        (**self).stream(call).await
    }
}

/// Chunks from a piece of work that sends them one by one.
///
/// The work runs while the chunks are read, in step with them, and is dropped with them.
pub fn produce<T, W, F>(work: W) -> Chunks<T>
where
    T: Send + 'static,
    W: FnOnce(ChunkSender<T>) -> F,
    F: Future<Output = Result<(), Refusal>> + Send + 'static,
{
    let (sender, sent) = mpsc::channel(1);
    let production = Production { work: Some(Box::pin(work(ChunkSender(sender)))), failed: None, sent };
    Box::pin(stream::unfold(production, Production::next))
}

/// Where the work of [`produce`] sends its chunks.
pub struct ChunkSender<T>(mpsc::Sender<T>);

impl<T> ChunkSender<T> {
    /// Sends a chunk and waits until it is taken, so that nothing the work does next can overtake it.
    ///
    /// # Errors
    /// Nobody reads the answer any more, so there is no use in going on.
    pub async fn send(&self, chunk: T) -> Result<(), Refusal> {
        let gone = || Refusal::internal("nobody reads the answer any more");
        self.0.send(chunk).await.map_err(|_| gone())?;
        // There is room for one chunk only, so there is room again once this one is taken.
        self.0.reserve().await.map(drop).map_err(|_| gone())
    }
}

impl<T> Clone for ChunkSender<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T> fmt::Debug for ChunkSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChunkSender")
    }
}

struct Production<T> {
    /// `None` once it has ended; a future must not be asked again.
    work: Option<BoxFuture<'static, Result<(), Refusal>>>,
    failed: Option<Refusal>,
    sent: mpsc::Receiver<T>,
}

impl<T> Production<T> {
    /// What was sent comes first, and the work's failure last.
    async fn next(mut self) -> Option<(Result<T, Refusal>, Self)> {
        while let Some(work) = &mut self.work {
            tokio::select! {
                biased;
                Some(chunk) = self.sent.recv() => return Some((Ok(chunk), self)),
                ended = work => {
                    self.work = None;
                    self.failed = ended.err();
                }
            }
        }
        if let Some(chunk) = self.sent.recv().await {
            return Some((Ok(chunk), self));
        }
        let failed = self.failed.take()?;
        Some((Err(failed), self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::StreamExt;

    #[tokio::test]
    async fn chunks_come_in_order_and_a_failure_after_them() {
        let chunks = produce(async move |out: ChunkSender<u8>| {
            out.send(1).await?;
            out.send(2).await?;
            Err(Refusal::invalid("enough"))
        });
        let seen: Vec<_> = chunks.map(|chunk| chunk.map_err(|refusal| refusal.to_string())).collect().await;
        assert_eq!(seen, [Ok(1), Ok(2), Err("invalid request: enough".to_owned())]);
    }

    #[tokio::test]
    async fn a_sender_that_outlives_the_work_is_waited_for() {
        let chunks = produce(async move |out: ChunkSender<u8>| {
            tokio::spawn(async move { out.send(7).await });
            Ok(())
        });
        assert_eq!(chunks.map(Result::ok).collect::<Vec<_>>().await, [Some(7)]);
    }
}
