//! A judge's arguments from what the ledger has of them.

use std::sync::Arc;

use subnetkit_protocol::Synapse;

use super::Verdict;
use crate::answer::{Answer, Outcome};
use crate::dendrite::{read_answer, read_pieces};
use crate::ledger::{AnswerRecord, WholeRound};
use crate::task::Task;

/// A judge's arguments.
pub(crate) type Case<S> = (Task<S>, Arc<[Answer<S>]>);

/// The judge's arguments as they were, but for what today's types make of the same bytes.
pub(crate) fn rebuild<S: Synapse>(whole: &WholeRound) -> Result<Case<S>, Verdict> {
    let requests = whole.task.requests.iter().map(|body| S::ENCODING.decode(body)).collect::<Result<_, _>>();
    let requests = requests.map_err(|error| Verdict::Failed {
        reason: format!("its request is none of today's synapse {:?}: {error}", S::NAME),
    })?;
    let task = Task::restored(requests, &whole.task);
    let answers = whole.answers.iter();
    let answers =
        if task.is_streamed() { answers.map(stream).collect() } else { answers.map(answer).collect() };
    Ok((task, answers))
}

fn answer<S: Synapse>(record: &AnswerRecord) -> Answer<S> {
    let outcome = match &record.outcome {
        Outcome::Answered { elapsed, .. } => read_answer::<S>(&record.body, *elapsed),
        // Read to its end, and then found not to be of the response's type.
        Outcome::Malformed { .. } if !record.body.is_empty() => {
            read_answer::<S>(&record.body, record.timing.answering)
        }
        other => unanswered(other),
    };
    restored(record, outcome)
}

fn stream<S: Synapse>(record: &AnswerRecord) -> Answer<S> {
    let (pieces, failed) = read_pieces::<S>(&record.body, &record.pieces);
    let (outcome, partial) = match (&record.outcome, failed) {
        (Outcome::Streamed { elapsed, .. }, None) => {
            (Outcome::Streamed { pieces, elapsed: *elapsed }, Vec::new())
        }
        (Outcome::Streamed { .. }, Some(reason)) => (Outcome::Malformed { reason }, pieces),
        // Where it broke off is where it broke off, whatever today's types make of the pieces before.
        (other, _) => (unanswered(other), pieces),
    };
    Answer { partial, ..restored(record, outcome) }
}

fn unanswered<R>(outcome: &Outcome<()>) -> Outcome<R> {
    let none = |()| Err("the ledger holds no response".to_owned());
    outcome.clone().try_map(none).unwrap_or_else(|reason| Outcome::Malformed { reason })
}

fn restored<S: Synapse>(record: &AnswerRecord, outcome: Outcome<S::Response>) -> Answer<S> {
    Answer {
        timing: record.timing,
        body: record.body.clone(),
        evidence: record.evidence.clone(),
        ends: record.pieces.iter().map(|piece| piece.end).collect(),
        ..Answer::new(record.hotkey, outcome)
    }
}
