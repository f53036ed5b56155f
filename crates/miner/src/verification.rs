//! Signature work: at once while there is little of it, in batches on threads of its own when there is more.
//!
//! A request that comes alone is verified where it stands, which is fastest. Requests that come together wait in line for
//! a few threads, and each thread takes as many as pay: sr25519 signatures verified together cost half or a third. A batch
//! with a forgery in it proves nobody, so it is taken apart until the forgery is found. That makes it dearer than no batch,
//! which is why batches shrink where forgeries come from and grow back slowly; and why callers who proved themselves
//! lately wait in a line of their own, which strangers' forgeries can't make longer.

use std::{
    collections::VecDeque,
    io,
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use subnetkit_protocol::{Hotkey, KnownKeys, Scheme, SignatureCheck};
use tokio::sync::oneshot;

#[cfg(test)]
mod tests;

/// A signature and what it is said to be over.
#[derive(Clone, Debug)]
pub(crate) struct Signed {
    pub(crate) scheme: Scheme,
    pub(crate) account: Hotkey,
    pub(crate) message: Vec<u8>,
    pub(crate) signature: [u8; 64],
}

impl Signed {
    fn check(&self) -> SignatureCheck<'_> {
        let Self { scheme, account, message, signature } = self;
        SignatureCheck { scheme: *scheme, account: *account, message, signature }
    }

    fn holds(&self, keys: &KnownKeys) -> bool {
        keys.verify(&self.check())
    }
}

/// Which line a request waits in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Acquaintance {
    /// The hotkey proved itself from this address lately.
    Known,
    Unknown,
}

/// As many requests wait as may.
#[derive(Debug)]
pub(crate) struct Overloaded;

/// Verifies the signatures of one axon. Its threads end when it is dropped.
pub(crate) struct Verification {
    shared: Arc<Shared>,
    threads: Vec<thread::JoinHandle<()>>,
}

struct Shared {
    lines: Mutex<Lines>,
    work: Condvar,
    /// The most that wait in one line.
    capacity: usize,
    keys: KnownKeys,
}

#[derive(Default)]
struct Lines {
    known: Line,
    unknown: Line,
    next_ticket: u64,
    /// When the last request came.
    last: Option<Instant>,
    /// Verifications under way, at once or on threads.
    working: usize,
    /// Threads that wait for work.
    idle: usize,
    /// How often in a row those who are known went before others who waited too.
    preferred: u32,
    closed: bool,
}

struct Line {
    waiting: VecDeque<Job>,
    /// How many are taken at once.
    batch: usize,
    /// Signatures that held since the last batch that failed or grew.
    held: usize,
}

struct Job {
    ticket: u64,
    signed: Signed,
    /// Gone once the verdict is told.
    verdict: Option<oneshot::Sender<bool>>,
}

impl Job {
    /// Whether nobody waits for the verdict any more.
    fn is_abandoned(&self) -> bool {
        self.verdict.as_ref().is_none_or(oneshot::Sender::is_closed)
    }

    fn tell(&mut self, holds: bool) {
        if let Some(verdict) = self.verdict.take() {
            // Who hung up meanwhile needs no verdict.
            let _gone = verdict.send(holds);
        }
    }
}

/// The more at once, the less each costs: at 256 about a third of one alone. The first of so many waits some milliseconds
/// for the last, which is less than it would wait for its turn otherwise.
const MAX_BATCH: usize = 256;
/// After this long without a request, one is likely to be alone.
const QUIET: Duration = Duration::from_millis(1);
/// Two signatures together cost as much as one after the other.
const LEAST_BATCH: usize = 3;
/// A batch doubles after this many times its size held. A batch that fails costs up to twice its size, so that forgers can
/// add a sixteenth to the cost of what is verified and no more.
const PATIENCE: usize = 32;
/// A batch that fails is taken apart into this many: cheaper than halves when there is one forgery, and no dearer when
/// there are many.
const PARTS: usize = 4;
/// After this many turns of those who are known it is the others' turn.
const PREFERENCE: u32 = 8;

impl Verification {
    /// Starts the threads; `None` starts one for each core this process may use.
    pub(crate) fn start(threads: Option<usize>, capacity: usize, keys: KnownKeys) -> io::Result<Self> {
        let threads = threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, NonZeroUsize::get));
        let shared = Arc::new(Shared { lines: Mutex::default(), work: Condvar::new(), capacity, keys });
        let mut started = Self { shared, threads: Vec::with_capacity(threads) };
        for _ in 0..threads {
            let shared = Arc::clone(&started.shared);
            let thread =
                thread::Builder::new().name("axon-verify".to_owned()).spawn(move || shared.work())?;
            started.threads.push(thread);
        }
        Ok(started)
    }

    /// Whether the signature holds. Dropped before it is verified, it is not verified.
    pub(crate) async fn verify(&self, signed: Signed, who: Acquaintance) -> Result<bool, Overloaded> {
        if self.shared.lines().begin_at_once(Instant::now()) {
            let _working = Working(&self.shared);
            return Ok(signed.holds(&self.shared.keys));
        }
        let (ticket, verdict) = self.shared.lines().join(signed, who, self.shared.capacity)?;
        // The other requests that have arrived by now join the line before anything of it is verified.
        tokio::task::yield_now().await;
        let next = self.shared.lines().next_move(ticket, who);
        match next {
            Move::Verify(signed) => {
                let _working = Working(&self.shared);
                return Ok(signed.holds(&self.shared.keys));
            }
            Move::Wake => self.shared.work.notify_one(),
            Move::Wait => {}
        }
        verdict.await.map_err(|_| Overloaded)
    }
}

impl Drop for Verification {
    fn drop(&mut self) {
        self.shared.lines().closed = true;
        self.shared.work.notify_all();
        for thread in self.threads.drain(..) {
            // A thread ends after the batch it is at, which takes milliseconds. What it ended with was logged by itself.
            drop(thread.join());
        }
    }
}

/// What a request does about its own signature.
enum Move {
    /// It is alone: verify it here.
    Verify(Box<Signed>),
    /// Threads sleep.
    Wake,
    /// Threads are at work and will come to it.
    Wait,
}

impl Lines {
    /// Whether this is the only request for a while, which then does not wait for others that may come. It is under way
    /// from now on.
    fn begin_at_once(&mut self, now: Instant) -> bool {
        let quiet = self.last.is_none_or(|last| now.saturating_duration_since(last) >= QUIET);
        self.last = Some(now);
        let nobody = self.working == 0 && self.known.waiting.is_empty() && self.unknown.waiting.is_empty();
        if quiet && nobody {
            self.working += 1;
        }
        quiet && nobody
    }

    fn join(
        &mut self,
        signed: Signed,
        who: Acquaintance,
        capacity: usize,
    ) -> Result<(u64, oneshot::Receiver<bool>), Overloaded> {
        let ticket = self.next_ticket;
        let line = self.line(who);
        while line.waiting.front().is_some_and(Job::is_abandoned) {
            line.waiting.pop_front();
        }
        if line.waiting.len() >= capacity {
            return Err(Overloaded);
        }
        let (verdict, receiver) = oneshot::channel();
        line.waiting.push_back(Job { ticket, signed, verdict: Some(verdict) });
        self.next_ticket += 1;
        Ok((ticket, receiver))
    }

    fn next_move(&mut self, ticket: u64, who: Acquaintance) -> Move {
        let alone = self.working == 0 && self.known.waiting.len() + self.unknown.waiting.len() == 1;
        let line = self.line(who);
        if alone
            && line.waiting.front().is_some_and(|job| job.ticket == ticket)
            && let Some(job) = line.waiting.pop_front()
        {
            self.working += 1;
            return Move::Verify(Box::new(job.signed));
        }
        if self.idle > 0 { Move::Wake } else { Move::Wait }
    }

    /// Whether requests wait while threads sleep.
    fn wants_hands(&self) -> bool {
        self.idle > 0 && !(self.known.waiting.is_empty() && self.unknown.waiting.is_empty())
    }

    fn line(&mut self, who: Acquaintance) -> &mut Line {
        match who {
            Acquaintance::Known => &mut self.known,
            Acquaintance::Unknown => &mut self.unknown,
        }
    }

    /// What a thread does next.
    fn next_batch(&mut self) -> Option<(Acquaintance, Vec<Job>)> {
        let who = match (self.known.waiting.is_empty(), self.unknown.waiting.is_empty()) {
            (true, true) => return None,
            (false, true) => Acquaintance::Known,
            (false, false) if self.preferred < PREFERENCE => Acquaintance::Known,
            (_, false) => Acquaintance::Unknown,
        };
        self.preferred = match who {
            Acquaintance::Known if !self.unknown.waiting.is_empty() => self.preferred + 1,
            _ => 0,
        };
        // Threads that sleep are woken one by one; a share is left for each.
        let hands = self.idle + 1;
        self.working += 1;
        let line = self.line(who);
        let size = line.waiting.len().div_ceil(hands).min(line.batch);
        Some((who, line.waiting.drain(..size).collect()))
    }
}

impl Default for Line {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), batch: MAX_BATCH, held: 0 }
    }
}

impl Line {
    fn learn(&mut self, size: usize, all_held: bool) {
        if !all_held {
            self.batch = (self.batch / 2).max(1);
            self.held = 0;
            return;
        }
        self.held += size;
        if self.held >= PATIENCE * self.batch {
            self.batch = (self.batch * 2).min(MAX_BATCH);
            self.held = 0;
        }
    }
}

impl Shared {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        // Nothing that can panic is done while it is held.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The life of a thread.
    fn work(&self) {
        let mut lines = self.lines();
        while !lines.closed {
            let Some((who, mut batch)) = lines.next_batch() else {
                lines.idle += 1;
                lines = self.work.wait(lines).unwrap_or_else(PoisonError::into_inner);
                lines.idle -= 1;
                continue;
            };
            let more_hands = lines.wants_hands();
            drop(lines);
            if more_hands {
                self.work.notify_one();
            }
            // Nobody waits any more for what a caller that hung up asked.
            batch.retain(|job| !job.is_abandoned());
            let size = batch.len();
            // A defect of one signature's verification must not end the service of all.
            let judged = catch_unwind(AssertUnwindSafe(|| judge(&mut batch, &self.keys)));
            if judged.is_err() {
                tracing::error!(size, "verifying signatures panicked; their callers were answered busy");
            }
            lines = self.lines();
            lines.working -= 1;
            if size > 0 {
                lines.line(who).learn(size, judged.unwrap_or(false));
            }
        }
        // Whoever still waits is told so by the end of the channel.
        lines.known.waiting.clear();
        lines.unknown.waiting.clear();
    }
}

/// Tells every job its verdict, and says whether all held.
fn judge(jobs: &mut [Job], keys: &KnownKeys) -> bool {
    match jobs {
        [] => true,
        [job] => {
            let holds = job.signed.holds(keys);
            job.tell(holds);
            holds
        }
        several => {
            if several.len() >= LEAST_BATCH && hold_together(several, keys) {
                several.iter_mut().for_each(|job| job.tell(true));
                return true;
            }
            let part = several.len().div_ceil(PARTS);
            let mut all_held = true;
            for part in several.chunks_mut(part) {
                all_held &= judge(part, keys);
            }
            all_held
        }
    }
}

fn hold_together(jobs: &[Job], keys: &KnownKeys) -> bool {
    keys.verify_batch(&jobs.iter().map(|job| job.signed.check()).collect::<Vec<_>>())
}

/// A verification under way where its request stands.
struct Working<'a>(&'a Shared);

impl Drop for Working<'_> {
    fn drop(&mut self) {
        let mut lines = self.0.lines();
        lines.working -= 1;
        let more_hands = lines.wants_hands();
        drop(lines);
        if more_hands {
            self.0.work.notify_one();
        }
    }
}
