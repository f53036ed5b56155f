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
    #[error("it cannot be settled: {0}")]
    NotKept(String),
}

impl<S: Synapse> Rounds<S> {
    /// Asks about every open round, those asked about the longest ago first, for no longer than `settle_budget`.
    pub(super) async fn settle(&self, now: &Round) -> Result<Vec<SettledReport>, ValidatorError> {
        self.step("reading open rounds", Duration::ZERO);
        let waiting = self.ledger.open_rounds().await?;
        let (begun, all) = (Instant::now(), waiting.len());
        let (mut reports, mut failures) = (Vec::new(), Vec::new());
        let mut asked = 0;
        for open in waiting {
            if begun.elapsed() >= self.settle_budget {
                tracing::info!(
                    asked,
                    left = all - asked,
                    "open rounds are left for the next round (settle_budget)"
                );
                break;
            }
            asked += 1;
            let settled = self.settle_one(open.id, now).await?;
            let report = match settled {
                Ok((scores, answers)) => self.keep(open.id, now, scores, &answers).await?,
                Err(Unsettled::Hook(HookError::Stuck { hook })) => {
                    return Err(ValidatorError::HookStuck { hook });
                }
                Err(unsettled) => {
                    self.metrics.settle_failed();
                    let reason = unsettled.to_string();
                    if let Unsettled::NotKept(_) = unsettled {
                        reports.extend(self.lapse(open.id, reason.clone()).await?);
                    }
                    failures.push((open.id, reason));
                    None
                }
            };
            match report {
                Some(report) if !report.open => reports.push(report),
                other => {
                    reports.extend(other);
                    if self.is_overdue(&open) {
                        let days = humantime::format_duration(self.settle_within);
                        let reason = format!("its scores did not come within {days} (settle_within)");
                        reports.extend(self.lapse(open.id, reason).await?);
                    }
                }
            }
        }
        if let Some((round, reason)) = failures.first() {
            tracing::error!(round, %reason, of = asked, failed = failures.len(), "open rounds could not be settled");
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
        let entries = answers.iter().map(|answer| entry(answer, &scores)).collect();
        let subnet = Arc::clone(&now.subnet);
        self.ledger.settle_round(SettledRecord { round: id, turn: now.id, scores, subnet }).await?;
        if !open {
            self.metrics.settled(true);
        }
        Ok(Some(SettledReport { id, failure: None, open, entries }))
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
