//! Watching over hooks in real time: one that computes for ever must not take the run with it.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Hook, LabError, Moment};

/// How often is looked.
const GLANCE: Duration = Duration::from_millis(200);

const HOOKS: [Hook; 6] = [Hook::Task, Hook::Forward, Hook::Stream, Hook::Score, Hook::Settle, Hook::Reward];

/// What one validator's hooks are doing, for whoever looks from another thread.
#[derive(Debug)]
pub(crate) struct Pulse {
    /// The hook (from 1), the round and the miner it is called for, in one word, so that marking costs next to nothing; 0
    /// between hooks.
    beat: AtomicU64,
    epoch: AtomicU32,
    validator: String,
    miners: Arc<[String]>,
}

impl Pulse {
    /// `miners` are the names of miners by the number that [`Pulse::mark`] is given.
    pub(crate) fn new(validator: String, miners: Arc<[String]>) -> Arc<Self> {
        Arc::new(Self { beat: AtomicU64::new(0), epoch: AtomicU32::new(0), validator, miners })
    }

    pub(crate) fn begin_epoch(&self, epoch: u32) {
        self.epoch.store(epoch, Ordering::Relaxed);
    }

    /// A hook is called. `of` tells calls of the same round apart: the miner's number, or any other.
    pub(crate) fn mark(&self, hook: Hook, round: u64, of: usize) {
        let hook = HOOKS.iter().position(|known| *known == hook).map_or(0, |at| at as u64 + 1);
        let beat = hook << 56 | (round & 0xFF_FFFF) << 32 | (of as u64 & 0xFFFF_FFFF);
        self.beat.store(beat, Ordering::Relaxed);
    }

    pub(crate) fn rest(&self) {
        self.beat.store(0, Ordering::Relaxed);
    }

    /// Which call it is.
    pub(crate) fn moment(&self, hook: Hook, round: u64, of: usize) -> Moment {
        let asked = matches!(hook, Hook::Forward | Hook::Stream);
        let miner = asked.then(|| self.miners.get(of).cloned()).flatten();
        Moment { validator: self.validator.clone(), miner, epoch: self.epoch.load(Ordering::Relaxed), round }
    }

    fn call(&self, beat: u64) -> Option<(Hook, Moment)> {
        let hook = *HOOKS.get(usize::try_from((beat >> 56).checked_sub(1)?).ok()?)?;
        Some((hook, self.moment(hook, beat >> 32 & 0xFF_FFFF, (beat & 0xFFFF_FFFF) as usize)))
    }
}

/// All pulses of a run, and how far it is.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    pulses: Mutex<Vec<Arc<Pulse>>>,
    played: AtomicU64,
    to_play: AtomicU64,
}

impl Watch {
    pub(crate) fn add(&self, pulse: &Arc<Pulse>) {
        let mut pulses = self.pulses.lock().unwrap_or_else(PoisonError::into_inner);
        // Those of plays that are over are held by nobody else.
        pulses.retain(|pulse| Arc::strong_count(pulse) > 1);
        pulses.push(Arc::clone(pulse));
    }

    /// So many epochs will be played in all.
    pub(crate) fn expect(&self, epochs: u64) {
        self.to_play.store(epochs, Ordering::Relaxed);
    }

    /// One more of them was.
    pub(crate) fn epoch_played(&self) {
        self.played.fetch_add(1, Ordering::Relaxed);
    }

    /// Epochs played, and epochs to play.
    pub(crate) fn progress(&self) -> (u64, u64) {
        (self.played.load(Ordering::Relaxed), self.to_play.load(Ordering::Relaxed))
    }

    /// Waits for `done`, and says which hook has been in one call for longer than `patience`.
    ///
    /// # Errors
    /// That hook; or that whoever was to send is gone.
    pub(crate) fn wait<T>(&self, done: &mpsc::Receiver<T>, patience: Duration) -> Result<T, LabError> {
        let mut last: Vec<(Arc<Pulse>, u64, Instant)> = Vec::new();
        loop {
            match done.recv_timeout(GLANCE) {
                Ok(done) => return Ok(done),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(LabError::Machine("the thread that played it ended early".to_owned()));
                }
            }
            let now = Instant::now();
            let pulses = self.pulses.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let seen = |pulse: &Arc<Pulse>| {
                let beat = pulse.beat.load(Ordering::Relaxed);
                let before = last.iter().find(|(known, ..)| Arc::ptr_eq(known, pulse));
                let since = before.filter(|(_, known, _)| *known == beat).map_or(now, |(.., since)| *since);
                (Arc::clone(pulse), beat, since)
            };
            let seen: Vec<_> = pulses.iter().map(seen).collect();
            let stuck = seen.iter().filter(|(_, beat, since)| *beat != 0 && now - *since > patience);
            if let Some((hook, at)) = stuck.filter_map(|(pulse, beat, _)| pulse.call(*beat)).next() {
                return Err(LabError::HookStuck { hook, at, after: patience });
            }
            last = seen;
        }
    }
}
