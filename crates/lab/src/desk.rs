//! A validator that runs the builder's hooks: round after round, and weights at the end of an epoch.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use subnetkit_protocol::{Hotkey, Synapse};
use subnetkit_validator::ledger::{MemoryLedger, PlayedRound, Retention, RoundState, SettledRound, Told};
use subnetkit_validator::{Answer, Reward, Round, Score, Scores, Task, Weights};

use crate::asking::{Asking, Tally};
use crate::cast::{Cast, Member};
use crate::chance::mix;
use crate::clock::{Clock, HookCall};
use crate::error::{Hook, LabError};
use crate::lab::Lab;
use crate::miner::Miner;
use crate::scene::Scene;
use crate::watch::Pulse;

/// Virtual time that a validator's hooks may take, as its settings `task_timeout`, `score_timeout` and `settle_timeout`.
const TASK_TIMEOUT: Duration = Duration::from_secs(30);
const SCORE_TIMEOUT: Duration = Duration::from_secs(120);
const SETTLE_TIMEOUT: Duration = Duration::from_secs(10);
/// Most rounds that wait for their scores, as the setting `open_rounds`.
const OPEN_ROUNDS: usize = 1_000;
/// Age at which a round waits no longer, as the setting `settle_within`.
const SETTLE_WITHIN: Duration = Duration::from_secs(7 * 24 * 3600);

/// A validator with a clock, a ledger and hooks of its own.
pub(crate) struct Desk<S: Synapse> {
    me: Hotkey,
    /// What its rounds' seeds follow from.
    seed: u64,
    clock: Clock,
    score: Arc<dyn Score<S>>,
    reward: Arc<dyn Reward>,
    ledger: MemoryLedger,
    open: VecDeque<Open<S>>,
    /// By miner: the newest score of this epoch.
    pub(crate) newest: Vec<Option<f64>>,
    /// By strategy.
    pub(crate) tallies: Vec<Tally>,
}

/// A round whose scores come later.
struct Open<S: Synapse> {
    round: u64,
    at: SystemTime,
    task: Task<S>,
    answers: Vec<Answer<S>>,
}

/// What does not change from round to round.
pub(crate) struct House<'a, S: Synapse> {
    pub(crate) miners: &'a [Miner<S>],
    pub(crate) cast: &'a Cast,
    pub(crate) sample_size: usize,
    pub(crate) ask_timeout: Duration,
}

impl<S: Synapse> Desk<S> {
    pub(crate) fn new(
        lab: &Lab<S>,
        cast: &Cast,
        member: &Member,
        pulse: Arc<Pulse>,
    ) -> Result<Self, LabError> {
        Ok(Self {
            me: member.hotkey,
            seed: mix(lab.seed, member.key),
            clock: Clock::new(pulse)?,
            score: (lab.score)(),
            reward: (lab.reward)(),
            ledger: MemoryLedger::new(Retention::default().rounds),
            open: VecDeque::new(),
            newest: vec![None; cast.identities.len()],
            tallies: vec![Tally::default(); lab.miners.len()],
        })
    }

    pub(crate) fn begin_epoch(&mut self, epoch: u32) {
        self.newest.fill(None);
        self.clock.pulse().begin_epoch(epoch);
    }

    /// One round: settle what is open, ask, judge, record.
    ///
    /// # Errors
    /// A hook that panics, comes nowhere, or takes too long.
    pub(crate) fn play_round(&mut self, house: &House<'_, S>, scene: &Scene) -> Result<(), LabError> {
        let id = self.ledger.next_round();
        let seed = mix(self.seed, id);
        let round = Round::new(id, self.me, seed, house.sample_size, Arc::clone(&scene.subnet));
        let entered = self.clock.enter();
        let settled = settle(&mut self.open, &self.clock, &*self.score, &round, scene.at)?;

        let call = HookCall { hook: Hook::Task, round: id, of: 0 };
        let task = finished(&self.clock, call, TASK_TIMEOUT, self.score.task(&round))?;
        let asking = Asking {
            miners: house.miners,
            cast: house.cast,
            scene,
            clock: &self.clock,
            me: self.me,
            standing: scene.standing(&self.me),
            round: id,
            seed,
            task: &task,
            timeout: task.timeout().unwrap_or(house.ask_timeout),
        };
        let answers = asking.answers(&mut self.tallies)?;
        let call = HookCall { hook: Hook::Score, ..call };
        let scores = finished(&self.clock, call, SCORE_TIMEOUT, self.score.score(&task, &answers))?;
        drop(entered);

        let asked = told(&answers, &scores);
        let late = settled.iter().flat_map(|round| &round.told);
        let mut next = 0;
        for told in late.chain(&asked).filter(|told| told.score.is_some()) {
            if let Some(Some(miner)) = scene.find(&told.hotkey, &mut next)
                && let Some(newest) = self.newest.get_mut(miner)
            {
                *newest = told.score;
            }
        }
        let state = if scores.is_later() { RoundState::Open } else { RoundState::Scored };
        if scores.is_later() {
            self.open.push_back(Open { round: id, at: scene.at, task, answers });
            if self.open.len() > OPEN_ROUNDS {
                self.open.pop_front();
            }
        }
        self.ledger.record(PlayedRound { at: scene.at, state, asked, settled });
        Ok(())
    }

    /// What its reward hook gives.
    ///
    /// # Errors
    /// A hook that panics.
    pub(crate) fn rewards(&self, scene: &Scene) -> Result<Weights, LabError> {
        let call = HookCall { hook: Hook::Reward, round: self.ledger.next_round() - 1, of: 0 };
        let _entered = self.clock.enter();
        self.clock.run_blocking(call, || self.reward.reward(self.ledger.view(), &scene.subnet))
    }
}

/// Asks for the scores of every open round, oldest first.
fn settle<S: Synapse>(
    open: &mut VecDeque<Open<S>>,
    clock: &Clock,
    score: &dyn Score<S>,
    now: &Round,
    at: SystemTime,
) -> Result<Vec<SettledRound>, LabError> {
    let mut settled = Vec::new();
    let mut waiting = VecDeque::with_capacity(open.len());
    for (of, round) in std::mem::take(open).into_iter().enumerate() {
        let call = HookCall { hook: Hook::Settle, round: now.id, of };
        let scores = finished(clock, call, SETTLE_TIMEOUT, score.settle(now, &round.task, &round.answers))?;
        let told = told(&round.answers, &scores);
        let age = at.duration_since(round.at).unwrap_or_default();
        let state = match scores.is_later() {
            false => RoundState::Scored,
            true if age < SETTLE_WITHIN => RoundState::Open,
            true => RoundState::Failed("its scores did not come in time".to_owned()),
        };
        let waits = state == RoundState::Open;
        settled.push(SettledRound { round: round.round, at: round.at, state, told });
        if waits {
            waiting.push_back(round);
        }
    }
    *open = waiting;
    Ok(settled)
}

fn finished<T>(
    clock: &Clock,
    call: HookCall,
    limit: Duration,
    mut hook: std::pin::Pin<Box<dyn Future<Output = T> + Send + '_>>,
) -> Result<T, LabError> {
    match clock.run(call, limit, hook.as_mut())? {
        Ok((outcome, _)) => Ok(outcome),
        Err(_) => Err(clock.timed_out(call, limit)),
    }
}

/// What the ledger keeps: those asked, with their score if it is one. What is no score, or whose nobody was asked, is left
/// out, as a validator does.
fn told<S: Synapse>(answers: &[Answer<S>], scores: &Scores) -> Vec<Told> {
    let mut given = scores.iter().peekable();
    let told = answers.iter().map(|answer| {
        while given.next_if(|(hotkey, _)| *hotkey < answer.hotkey).is_some() {}
        let score = given.next_if(|(hotkey, _)| *hotkey == answer.hotkey).map(|(_, score)| score);
        let (outcome, elapsed) = (answer.outcome.kind(), answer.outcome.elapsed());
        let score = score.filter(|score| score.is_finite() && *score >= 0.0);
        Told { hotkey: answer.hotkey, outcome, elapsed, score }
    });
    told.collect()
}
