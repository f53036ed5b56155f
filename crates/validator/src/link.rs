//! Everything this crate asks of the chain about one subnet, and nothing else does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join_all;
use subnetkit_chain::{
    Chain, EpochClock, Found, Hyperparameters, Mechanism, Metagraph, Pinned, ReadError, SignedExtrinsic,
    WaitFor,
};
use subnetkit_protocol::{Hotkey, Keypair};

use crate::journal::{Own, Shown};
use crate::ledger::{Commitment, Fate, Submission};

/// One validator's access to one subnet.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    chain: Chain,
    keypair: Keypair,
    netuid: u16,
}

/// The subnet at one block.
#[derive(Clone)]
pub(crate) struct View {
    pub(crate) pinned: Pinned,
    pub(crate) clock: EpochClock,
    pub(crate) rules: Hyperparameters,
    pub(crate) subnet: Arc<Metagraph>,
    pub(crate) mechanisms: u8,
    /// The block's own time, milliseconds since 1970.
    pub(crate) time_ms: u64,
    /// The subnet's hotkeys, position is uid.
    pub(crate) neurons: Vec<Hotkey>,
}

impl View {
    pub(crate) const fn block(&self) -> u64 {
        self.clock.block
    }

    /// The block in which the last epoch ran.
    pub(crate) const fn epoch_began_at(&self) -> u64 {
        self.clock.block.saturating_sub(self.clock.blocks_since_last_step)
    }

    /// Whether a hotkey may set weights: it has a permit, or is the owner's, whom the chain exempts.
    pub(crate) fn may_set_weights(&self, hotkey: &Hotkey) -> bool {
        let permit = self.subnet.neuron(hotkey).is_some_and(|neuron| neuron.validator_permit);
        permit || self.subnet.owner_hotkey == *hotkey
    }

    pub(crate) fn uids(&self) -> BTreeMap<Hotkey, u16> {
        self.subnet.neurons.iter().map(|neuron| (neuron.hotkey, neuron.uid)).collect()
    }
}

/// What the chain keeps of one mechanism for a uid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) row: Vec<(u16, u16)>,
    pub(crate) last_update: u64,
}

impl Link {
    pub(crate) const fn new(chain: Chain, keypair: Keypair, netuid: u16) -> Self {
        Self { chain, keypair, netuid }
    }

    pub(crate) fn hotkey(&self) -> Hotkey {
        self.keypair.account()
    }

    pub(crate) const fn keypair(&self) -> &Keypair {
        &self.keypair
    }

    pub(crate) const fn netuid(&self) -> u16 {
        self.netuid
    }

    pub(crate) const fn mechanism(&self, mecid: u8) -> Mechanism {
        Mechanism { netuid: self.netuid, mecid }
    }

    pub(crate) const fn chain(&self) -> &Chain {
        &self.chain
    }

    pub(crate) async fn metagraph(&self) -> Result<Metagraph, ReadError> {
        self.chain.metagraph(self.netuid).await
    }

    /// The best block.
    pub(crate) async fn best(&self) -> Result<Pinned, ReadError> {
        self.chain.at_best().await
    }

    /// The newest block by which fates are judged, and the best one. The former is final, unless what is in the best block
    /// already counts as done (`wait_for`).
    pub(crate) async fn heads_to_act_on(&self) -> Result<(Pinned, Pinned), ReadError> {
        match self.chain.wait_for() {
            WaitFor::InBlock => {
                let best = self.chain.at_best().await?;
                Ok((best.clone(), best))
            }
            WaitFor::Finalized => {
                // In this order: a final block must not be newer than the best.
                let settled = self.chain.at_block(self.chain.finalized_head().await?.hash).await?;
                Ok((settled, self.chain.at_best().await?))
            }
        }
    }

    /// Clock, rules, neurons and mechanisms of one block.
    pub(crate) async fn view(&self, pinned: Pinned) -> Result<View, ReadError> {
        let (clock, rules, subnet, mechanisms, time_ms) = futures::try_join!(
            pinned.epoch_clock(self.netuid),
            pinned.hyperparameters(self.netuid),
            pinned.metagraph(self.netuid),
            pinned.mechanism_count(self.netuid),
            pinned.timestamp_ms(),
        )?;
        let neurons = subnet.neurons.iter().map(|neuron| neuron.hotkey).collect();
        Ok(View { pinned, clock, rules, subnet: Arc::new(subnet), mechanisms, time_ms, neurons })
    }

    /// What the chain keeps of a mechanism for a uid.
    pub(crate) async fn kept(&self, pinned: &Pinned, mecid: u8, uid: u16) -> Result<Kept, ReadError> {
        let of = self.mechanism(mecid);
        let (row, last_update) = futures::try_join!(pinned.weights_of(of, uid), pinned.last_update(of, uid))?;
        Ok(Kept { row, last_update })
    }

    /// Looks for a transaction up to a block, from `from_block` on.
    pub(crate) async fn find(
        &self,
        signed: &SignedExtrinsic,
        from_block: u64,
        to: &Pinned,
    ) -> Result<Option<Found>, ReadError> {
        self.chain.find_extrinsic(signed, from_block, to).await
    }

    /// What a block shows of a submission.
    pub(crate) async fn shown(&self, view: &View, submission: &Submission) -> Result<Shown, ReadError> {
        let (of, me) = (self.mechanism(submission.intent.mecid), self.hotkey());
        let is_there = of.mecid < view.mechanisms;
        let own = match view.subnet.neuron(&me).filter(|_| is_there) {
            Some(neuron) => {
                let (Kept { row, last_update }, standing) = futures::try_join!(
                    self.kept(&view.pinned, of.mecid, neuron.uid),
                    view.pinned.standing(of, &me)
                )?;
                Some(Own {
                    row,
                    last_update,
                    may_set_weights: view.may_set_weights(&me),
                    has_enough_stake: standing.has_enough_stake(),
                })
            }
            None => None,
        };
        let mut shown = Shown {
            block: view.block(),
            epoch: view.clock.index_next_block(),
            epoch_began_at: view.epoch_began_at(),
            reveal_period: view.rules.commit_reveal_period,
            commit_reveal: view.rules.commit_reveal_weights_enabled,
            mechanisms: view.mechanisms,
            neurons: view.neurons.clone(),
            own,
            hash_commits: Vec::new(),
            timelocked_commits: Vec::new(),
            last_round: 0,
            weights_version: view.rules.weights_version,
            least_weights: usize::from(view.rules.min_allowed_weights).min(view.neurons.len()),
        };
        match submission.intent.commitment {
            Commitment::None => {}
            Commitment::Hash { .. } => shown.hash_commits = view.pinned.hash_commits(of, &me).await?,
            Commitment::Timelocked { .. } => {
                shown.last_round = view.pinned.last_stored_round().await?;
                let queues = commit_epochs(view, submission).into_iter().map(|epoch| async move {
                    let commits = view.pinned.timelocked_commits(of, epoch, &me).await?;
                    Ok::<_, ReadError>(commits.into_iter().map(move |commit| (epoch, commit)))
                });
                shown.timelocked_commits = try_join_all(queues).await?.into_iter().flatten().collect();
            }
        }
        Ok(shown)
    }

    /// Time between two blocks, as the chain is built.
    pub(crate) async fn nominal_block_time(&self) -> Result<Duration, ReadError> {
        self.chain.block_time().await
    }
}

/// The epochs in whose queues a timelocked commit can wait: its own, or all that the chain keeps while that is not known.
fn commit_epochs(view: &View, submission: &Submission) -> BTreeSet<u64> {
    match submission.fate {
        Fate::Committed { epoch, .. } => BTreeSet::from([epoch]),
        _ => {
            let oldest = view.clock.epoch_index.saturating_sub(view.rules.commit_reveal_period + 1);
            (oldest..=view.clock.index_next_block()).collect()
        }
    }
}
