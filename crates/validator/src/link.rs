//! Everything this crate asks of the chain, and nothing else does.

use subnetkit_chain::{Chain, EpochClock, Hyperparameters, Metagraph, ReadError, SubmitError};
use subnetkit_protocol::{Hotkey, Keypair};

use crate::schedule::Situation;

/// One validator's access to one subnet.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    chain: Chain,
    keypair: Keypair,
    netuid: u16,
}

/// The subnet at one block.
#[derive(Debug)]
pub(crate) struct SubnetState {
    pub(crate) clock: EpochClock,
    pub(crate) rules: Hyperparameters,
    pub(crate) subnet: Metagraph,
}

/// What the chain holds of a hotkey's weights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ReadBack {
    pub(crate) weights: Vec<(u16, u16)>,
    pub(crate) last_update: u64,
}

impl Link {
    pub(crate) const fn new(chain: Chain, keypair: Keypair, netuid: u16) -> Self {
        Self { chain, keypair, netuid }
    }

    pub(crate) fn hotkey(&self) -> Hotkey {
        self.keypair.account()
    }

    pub(crate) const fn netuid(&self) -> u16 {
        self.netuid
    }

    pub(crate) const fn chain(&self) -> &Chain {
        &self.chain
    }

    pub(crate) async fn clock(&self) -> Result<EpochClock, ReadError> {
        self.chain.epoch_clock(self.netuid).await
    }

    pub(crate) async fn metagraph(&self) -> Result<Metagraph, ReadError> {
        self.chain.metagraph(self.netuid).await
    }

    /// Clock, rules and neurons of one block.
    pub(crate) async fn state(&self) -> Result<SubnetState, ReadError> {
        let block = self.chain.at_best().await?;
        let (clock, rules, subnet) = futures::try_join!(
            block.epoch_clock(self.netuid),
            block.hyperparameters(self.netuid),
            block.metagraph(self.netuid),
        )?;
        Ok(SubnetState { clock, rules, subnet })
    }

    /// Sends the weights and returns the block they were included in.
    pub(crate) async fn set_weights(
        &self,
        weights: &[(u16, u16)],
        version_key: u64,
    ) -> Result<u64, SubmitError> {
        let included = self.chain.set_weights(&self.keypair, self.netuid, weights, version_key).await?;
        Ok(included.block.number)
    }

    /// What the chain holds of this hotkey's weights, at one block; `None` if it has no uid.
    pub(crate) async fn read_back(&self) -> Result<Option<ReadBack>, ReadError> {
        let block = self.chain.at_best().await?;
        let subnet = block.metagraph(self.netuid).await?;
        let Some(neuron) = subnet.neuron(&self.hotkey()) else { return Ok(None) };
        let weights = block.weights(self.netuid, neuron.uid).await?;
        Ok(Some(ReadBack { weights, last_update: neuron.last_update }))
    }
}

impl SubnetState {
    /// The inputs of the schedule for a hotkey, with a clock at least as new as this state; `None` if the hotkey is not
    /// registered.
    pub(crate) fn situation(&self, clock: &EpochClock, me: &Hotkey, has_scores: bool) -> Option<Situation> {
        let neuron = self.subnet.neuron(me)?;
        Some(Situation {
            block: clock.block,
            tempo: clock.tempo,
            last_epoch_block: clock.last_epoch_block,
            next_epoch_block: clock.next_epoch_block(),
            rate_limit_blocks: self.rules.weights_rate_limit,
            last_update: neuron.last_update,
            // The chain exempts the owner's hotkey from the permit.
            may_set_weights: neuron.validator_permit || self.subnet.owner_hotkey == *me,
            commit_reveal: self.rules.commit_reveal_weights_enabled,
            has_scores,
        })
    }
}
