//! One round: settle what is open, task, ask, score, record.

mod settling;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures::StreamExt;
use subnetkit_chain::Metagraph;
use subnetkit_protocol::{Hotkey, Synapse};
use tokio::task::spawn_blocking;

use crate::answer::{Answer, Outcome};
use crate::config::ValidatorConfig;
use crate::dendrite::{Answers, AskError, Dendrite, EncodedRequest, Endpoint};
use crate::guard::{HookError, HookGuard};
use crate::hooks::{Round, Score};
use crate::ledger::{
    AnswerRecord, AskedRecord, Lapse, LedgerError, LedgerStore, PieceRecord, RoundRecord, RoundState,
    TaskRecord,
};
use crate::metrics::Metrics;
use crate::progress::Progress;
use crate::replay::rebuild;
use crate::report::{RoundEntry, RoundReport};
use crate::run::ValidatorError;
use crate::scores::Scores;
use crate::task::Task;

/// The name of the loop that runs rounds.
pub(crate) const LOOP: &str = "scoring";

/// Runs rounds, one at a time.
pub(crate) struct Rounds<S: Synapse> {
    me: Hotkey,
    score: Arc<dyn Score<S>>,
    dendrite: Arc<Dendrite>,
    ledger: LedgerStore,
    metrics: Arc<Metrics>,
    progress: Arc<Progress>,
    sample_size: usize,
    ask_timeout: Duration,
    task_guard: HookGuard,
    score_guard: HookGuard,
    settle_guard: HookGuard,
    settle_budget: Duration,
    settle_within: Duration,
}

/// A task whose requests are written.
type Written<S> = (Task<S>, Vec<EncodedRequest>);

/// What asking gave.
struct Asked<S: Synapse> {
    answers: Arc<[Answer<S>]>,
    /// Open rounds that had to make room for it in the ledger.
    lapses: Vec<Lapse>,
}

/// Why a round left no scores.
#[derive(Debug, thiserror::Error)]
enum RoundFailure {
    #[error(transparent)]
    Hook(#[from] HookError),
    #[error(transparent)]
    Ask(#[from] AskError),
    /// Not of the round alone.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl<S: Synapse> Rounds<S> {
    pub(crate) fn new(
        config: &ValidatorConfig,
        me: Hotkey,
        score: Arc<dyn Score<S>>,
        dendrite: Arc<Dendrite>,
        ledger: LedgerStore,
        metrics: Arc<Metrics>,
        progress: Arc<Progress>,
    ) -> Self {
        Self {
            me,
            score,
            dendrite,
            ledger,
            metrics,
            progress,
            sample_size: config.sample_size,
            ask_timeout: config.ask_timeout,
            task_guard: HookGuard::new("task", config.task_timeout),
            score_guard: HookGuard::new("score", config.score_timeout),
            settle_guard: HookGuard::new("settle", config.settle_timeout),
            settle_budget: config.settle_budget,
            settle_within: config.settle_within,
        }
    }

    /// Runs a round over these neurons. A fault in a hook ends in the report. An error is what no later round can mend: a
    /// ledger that fails, because scores that cannot be kept must not look as if they were, and a hook that blocks all
    /// the threads it may have.
    pub(crate) async fn run(&self, subnet: Metagraph) -> Result<RoundReport, ValidatorError> {
        let started = Instant::now();
        let seed = rand::random();
        let (block, netuid) = (subnet.block, subnet.netuid);
        self.step("opening a round", Duration::ZERO);
        let id = self.ledger.open_round(block, seed).await?;
        let round = Round::new(id, self.me, seed, self.sample_size, Arc::new(subnet));
        let mut settled = self.settle(&round).await?;

        let mut asked = Asked { answers: Arc::default(), lapses: Vec::new() };
        let (state, scores, stuck) = match self.ask_and_score(round, &mut asked).await {
            Ok(scores) => {
                let scores = valid(scores, &asked.answers);
                (if scores.is_later() { RoundState::Open } else { RoundState::Scored }, scores, None)
            }
            Err(RoundFailure::Ledger(error)) => return Err(error.into()),
            Err(RoundFailure::Hook(error)) => {
                (RoundState::Failed(error.to_string()), Scores::new(), error.stuck_hook())
            }
            Err(RoundFailure::Ask(error)) => (RoundState::Failed(error.to_string()), Scores::new(), None),
        };
        let Asked { answers, mut lapses } = asked;
        for answer in answers.iter() {
            self.metrics.answer(answer.outcome.kind());
        }
        let entries = answers.iter().map(|answer| entry(answer, &scores)).collect();
        self.step("keeping the scores", Duration::ZERO);
        lapses.extend(self.ledger.close_round(RoundRecord { id, state: state.clone(), scores }).await?);
        let state = unless_lapsed(state, id, &lapses);
        settled.extend(lapses.into_iter().map(|lapse| self.lapsed(lapse)));
        self.metrics.round(&state, started.elapsed());
        self.metrics.open_rounds(self.ledger.open_rounds().await?.len());
        if let Some(hook) = stuck {
            return Err(ValidatorError::HookStuck { hook });
        }
        let (failure, open) = (state.failure(), state.is_open());
        let duration = started.elapsed();
        Ok(RoundReport { id, validator: self.me, netuid, block, duration, failure, open, settled, entries })
    }

    /// Judges the round that the end of an earlier process cut short while its answers waited for the judge. They are in
    /// the ledger, and no miner can be asked for them again. `None` if they can be judged no more; the round then stays
    /// abandoned.
    pub(crate) async fn finish(&self, id: u64, netuid: u16) -> Result<Option<RoundReport>, ValidatorError> {
        let started = Instant::now();
        self.step("reading a round that was cut short", Duration::ZERO);
        let ledger = self.ledger.clone();
        let reading = spawn_blocking(move || {
            let past = ledger.view()?.past_round(id)?;
            Ok::<_, LedgerError>(past.and_then(|past| {
                let case = past.whole.as_ref().ok().and_then(|whole| rebuild::<S>(whole).ok());
                case.map(|case| (past.block, case))
            }))
        });
        let read = reading.await.map_err(|ended| LedgerError::Thread(ended.to_string()))??;
        let Some((block, (task, answers))) = read else { return Ok(None) };
        self.step("the score hook", self.score_guard.limit());
        let (judge, given) = (Arc::clone(&self.score), Arc::clone(&answers));
        let scores = match self.score_guard.run(async move { judge.score(&task, &given).await }).await {
            Ok(scores) => valid(scores, &answers),
            Err(error) => {
                tracing::error!(round = id, %error, "a round that was cut short could not be judged either");
                return Ok(None);
            }
        };
        let entries = answers.iter().map(|answer| entry(answer, &scores)).collect();
        self.step("keeping the scores", Duration::ZERO);
        let state = if scores.is_later() { RoundState::Open } else { RoundState::Scored };
        let lapses = self.ledger.close_round(RoundRecord { id, state: state.clone(), scores }).await?;
        let state = unless_lapsed(state, id, &lapses);
        let settled = lapses.into_iter().map(|lapse| self.lapsed(lapse)).collect();
        self.metrics.round(&state, started.elapsed());
        let (validator, duration, failure, open) =
            (self.me, started.elapsed(), state.failure(), state.is_open());
        Ok(Some(RoundReport { id, validator, netuid, block, duration, failure, open, settled, entries }))
    }

    /// The answers are filled in, and recorded, before the judge sees them, so that a failing judge does not lose them.
    async fn ask_and_score(&self, round: Round, asked: &mut Asked<S>) -> Result<Scores, RoundFailure> {
        let (id, subnet) = (round.id, Arc::clone(&round.subnet));
        let judge = Arc::clone(&self.score);
        self.step("the task hook", self.task_guard.limit());
        // Requests are written where the hook runs: that is the builder's code too, and may take its time.
        let written = self.task_guard.run(async move {
            let task = judge.task(&round).await;
            let requests = task.distinct_requests().iter().map(EncodedRequest::new::<S>);
            let requests = requests.collect::<Result<Vec<_>, _>>()?;
            Ok::<_, AskError>((task, requests))
        });
        let (task, requests): Written<S> = written.await??;
        asked.answers = self.ask(&task, &requests, &subnet).await?.into();

        self.step("keeping the answers", Duration::ZERO);
        let bodies = requests.iter().map(|request| request.bytes().clone()).collect();
        let record = AskedRecord {
            round: id,
            task: record_task(&task, bodies),
            answers: asked.answers.iter().map(record_answer).collect(),
            subnet,
        };
        asked.lapses = self.ledger.record_answers(record).await?;

        self.step("the score hook", self.score_guard.limit());
        let (judge, given) = (Arc::clone(&self.score), Arc::clone(&asked.answers));
        Ok(self.score_guard.run(async move { judge.score(&task, &given).await }).await?)
    }

    /// Asks everyone the task names.
    async fn ask(
        &self,
        task: &Task<S>,
        requests: &[EncodedRequest],
        subnet: &Metagraph,
    ) -> Result<Vec<Answer<S>>, AskError> {
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
        let allowed = task.timeout().unwrap_or(self.ask_timeout);
        let mut arriving: Answers<S> = if task.is_streamed() {
            self.dendrite.ask_all_pieces(asks, task.timeout())
        } else {
            self.dendrite.ask_all(asks, task.timeout())
        };
        self.step("asking miners", allowed);
        while let Some(answer) = arriving.next().await {
            answers.push(answer?);
            // Whoever waits for its turn has all of its time from then on.
            self.step("asking miners", allowed);
        }
        answers.sort_by_key(|answer| answer.hotkey);
        Ok(answers)
    }

    fn step(&self, doing: &'static str, allowed: Duration) {
        self.progress.step(LOOP, doing, allowed);
    }
}

fn not_serving<S: Synapse>(hotkey: Hotkey, reason: &str) -> Answer<S> {
    Answer::new(hotkey, Outcome::NotServing { reason: reason.to_owned() })
}

/// The scores that are any. One for a hotkey that was not asked, or that is no score, is dropped and named in the log: it
/// must not become a zero.
pub(crate) fn valid<S: Synapse>(mut scores: Scores, answers: &[Answer<S>]) -> Scores {
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
    scores
}

/// A round that cannot wait for its scores has none.
fn unless_lapsed(state: RoundState, id: u64, lapses: &[Lapse]) -> RoundState {
    let lapsed = lapses.iter().find(|lapse| lapse.round == id);
    lapsed.map_or(state, |lapse| RoundState::Failed(lapse.reason.clone()))
}

fn record_task<S: Synapse>(task: &Task<S>, requests: Vec<Bytes>) -> TaskRecord {
    TaskRecord {
        timeout: task.timeout(),
        streamed: task.is_streamed(),
        notes: task.notes().clone(),
        requests,
        asks: task.indexed_asks().collect(),
    }
}

fn record_answer<S: Synapse>(answer: &Answer<S>) -> AnswerRecord {
    let pieces = answer.pieces().unwrap_or(&answer.partial).iter();
    let pieces = answer.ends.iter().zip(pieces).map(|(end, piece)| PieceRecord { end: *end, at: piece.at });
    let outcome = match answer.outcome {
        Outcome::Streamed { elapsed, .. } => Outcome::Streamed { pieces: Vec::new(), elapsed },
        ref other => other.as_ref().map(|_| ()),
    };
    AnswerRecord {
        hotkey: answer.hotkey,
        outcome,
        pieces: pieces.collect(),
        timing: answer.timing,
        body: answer.body.clone(),
        evidence: answer.evidence.clone(),
    }
}

fn entry<S: Synapse>(answer: &Answer<S>, scores: &Scores) -> RoundEntry {
    RoundEntry {
        hotkey: answer.hotkey,
        outcome: answer.outcome.kind(),
        elapsed: answer.outcome.elapsed(),
        score: scores.get(&answer.hotkey),
    }
}

#[cfg(test)]
pub(crate) mod tests;
