//! Faults for testing clients: connections that break or are not taken, answers that come late, refuse or never come.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::watch;

/// Faults that may wait at the same time; each is looked at for every request.
pub(crate) const MOST_FAULTS: usize = 64;

/// Requests to these methods are never disturbed, so that a fault can be cleared.
const EXEMPT: &str = "dev_";

/// Which answers a fault is for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answers {
    /// Only those of this method; all but `dev_*` without one.
    pub method: Option<String>,
    /// Only the next so many; all until the faults are cleared without a number.
    pub count: Option<u32>,
}

#[derive(Debug, Clone)]
pub(crate) enum Fault {
    Delay(Duration),
    Refuse { code: i32, message: String },
}

/// The faults that wait for requests, those that last for a while, and the signal that breaks connections.
#[derive(Debug)]
pub(crate) struct Faults {
    waiting: Mutex<Vec<(Answers, Fault)>>,
    cut: watch::Sender<()>,
    /// Nothing is answered and nobody told of anything, but connections stay.
    pub(crate) hang: Spell,
    /// New connections are broken at once.
    pub(crate) closed: Spell,
}

/// Something that lasts from one moment to another.
#[derive(Debug)]
pub(crate) struct Spell(watch::Sender<Lasts>);

#[derive(Debug, Clone, Copy)]
enum Lasts {
    No,
    Until(Instant),
    Forever,
}

impl Spell {
    fn new() -> Self {
        Self(watch::Sender::new(Lasts::No))
    }

    /// Begins it, in place of what was left of an earlier one; without a duration it lasts until it is ended.
    pub(crate) fn begin(&self, duration: Option<Duration>) {
        let end = duration.and_then(|duration| Instant::now().checked_add(duration));
        self.0.send_replace(end.map_or(Lasts::Forever, Lasts::Until));
    }

    pub(crate) fn end(&self) {
        self.0.send_replace(Lasts::No);
    }

    pub(crate) fn is_on(&self) -> bool {
        match *self.0.borrow() {
            Lasts::No => false,
            Lasts::Until(end) => Instant::now() < end,
            Lasts::Forever => true,
        }
    }

    /// Waits until it is over; not at all if it is not on.
    pub(crate) async fn over(&self) {
        let mut changes = self.0.subscribe();
        loop {
            let lasts = *changes.borrow_and_update();
            let changed = match lasts {
                Lasts::No => return,
                Lasts::Until(end) => match tokio::time::timeout_at(end.into(), changes.changed()).await {
                    Ok(changed) => changed,
                    Err(_) => return,
                },
                Lasts::Forever => changes.changed().await,
            };
            // Without the sender there is no chain that could hang.
            if changed.is_err() {
                return;
            }
        }
    }
}

/// What becomes of one answer.
#[derive(Debug, Default)]
pub(crate) struct Disturbance {
    pub(crate) delay: Duration,
    pub(crate) refusal: Option<(i32, String)>,
}

impl Faults {
    pub(crate) fn new() -> Self {
        Self {
            waiting: Mutex::default(),
            cut: watch::Sender::new(()),
            hang: Spell::new(),
            closed: Spell::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Answers, Fault)>> {
        // Every write leaves a whole list.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// False if too many wait already.
    pub(crate) fn add(&self, answers: Answers, fault: Fault) -> bool {
        let mut waiting = self.lock();
        let room = waiting.len() < MOST_FAULTS;
        if room && answers.count != Some(0) {
            waiting.push((answers, fault));
        }
        room
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
        self.hang.end();
        self.closed.end();
    }

    /// Waits as long as the chain hangs, unless a request is one of those that are never disturbed.
    pub(crate) async fn hang_over(&self, method: &str) {
        if !method.starts_with(EXEMPT) {
            self.hang.over().await;
        }
    }

    /// What disturbs the answer to a request of `method`, which counts for every fault it meets.
    pub(crate) fn meet(&self, method: &str) -> Disturbance {
        let mut met = Disturbance::default();
        if method.starts_with(EXEMPT) {
            return met;
        }
        self.lock().retain_mut(|(answers, fault)| {
            if answers.method.as_deref().is_some_and(|only| only != method) {
                return true;
            }
            match fault {
                Fault::Delay(delay) => met.delay = met.delay.saturating_add(*delay),
                // One refusal is enough; another one waits for the next answer.
                Fault::Refuse { .. } if met.refusal.is_some() => return true,
                Fault::Refuse { code, message } => met.refusal = Some((*code, message.clone())),
            }
            match &mut answers.count {
                Some(count) => {
                    *count = count.saturating_sub(1);
                    *count > 0
                }
                None => true,
            }
        });
        met
    }

    /// Breaks every connection there is.
    pub(crate) fn cut_connections(&self) {
        self.cut.send_replace(());
    }

    /// Tells when connections are to break.
    pub(crate) fn cuts(&self) -> watch::Receiver<()> {
        self.cut.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(method: Option<&str>, count: Option<u32>) -> Answers {
        Answers { method: method.map(str::to_owned), count }
    }

    #[test]
    fn faults_meet_so_many_answers_of_their_method() {
        let faults = Faults::new();
        let refuse = |code| Fault::Refuse { code, message: String::new() };
        faults.add(answers(Some("a"), Some(1)), refuse(1));
        faults.add(answers(None, Some(2)), refuse(2));
        faults.add(answers(None, None), Fault::Delay(Duration::from_millis(3)));
        let met = |method: &str| {
            let met = faults.meet(method);
            (met.refusal.map(|(code, _)| code), met.delay.as_millis())
        };
        assert_eq!(met("dev_clearFaults"), (None, 0));
        assert_eq!(met("a"), (Some(1), 3));
        assert_eq!(met("a"), (Some(2), 3));
        assert_eq!(met("b"), (Some(2), 3));
        assert_eq!(met("a"), (None, 3));
        faults.clear();
        assert_eq!(faults.meet("a").delay, Duration::ZERO);
        for _ in 0..MOST_FAULTS {
            assert!(faults.add(answers(None, None), refuse(1)));
        }
        assert!(!faults.add(answers(None, None), refuse(1)));
    }

    #[tokio::test]
    async fn a_spell_lasts_until_its_end_or_until_it_is_ended() {
        let spell = Spell::new();
        spell.over().await;
        spell.begin(Some(Duration::ZERO));
        assert!(!spell.is_on());
        spell.over().await;
        spell.begin(None);
        assert!(spell.is_on());
        let (ended, ()) = tokio::join!(spell.over(), async {
            tokio::task::yield_now().await;
            spell.begin(Some(Duration::from_secs(3600)));
            tokio::task::yield_now().await;
            spell.end();
        });
        assert_eq!(ended, ());
        assert!(!spell.is_on());
    }
}
