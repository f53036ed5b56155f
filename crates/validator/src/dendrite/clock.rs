//! The time one request has, and where it goes.

use std::time::Duration;

use tokio::time::Instant;

use crate::answer::{Outcome, Timing};

/// What stands in for a deadline that the clock cannot express.
const FAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// The clock of one request.
#[derive(Debug)]
pub(super) struct Clock {
    asked: Instant,
    /// When the request left this side's queues.
    started: Instant,
    /// When a connection stood ready to carry it.
    pub(super) ready: Option<Instant>,
    timeout: Duration,
    pub(super) deadline: Instant,
}

impl Clock {
    pub(super) fn start(asked: Instant, timeout: Duration) -> Self {
        let started = Instant::now();
        let deadline = started.checked_add(timeout).unwrap_or(started + FAR);
        Self { asked, started, ready: None, timeout, deadline }
    }

    /// The time up to now.
    pub(super) fn timing(&self) -> Timing {
        let now = Instant::now();
        let ready = self.ready.unwrap_or(now);
        Timing { queued: self.started - self.asked, connecting: ready - self.started, answering: now - ready }
    }

    pub(super) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    pub(super) const fn timed_out<R>(&self) -> Outcome<R> {
        Outcome::TimedOut { after: self.timeout }
    }
}
