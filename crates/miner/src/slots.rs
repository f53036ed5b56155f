//! How many requests the handler works on, and who is next: highest stake first.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::oneshot,
    time::{Instant, timeout},
};

/// A fixed number of slots and a bounded line of requests waiting for one.
#[derive(Clone)]
pub(crate) struct Slots(Arc<Shared>);

struct Shared {
    slots: u32,
    queue: usize,
    line: Mutex<Line>,
}

struct Line {
    free: usize,
    next_arrival: u64,
    /// How long slots were held lately.
    held: Option<Duration>,
    /// The first entry is served next. The sender hands a slot over; dropping it turns the waiter away.
    waiting: BTreeMap<Place, oneshot::Sender<Slot>>,
}

/// Order in line: more stake first, then who came first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    stake: Reverse<u64>,
    arrival: u64,
}

/// There is no slot, and will not be in time.
#[derive(Debug)]
pub(crate) struct Full {
    /// When there may be one.
    pub(crate) wait: Duration,
}

/// The right to run one handler; the slot is free again when this is dropped.
pub(crate) struct Slot {
    shared: Arc<Shared>,
    /// When it was taken; nobody has it yet while it is handed over.
    since: Option<Instant>,
}

/// A new time counts for an eighth of what slots were held.
const MEMORY: u32 = 8;
/// When to come back if nothing is known.
const WAIT: Duration = Duration::from_secs(1);

impl Slots {
    pub(crate) fn new(slots: usize, queue: usize) -> Self {
        let line = Line { free: slots, next_arrival: 0, held: None, waiting: BTreeMap::new() };
        let slots = u32::try_from(slots).unwrap_or(u32::MAX);
        Self(Arc::new(Shared { slots, queue, line: Mutex::new(line) }))
    }

    /// Takes a slot, waiting in line if none is free, for as long as the patience lasts. Answers [`Full`] at once when
    /// the line has no place for this stake or is longer than the patience, and later when somebody with more stake takes
    /// the place.
    pub(crate) async fn take(&self, stake_rao: u64, patience: Duration) -> Result<Slot, Full> {
        let (place, turn, wait) = {
            let mut line = self.0.line();
            if line.free > 0 {
                line.free -= 1;
                return Ok(Slot { shared: Arc::clone(&self.0), since: Some(Instant::now()) });
            }
            let place = Place { stake: Reverse(stake_rao), arrival: line.next_arrival };
            let wait = self.0.wait(&line, &place);
            if wait.is_some_and(|wait| wait > patience) {
                return Err(Full { wait: wait.unwrap_or(WAIT) });
            }
            line.next_arrival += 1;
            let (slot, turn) = oneshot::channel();
            line.waiting.insert(place, slot);
            if line.waiting.len() > self.0.queue {
                line.waiting.pop_last();
            }
            (place, turn, wait.unwrap_or(WAIT))
        };
        // A caller that hangs up must not keep its place.
        let _leave = Leave { shared: &self.0, place };
        match timeout(patience, turn).await {
            Ok(Ok(mut slot)) => {
                slot.since = Some(Instant::now());
                Ok(slot)
            }
            Ok(Err(_)) | Err(_) => Err(Full { wait }),
        }
    }

    pub(crate) fn waiting(&self) -> usize {
        self.0.line().waiting.len()
    }
}

impl Shared {
    /// How long it takes to the turn of a place in line, if slots are held as long as lately.
    fn wait(&self, line: &Line, place: &Place) -> Option<Duration> {
        let ahead = u32::try_from(line.waiting.range(..place).count()).unwrap_or(u32::MAX);
        Some(line.held?.saturating_mul(ahead.saturating_add(1)) / self.slots.max(1))
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        // Each change below is one operation on the map or the count: a panic can't leave it half done.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Leave<'a> {
    shared: &'a Arc<Shared>,
    place: Place,
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        let entry = self.shared.line().waiting.remove(&self.place);
        drop(entry);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let next = {
            let mut line = self.shared.line();
            if let Some(held) = self.since.map(|since| since.elapsed()) {
                line.held = Some(line.held.map_or(held, |lately| (lately * (MEMORY - 1) + held) / MEMORY));
            }
            match line.waiting.pop_first() {
                Some((_, next)) => next,
                None => {
                    line.free += 1;
                    return;
                }
            }
        };
        // A waiter that left meanwhile gives the slot back by dropping it, which serves the one after it.
        drop(next.send(Self { shared: Arc::clone(&self.shared), since: None }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{future::Future, pin::pin, task::Poll};

    const PATIENCE: Duration = Duration::from_secs(60);

    async fn pending<T>(future: &mut (impl Future<Output = T> + Unpin)) -> bool {
        std::future::poll_fn(|context| {
            Poll::Ready(std::pin::Pin::new(&mut *future).poll(context).is_pending())
        })
        .await
    }

    #[tokio::test]
    async fn the_highest_stake_is_next() {
        let slots = Slots::new(1, 2);
        let held = slots.take(0, PATIENCE).await.unwrap();
        let mut low = pin!(slots.take(1, PATIENCE));
        let mut high = pin!(slots.take(9, PATIENCE));
        assert!(pending(&mut low).await);
        assert!(pending(&mut high).await);
        drop(held);
        let slot = high.await.unwrap();
        assert!(pending(&mut low).await);
        drop(slot);
        drop(low.await.unwrap());
        assert_eq!(slots.0.line().free, 1);
    }

    #[tokio::test]
    async fn a_full_line_turns_away_the_lowest_stake() {
        let slots = Slots::new(1, 1);
        let _held = slots.take(0, PATIENCE).await.unwrap();
        let mut low = pin!(slots.take(1, PATIENCE));
        assert!(pending(&mut low).await);
        let mut high = pin!(slots.take(2, PATIENCE));
        assert!(pending(&mut high).await);
        assert!(low.await.is_err());
        assert!(slots.take(2, PATIENCE).await.is_err(), "equal stake does not push out who came first");
        assert_eq!(slots.waiting(), 1);
    }

    #[tokio::test]
    async fn who_leaves_the_line_frees_the_place() {
        let slots = Slots::new(1, 1);
        let held = slots.take(0, PATIENCE).await.unwrap();
        {
            let mut gone = Box::pin(slots.take(5, PATIENCE));
            assert!(pending(&mut gone).await);
        }
        assert_eq!(slots.waiting(), 0);
        drop(held);
        drop(slots.take(0, PATIENCE).await.unwrap());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_longer_than_there_is_hope() {
        let slots = Slots::new(2, 9);
        let (first, second) =
            (slots.take(0, PATIENCE).await.unwrap(), slots.take(0, PATIENCE).await.unwrap());
        let began = Instant::now();
        let full = slots.take(0, Duration::from_secs(3)).await.err().unwrap();
        assert_eq!(began.elapsed(), Duration::from_secs(3), "nothing is known yet, so it is tried");
        assert_eq!(full.wait, WAIT);

        tokio::time::advance(Duration::from_secs(5)).await;
        drop((first, second));
        // Slots are held for 8 s, and there are two.
        let _held = (slots.take(0, PATIENCE).await.unwrap(), slots.take(0, PATIENCE).await.unwrap());
        let began = Instant::now();
        let full = slots.take(0, Duration::from_secs(3)).await.err().unwrap();
        assert_eq!((began.elapsed(), full.wait), (Duration::ZERO, Duration::from_secs(4)));
        let mut waits = pin!(slots.take(5, Duration::from_secs(5)));
        assert!(pending(&mut waits).await);
        assert_eq!(slots.take(1, Duration::from_secs(7)).await.err().unwrap().wait, Duration::from_secs(8));
        let mut goes_first = pin!(slots.take(9, Duration::from_secs(5)));
        assert!(pending(&mut goes_first).await, "those with less stake are not ahead");
    }
}
