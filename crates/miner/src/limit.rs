//! Who is served; and the steps behind authentication: how often, how many at once, and for how long.

use std::{sync::Arc, time::Duration};

use axum::{extract::Request, response::Response};
use subnetkit_protocol::Hotkey;
use tokio::time::{Instant, timeout_at};

use crate::{
    Admit, SharedRoster, WhenStale,
    proven::{Admitted, proven},
    rate::RateLimit,
    rejection::{Outcome, Rejection},
    slots::Slots,
    step::{Next, Step},
    streaming::Streaming,
};

pub(crate) struct Doorkeeper {
    pub(crate) roster: SharedRoster,
    pub(crate) rule: Arc<dyn Admit>,
    pub(crate) max_age: Duration,
    pub(crate) when_stale: WhenStale,
}

impl Doorkeeper {
    /// Lets admitted callers in: 403 for the others. The hotkey may be no more than a claim.
    pub(crate) fn admit(&self, caller: &Hotkey) -> Result<Admitted, Rejection> {
        let stale = self.roster.age().is_none_or(|age| age > self.max_age);
        if stale && self.when_stale == WhenStale::Refuse {
            let message = "this miner has not heard from the chain lately and can't tell who is registered";
            let wait = self.max_age.min(RETRY_MAX);
            return Err(Rejection::new(Outcome::StaleMetagraph, message).retry_after(wait));
        }
        let standing = self.roster.standing(caller);
        self.rule
            .admit(caller, standing.as_ref())
            .map_err(|denial| Rejection::new(denial.outcome(), denial.to_string()))?;
        Ok(Admitted(standing))
    }
}

/// Never send a caller away for longer than this: the chain may be back any moment.
const RETRY_MAX: Duration = Duration::from_secs(30);

/// Holds each hotkey to its rate: 429 at once beyond it.
impl Step for RateLimit {
    async fn pass(&self, request: Request, next: impl Next) -> Result<Response, Rejection> {
        self.take(&proven(&request)?.caller, stake_rao(&request), Instant::now()).map_err(|wait| {
            Rejection::new(Outcome::RateLimited, "this hotkey sends requests faster than this miner allows")
                .retry_after(wait)
        })?;
        Ok(next.run(request).await)
    }
}

/// The line before the handler.
pub(crate) struct Line {
    pub(crate) slots: Slots,
    /// The longest that anybody waits in it.
    pub(crate) patience: Duration,
}

/// Holds the handler to its concurrency: requests wait in line by stake, 503 at once when there is no hope.
impl Step for Line {
    async fn pass(&self, request: Request, next: impl Next) -> Result<Response, Rejection> {
        let now = Instant::now();
        let patience = self.patience.min(proven(&request)?.deadline.saturating_duration_since(now));
        let slot = self.slots.take(stake_rao(&request), patience).await.map_err(|full| {
            Rejection::new(Outcome::Busy, "this miner has as much work as it can do; ask again later")
                .retry_after(full.wait.min(RETRY_MAX))
        })?;
        let response = next.run(request).await;
        if let Some(streaming) = response.extensions().get::<Streaming>() {
            streaming.on_end(move |_| drop(slot));
        }
        Ok(response)
    }
}

fn stake_rao(request: &Request) -> u64 {
    let standing = request.extensions().get::<Admitted>().and_then(|admitted| admitted.0);
    standing.map_or(0, |standing| standing.stake_rao)
}

/// Ends the handler at the deadline; a streamed answer that has begun sees to its own end. 504 and not 503: the work was
/// begun, so asking the same again is not free.
pub(crate) struct TimeLimit;

impl Step for TimeLimit {
    async fn pass(&self, request: Request, next: impl Next) -> Result<Response, Rejection> {
        let deadline = proven(&request)?.deadline;
        timeout_at(deadline, next.run(request)).await.map_err(|_| {
            Rejection::new(Outcome::TimedOut, "this miner did not finish the answer before its deadline")
        })
    }
}
