//! Runs the builder's hooks so that a fault in one costs a round, not the process.

use std::any::Any;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Calls of one hook that may run past their timeout at the same time. Each holds a thread that nothing can take back.
pub(crate) const MAX_STUCK_CALLS: usize = 4;

/// A hook that gave no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HookError {
    #[error("the {hook} hook panicked: {message}")]
    Panicked { hook: &'static str, message: String },
    #[error("the {hook} hook took longer than {} ms ({hook}_timeout)", .after.as_millis())]
    TimedOut { hook: &'static str, after: Duration },
    /// The only one that no later round can mend.
    #[error(
        "{MAX_STUCK_CALLS} calls of the {hook} hook are still running past their timeout: they block their threads \
         instead of awaiting"
    )]
    Stuck { hook: &'static str },
}

impl HookError {
    /// The hook of which no call can be made any more, if that is what is wrong.
    pub(crate) const fn stuck_hook(&self) -> Option<&'static str> {
        match self {
            Self::Stuck { hook } => Some(hook),
            Self::Panicked { .. } | Self::TimedOut { .. } => None,
        }
    }
}

/// Runs one hook. Its calls run on threads of their own, never on those that serve the rest of the process: a call that
/// blocks its thread for ever takes nothing else with it.
#[derive(Debug)]
pub(crate) struct HookGuard {
    hook: &'static str,
    limit: Duration,
    /// Held by the call itself, so that calls that cannot be stopped are counted until they end.
    gate: Arc<Semaphore>,
}

impl HookGuard {
    pub(crate) fn new(hook: &'static str, limit: Duration) -> Self {
        Self { hook, limit, gate: Arc::new(Semaphore::new(MAX_STUCK_CALLS)) }
    }

    pub(crate) const fn limit(&self) -> Duration {
        self.limit
    }

    /// Runs an async hook. Past the limit it is dropped at its next await.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, HookError> {
        let given_up = CancellationToken::new();
        let _given_up = given_up.clone().drop_guard();
        let runtime = Handle::current();
        let ended = self.run_blocking(move || runtime.block_on(given_up.run_until_cancelled(work))).await?;
        // It is given up only where nobody waits for it any more.
        ended.ok_or(HookError::TimedOut { hook: self.hook, after: self.limit })
    }

    /// Runs a blocking hook. Past the limit its result is dropped.
    pub(crate) async fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HookError> {
        let gate = Arc::clone(&self.gate);
        let permit = gate.try_acquire_owned().map_err(|_| HookError::Stuck { hook: self.hook })?;
        let mut task = AbortOnDrop(tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work()
        }));
        match timeout(self.limit, &mut task.0).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(ended)) => Err(HookError::Panicked { hook: self.hook, message: panic_message(ended) }),
            Err(_) => Err(HookError::TimedOut { hook: self.hook, after: self.limit }),
        }
    }
}

/// A call that has not begun when its round is given up never begins.
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

    const SHORT: Duration = Duration::from_millis(10);

    #[tokio::test]
    async fn calls_that_cannot_be_stopped_cost_their_round_until_there_are_too_many() {
        let guard = HookGuard::new("reward", SHORT);
        let mut held = Vec::new();
        for _ in 0..MAX_STUCK_CALLS {
            let (release, until) = mpsc::channel::<()>();
            held.push(release);
            let stuck = guard.run_blocking(move || until.recv()).await;
            assert!(matches!(stuck, Err(HookError::TimedOut { .. })), "{stuck:?}");
        }
        let next = guard.run_blocking(|| 1).await;
        assert_eq!(next, Err(HookError::Stuck { hook: "reward" }));
        held.clear();
        let _all_ended = guard.gate.acquire_many(MAX_STUCK_CALLS as u32).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn async_hooks_that_block_their_threads_leave_the_workers_alone() {
        let guard = HookGuard::new("score", SHORT);
        let mut held = Vec::new();
        for _ in 0..MAX_STUCK_CALLS {
            let (release, until) = mpsc::channel::<()>();
            held.push(release);
            let stuck = guard.run(async move { until.recv() }).await;
            assert!(matches!(stuck, Err(HookError::TimedOut { .. })), "{stuck:?}");
            // On the only worker there is.
            assert_eq!(tokio::spawn(async { 7 }).await.unwrap(), 7);
        }
        assert_eq!(guard.run(async { 1 }).await.unwrap_err().stuck_hook(), Some("score"));
    }

    #[tokio::test]
    async fn an_async_hook_that_awaits_is_dropped_at_its_timeout() {
        let guard = HookGuard::new("task", SHORT);
        let (alive, dropped) = tokio::sync::oneshot::channel::<()>();
        let slow = guard.run(async move {
            let _alive = alive;
            std::future::pending::<()>().await;
        });
        assert!(matches!(slow.await, Err(HookError::TimedOut { .. })));
        assert!(dropped.await.is_err(), "the hook is gone");
        let _ended = guard.gate.acquire_many(MAX_STUCK_CALLS as u32).await.unwrap();
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
