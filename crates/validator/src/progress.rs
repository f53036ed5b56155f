//! What the validator's loops are doing, and whether they still do anything: a process that is alive and does nothing is
//! worse than one that ended, because nobody restarts it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::blocks::Heads;
use crate::run::ValidatorError;

/// How long `/healthz` is red before the process ends, so that whoever asks it sees why.
const RED_TIME: Duration = Duration::from_secs(10);

/// Looks at the loops within one limit.
const LOOKS: u32 = 20;

/// The steps of one validator's loops. Shared by all of its tasks.
#[derive(Debug)]
pub(crate) struct Progress {
    limit: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    steps: BTreeMap<&'static str, Step>,
    stall: Option<Stall>,
}

/// What a loop does, since when, and how long that may take by the settings.
#[derive(Debug, Clone, Copy)]
struct Step {
    doing: &'static str,
    since: Instant,
    allowed: Duration,
}

/// A loop that stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the {task} loop has stood still for {} s at: {doing}", .still_for.as_secs())]
pub(crate) struct Stall {
    pub(crate) task: &'static str,
    pub(crate) doing: &'static str,
    pub(crate) still_for: Duration,
}

impl Progress {
    /// `limit` is `stall_timeout`: what a step may take beyond the time it is allowed.
    pub(crate) fn new(limit: Duration) -> Self {
        Self { limit, state: Mutex::default() }
    }

    /// Says that a loop got to its next step, and how long the settings allow for it; waiting for a block needs nothing,
    /// for where blocks come, it ends with the next.
    pub(crate) fn step(&self, task: &'static str, doing: &'static str, allowed: Duration) {
        let step = Step { doing, since: Instant::now(), allowed };
        self.with(|state| state.steps.insert(task, step));
    }

    /// The loop that stands still, if one does.
    pub(crate) fn stall(&self) -> Option<Stall> {
        self.with(|state| state.stall)
    }

    /// Looks for a loop that stood still since the chain came to life, and keeps it in mind.
    pub(crate) fn look(&self, alive_since: Option<Instant>) -> Option<Stall> {
        let now = Instant::now();
        self.with(|state| {
            let late = |(task, step): (&&'static str, &Step)| {
                let since = (step.since + step.allowed).max(alive_since?);
                (now.saturating_duration_since(since) > self.limit).then(|| Stall {
                    task,
                    doing: step.doing,
                    still_for: now.saturating_duration_since(step.since),
                })
            };
            state.stall = state.steps.iter().find_map(late);
            state.stall
        })
    }

    fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Ends with an error once a loop stands still although the chain brings blocks: a chain that is silent for `silence`
/// explains everything, and time without it counts for nobody.
pub(crate) async fn watch_progress(
    progress: Arc<Progress>,
    mut heads: Heads,
    silence: Duration,
) -> Result<(), ValidatorError> {
    let pause = progress.limit / LOOKS;
    let mut newest: Option<Instant> = None;
    let mut alive_since = None;
    let mut red_since: Option<Instant> = None;
    loop {
        sleep(pause).await;
        let now = Instant::now();
        if heads.has_changed().unwrap_or(false) && heads.borrow_and_update().is_some() {
            newest = Some(now);
            alive_since = alive_since.or(newest);
        }
        if newest.is_none_or(|newest| now.duration_since(newest) > silence) {
            alive_since = None;
        }
        match progress.look(alive_since) {
            None => red_since = None,
            Some(stall) => {
                let red_since = *red_since.get_or_insert_with(|| {
                    tracing::error!(task = stall.task, doing = stall.doing, "a loop stands still");
                    now
                });
                if now.duration_since(red_since) >= RED_TIME {
                    return Err(ValidatorError::Stalled {
                        task: stall.task,
                        doing: stall.doing,
                        still_for: stall.still_for,
                    });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use subnetkit_chain::Head;
    use tokio::sync::watch;

    const LIMIT: Duration = Duration::from_secs(60);
    const SILENCE: Duration = Duration::from_secs(30);

    fn head(number: u64) -> Option<Head> {
        Some(Head { number, hash: [0; 32] })
    }

    /// Blocks every 10 s for this long.
    async fn blocks(heads: &watch::Sender<Option<Head>>, time: Duration) {
        let start = Instant::now();
        let mut number = 0;
        while start.elapsed() < time {
            number += 1;
            heads.send_replace(head(number));
            sleep(Duration::from_secs(10)).await;
        }
    }

    struct Bench {
        progress: Arc<Progress>,
        heads: watch::Sender<Option<Head>>,
        watch: tokio::task::JoinHandle<Result<(), ValidatorError>>,
    }

    fn bench() -> Bench {
        let (heads, seen) = watch::channel(None);
        let progress = Arc::new(Progress::new(LIMIT));
        let watch = tokio::spawn(watch_progress(Arc::clone(&progress), seen, SILENCE));
        Bench { progress, heads, watch }
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_stands_still_while_blocks_come_turns_red_and_then_ends_the_validator() {
        let Bench { progress, heads, watch } = bench();
        progress.step("scoring", "asking miners", Duration::from_secs(20));
        progress.step("weights", "waiting for a block", Duration::ZERO);
        let moving = async {
            loop {
                sleep(Duration::from_secs(10)).await;
                progress.step("weights", "waiting for a block", Duration::ZERO);
            }
        };
        let watched = async {
            tokio::join!(blocks(&heads, Duration::from_secs(80)), async {
                sleep(Duration::from_secs(75)).await;
                assert_eq!(progress.stall(), None, "20 s are its own, and 60 s are the limit");
            });
            blocks(&heads, Duration::from_secs(6)).await;
            assert_eq!(progress.stall().map(|stall| stall.task), Some("scoring"));
            assert!(!watch.is_finished(), "red first");
            watch.await.unwrap().unwrap_err()
        };
        let ended = tokio::select! {
            ended = watched => ended,
            () = moving => unreachable!(),
        };
        let said = ended.to_string();
        assert!(
            said.contains("scoring") && said.contains("asking miners") && said.contains("stall_timeout"),
            "{said}"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_silent_chain_explains_a_loop_that_waits_and_its_return_starts_the_clock_anew() {
        let Bench { progress, heads, watch } = bench();
        progress.step("weights", "waiting for a block", Duration::ZERO);
        heads.send_replace(head(1));
        sleep(Duration::from_secs(3600)).await;
        assert_eq!(progress.stall(), None);
        blocks(&heads, Duration::from_secs(50)).await;
        assert_eq!(progress.stall(), None, "the hour of silence does not count");
        progress.step("weights", "waiting for a block", Duration::ZERO);
        blocks(&heads, Duration::from_secs(50)).await;
        assert_eq!(progress.stall(), None);
        assert!(!watch.is_finished());
        watch.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_goes_on_after_all_is_forgiven() {
        let Bench { progress, heads, watch } = bench();
        progress.step("weights", "reading the chain", Duration::ZERO);
        blocks(&heads, Duration::from_secs(70)).await;
        assert!(progress.stall().is_some());
        progress.step("weights", "waiting for a block", Duration::ZERO);
        blocks(&heads, Duration::from_secs(40)).await;
        assert_eq!(progress.stall(), None);
        assert!(!watch.is_finished());
        watch.abort();
    }
}
