//! The open connections: how many there are, from where, and whose place is given to a newcomer.
//!
//! Opening connections and saying nothing costs a stranger little. So nobody has a right to keep a place while no proven
//! request is under way on it: when all places are taken, a newcomer gets that of whoever needs it least.

use std::{
    cmp::Reverse,
    collections::HashMap,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{known::KNOWN_FOR, peer::Origin};

/// The places for the connections of one listener.
pub(crate) struct Connections {
    most: usize,
    most_of_origin: usize,
    began: Instant,
    /// A newcomer waits for a place.
    awaited: AtomicBool,
    /// A place was left, or its connection fell idle, while a newcomer waits.
    changed: Notify,
    table: Mutex<Table>,
}

#[derive(Default)]
struct Table {
    next: u64,
    open: HashMap<u64, Arc<Place>>,
    of_origin: HashMap<Origin, usize>,
    /// When a request was last proven from there, for as many origins as there are connections at the most.
    proved: HashMap<Origin, Instant>,
}

/// One connection's place.
pub(crate) struct Place {
    origin: Origin,
    /// One of the constants below.
    doing: AtomicU8,
    /// When that began, in milliseconds from the begin of everything.
    since: AtomicU64,
    /// A proven request came over this connection, or from its origin lately.
    proved: AtomicBool,
    given_away: CancellationToken,
    connections: Arc<Connections>,
}

const IDLE: u8 = 0;
const UNPROVEN: u8 = 1;
const PROVEN: u8 = 2;

/// What a newcomer gets.
pub(crate) enum Entry {
    Place(Seat),
    /// Its address has as many connections as it may.
    TooMany,
    /// All places are taken. One may become free: see [`Connections::changed`].
    Full,
}

/// A place that is taken; it is left when this is dropped.
pub(crate) struct Seat {
    id: u64,
    pub(crate) place: Arc<Place>,
}

impl Connections {
    pub(crate) fn new(most: usize, most_of_origin: usize) -> Arc<Self> {
        Arc::new(Self {
            most,
            most_of_origin,
            began: Instant::now(),
            awaited: AtomicBool::new(false),
            changed: Notify::new(),
            table: Mutex::default(),
        })
    }

    /// Seats a newcomer. If there is no place, the connection that needs its own least is told to leave.
    pub(crate) fn enter(self: &Arc<Self>, origin: Origin) -> Entry {
        let mut table = self.table();
        if table.of_origin.get(&origin).is_some_and(|open| *open >= self.most_of_origin) {
            return Entry::TooMany;
        }
        if table.open.len() >= self.most {
            self.awaited.store(true, Ordering::Relaxed);
            if let Some(place) = table.least_in_need() {
                place.given_away.cancel();
            }
            return Entry::Full;
        }
        self.awaited.store(false, Ordering::Relaxed);
        let place = Arc::new(Place {
            origin,
            doing: AtomicU8::new(IDLE),
            since: AtomicU64::new(self.now()),
            proved: AtomicBool::new(table.has_proved(origin, Instant::now())),
            given_away: CancellationToken::new(),
            connections: Arc::clone(self),
        });
        let id = table.next;
        table.next += 1;
        table.open.insert(id, Arc::clone(&place));
        *table.of_origin.entry(origin).or_default() += 1;
        Entry::Place(Seat { id, place })
    }

    /// Waits until it may be worth while to try again.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    fn tell_newcomer(&self) {
        if self.awaited.load(Ordering::Relaxed) {
            self.changed.notify_one();
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // Nothing that can panic happens between two changes that belong together.
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table {
    /// None if a proven request is under way on all of them, or one is leaving already.
    ///
    /// Callers that proved themselves need a connection more than others; an address with few connections needs
    /// one more than an address with many does; and who is silent needs it less than who is at something.
    fn least_in_need(&self) -> Option<&Arc<Place>> {
        if self.open.values().any(|place| place.given_away.is_cancelled()) {
            return None;
        }
        let spare = self.open.values().filter(|place| place.doing.load(Ordering::Relaxed) != PROVEN);
        spare.max_by_key(|place| {
            let of_origin = self.of_origin.get(&place.origin).copied().unwrap_or(0);
            let idle = place.doing.load(Ordering::Relaxed) == IDLE;
            let since = place.since.load(Ordering::Relaxed);
            (!place.has_proved(), of_origin, idle, Reverse(since))
        })
    }
}

impl Table {
    fn has_proved(&self, origin: Origin, now: Instant) -> bool {
        self.proved.get(&origin).is_some_and(|at| now.saturating_duration_since(*at) < KNOWN_FOR)
    }

    /// Origins are forgotten by their own time and never to make room, so that nobody pushes out another's.
    fn note_proof(&mut self, origin: Origin, now: Instant, most: usize) {
        if self.proved.len() >= most && !self.proved.contains_key(&origin) {
            self.proved.retain(|_, at| now.saturating_duration_since(*at) < KNOWN_FOR);
            if self.proved.len() >= most {
                return;
            }
        }
        self.proved.insert(origin, now);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let connections = &self.place.connections;
        let mut table = connections.table();
        table.open.remove(&self.id);
        if let Some(open) = table.of_origin.get_mut(&self.place.origin) {
            *open -= 1;
            if *open == 0 {
                table.of_origin.remove(&self.place.origin);
            }
        }
        drop(table);
        connections.tell_newcomer();
    }
}

impl Place {
    /// Waits until the place is given to somebody else.
    pub(crate) async fn given_away(&self) {
        self.given_away.cancelled().await;
    }

    /// Whether a request was proven over this connection, or lately over another from its origin.
    pub(crate) fn has_proved(&self) -> bool {
        self.proved.load(Ordering::Relaxed)
    }

    /// A request begins. It lasts until what this returns is dropped.
    pub(crate) fn begin(self: &Arc<Self>) -> Busy {
        self.turn_to(UNPROVEN);
        Busy(Arc::clone(self))
    }

    /// The request under way is proven.
    pub(crate) fn prove(&self) {
        self.proved.store(true, Ordering::Relaxed);
        self.connections.table().note_proof(self.origin, Instant::now(), self.connections.most);
        self.turn_to(PROVEN);
    }

    fn turn_to(&self, doing: u8) {
        self.since.store(self.connections.now(), Ordering::Relaxed);
        self.doing.store(doing, Ordering::Relaxed);
    }
}

/// A request under way.
pub(crate) struct Busy(Arc<Place>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.turn_to(IDLE);
        self.0.connections.tell_newcomer();
    }
}

/// A response body: its request is under way until its end is sent.
pub(crate) struct Answering {
    pub(crate) body: Body,
    pub(crate) _busy: Busy,
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::peer::origin_of;

    fn seat(connections: &Arc<Connections>, last: u8) -> Seat {
        match connections.enter(origin_of([192, 0, 2, last])) {
            Entry::Place(seat) => seat,
            Entry::TooMany => panic!("too many of the address"),
            Entry::Full => panic!("no place"),
        }
    }

    fn is_told_to_leave(seat: &Seat) -> bool {
        seat.place.given_away.is_cancelled()
    }

    #[test]
    fn one_address_has_a_bound_of_its_own() {
        let connections = Connections::new(9, 2);
        let seats = [seat(&connections, 1), seat(&connections, 1), seat(&connections, 2)];
        assert!(matches!(connections.enter(origin_of([192, 0, 2, 1])), Entry::TooMany));
        drop(seats);
        let _seat = seat(&connections, 1);
        assert_eq!(connections.table().of_origin.len(), 1);
    }

    #[tokio::test]
    async fn a_newcomer_gets_the_place_of_who_needs_it_least() {
        let connections = Connections::new(4, 4);
        let (proved, busy) = (seat(&connections, 1), seat(&connections, 2));
        drop(proved.place.begin());
        proved.place.prove();
        proved.place.turn_to(IDLE);
        let _request = busy.place.begin();
        busy.place.prove();
        let (crowd, silent) = (seat(&connections, 3), seat(&connections, 3));
        let working = crowd.place.begin();

        assert!(matches!(connections.enter(origin_of([192, 0, 2, 9])), Entry::Full));
        assert!(is_told_to_leave(&silent), "one of many from its address, and idle");
        assert!(matches!(connections.enter(origin_of([192, 0, 2, 9])), Entry::Full));
        assert!(!is_told_to_leave(&crowd), "one at a time");
        drop(silent);
        connections.changed().await;
        let newcomer = seat(&connections, 9);

        assert!(matches!(connections.enter(origin_of([192, 0, 2, 9])), Entry::Full));
        assert!(is_told_to_leave(&newcomer), "idle, where the other is at something");
        drop(newcomer);
        let request = seat(&connections, 9);
        let _proven = request.place.begin();
        request.place.prove();
        assert!(matches!(connections.enter(origin_of([192, 0, 2, 8])), Entry::Full));
        assert!(is_told_to_leave(&crowd), "at something, and unproven");
        drop((working, crowd));
        let last = seat(&connections, 8);
        let _last = last.place.begin();
        last.place.prove();
        assert!(matches!(connections.enter(origin_of([192, 0, 2, 7])), Entry::Full));
        assert!(is_told_to_leave(&proved), "proved itself before, and idle");
        drop(proved);
        let idle = seat(&connections, 7);
        let _proven = idle.place.begin();
        idle.place.prove();
        assert!(matches!(connections.enter(origin_of([192, 0, 2, 6])), Entry::Full));
        for seat in [&busy, &request, &last, &idle] {
            assert!(!is_told_to_leave(seat), "a proven request is under way");
        }
    }
}
