//! Whether the runtime of this program still runs anything. Whatever watches from inside of it stands still with it: where code
//! that blocks holds all of its threads, there are no timers, no answers to health checks and no reaction to signals.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{self, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use tokio::{runtime::Handle, time::sleep};

/// Looks within one limit. They are counted, and not the time: a process that was stopped, or a machine that slept, was
/// not looked at meanwhile.
const LOOKS: u32 = 10;

/// A watch over a runtime, until it is dropped.
#[derive(Debug)]
pub(crate) struct Pulse {
    _watched: mpsc::Sender<()>,
}

impl Pulse {
    /// Calls `stopped`, on a thread of its own, once the runtime has run nothing for `limit`.
    pub(crate) fn watch(
        runtime: &Handle,
        limit: Duration,
        stopped: impl FnOnce() + Send + 'static,
    ) -> io::Result<Self> {
        let pause = limit / LOOKS;
        let beats = Arc::new(AtomicU64::new(0));
        let beating = Arc::downgrade(&beats);
        runtime.spawn(async move {
            while let Some(beats) = beating.upgrade() {
                beats.fetch_add(1, Ordering::Relaxed);
                drop(beats);
                sleep(pause / 2).await;
            }
        });
        let (watched, until) = mpsc::channel();
        thread::Builder::new().name("pulse".to_owned()).spawn(move || {
            let (mut last, mut still) = (0, 0);
            while until.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                let now = beats.load(Ordering::Relaxed);
                still = if now == last { still + 1 } else { 0 };
                last = now;
                if still == LOOKS {
                    return stopped();
                }
            }
        })?;
        Ok(Self { _watched: watched })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::runtime::Builder;

    #[test]
    fn a_runtime_whose_threads_are_all_held_is_noticed_and_an_idle_one_is_not() {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (tell, told) = mpsc::channel();
        let limit = Duration::from_secs(1);
        let _pulse = Pulse::watch(runtime.handle(), limit, move || tell.send(()).unwrap()).unwrap();
        assert_eq!(told.recv_timeout(limit * 2), Err(RecvTimeoutError::Timeout), "it is idle, not stuck");
        let (release, held) = mpsc::channel::<()>();
        runtime.spawn(async move { held.recv() });
        told.recv_timeout(Duration::from_secs(30)).unwrap();
        drop(release);
    }

    #[test]
    fn a_watch_that_is_over_says_nothing() {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (tell, told) = mpsc::channel::<()>();
        let pulse = Pulse::watch(runtime.handle(), Duration::from_millis(50), move || tell.send(()).unwrap())
            .unwrap();
        drop((pulse, runtime));
        assert_eq!(told.recv(), Err(mpsc::RecvError), "its thread ended without a word");
    }
}
