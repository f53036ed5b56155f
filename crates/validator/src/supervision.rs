//! The tasks of a validator: none ends without somebody noticing.
//!
//! What a validator is for (`blocks`, `scoring`, `weights`, and the `watchdog` over them) ends the process with its cause:
//! whoever supervises processes starts it anew, and the ledger has everything. What only shows it to operators
//! (`status`) is restarted, counted and bounded.

use std::collections::VecDeque;
use std::fmt::Display;
use std::time::Duration;

use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::guard::panic_message;
use crate::run::ValidatorError;

/// How long tasks may finish what they hold after shutdown was asked for; a submission in flight is worth waiting for.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(20);

/// Restarts of one task within [`RESTART_WINDOW`] that are taken for bad luck.
const MAX_RESTARTS: usize = 5;
const RESTART_WINDOW: Duration = Duration::from_secs(600);
/// Between the end of a task and its restart.
const RESTART_PAUSE: Duration = Duration::from_secs(1);

/// The tasks of one validator: when one ends unasked, all end, and the reason is the validator's.
pub(crate) struct Tasks {
    set: JoinSet<(&'static str, Result<(), ValidatorError>)>,
    names: Vec<(Id, &'static str)>,
    stop: CancellationToken,
}

impl Tasks {
    pub(crate) fn new(stop: CancellationToken) -> Self {
        Self { set: JoinSet::new(), names: Vec::new(), stop }
    }

    pub(crate) fn spawn(
        &mut self,
        name: &'static str,
        task: impl Future<Output = Result<(), ValidatorError>> + Send + 'static,
    ) {
        let handle = self.set.spawn(async move { (name, task.await) });
        self.names.push((handle.id(), name));
    }

    /// Spawns a task that may be started again when it ends unasked. `count` is told of each restart.
    pub(crate) fn spawn_restarting<Run, Error>(
        &mut self,
        name: &'static str,
        mut start: impl FnMut() -> Run + Send + 'static,
        count: impl Fn(&'static str) + Send + 'static,
    ) where
        Run: Future<Output = Result<(), Error>> + Send + 'static,
        Error: Display + Send + 'static,
    {
        let stop = self.stop.clone();
        self.spawn(name, async move {
            let mut restarts = VecDeque::with_capacity(MAX_RESTARTS);
            loop {
                // In a set, so that it ends with the one that supervises it.
                let mut running = JoinSet::new();
                running.spawn(start());
                let reason = match running.join_next().await {
                    _ if stop.is_cancelled() => return Ok(()),
                    Some(Ok(Err(error))) => error.to_string(),
                    Some(Err(ended)) => panic_message(ended),
                    Some(Ok(Ok(()))) | None => "without a reason".to_owned(),
                };
                let now = Instant::now();
                restarts.retain(|restart| now.duration_since(*restart) < RESTART_WINDOW);
                if restarts.len() == MAX_RESTARTS {
                    return Err(ValidatorError::TaskEnded { task: name, reason });
                }
                restarts.push_back(now);
                tracing::error!(task = name, %reason, "a task ended unasked and is started again");
                count(name);
                if stop.run_until_cancelled(sleep(RESTART_PAUSE)).await.is_none() {
                    return Ok(());
                }
            }
        });
    }

    pub(crate) async fn supervise(mut self) -> Result<(), ValidatorError> {
        let stop = self.stop.clone();
        let ended = tokio::select! {
            // First, because a shutdown also ends the tasks.
            biased;
            () = stop.cancelled() => Ok(()),
            ended = self.next_end() => Err(ended),
        };
        if let Err(error) = &ended {
            tracing::error!(%error, "the validator ends");
        }
        stop.cancel();
        // Tasks that do not end within the grace are aborted when the set is dropped.
        let drained = timeout(SHUTDOWN_GRACE, self.drain()).await;
        if drained.is_err() {
            tracing::warn!("some tasks did not end within {} s and were stopped", SHUTDOWN_GRACE.as_secs());
        }
        ended
    }

    async fn next_end(&mut self) -> ValidatorError {
        let unasked = |task, reason: &str| ValidatorError::TaskEnded { task, reason: reason.to_owned() };
        match self.set.join_next_with_id().await {
            Some(Ok((_, (_, Err(error))))) => error,
            Some(Ok((_, (task, Ok(()))))) => unasked(task, "without a reason"),
            Some(Err(ended)) => unasked(self.name(&ended), &panic_message(ended)),
            None => unasked("only", "there was nothing to do"),
        }
    }

    /// Waits for the rest. What goes wrong at the end is not the cause, but it is said.
    async fn drain(&mut self) {
        while let Some(ended) = self.set.join_next().await {
            match ended {
                Ok((_, Ok(()))) => {}
                Ok((task, Err(error))) => tracing::error!(task, %error, "a task ended during shutdown"),
                Err(ended) => {
                    let task = self.name(&ended);
                    tracing::error!(task, reason = %panic_message(ended), "a task ended during shutdown");
                }
            }
        }
    }

    fn name(&self, ended: &JoinError) -> &'static str {
        self.names.iter().find(|(id, _)| *id == ended.id()).map_or("unnamed", |(_, name)| name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn a_task_that_ended_because_of_the_shutdown_is_no_failure() {
        // Often enough for a choice by chance to be seen.
        for _ in 0..64 {
            let stop = CancellationToken::new();
            let mut tasks = Tasks::new(stop.clone());
            tasks.spawn("quick", async { Ok(()) });
            tokio::task::yield_now().await;
            stop.cancel();
            tasks.supervise().await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_task_that_ends_unasked_ends_the_validator_with_its_name() {
        let mut tasks = Tasks::new(CancellationToken::new());
        tasks.spawn("quick", async { Ok(()) });
        let ended = tasks.supervise().await.unwrap_err();
        assert!(matches!(ended, ValidatorError::TaskEnded { task: "quick", .. }), "{ended}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_ends_all_and_the_validator_says_what_it_said() {
        let stop = CancellationToken::new();
        let mut tasks = Tasks::new(stop.clone());
        tasks.spawn("sound", async move {
            stop.cancelled().await;
            Ok(())
        });
        tasks.spawn("deaf", std::future::pending());
        tasks.spawn("ill", async { panic!("no {}", "luck") });
        let ended = tasks.supervise().await.unwrap_err();
        assert_eq!(ended.to_string(), "the ill task of the validator ended: no luck");
        assert!(ended.is_unexpected());
    }

    /// How often a task was started, and how it was counted, until its validator ended.
    async fn restarted(life: Duration) -> (usize, usize, ValidatorError) {
        let (starts, restarts) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (started, counted) = (Arc::clone(&starts), Arc::clone(&restarts));
        let mut tasks = Tasks::new(CancellationToken::new());
        let run = move || {
            let start = started.fetch_add(1, Ordering::SeqCst);
            async move {
                sleep(life).await;
                assert!(start % 2 == 0, "odd ones panic");
                // Enough is enough, for the test too.
                Err::<(), _>("no socket")
            }
        };
        tasks.spawn_restarting("status", run, move |_| {
            counted.fetch_add(1, Ordering::SeqCst);
        });
        tasks.spawn("end", async {
            sleep(RESTART_WINDOW * 10).await;
            Ok(())
        });
        let ended = tasks.supervise().await.unwrap_err();
        (starts.load(Ordering::SeqCst), restarts.load(Ordering::SeqCst), ended)
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_may_be_restarted_so_often_and_no_more() {
        let (starts, restarts, ended) = restarted(Duration::from_secs(1)).await;
        assert_eq!((starts, restarts), (MAX_RESTARTS + 1, MAX_RESTARTS));
        assert!(matches!(ended, ValidatorError::TaskEnded { task: "status", .. }), "{ended}");
    }

    #[tokio::test(start_paused = true)]
    async fn restarts_that_lie_far_apart_are_bad_luck() {
        let (starts, _, ended) = restarted(RESTART_WINDOW / 4).await;
        assert!(starts > MAX_RESTARTS + 1, "{starts}");
        assert!(matches!(ended, ValidatorError::TaskEnded { task: "end", .. }), "{ended}");
    }
}
