//! Open rounds, asked about at the start of later ones until their scores are there.
//!
//! Each call of the hook is one of its own, so that one that panics or hangs costs its round this turn and no other. What
//! a turn has no time for comes first in the next.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use humantime_serde::re::humantime;
use subnetkit_protocol::Synapse;
use tokio::task::spawn_blocking;

use super::{Rounds, entry, valid};
use crate::answer::Answer;
use crate::guard::HookError;
use crate::hooks::Round;
use crate::ledger::{Lapse, LedgerError, OpenRound, SettledRecord};
use crate::replay::{Verdict, rebuild};
use crate::report::SettledReport;
use crate::run::ValidatorError;
use crate::scores::Scores;

/// What the hook made of one open round.
type Told<S> = (Scores, Arc<[Answer<S>]>);

/// Why an open round got no scores this time.
#[derive(Debug, thiserror::Error)]
enum Unsettled {
    #[error(transparent)]
    Hook(#[from] HookError),
    /// Today's types cannot read it.
    #[error("{0}")]
    Unreadable(String),
    /// It waits in vain.
    #[error("{0}")]
    NotKept(String),
}

impl<S: Synapse> Rounds<S> {
    /// Asks about every open round, those first that were asked about the longest ago, for no longer than `settle_budget`.
    pub(super) async fn settle(&self, now: &Round) -> Result<Vec<SettledReport>, ValidatorError> {
        self.step("reading open rounds", Duration::ZERO);
        let waiting = self.ledger.open_rounds().await?;
        let (begun, all) = (Instant::now(), waiting.len());
        let mut reports = Vec::new();
        for (asked, open) in waiting.into_iter().enumerate() {
            if begun.elapsed() >= self.settle_budget {
                tracing::info!(
                    asked,
                    left = all - asked,
                    "open rounds are left for the next round (settle_budget)"
                );
                break;
            }
            let report = match self.settle_one(open.id, now).await? {
                Ok((scores, answers)) => self.keep(open.id, now, scores, &answers).await?,
                Err(Unsettled::Hook(HookError::Stuck { hook })) => {
                    return Err(ValidatorError::HookStuck { hook });
                }
                Err(Unsettled::NotKept(reason)) => self.lapse(open.id, reason).await?,
                Err(unsettled) => {
                    self.metrics.settle_failed();
                    let failure = Some(unsettled.to_string());
                    Some(SettledReport { id: open.id, failure, open: true, entries: Vec::new() })
                }
            };
            let waits = report.as_ref().is_none_or(|report| report.open);
            if waits && self.is_overdue(&open) {
                reports.extend(self.end_overdue(open.id, report).await?);
            } else {
                reports.extend(report);
            }
        }
        let mut failed = reports.iter().filter(|report| report.open && report.failure.is_some());
        if let Some(SettledReport { id, failure: Some(reason), .. }) = failed.next() {
            let others = failed.count();
            tracing::error!(round = id, %reason, others, "open rounds could not be settled this time");
        }
        Ok(reports)
    }

    async fn settle_one(&self, id: u64, now: &Round) -> Result<Result<Told<S>, Unsettled>, ValidatorError> {
        self.step("an open round", self.settle_guard.limit());
        self.ledger.begin_settling(id, now.id).await?;
        let ledger = self.ledger.clone();
        let reading = spawn_blocking(move || ledger.view()?.past_round(id));
        let past = reading.await.map_err(|ended| LedgerError::Thread(ended.to_string()))??;
        let whole = match past.map(|past| past.whole) {
            Some(Ok(whole)) => whole,
            Some(Err(missing)) => return Ok(Err(Unsettled::NotKept(missing.to_string()))),
            None => return Ok(Err(Unsettled::NotKept("it is not in the ledger any more".to_owned()))),
        };
        let (judge, now) = (Arc::clone(&self.score), now.clone());
        // Requests and answers are read where the hook runs: that is the builder's code too.
        let asked = self.settle_guard.run(async move {
            let (task, answers) = rebuild::<S>(&whole)?;
            let scores = judge.settle(&now, &task, &answers).await;
            Ok::<_, Verdict>((scores, answers))
        });
        Ok(match asked.await {
            Ok(Ok((scores, answers))) => Ok((valid(scores, &answers), answers)),
            Ok(Err(verdict)) => Err(Unsettled::Unreadable(verdict.reason().unwrap_or_default().to_owned())),
            Err(error) => Err(error.into()),
        })
    }

    /// Keeps what came; `None` if nothing did.
    async fn keep(
        &self,
        id: u64,
        now: &Round,
        scores: Scores,
        answers: &[Answer<S>],
    ) -> Result<Option<SettledReport>, ValidatorError> {
        let open = scores.is_later();
        if open && scores.is_empty() {
            return Ok(None);
        }
        if !open && scores.is_empty() && !answers.is_empty() {
            tracing::warn!(
                round = id,
                "the settle hook ended an open round without a score; does the judge have one?"
            );
        }
        let entries = answers.iter().map(|answer| entry(answer, &scores)).collect();
        let subnet = Arc::clone(&now.subnet);
        self.ledger.settle_round(SettledRecord { round: id, turn: now.id, scores, subnet }).await?;
        if !open {
            self.metrics.settled(true);
        }
        Ok(Some(SettledReport { id, failure: None, open, entries }))
    }

    /// Ends a round that was asked about for the last time, with what came of that.
    async fn end_overdue(
        &self,
        id: u64,
        last: Option<SettledReport>,
    ) -> Result<Option<SettledReport>, ValidatorError> {
        let mut reason = format!(
            "its scores did not come within {} (settle_within)",
            humantime::format_duration(self.settle_within)
        );
        if let Some(failure) = last.as_ref().and_then(|last| last.failure.as_ref()) {
            reason = format!("{reason}; the last time, {failure}");
        }
        let entries = last.map(|last| last.entries).unwrap_or_default();
        let ended = self.lapse(id, reason).await?;
        Ok(ended.map(|ended| SettledReport { entries, ..ended }))
    }

    async fn lapse(&self, id: u64, reason: String) -> Result<Option<SettledReport>, ValidatorError> {
        let lapse = self.ledger.let_lapse(id, reason).await?;
        Ok(lapse.map(|lapse| self.lapsed(lapse)))
    }

    /// Says of a round that it ended without the scores it waited for.
    pub(super) fn lapsed(&self, lapse: Lapse) -> SettledReport {
        let Lapse { round, reason } = lapse;
        tracing::warn!(round, %reason, "an open round ended without its scores, which stay unknown");
        self.metrics.settled(false);
        SettledReport { id: round, failure: Some(reason), open: false, entries: Vec::new() }
    }

    fn is_overdue(&self, open: &OpenRound) -> bool {
        // A clock that was set back makes no round older.
        SystemTime::now().duration_since(open.started_at).is_ok_and(|age| age >= self.settle_within)
    }
}
