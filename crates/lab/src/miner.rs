//! Who mines in the laboratory: a strategy, what it is made of, and how fast and how often it answers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use subnetkit_miner::{Forward, ForwardStream};
use subnetkit_protocol::Synapse;

/// How long a request and its answer travel, if nothing else is said.
const LATENCY: Duration = Duration::from_millis(40);
/// How much longer they may travel, if nothing else is said.
const JITTER: Duration = Duration::from_millis(10);

/// A strategy of mining: what it answers with, how fast, and under how many hotkeys.
///
/// It is made of the builder's own [`Forward`] or [`ForwardStream`], so that what earns in the laboratory is what would
/// run in a miner. Strategies are told apart by name everywhere.
///
/// Each of [`Miner::count`] miners is an operator with a coldkey and a machine of its own. Time is virtual: an answer's
/// `elapsed` is the latency, some of the jitter, the wait for a shared machine, the [`Miner::work`], and whatever the
/// hook itself slept. What the hook computes takes no virtual time.
///
/// One value of the hook serves all miners of the strategy, all validators at once: what it keeps between calls makes
/// runs differ.
#[must_use = "a miner does nothing until a `Lab` has it"]
pub struct Miner<S: Synapse> {
    pub(crate) name: String,
    pub(crate) answers: Answers<S>,
    pub(crate) otherwise: Option<Answers<S>>,
    pub(crate) habits: Habits,
}

/// How many they are, how fast and how often they answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Habits {
    /// Whether it should earn by what it does.
    pub(crate) fair: bool,
    pub(crate) count: usize,
    pub(crate) identities: usize,
    pub(crate) latency: Duration,
    pub(crate) jitter: Duration,
    pub(crate) work: Duration,
    pub(crate) cost: f64,
    pub(crate) skill: f64,
    pub(crate) diligence: f64,
    pub(crate) bribe: f64,
    pub(crate) joins_at: u32,
    pub(crate) rhythm: Option<Rhythm>,
    pub(crate) rejoins: bool,
}

/// Where answers come from.
pub(crate) enum Answers<S: Synapse> {
    Whole(Arc<dyn Forward<S>>),
    Streamed(Arc<dyn ForwardStream<S>>),
    /// Another strategy's, by its name.
    CopiedFrom(String),
}

impl<S: Synapse> Clone for Answers<S> {
    fn clone(&self) -> Self {
        match self {
            Self::Whole(forward) => Self::Whole(Arc::clone(forward)),
            Self::Streamed(forward) => Self::Streamed(Arc::clone(forward)),
            Self::CopiedFrom(victim) => Self::CopiedFrom(victim.clone()),
        }
    }
}

/// Epochs in which a miner is there and those in which it is not, in turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rhythm {
    pub(crate) on: u32,
    pub(crate) off: u32,
}

impl<S: Synapse> Clone for Miner<S> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            answers: self.answers.clone(),
            otherwise: self.otherwise.clone(),
            habits: self.habits,
        }
    }
}

impl<S: Synapse> fmt::Debug for Miner<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Miner")
            .field("synapse", &S::NAME)
            .field("name", &self.name)
            .field("count", &self.habits.count)
            .field("identities", &self.habits.identities)
            .finish_non_exhaustive()
    }
}

impl<S: Synapse> Miner<S> {
    /// A miner that answers with this hook, from the first epoch on, to everybody.
    pub fn new(name: impl Into<String>, forward: impl Forward<S>) -> Self {
        Self::of(name, Answers::Whole(Arc::new(forward)))
    }

    /// A miner that streams its answers, for tasks that ask for streams.
    pub fn streaming(name: impl Into<String>, forward: impl ForwardStream<S>) -> Self {
        Self::of(name, Answers::Streamed(Arc::new(forward)))
    }

    /// "honest": answers as it should.
    pub fn honest(forward: impl Forward<S>) -> Self {
        Self::new("honest", forward)
    }

    /// "slow": as honest, and every answer takes so much longer.
    pub fn slow(forward: impl Forward<S>, work: Duration) -> Self {
        Self::new("slow", forward).work(work)
    }

    /// "lazy": answers only this share of its requests, 0 to 1, and refuses the others.
    pub fn lazy(forward: impl Forward<S>, share: f64) -> Self {
        let mut miner = Self::new("lazy", forward).cheats();
        miner.habits.diligence = share;
        miner
    }

    /// "wrong": answers, and the answers are worth nothing, as this hook makes them.
    pub fn wrong(forward: impl Forward<S>) -> Self {
        Self::new("wrong", forward).cheats()
    }

    /// "copycat": gives another strategy's answer of the same round as its own, as soon as it has seen it. Where that
    /// miner was asked something else, its answer to that.
    pub fn copycat(victim: impl Into<String>) -> Self {
        Self::of("copycat", Answers::CopiedFrom(victim.into())).cheats()
    }

    /// "sybil": so many hotkeys of one operator on one machine. The same request is answered once for all of them;
    /// different ones wait for each other.
    pub fn sybil(forward: impl Forward<S>, identities: usize) -> Self {
        Self::new("sybil", forward).identities(identities).cheats()
    }

    /// "intermittent": answers for `on` epochs, then cannot be reached for `off` epochs, and so on.
    pub fn intermittent(forward: impl Forward<S>, on: u32, off: u32) -> Self {
        Self::new("intermittent", forward).rhythm(on, off)
    }

    /// "late": registers in this epoch, counted from 1.
    pub fn late(forward: impl Forward<S>, epoch: u32) -> Self {
        Self::new("late", forward).joins_at(epoch)
    }

    /// "briber": hands this share of what it earns, 0 to 1, to the validators that collude with it, in proportion to
    /// their stake (see [`crate::Validator::colluding`]).
    pub fn briber(forward: impl Forward<S>, share: f64) -> Self {
        let mut miner = Self::new("briber", forward).cheats();
        miner.habits.bribe = share;
        miner
    }

    fn of(name: impl Into<String>, answers: Answers<S>) -> Self {
        Self {
            name: name.into(),
            answers,
            otherwise: None,
            habits: Habits {
                fair: true,
                count: 1,
                identities: 1,
                latency: LATENCY,
                jitter: JITTER,
                work: Duration::ZERO,
                cost: 0.0,
                skill: 1.0,
                diligence: 1.0,
                bribe: 0.0,
                joins_at: 1,
                rhythm: None,
                rejoins: false,
            },
        }
    }

    /// Another name.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// It earns by means that the incentive should not pay: the report says so if it does. Lazy, wrong, copying, sybil and
    /// bribing miners count as such already.
    pub const fn cheats(mut self) -> Self {
        self.habits.fair = false;
        self
    }

    /// So many miners of this kind, each an operator of its own. Default 1.
    pub const fn count(mut self, count: usize) -> Self {
        self.habits.count = count;
        self
    }

    /// So many hotkeys for each of them, on one machine with one coldkey, as [`Miner::sybil`] has it. Default 1.
    pub const fn identities(mut self, identities: usize) -> Self {
        self.habits.identities = identities;
        self
    }

    /// How long a request and its answer travel together. Default 40 ms.
    pub const fn latency(mut self, latency: Duration) -> Self {
        self.habits.latency = latency;
        self
    }

    /// How much longer they may travel, drawn anew for every request from nothing to this. Default 10 ms.
    pub const fn jitter(mut self, jitter: Duration) -> Self {
        self.habits.jitter = jitter;
        self
    }

    /// How long an answer occupies the miner's machine. Default none.
    pub const fn work(mut self, work: Duration) -> Self {
        self.habits.work = work;
        self
    }

    /// What an answer costs its operator, in alpha: power, hardware, somebody's API. Default 0. A copied answer costs what
    /// the copycat's own says.
    pub const fn cost(mut self, alpha: f64) -> Self {
        self.habits.cost = alpha;
        self
    }

    /// The share of answers that are right, 0 to 1; the others come from [`Miner::else_answers`], or are refused.
    /// Default 1.
    pub const fn skill(mut self, share: f64) -> Self {
        self.habits.skill = share;
        self
    }

    /// What it answers where its [`Miner::skill`] fails it.
    pub fn else_answers(mut self, forward: impl Forward<S>) -> Self {
        self.otherwise = Some(Answers::Whole(Arc::new(forward)));
        self
    }

    /// As [`Miner::else_answers`], streamed.
    pub fn else_streams(mut self, forward: impl ForwardStream<S>) -> Self {
        self.otherwise = Some(Answers::Streamed(Arc::new(forward)));
        self
    }

    /// The epoch in which it registers, counted from 1. Default 1.
    pub const fn joins_at(mut self, epoch: u32) -> Self {
        self.habits.joins_at = epoch;
        self
    }

    /// Answers for `on` epochs from joining on, then cannot be reached for `off` epochs, and so on.
    pub const fn rhythm(mut self, on: u32, off: u32) -> Self {
        self.habits.rhythm = Some(Rhythm { on, off });
        self
    }

    /// Whether it registers again in the epoch after it lost its place. Default no.
    pub const fn rejoins(mut self, rejoins: bool) -> Self {
        self.habits.rejoins = rejoins;
        self
    }
}
