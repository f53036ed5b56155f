//! What miners answer to the task of one round, and when.
//!
//! A request travels half of its way, waits for the machine if that is shared, is worked on, and travels back. Operators
//! with one hotkey answer by themselves; the hotkeys of one machine answer one after the other; those who copy come last,
//! for they have to have seen what they copy.

use std::cell::RefCell;
use std::pin::pin;
use std::time::Duration;

use futures::StreamExt;
use subnetkit_miner::{Call, Forward, ForwardStream, Refusal, Standing};
use subnetkit_protocol::{Hotkey, Synapse};
use subnetkit_validator::{Answer, Outcome, Piece, Task, Timing};
use tokio::time::Instant;

use crate::cast::{Cast, Identity};
use crate::chance::{mix, unit};
use crate::clock::{Clock, HookCall, TooLong};
use crate::error::{Hook, LabError};
use crate::miner::{Answers, Habits, Miner};
use crate::scene::Scene;

/// Most pieces of one streamed answer that are taken, as the validator's setting `max_response_pieces`.
const MOST_PIECES: usize = 16_384;

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

/// What came of a request at the miner's.
#[derive(Clone)]
enum Given<R> {
    Whole(R),
    /// Times count from the beginning of the work.
    Streamed(Vec<Piece<R>>),
    BrokenOff(Vec<Piece<R>>, &'static str),
    Refused {
        status: u16,
        message: String,
        retry_after: Option<Duration>,
    },
    Malformed(&'static str),
    /// Nothing, or no more than these pieces, in the time there was.
    Late(Vec<Piece<R>>),
}

/// The same, and what time it took.
#[derive(Clone)]
struct Made<R> {
    given: Given<R>,
    took: Duration,
}

/// When a request was at the miner's.
#[derive(Clone, Copy)]
struct Times {
    /// When the request was there.
    arrived: Duration,
    /// When the work on it began.
    begun: Duration,
    /// What the way back takes.
    back: Duration,
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
        Ok(self.arrival(request.identity.hotkey, made, times))
    }

    /// Hotkeys of one operator on one machine, which answers one request at a time and the same request once.
    fn answer_shared(
        &self,
        requests: &[Request<'_, S>],
        answers: &mut [Answer<S>],
        tallies: &mut [Tally],
    ) -> Result<(), LabError> {
        let mut free = Duration::ZERO;
        let mut done: Vec<(usize, Option<Vec<u8>>, Duration, Made<S::Response>)> = Vec::new();
        for request in requests {
            let there = request.travel / 2;
            let back = request.travel - there;
            let written = self.written(request.asked);
            let same = done
                .iter()
                .find(|(asked, bytes, ..)| *asked == request.asked || (bytes.is_some() && *bytes == written));
            let (begun, made) = match same {
                Some((_, _, begun, made)) => (*begun, made.clone()),
                None => {
                    let begun = there.max(free);
                    let made = self.work(request, self.timeout.saturating_sub(begun + back), tallies)?;
                    free = begun + made.took;
                    done.push((request.asked, written, begun, made.clone()));
                    (begun, made)
                }
            };
            if let Some(answer) = answers.get_mut(request.place) {
                *answer = self.arrival(request.identity.hotkey, made, Times { arrived: there, begun, back });
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
                *answer = self.arrival(request.identity.hotkey, made, times);
            }
        }
        Ok(())
    }

    fn count_work(&self, request: &Request<'_, S>, tallies: &mut [Tally]) {
        if let Some(tally) = tallies.get_mut(request.identity.strategy) {
            tally.worked += 1;
        }
    }

    /// What a miner makes of a request in the time that is left.
    fn work(
        &self,
        request: &Request<'_, S>,
        left: Duration,
        tallies: &mut [Tally],
    ) -> Result<Made<S::Response>, LabError> {
        let habits = &request.miner.habits;
        let refused = |status, message: &str| {
            let given = Given::Refused { status, message: message.to_owned(), retry_after: None };
            Ok(Made { given, took: Duration::ZERO })
        };
        if unit(mix(request.luck, 1)) >= habits.diligence {
            return refused(503, "this miner can't take the request now");
        }
        let answers = if unit(mix(request.luck, 2)) < habits.skill {
            &request.miner.answers
        } else if let Some(otherwise) = &request.miner.otherwise {
            otherwise
        } else {
            return refused(503, "this miner doesn't know");
        };
        if left <= habits.work {
            self.count_work(request, tallies);
            return Ok(Made { given: Given::Late(Vec::new()), took: left });
        }
        let mut made = match (answers, self.task.is_streamed()) {
            (Answers::Whole(forward), false) => self.forward(&**forward, request, left)?,
            (Answers::Streamed(forward), true) => self.stream(&**forward, request, left)?,
            (Answers::Whole(_), true) => {
                Made { given: Given::Malformed("a stream was asked for"), took: Duration::ZERO }
            }
            (Answers::Streamed(_), false) => {
                Made { given: Given::Malformed("no stream was asked for"), took: Duration::ZERO }
            }
            // Copies are made of answers that are there already.
            (Answers::CopiedFrom(_), _) => return refused(503, "this miner can't take the request now"),
        };
        if !matches!(made.given, Given::Refused { .. } | Given::Malformed(_)) {
            self.count_work(request, tallies);
            made.took += habits.work;
            if let Given::Streamed(pieces) | Given::BrokenOff(pieces, _) | Given::Late(pieces) =
                &mut made.given
            {
                *pieces = later(pieces, habits.work);
            }
        }
        made.took = made.took.min(left);
        Ok(made)
    }

    fn call(&self, request: &Request<'_, S>, left: Duration) -> Option<Call<S::Request>> {
        let asked = self.task.distinct_requests().get(request.asked)?.clone();
        let mut call = Call::new(asked, self.me, left);
        call.standing = self.standing;
        Some(call)
    }

    fn forward(
        &self,
        forward: &dyn Forward<S>,
        request: &Request<'_, S>,
        left: Duration,
    ) -> Result<Made<S::Response>, LabError> {
        let Some(call) = self.call(request, left) else {
            return Ok(Made { given: Given::Malformed("nothing was asked"), took: Duration::ZERO });
        };
        let hook = HookCall { hook: Hook::Forward, round: self.round, of: request.number };
        Ok(match self.clock.run(hook, left, forward.forward(call).as_mut())? {
            Ok((Ok(response), took)) => Made { given: Given::Whole(response), took },
            Ok((Err(refusal), took)) => Made { given: refusal.into(), took },
            Err(TooLong) => Made { given: Given::Late(Vec::new()), took: left },
        })
    }

    fn stream(
        &self,
        forward: &dyn ForwardStream<S>,
        request: &Request<'_, S>,
        left: Duration,
    ) -> Result<Made<S::Response>, LabError> {
        let Some(call) = self.call(request, left) else {
            return Ok(Made { given: Given::Malformed("nothing was asked"), took: Duration::ZERO });
        };
        // Here, so that what came is there when time is up.
        let pieces = RefCell::new(Vec::new());
        let streaming = async {
            let began = Instant::now();
            let mut chunks = forward.stream(call).await?;
            while let Some(chunk) = chunks.next().await {
                let (value, mut pieces) = (chunk?, pieces.borrow_mut());
                if pieces.len() >= MOST_PIECES {
                    return Ok(Some("it has more pieces than a validator takes (max_response_pieces)"));
                }
                pieces.push(Piece { value, at: began.elapsed() });
            }
            Ok::<_, Refusal>(None)
        };
        let hook = HookCall { hook: Hook::Stream, round: self.round, of: request.number };
        let ended = self.clock.run(hook, left, pin!(streaming))?;
        let pieces = pieces.into_inner();
        Ok(match ended {
            Ok((Ok(None), took)) => Made { given: Given::Streamed(pieces), took },
            Ok((Ok(Some(reason)), took)) => Made { given: Given::BrokenOff(pieces, reason), took },
            Ok((Err(refusal), took)) if pieces.is_empty() => Made { given: refusal.into(), took },
            Ok((Err(_), took)) => Made { given: Given::BrokenOff(pieces, "the stream broke off"), took },
            Err(TooLong) => Made { given: Given::Late(pieces), took: left },
        })
    }

    /// What arrives at the validator's.
    fn arrival(&self, hotkey: Hotkey, made: Made<S::Response>, times: Times) -> Answer<S> {
        let Times { arrived, begun, back } = times;
        let at = |time: Duration| (begun + time).max(arrived) + back;
        let elapsed = at(made.took);
        let late = Outcome::TimedOut { after: self.timeout };
        let in_time = elapsed <= self.timeout;
        let told = |pieces: Vec<Piece<S::Response>>| {
            let told = pieces.into_iter().map(|Piece { value, at: made }| Piece { value, at: at(made) });
            told.filter(|piece| piece.at <= self.timeout).collect::<Vec<_>>()
        };
        let mut answer = match made.given {
            Given::Streamed(pieces) if in_time => Answer::streamed(hotkey, told(pieces), elapsed),
            Given::BrokenOff(pieces, reason) if in_time => {
                let outcome = Outcome::Unreachable { reason: reason.to_owned() };
                Answer::broken_off(hotkey, told(pieces), outcome)
            }
            Given::Streamed(pieces) | Given::BrokenOff(pieces, _) | Given::Late(pieces) => {
                Answer::broken_off(hotkey, told(pieces), late)
            }
            _ if !in_time => Answer::new(hotkey, late),
            Given::Whole(response) => Answer::new(hotkey, Outcome::Answered { response, elapsed }),
            Given::Refused { status, message, retry_after } => {
                Answer::new(hotkey, Outcome::Refused { status, message, retry_after })
            }
            Given::Malformed(reason) => Answer::new(hotkey, Outcome::Malformed { reason: reason.to_owned() }),
        };
        answer.timing = Timing { answering: elapsed.min(self.timeout), ..Timing::default() };
        answer
    }
}

impl<R> From<Refusal> for Given<R> {
    fn from(refusal: Refusal) -> Self {
        let (status, message) = (refusal.status(), refusal.sentence().to_owned());
        Self::Refused { status, message, retry_after: refusal.retry_after() }
    }
}

fn later<R: Clone>(pieces: &[Piece<R>], by: Duration) -> Vec<Piece<R>> {
    pieces.iter().map(|Piece { value, at }| Piece { value: value.clone(), at: *at + by }).collect()
}
