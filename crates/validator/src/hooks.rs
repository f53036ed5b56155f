//! What a subnet writes: how to judge answers, and how scores over time become weights.

use std::sync::Arc;

use async_trait::async_trait;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use subnetkit_chain::Metagraph;
use subnetkit_protocol::{Hotkey, Synapse};

use crate::answer::Answer;
use crate::ledger::Ledger;
use crate::scores::{Scores, Weights};
use crate::task::Task;

/// Judges answers. The builder's first hook on the validator's side.
///
/// A hook that panics or exceeds its timeout costs one round, never the process.
#[async_trait]
pub trait Score<S: Synapse>: Send + Sync + 'static {
    /// What to ask in this round, and of whom: usually one request to everyone in [`Round::sample`].
    async fn task(&self, round: &Round) -> Task<S>;

    /// The score of each hotkey that deserves one. `answers` holds one entry per hotkey the task named, including those
    /// that refused, timed out or answered garbage. A hotkey left out of the result stays unscored, which is not a zero.
    ///
    /// Where nobody can know yet, as with a forecast, [`Scores::later`] leaves the round open for [`settle`](Self::settle).
    async fn score(&self, task: &Task<S>, answers: &[Answer<S>]) -> Scores;

    /// The scores of a round that was left open, as far as they are known by now. Asked at the start of each later round,
    /// with that round's frame and with the task and the answers of then, as the ledger kept them: also after a restart.
    /// [`Scores::later`] keeps the round open; anything else ends it. Scores count from the round they come in.
    ///
    /// `now.subnet` has the neurons of today, and in its block the time that a judge should go by: the clock would be another
    /// one where rounds are judged again, and in the laboratory. What has to be known of the round's own time belongs into
    /// [`Task::with_notes`]. By default there are no scores.
    async fn settle(&self, now: &Round, task: &Task<S>, answers: &[Answer<S>]) -> Scores {
        let _ = (now, task, answers);
        Scores::new()
    }
}

#[async_trait]
impl<S: Synapse, J: Score<S> + ?Sized> Score<S> for Arc<J> {
    async fn task(&self, round: &Round) -> Task<S> {
        (**self).task(round).await
    }

    async fn score(&self, task: &Task<S>, answers: &[Answer<S>]) -> Scores {
        (**self).score(task, answers).await
    }

    async fn settle(&self, now: &Round, task: &Task<S>, answers: &[Answer<S>]) -> Scores {
        (**self).settle(now, task, answers).await
    }
}

/// Turns the history of scores into weights. The builder's second hook on the validator's side.
///
/// Called on a thread that may block, once per submission. [`crate::Ema`] is a ready one.
pub trait Reward: Send + Sync + 'static {
    /// What each hotkey deserves, in any unit: only ratios matter. Hotkeys left out, or not registered, get nothing.
    fn reward(&self, ledger: &Ledger, subnet: &Metagraph) -> Weights;

    /// The same for one mechanism of a subnet that has several, numbered from 0. By default all are paid alike.
    fn mechanism_reward(&self, mecid: u8, ledger: &Ledger, subnet: &Metagraph) -> Weights {
        let _ = mecid;
        self.reward(ledger, subnet)
    }
}

impl<R: Reward + ?Sized> Reward for Arc<R> {
    fn reward(&self, ledger: &Ledger, subnet: &Metagraph) -> Weights {
        (**self).reward(ledger, subnet)
    }

    fn mechanism_reward(&self, mecid: u8, ledger: &Ledger, subnet: &Metagraph) -> Weights {
        (**self).mechanism_reward(mecid, ledger, subnet)
    }
}

/// The frame of one round, given to [`Score::task`], and to [`Score::settle`] as what is now.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Round {
    /// The round's number in the ledger; it only grows, also across restarts.
    pub id: u64,
    /// The subnet.
    pub netuid: u16,
    /// The validator's own hotkey.
    pub me: Hotkey,
    /// A random number drawn for this round and kept in the ledger: seed task generation with it and the round can be
    /// told again later.
    pub seed: u64,
    /// The neurons as of the start of the round.
    pub subnet: Arc<Metagraph>,
    /// Hotkeys drawn for this round, in random order, at most `sample_size`.
    pub sample: Vec<Hotkey>,
}

impl Round {
    /// Frames a round over a metagraph, drawing the sample from the neurons that serve an axon, except `me`.
    ///
    /// Holders of a validator permit are drawn too: on a subnet with fewer neurons than validator seats, a miner that
    /// has earned holds stake and with it a permit.
    #[must_use]
    pub fn new(id: u64, me: Hotkey, seed: u64, sample_size: usize, subnet: Arc<Metagraph>) -> Self {
        let mut sample: Vec<Hotkey> = subnet
            .neurons
            .iter()
            .filter(|neuron| neuron.axon.is_some() && neuron.hotkey != me)
            .map(|neuron| neuron.hotkey)
            .collect();
        sample.shuffle(&mut StdRng::seed_from_u64(seed));
        sample.truncate(sample_size);
        Self { id, netuid: subnet.netuid, me, seed, subnet, sample }
    }
}
