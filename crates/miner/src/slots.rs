//! How many requests the handler works on, and who is next: highest stake first.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

/// A fixed number of slots and a bounded line of requests waiting for one.
#[derive(Clone)]
pub(crate) struct Slots(Arc<Shared>);

struct Shared {
    queue: usize,
    line: Mutex<Line>,
}

struct Line {
    free: usize,
    next_arrival: u64,
    /// The first entry is served next. The sender hands a slot over; dropping it turns the waiter away.
    waiting: BTreeMap<Place, oneshot::Sender<Slot>>,
}

/// Order in line: more stake first, then who came first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    stake: std::cmp::Reverse<u64>,
    arrival: u64,
}

/// No slot is free and nobody with less stake waits.
#[derive(Debug)]
pub(crate) struct Full;

/// The right to run one handler; the slot is free again when this is dropped.
pub(crate) struct Slot(Arc<Shared>);

impl Slots {
    pub(crate) fn new(slots: usize, queue: usize) -> Self {
        let line = Line { free: slots, next_arrival: 0, waiting: BTreeMap::new() };
        Self(Arc::new(Shared { queue, line: Mutex::new(line) }))
    }

    /// Takes a slot, waiting in line if none is free. Answers [`Full`] at once when the line has no place for this
    /// stake, and later when somebody with more stake takes the place.
    pub(crate) async fn take(&self, stake_rao: u64) -> Result<Slot, Full> {
        let (place, turn) = {
            let mut line = self.0.line();
            if line.free > 0 {
                line.free -= 1;
                return Ok(Slot(Arc::clone(&self.0)));
            }
            let place = Place { stake: std::cmp::Reverse(stake_rao), arrival: line.next_arrival };
            line.next_arrival += 1;
            let (slot, turn) = oneshot::channel();
            line.waiting.insert(place, slot);
            if line.waiting.len() > self.0.queue {
                line.waiting.pop_last();
            }
            (place, turn)
        };
        // A caller that hangs up must not keep its place.
        let _leave = Leave { shared: &self.0, place };
        turn.await.map_err(|_| Full)
    }

    pub(crate) fn waiting(&self) -> usize {
        self.0.line().waiting.len()
    }
}

impl Shared {
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
            let mut line = self.0.line();
            match line.waiting.pop_first() {
                Some((_, next)) => next,
                None => {
                    line.free += 1;
                    return;
                }
            }
        };
        // A waiter that left meanwhile gives the slot back by dropping it, which serves the one after it.
        drop(next.send(Self(Arc::clone(&self.0))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{future::Future, pin::pin, task::Poll};

    async fn pending<T>(future: &mut (impl Future<Output = T> + Unpin)) -> bool {
        std::future::poll_fn(|context| {
            Poll::Ready(std::pin::Pin::new(&mut *future).poll(context).is_pending())
        })
        .await
    }

    #[tokio::test]
    async fn the_highest_stake_is_next() {
        let slots = Slots::new(1, 2);
        let held = slots.take(0).await.unwrap();
        let mut low = pin!(slots.take(1));
        let mut high = pin!(slots.take(9));
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
        let _held = slots.take(0).await.unwrap();
        let mut low = pin!(slots.take(1));
        assert!(pending(&mut low).await);
        let mut high = pin!(slots.take(2));
        assert!(pending(&mut high).await);
        assert!(low.await.is_err());
        assert!(slots.take(2).await.is_err(), "equal stake does not push out who came first");
        assert_eq!(slots.waiting(), 1);
    }

    #[tokio::test]
    async fn who_leaves_the_line_frees_the_place() {
        let slots = Slots::new(1, 1);
        let held = slots.take(0).await.unwrap();
        {
            let mut gone = Box::pin(slots.take(5));
            assert!(pending(&mut gone).await);
        }
        assert_eq!(slots.waiting(), 0);
        drop(held);
        drop(slots.take(0).await.unwrap());
    }
}
