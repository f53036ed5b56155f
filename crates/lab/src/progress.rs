//! A line on a terminal that says how far a run is.

use std::{
    fmt,
    io::{self, Write},
    sync::{
        Arc,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::{number, watch::Watch};

/// A run that is over sooner shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the line is written anew.
const REFRESH: Duration = Duration::from_millis(200);

/// The line, for as long as this lives.
pub(crate) struct Progress {
    over: Option<Sender<()>>,
    line: Option<JoinHandle<()>>,
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress").finish_non_exhaustive()
    }
}

impl Progress {
    pub(crate) fn show(watch: Arc<Watch>) -> Self {
        let (over, waiting) = mpsc::channel();
        let began = Instant::now();
        let line = thread::spawn(move || {
            let mut wait = PATIENCE;
            while waiting.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                let (played, to_play) = watch.progress();
                let share = number::ratio(played as f64, to_play as f64) * 100.0;
                let (share, seconds) = (number::fixed(share, 0), began.elapsed().as_secs());
                // A terminal that is gone is told nothing more.
                let _ =
                    write!(io::stderr(), "\r\u{1b}[K{played} of {to_play} epochs ({share} %), {seconds} s");
                wait = REFRESH;
            }
            if wait == REFRESH {
                let _ = write!(io::stderr(), "\r\u{1b}[K");
            }
        });
        Self { over: Some(over), line: Some(line) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.over.take());
        if let Some(line) = self.line.take() {
            let _ = line.join();
        }
    }
}
