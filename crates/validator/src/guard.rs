//! Runs the builder's hooks so that a fault in one costs a round, not the process.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinHandle};
use tokio::time::timeout;

/// A hook that gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HookError {
    #[error("the {hook} hook panicked: {message}")]
    Panicked { hook: &'static str, message: String },
    #[error("the {hook} hook took longer than {} ms ({hook}_timeout)", .after.as_millis())]
    TimedOut { hook: &'static str, after: Duration },
    #[error(
        "the {hook} hook of an earlier round is still running past its timeout: it blocks its thread instead of \
         awaiting; move blocking work to tokio::task::spawn_blocking"
    )]
    StillRunning { hook: &'static str },
}

/// Runs one hook, one call at a time.
#[derive(Debug)]
pub(crate) struct HookGuard {
    hook: &'static str,
    limit: Duration,
    /// Held by the call itself: a call that cannot be stopped keeps the next one out instead of piling up.
    gate: Arc<Semaphore>,
}

impl HookGuard {
    pub(crate) fn new(hook: &'static str, limit: Duration) -> Self {
        Self { hook, limit, gate: Arc::new(Semaphore::new(1)) }
    }

    /// Runs an async hook on a task of its own. Past the limit it is cancelled at its next await.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, HookError> {
        let permit = self.enter()?;
        let task = AbortOnDrop(tokio::spawn(async move {
            let _permit = permit;
            work.await
        }));
        self.finish(task).await
    }

    /// Runs a blocking hook on a thread of its own. Past the limit its result is dropped.
    pub(crate) async fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HookError> {
        let permit = self.enter()?;
        let task = AbortOnDrop(tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        }));
        self.finish(task).await
    }

    fn enter(&self) -> Result<OwnedSemaphorePermit, HookError> {
        let gate = Arc::clone(&self.gate);
        gate.try_acquire_owned().map_err(|_| HookError::StillRunning { hook: self.hook })
    }

    async fn finish<T>(&self, mut task: AbortOnDrop<T>) -> Result<T, HookError> {
        match timeout(self.limit, &mut task.0).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(ended)) => Err(HookError::Panicked { hook: self.hook, message: panic_message(ended) }),
            Err(_) => Err(HookError::TimedOut { hook: self.hook, after: self.limit }),
        }
    }
}

/// A round that is given up takes its hook with it.
struct AbortOnDrop<T>(JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// What a task that ended early said.
pub(crate) fn panic_message(ended: JoinError) -> String {
    let text = |payload: &(dyn Any + Send)| {
        let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| payload.downcast_ref::<String>().cloned())
    };
    match ended.try_into_panic() {
        Ok(payload) => text(payload.as_ref()).unwrap_or_else(|| "without a message".to_owned()),
        Err(cancelled) => cancelled.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[tokio::test]
    async fn a_blocking_hook_that_cannot_be_stopped_keeps_the_next_one_out_until_it_ends() {
        let guard = HookGuard::new("reward", Duration::from_millis(10));
        let (release, held) = mpsc::channel::<()>();
        let stuck = guard.run_blocking(move || held.recv()).await;
        assert!(matches!(stuck, Err(HookError::TimedOut { .. })), "{stuck:?}");
        let next = guard.run_blocking(|| 1).await;
        assert_eq!(next, Err(HookError::StillRunning { hook: "reward" }));
        drop(release);
        let _ended = guard.gate.acquire().await.unwrap();
    }

    #[tokio::test]
    async fn a_panic_is_told_with_its_message() {
        let guard = HookGuard::new("reward", Duration::from_secs(5));
        let panicked = guard.run_blocking(|| -> u8 { panic!("no {}", "luck") }).await;
        let expected = HookError::Panicked { hook: "reward", message: "no luck".to_owned() };
        assert_eq!(panicked, Err(expected));
        assert_eq!(guard.run_blocking(|| 2).await, Ok(2));
    }
}
