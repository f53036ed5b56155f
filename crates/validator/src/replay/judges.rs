//! Rounds of the past before today's judge.

use std::collections::BTreeMap;
use std::sync::Arc;

use subnetkit_protocol::{Hotkey, Synapse};

use super::{ReplayError, Verdict};
use crate::answer::Answer;
use crate::guard::{HookError, HookGuard};
use crate::hooks::{Round, Score};
use crate::ledger::{Rejudged, Turn};
use crate::rounds::valid;
use crate::scores::Scores;
use crate::task::Task;

/// Today's judge, and what its calls may take.
pub(super) struct Judges<S: Synapse> {
    pub(super) judge: Arc<dyn Score<S>>,
    pub(super) score: HookGuard,
    pub(super) settle: HookGuard,
    pub(super) frame: Frame,
}

/// What the frames of all rounds have in common.
pub(super) struct Frame {
    pub(super) me: Hotkey,
    pub(super) sample_size: usize,
}

impl<S: Synapse> Judges<S> {
    /// Judges a round again, and where its scores come later, settles it in the rounds in which it was.
    pub(super) async fn judge(
        &self,
        task: Task<S>,
        answers: Arc<[Answer<S>]>,
        turns: Vec<Turn>,
    ) -> Result<Result<Rejudged, Verdict>, ReplayError> {
        let task = Arc::new(task);
        let (judge, asked, given) = (Arc::clone(&self.judge), Arc::clone(&task), Arc::clone(&answers));
        let called = self.score.run(async move { judge.score(&asked, &given).await }).await;
        let mut scores = match told(called)? {
            Ok(scores) => valid(scores, &answers),
            Err(verdict) => return Ok(Err(verdict)),
        };
        let mut settled_in = BTreeMap::new();
        for turn in turns {
            if !scores.is_later() {
                break;
            }
            let id = turn.id;
            let Some(now) = self.frame.of(turn) else {
                let reason = format!(
                    "the neurons of round {id}, in which it was settled, are not in the ledger (ledger_body_rounds \
                     and ledger_bodies_total_bytes say how many rounds are kept whole)"
                );
                return Ok(Err(Verdict::NotKept { reason }));
            };
            let (judge, asked, given) = (Arc::clone(&self.judge), Arc::clone(&task), Arc::clone(&answers));
            let called = self.settle.run(async move { judge.settle(&now, &asked, &given).await }).await;
            let more = match told(called)? {
                Ok(more) => valid(more, &answers),
                Err(verdict) => return Ok(Err(verdict)),
            };
            settled_in.extend(more.iter().map(|(hotkey, _)| (hotkey, id)));
            scores = scores.settled_by(more);
        }
        Ok(Ok(Rejudged { scores, settled_in }))
    }
}

impl Frame {
    /// The frame as it was; `None` if its neurons are not kept.
    fn of(&self, turn: Turn) -> Option<Round> {
        Some(Round::new(turn.id, self.me, turn.seed, self.sample_size, Arc::new(turn.subnet?)))
    }
}

fn told(called: Result<Scores, HookError>) -> Result<Result<Scores, Verdict>, ReplayError> {
    match called {
        Ok(scores) => Ok(Ok(scores)),
        Err(error @ HookError::Stuck { .. }) => Err(ReplayError::Hook(error.to_string())),
        Err(error) => Ok(Err(Verdict::Failed { reason: error.to_string() })),
    }
}
