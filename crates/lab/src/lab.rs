//! The laboratory: what it is made of, and how it is run.

use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use subnetkit_protocol::Synapse;
use subnetkit_validator::{Reward, Score, WhenAllZero};

use crate::chain::Rules;
use crate::error::LabError;
use crate::miner::Miner;
use crate::report::Report;
use crate::sweep::Sweep;
use crate::validator::Validator;

/// A subnet to be played: the builder's own hooks, a population of miners and validators, and the chain's rules.
///
/// Runs repeat: the same laboratory with the same seed gives the same report, on any number of cores.
#[must_use = "a laboratory does nothing until `run`"]
pub struct Lab<S: Synapse> {
    pub(crate) score: Arc<dyn Fn() -> Arc<dyn Score<S>> + Send + Sync>,
    pub(crate) reward: Arc<dyn Fn() -> Arc<dyn Reward> + Send + Sync>,
    pub(crate) title: String,
    pub(crate) miners: Vec<Miner<S>>,
    pub(crate) validators: Vec<Validator>,
    pub(crate) rules: Rules,
    pub(crate) epochs: u32,
    pub(crate) seed: u64,
    pub(crate) rounds_per_epoch: u32,
    pub(crate) sample_size: usize,
    pub(crate) ask_timeout: Duration,
    pub(crate) when_all_zero: WhenAllZero,
    pub(crate) patience: Duration,
    pub(crate) threads: Option<NonZeroUsize>,
    pub(crate) sweeps: Vec<Sweep<S>>,
}

impl<S: Synapse> Clone for Lab<S> {
    fn clone(&self) -> Self {
        Self {
            score: Arc::clone(&self.score),
            reward: Arc::clone(&self.reward),
            title: self.title.clone(),
            miners: self.miners.clone(),
            validators: self.validators.clone(),
            rules: self.rules.clone(),
            sweeps: self.sweeps.clone(),
            epochs: self.epochs,
            seed: self.seed,
            rounds_per_epoch: self.rounds_per_epoch,
            sample_size: self.sample_size,
            ask_timeout: self.ask_timeout,
            when_all_zero: self.when_all_zero,
            patience: self.patience,
            threads: self.threads,
        }
    }
}

impl<S: Synapse> fmt::Debug for Lab<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lab")
            .field("title", &self.title)
            .field("miners", &self.miners)
            .field("validators", &self.validators)
            .field("rules", &self.rules)
            .field("epochs", &self.epochs)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}

impl<S: Synapse> Lab<S> {
    /// A laboratory for these hooks. Every validator gets a clone of its own of both, as it is a process of its own.
    ///
    /// Until other things are said it has no miners, one honest validator, the rules of a new subnet, and 100 epochs.
    pub fn new(score: impl Score<S> + Clone, reward: impl Reward + Clone) -> Self {
        Self {
            score: Arc::new(move || Arc::new(score.clone())),
            reward: Arc::new(move || Arc::new(reward.clone())),
            title: S::NAME.to_owned(),
            miners: Vec::new(),
            validators: vec![Validator::honest(10_000.0)],
            rules: Rules::default(),
            epochs: 100,
            seed: 0,
            rounds_per_epoch: 1,
            sample_size: 256,
            ask_timeout: Duration::from_secs(12),
            when_all_zero: WhenAllZero::Skip,
            patience: Duration::from_secs(60),
            threads: None,
            sweeps: Vec::new(),
        }
    }

    /// The subnet's name in the report. Default: the synapse's.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The miners, instead of any given before.
    pub fn miners(mut self, miners: impl IntoIterator<Item = Miner<S>>) -> Self {
        self.miners = miners.into_iter().collect();
        self
    }

    /// The validators, instead of the one that is there by default.
    pub fn validators(mut self, validators: impl IntoIterator<Item = Validator>) -> Self {
        self.validators = validators.into_iter().collect();
        self
    }

    /// The chain's rules for this subnet. Default: those of a new subnet.
    pub fn rules(mut self, rules: Rules) -> Self {
        self.rules = rules;
        self
    }

    /// As [`Lab::rules`], changing those in force.
    pub fn with_rules(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        change(&mut self.rules);
        self
    }

    /// Another score hook.
    pub fn score(mut self, score: impl Score<S> + Clone) -> Self {
        self.score = Arc::new(move || Arc::new(score.clone()));
        self
    }

    /// Another reward hook, such as the same with another parameter in a [`Lab::what_if`].
    pub fn reward(mut self, reward: impl Reward + Clone) -> Self {
        self.reward = Arc::new(move || Arc::new(reward.clone()));
        self
    }

    /// How many epochs are played. Default 100.
    pub const fn epochs(mut self, epochs: u32) -> Self {
        self.epochs = epochs;
        self
    }

    /// The seed of everything random. Default 0.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// How often each honest validator asks in an epoch, at equal distances. Default 1.
    pub const fn rounds_per_epoch(mut self, rounds: u32) -> Self {
        self.rounds_per_epoch = rounds;
        self
    }

    /// How many miners a round draws at most, as the validator's setting `sample_size`. Default 256.
    pub const fn sample_size(mut self, sample_size: usize) -> Self {
        self.sample_size = sample_size;
        self
    }

    /// How long a miner has for its answer where the task does not say, as the validator's setting `ask_timeout`. Default
    /// 12 s of virtual time.
    pub const fn ask_timeout(mut self, ask_timeout: Duration) -> Self {
        self.ask_timeout = ask_timeout;
        self
    }

    /// What honest validators set when all rewards are zero, as the validator's setting. Default: nothing.
    pub const fn when_all_zero(mut self, policy: WhenAllZero) -> Self {
        self.when_all_zero = policy;
        self
    }

    /// How long one call of a hook may take in real time before the run ends with an error. Default 60 s.
    pub const fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// How many threads it is played on. Default: one for each core. The report is the same with any number.
    pub const fn threads(mut self, threads: NonZeroUsize) -> Self {
        self.threads = Some(threads);
        self
    }

    /// Also plays the same subnet under other values of one setting, and reports what would have been.
    ///
    /// `unit` is what the values count, such as `blocks`; it may be empty. All values are played at once, on all cores.
    pub fn what_if(
        mut self,
        name: impl Into<String>,
        unit: impl Into<String>,
        values: impl IntoIterator<Item = f64>,
        change: impl Fn(Self, f64) -> Self + Send + Sync + 'static,
    ) -> Self {
        self.sweeps.push(Sweep::new(name, unit, values, change));
        self
    }

    /// Forgets every [`Lab::what_if`].
    pub fn without_what_ifs(mut self) -> Self {
        self.sweeps.clear();
        self
    }

    /// Plays it. Blocks until it is over; uses all cores.
    ///
    /// Where a strategy runs several identities on one machine, the same subnet is also played with one identity of it, for
    /// [`Strategy::alone`](crate::Strategy::alone); and once for every value of every [`Lab::what_if`].
    ///
    /// # Errors
    /// A setting that cannot be played, and a hook that panics or does not come back.
    pub fn run(&self) -> Result<Report, LabError> {
        crate::sweep::run(self, &Arc::default())
    }
}
