//! Blocks at a steady pace, each asked for, with the time at which it was made.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use subnetkit_devnet::{Control, ControlError};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};

/// Makes blocks until it is dropped.
#[derive(Debug)]
pub(crate) struct Pace {
    head: watch::Receiver<u32>,
    made: Arc<Mutex<Vec<Instant>>>,
    first: u32,
    making: JoinHandle<Result<(), ControlError>>,
}

impl Pace {
    pub(crate) fn start(chain: Control, block_time: Duration) -> Self {
        let first = chain.head().number + 1;
        let (head_in, head) = watch::channel(chain.head().number);
        let made = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&made);
        let making = tokio::spawn(async move {
            let mut beat = interval(block_time);
            // A machine that is late makes blocks late; it does not make up for them with a volley.
            beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
            while !head_in.is_closed() {
                beat.tick().await;
                let block = chain.mine(1).await?;
                // Blocks that others asked for in between, such as edits of the state, count as made now.
                let mut noted = lock(&noted);
                let missing = usize::try_from(block.number.saturating_sub(first)).unwrap_or(usize::MAX) + 1;
                let length = noted.len().max(missing);
                noted.resize(length, Instant::now());
                drop(noted);
                head_in.send_replace(block.number);
            }
            Ok(())
        });
        Self { head, made, first, making }
    }

    pub(crate) fn head(&self) -> u64 {
        u64::from(*self.head.borrow())
    }

    /// A receiver of each new head's number.
    pub(crate) fn heads(&self) -> watch::Receiver<u32> {
        self.head.clone()
    }

    /// When each block from the first one on was made, and that one's number.
    pub(crate) fn times(&self) -> (u64, Vec<Instant>) {
        (u64::from(self.first), lock(&self.made).clone())
    }

    pub(crate) fn is_running(&self) -> bool {
        !self.making.is_finished()
    }
}

impl Drop for Pace {
    fn drop(&mut self) {
        self.making.abort();
    }
}

fn lock(made: &Mutex<Vec<Instant>>) -> MutexGuard<'_, Vec<Instant>> {
    // Every write leaves a whole list.
    made.lock().unwrap_or_else(PoisonError::into_inner)
}
