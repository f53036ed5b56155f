//! Virtual time: hooks run at once, and what they wait for is only counted.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::{Builder, EnterGuard, Runtime};
use tokio::time::{Instant, timeout};

use crate::error::{Hook, LabError};
use crate::watch::Pulse;

/// Threads that hooks of one validator's rounds may block at the same time.
const BLOCKING_THREADS: usize = 16;
/// How long such a thread is kept for the next.
const KEPT_FOR: Duration = Duration::from_secs(1);
/// How often a hook may be woken in one call. One that yields and yields comes nowhere, and no time passes meanwhile.
const MOST_POLLS: u32 = 100_000;

/// A clock that only moves when somebody waits for it. Each validator has its own, so that runs do not depend on threads.
#[derive(Debug)]
pub(crate) struct Clock {
    runtime: Runtime,
    pulse: Arc<Pulse>,
}

/// One call of a hook.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HookCall {
    pub(crate) hook: Hook,
    pub(crate) round: u64,
    /// The number of the miner, or whatever tells calls apart.
    pub(crate) of: usize,
}

/// A call that took longer than it may, in virtual time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong;

impl Clock {
    pub(crate) fn new(pulse: Arc<Pulse>) -> Result<Self, LabError> {
        let runtime = Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .max_blocking_threads(BLOCKING_THREADS)
            .thread_keep_alive(KEPT_FOR)
            .build()
            .map_err(|error| LabError::Machine(error.to_string()))?;
        Ok(Self { runtime, pulse })
    }

    pub(crate) fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    /// Hooks on this thread live in this time as long as the guard does.
    pub(crate) fn enter(&self) -> EnterGuard<'_> {
        self.runtime.enter()
    }

    /// Runs a hook and says what virtual time it took, at most `limit`. Expects to be [entered](Self::enter).
    ///
    /// # Errors
    /// A hook that panics, or that comes nowhere.
    pub(crate) fn run<T>(
        &self,
        call: HookCall,
        limit: Duration,
        mut hook: Pin<&mut (impl Future<Output = T> + ?Sized)>,
    ) -> Result<Result<(T, Duration), TooLong>, LabError> {
        self.pulse.mark(call.hook, call.round, call.of);
        // Most hooks have nothing to wait for, and are spared the machinery of waiting.
        let mut context = Context::from_waker(Waker::noop());
        let at_once = catch_unwind(AssertUnwindSafe(|| hook.as_mut().poll(&mut context)));
        let outcome = match at_once {
            Ok(Poll::Ready(outcome)) => Ok(Ok((outcome, Duration::ZERO))),
            Ok(Poll::Pending) => self.wait(call, limit, hook),
            Err(panic) => Err(self.panicked(call, &*panic)),
        };
        self.pulse.rest();
        outcome
    }

    /// Runs a hook that does not wait.
    ///
    /// # Errors
    /// A hook that panics.
    pub(crate) fn run_blocking<T>(&self, call: HookCall, hook: impl FnOnce() -> T) -> Result<T, LabError> {
        self.pulse.mark(call.hook, call.round, call.of);
        let outcome = catch_unwind(AssertUnwindSafe(hook));
        self.pulse.rest();
        outcome.map_err(|panic| self.panicked(call, &*panic))
    }

    fn wait<T>(
        &self,
        call: HookCall,
        limit: Duration,
        mut hook: Pin<&mut (impl Future<Output = T> + ?Sized)>,
    ) -> Result<Result<(T, Duration), TooLong>, LabError> {
        let mut polls = 0;
        let guarded = poll_fn(|context| {
            polls += 1;
            if polls > MOST_POLLS {
                let at = self.pulse.moment(call.hook, call.round, call.of);
                return Poll::Ready(Err(LabError::HookRestless { hook: call.hook, at, polls: MOST_POLLS }));
            }
            match catch_unwind(AssertUnwindSafe(|| hook.as_mut().poll(context))) {
                Ok(Poll::Ready(outcome)) => Poll::Ready(Ok(outcome)),
                Ok(Poll::Pending) => Poll::Pending,
                Err(panic) => Poll::Ready(Err(self.panicked(call, &*panic))),
            }
        });
        self.runtime.block_on(async move {
            let began = Instant::now();
            match timeout(limit, guarded).await {
                Ok(outcome) => outcome.map(|outcome| Ok((outcome, began.elapsed()))),
                Err(_) => Ok(Err(TooLong)),
            }
        })
    }

    fn panicked(&self, call: HookCall, panic: &(dyn Any + Send)) -> LabError {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        let message = text.unwrap_or_else(|| "without a message".to_owned());
        let at = self.pulse.moment(call.hook, call.round, call.of);
        LabError::HookPanicked { hook: call.hook, at, message }
    }

    /// A hook that may not take this long did.
    pub(crate) fn timed_out(&self, call: HookCall, after: Duration) -> LabError {
        let at = self.pulse.moment(call.hook, call.round, call.of);
        LabError::HookTimedOut { hook: call.hook, at, after }
    }
}
