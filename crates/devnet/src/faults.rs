//! Faults for testing clients: connections that break, answers that come late, answers that refuse.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
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

/// The faults that wait for requests, and the signal that breaks connections.
#[derive(Debug)]
pub(crate) struct Faults {
    waiting: Mutex<Vec<(Answers, Fault)>>,
    cut: watch::Sender<()>,
}

/// What becomes of one answer.
#[derive(Debug, Default)]
pub(crate) struct Disturbance {
    pub(crate) delay: Duration,
    pub(crate) refusal: Option<(i32, String)>,
}

impl Faults {
    pub(crate) fn new() -> Self {
        Self { waiting: Mutex::default(), cut: watch::Sender::new(()) }
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
}
