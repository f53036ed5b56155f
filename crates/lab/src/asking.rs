//! What miners answer to the task of one round, and when.
//!
//! A request travels half of its way, waits for the machine if that is shared, is worked on, and travels back. Operators
//! with one hotkey answer by themselves; the hotkeys of one machine answer one after the other; those who copy come last,
//! for they have to have seen what they copy.

mod given;
mod work;

use std::time::Duration;

use given::{Given, Made, Times, later};
use subnetkit_miner::Standing;
use subnetkit_protocol::{Hotkey, Synapse};
use subnetkit_validator::{Answer, Outcome, Task};

use crate::cast::{Cast, Identity};
use crate::chance::{mix, unit};
use crate::clock::Clock;
use crate::error::LabError;
use crate::miner::{Answers, Habits, Miner};
use crate::scene::Scene;

/// What there is to ask with.
pub(crate) struct Asking<'a, S: Synapse> {
    pub(crate) miners: &'a [Miner<S>],
    pub(crate) cast: &'a Cast,
    pub(crate) scene: &'a Scene,
    pub(crate) clock: &'a Clock,
    pub(crate) me: Hotkey,
    pub(crate) standing: Option<Standing>,
    /// The round, and what its luck depends on.
    pub(crate) round: u64,
    pub(crate) seed: u64,
    pub(crate) task: &'a Task<S>,
    pub(crate) timeout: Duration,
}

/// What the miners of one strategy did, and what it comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) answers: u64,
    pub(crate) unanswered: u64,
    /// Answers that were worked on, each at the strategy's cost.
    pub(crate) worked: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.answers += other.answers;
        self.unanswered += other.unanswered;
        self.worked += other.worked;
    }
}

/// A request on its way to one miner.
struct Request<'a, S: Synapse> {
    /// Where its answer belongs.
    place: usize,
    /// The miner's place in the cast.
    number: usize,
    identity: &'a Identity,
    miner: &'a Miner<S>,
    /// The request's place in the task.
    asked: usize,
    /// Random bits for whatever is drawn for it.
    luck: u64,
    /// There and back.
    travel: Duration,
}

/// A request that a shared machine has answered.
struct Done<R> {
    asked: usize,
    /// As it is on the wire.
    written: Option<Vec<u8>>,
    begun: Duration,
    made: Made<R>,
}

impl<S: Synapse> Asking<'_, S> {
    /// One answer per hotkey that the task names, in the order of their bytes.
    ///
    /// # Errors
    /// A miner's hook that panics or comes nowhere.
    pub(crate) fn answers(&self, tallies: &mut [Tally]) -> Result<Vec<Answer<S>>, LabError> {
        let mut answers = Vec::with_capacity(self.task.hotkeys().len());
        let (mut sharing, mut copying) = (Vec::new(), Vec::new());
        let mut next = 0;
        for (hotkey, asked) in self.task.indexed_asks() {
            let outcome = match self.scene.find(&hotkey, &mut next) {
                None => Outcome::NotServing { reason: "it is not registered".to_owned() },
                Some(None) => Outcome::NotServing { reason: "it serves no axon".to_owned() },
                Some(Some(number)) => {
                    let Some(request) = self.request(answers.len(), number, asked) else { continue };
                    let habits = &request.miner.habits;
                    if self.scene.is_away(number) {
                        Outcome::Unreachable { reason: "the connection was refused".to_owned() }
                    } else if matches!(request.miner.answers, Answers::CopiedFrom(_)) {
                        copying.push(request);
                        Outcome::TimedOut { after: self.timeout }
                    } else if habits.identities > 1 {
                        sharing.push(request);
                        Outcome::TimedOut { after: self.timeout }
                    } else {
                        answers.push(self.answer_alone(&request, tallies)?);
                        continue;
                    }
                }
            };
            answers.push(Answer::new(hotkey, outcome));
        }
        // One machine after the other, and on each the requests as they come in.
        sharing.sort_by_key(|request| (request.identity.machine, request.travel, request.number));
        for machine in sharing.chunk_by(|one, other| one.identity.machine == other.identity.machine) {
            self.answer_shared(machine, &mut answers, tallies)?;
        }
        self.copy(&copying, &mut answers, tallies)?;
        for (answer, number) in self.asked_miners(&answers) {
            if let Some(tally) = self.strategy_of(number).and_then(|strategy| tallies.get_mut(strategy)) {
                let answered = answer.outcome.elapsed().is_some();
                tally.answers += u64::from(answered);
                tally.unanswered += u64::from(!answered);
            }
        }
        Ok(answers)
    }

    fn request(&self, place: usize, number: usize, asked: usize) -> Option<Request<'_, S>> {
        let identity = self.cast.identities.get(number)?;
        let miner = self.miners.get(identity.strategy)?;
        let luck = mix(self.seed, identity.key);
        let Habits { latency, jitter, .. } = miner.habits;
        let travel = latency + jitter.mul_f64(unit(luck));
        Some(Request { place, number, identity, miner, asked, luck, travel })
    }

    fn strategy_of(&self, number: usize) -> Option<usize> {
        self.cast.identities.get(number).map(|identity| identity.strategy)
    }

    /// The answers of miners, each with its place in the cast.
    fn asked_miners<'a>(&'a self, answers: &'a [Answer<S>]) -> impl Iterator<Item = (&'a Answer<S>, usize)> {
        let mut next = 0;
        answers.iter().filter_map(move |answer| Some((answer, self.scene.find(&answer.hotkey, &mut next)??)))
    }

    /// An operator with one hotkey.
    fn answer_alone(&self, request: &Request<'_, S>, tallies: &mut [Tally]) -> Result<Answer<S>, LabError> {
        let made = self.work(request, self.timeout.saturating_sub(request.travel), tallies)?;
        let there = request.travel / 2;
        let times = Times { arrived: there, begun: there, back: request.travel - there };
        Ok(made.arrival(request.identity.hotkey, times, self.timeout))
    }

    /// Hotkeys of one operator on one machine, which answers one request at a time and the same request once.
    fn answer_shared(
        &self,
        requests: &[Request<'_, S>],
        answers: &mut [Answer<S>],
        tallies: &mut [Tally],
    ) -> Result<(), LabError> {
        let mut free = Duration::ZERO;
        let mut done: Vec<Done<S::Response>> = Vec::new();
        for request in requests {
            let there = request.travel / 2;
            let back = request.travel - there;
            let written = self.written(request.asked);
            let is_same = |done: &&Done<S::Response>| {
                done.asked == request.asked || (written.is_some() && done.written == written)
            };
            let (begun, made) = match done.iter().find(is_same) {
                Some(done) => (done.begun, done.made.clone()),
                None => {
                    let begun = there.max(free);
                    let made = self.work(request, self.timeout.saturating_sub(begun + back), tallies)?;
                    free = begun + made.took;
                    done.push(Done { asked: request.asked, written, begun, made: made.clone() });
                    (begun, made)
                }
            };
            if let Some(answer) = answers.get_mut(request.place) {
                *answer = made.arrival(
                    request.identity.hotkey,
                    Times { arrived: there, begun, back },
                    self.timeout,
                );
            }
        }
        Ok(())
    }

    /// A request as it is on the wire, by which an operator knows that it is the same.
    fn written(&self, asked: usize) -> Option<Vec<u8>> {
        S::ENCODING.encode(self.task.distinct_requests().get(asked)?).ok().map(Into::into)
    }

    /// Gives others' answers as their own, each as soon as it is known.
    fn copy(
        &self,
        requests: &[Request<'_, S>],
        answers: &mut [Answer<S>],
        tallies: &mut [Tally],
    ) -> Result<(), LabError> {
        for request in requests {
            let victim = self.cast.victims.get(request.identity.strategy).copied().flatten();
            let theirs = self.asked_miners(answers).filter(|(_, number)| self.strategy_of(*number) == victim);
            let first = theirs.filter_map(|(answer, _)| Some((answer, answer.outcome.elapsed()?)));
            let Some((seen, elapsed)) = first.min_by_key(|(_, elapsed)| *elapsed) else {
                // It waits for what never comes.
                continue;
            };
            let given = match &seen.outcome {
                Outcome::Answered { response, .. } => Given::Whole(response.clone()),
                _ => Given::Streamed(later(seen.pieces().unwrap_or_default(), request.miner.habits.work)),
            };
            self.count_work(request, tallies);
            let made = Made { given, took: elapsed + request.miner.habits.work };
            let times = Times { arrived: Duration::ZERO, begun: Duration::ZERO, back: request.travel };
            if let Some(answer) = answers.get_mut(request.place) {
                *answer = made.arrival(request.identity.hotkey, times, self.timeout);
            }
        }
        Ok(())
    }

    fn count_work(&self, request: &Request<'_, S>, tallies: &mut [Tally]) {
        if let Some(tally) = tallies.get_mut(request.identity.strategy) {
            tally.worked += 1;
        }
    }
}
