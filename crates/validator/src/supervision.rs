//! The tasks of a validator: none ends without somebody noticing.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::guard::panic_message;
use crate::run::ValidatorError;

/// How long tasks may finish what they hold after shutdown was asked for; a submission in flight is worth waiting for.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(20);

/// The tasks of one validator: when one ends unasked, all end, and the reason is the validator's.
pub(crate) struct Tasks {
    set: JoinSet<(&'static str, Result<(), ValidatorError>)>,
    names: Vec<(tokio::task::Id, &'static str)>,
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

    pub(crate) async fn supervise(mut self) -> Result<(), ValidatorError> {
        let stop = self.stop.clone();
        let ended = tokio::select! {
            // First, because a shutdown also ends the tasks.
            biased;
            () = stop.cancelled() => Ok(()),
            ended = self.next_end() => Err(ended),
        };
        stop.cancel();
        // Tasks that do not end within the grace are aborted when the set is dropped.
        let drained = timeout(SHUTDOWN_GRACE, async { while self.set.join_next().await.is_some() {} }).await;
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
            Some(Err(ended)) => {
                let task =
                    self.names.iter().find(|(id, _)| *id == ended.id()).map_or("unnamed", |(_, name)| name);
                unasked(task, &panic_message(ended))
            }
            None => unasked("only", "there was nothing to do"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
