//! One round: task, ask, score, record.

use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;
use subnetkit_chain::Metagraph;
use subnetkit_protocol::{Hotkey, Synapse};

use crate::answer::{Answer, Outcome};
use crate::config::ValidatorConfig;
use crate::dendrite::{AskError, Dendrite, EncodedRequest, Endpoint};
use crate::guard::{HookError, HookGuard};
use crate::hooks::{Round, Score};
use crate::ledger::{AnswerRecord, LedgerError, LedgerStore, RoundRecord, RoundState};
use crate::metrics::Metrics;
use crate::report::{RoundEntry, RoundReport};
use crate::scores::Scores;
use crate::task::Task;

/// Runs rounds, one at a time.
pub(crate) struct Rounds<S: Synapse> {
    me: Hotkey,
    score: Arc<dyn Score<S>>,
    dendrite: Arc<Dendrite>,
    ledger: LedgerStore,
    metrics: Arc<Metrics>,
    sample_size: usize,
    task_guard: HookGuard,
    score_guard: HookGuard,
}

/// Why a round left no scores.
#[derive(Debug, thiserror::Error)]
enum RoundFailure {
    #[error(transparent)]
    Hook(#[from] HookError),
    #[error(transparent)]
    Ask(#[from] AskError),
}

impl<S: Synapse> Rounds<S> {
    pub(crate) fn new(
        config: &ValidatorConfig,
        me: Hotkey,
        score: Arc<dyn Score<S>>,
        dendrite: Arc<Dendrite>,
        ledger: LedgerStore,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            me,
            score,
            dendrite,
            ledger,
            metrics,
            sample_size: config.sample_size,
            task_guard: HookGuard::new("task", config.task_timeout),
            score_guard: HookGuard::new("score", config.score_timeout),
        }
    }

    /// Runs a round over these neurons. A fault in a hook ends in the report; only a ledger that fails is an error,
    /// because scores that cannot be kept must not look as if they were.
    pub(crate) async fn run(&self, subnet: Metagraph) -> Result<RoundReport, LedgerError> {
        let started = Instant::now();
        let seed = rand::random();
        let (block, netuid) = (subnet.block, subnet.netuid);
        let id = self.ledger.open_round(block, seed).await?;
        let round = Round::new(id, self.me, seed, self.sample_size, Arc::new(subnet));

        let mut answers = Arc::default();
        let scores = self.ask_and_score(round, &mut answers).await;
        let (state, scores) = match scores {
            Ok(scores) => (RoundState::Scored, scores),
            Err(failure) => (RoundState::Failed(failure.to_string()), Scores::new()),
        };
        let records = settle(&answers, scores);
        for record in &records {
            self.metrics.answer(record.outcome);
        }
        let entries = records.iter().map(entry).collect();
        self.ledger.close_round(RoundRecord { id, state: state.clone(), answers: records }).await?;
        self.metrics.round(state == RoundState::Scored, started.elapsed());
        let failure = match state {
            RoundState::Scored => None,
            RoundState::Failed(reason) => Some(reason),
        };
        Ok(RoundReport {
            id,
            validator: self.me,
            netuid,
            block,
            duration: started.elapsed(),
            failure,
            entries,
        })
    }

    /// `answers` is filled before the judge sees them, so that a failing judge does not lose them.
    async fn ask_and_score(
        &self,
        round: Round,
        answers: &mut Arc<[Answer<S>]>,
    ) -> Result<Scores, RoundFailure> {
        let subnet = Arc::clone(&round.subnet);
        let judge = Arc::clone(&self.score);
        let task = self.task_guard.run(async move { judge.task(&round).await }).await?;
        *answers = self.ask(&task, &subnet).await?.into();
        let (judge, given) = (Arc::clone(&self.score), Arc::clone(answers));
        Ok(self.score_guard.run(async move { judge.score(&task, &given).await }).await?)
    }

    /// Asks everyone the task names.
    async fn ask(&self, task: &Task<S>, subnet: &Metagraph) -> Result<Vec<Answer<S>>, AskError> {
        let requests = task.distinct_requests().iter().map(EncodedRequest::new::<S>);
        let requests = requests.collect::<Result<Vec<_>, _>>()?;
        let mut answers = Vec::with_capacity(task.hotkeys().len());
        let mut asks = Vec::with_capacity(task.hotkeys().len());
        for (hotkey, index) in task.indexed_asks() {
            // `Task` hands out only indices of its own list.
            let Some(request) = requests.get(index).cloned() else { continue };
            match subnet.neuron(&hotkey).map(Endpoint::of) {
                Some(Some(endpoint)) => asks.push((endpoint, request)),
                Some(None) => answers.push(not_serving(hotkey, "it serves no axon")),
                None => answers.push(not_serving(hotkey, "it is not registered")),
            }
        }
        let mut arriving = self.dendrite.ask_all::<S>(asks, task.timeout());
        while let Some(answer) = arriving.next().await {
            answers.push(answer?);
        }
        answers.sort_by_key(|answer| answer.hotkey);
        Ok(answers)
    }
}

fn not_serving<S: Synapse>(hotkey: Hotkey, reason: &str) -> Answer<S> {
    Answer::new(hotkey, Outcome::NotServing { reason: reason.to_owned() })
}

/// Joins answers and scores. A score for a hotkey that was not asked, or one that is no score, is dropped and named in the
/// log: it must not become a zero.
fn settle<S: Synapse>(answers: &[Answer<S>], mut scores: Scores) -> Vec<AnswerRecord> {
    scores.retain(|hotkey, score| {
        let asked = answers.iter().any(|answer| answer.hotkey == *hotkey);
        let valid = score.is_finite() && score >= 0.0;
        if !asked {
            tracing::warn!(%hotkey, score, "the score hook scored a hotkey that was not asked; the score is dropped");
        } else if !valid {
            tracing::warn!(%hotkey, score, "the score hook gave a score that is negative or not finite; it is dropped");
        }
        asked && valid
    });
    let record = |answer: &Answer<S>| AnswerRecord {
        hotkey: answer.hotkey,
        outcome: answer.outcome.kind(),
        elapsed: answer.outcome.elapsed(),
        detail: answer.outcome.detail(),
        score: scores.get(&answer.hotkey),
    };
    answers.iter().map(record).collect()
}

fn entry(record: &AnswerRecord) -> RoundEntry {
    RoundEntry {
        hotkey: record.hotkey,
        outcome: record.outcome,
        elapsed: record.elapsed,
        score: record.score,
    }
}

#[cfg(test)]
mod tests;
