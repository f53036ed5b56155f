//! What can be read of a subnet, in the form in which a validator reads the chain.

use std::sync::Arc;

use subnetkit_chain::{Metagraph, Neuron};
use subnetkit_protocol::Hotkey;
use subnetkit_yuma::Row;

use super::{Subnet, noise::block_hash};

impl Subnet {
    /// The subnet and its neurons after the present block. Nobody has published an address.
    pub fn metagraph(&self) -> Arc<Metagraph> {
        let mut metagraph = Metagraph::new(self.netuid, self.owner_hotkey, self.owner_coldkey);
        metagraph.block = self.block;
        metagraph.block_hash = self.block_hash(self.block);
        metagraph.name.clone_from(&self.name);
        metagraph.tempo = self.rules.tempo;
        metagraph.last_step = self.last_mechanism_step;
        metagraph.max_uids = self.rules.max_allowed_uids;
        metagraph.max_validators = self.rules.max_allowed_validators;
        metagraph.tao_in = self.pool.tao;
        metagraph.alpha_in = self.pool.alpha;
        metagraph.alpha_out = self.alpha_out;
        metagraph.burn = self.burn.price;
        metagraph.neurons = (0..self.neurons.len() as u16).map(|uid| self.neuron(uid)).collect();
        Arc::new(metagraph)
    }

    fn neuron(&self, uid: u16) -> Neuron {
        let slot = usize::from(uid);
        let number = self.neurons.accounts[slot];
        let account = self.accounts.get(number);
        let mut neuron = Neuron::new(uid, account.hotkey, account.coldkey);
        neuron.active = self.neurons.active[slot];
        neuron.validator_permit = self.neurons.permits[slot];
        neuron.last_update = self.neurons.last_update[slot];
        neuron.registered_at = self.neurons.registered_at[slot];
        neuron.incentive = self.neurons.incentive[slot];
        neuron.dividends = self.neurons.dividends[slot];
        neuron.consensus = self.neurons.consensus[slot];
        neuron.emission = self.neurons.emission[slot];
        neuron.alpha_stake = account.alpha;
        neuron.tao_stake = account.root;
        neuron.total_stake = self.stake_weight(number);
        neuron
    }

    /// Hash of a block, past or to come: it follows from the seed alone.
    pub fn block_hash(&self, block: u64) -> [u8; 32] {
        block_hash(self.seed, block)
    }

    /// How many neurons there are.
    pub fn len(&self) -> usize {
        self.neurons.len()
    }

    /// Whether there are no neurons, which never happens: the owner is one.
    pub fn is_empty(&self) -> bool {
        self.neurons.len() == 0
    }

    /// The uid of a hotkey, if it is registered.
    pub fn uid(&self, hotkey: &Hotkey) -> Option<u16> {
        self.accounts.find(hotkey).and_then(|account| account.uid)
    }

    /// The hotkey that has a uid.
    pub fn hotkey(&self, uid: u16) -> Option<Hotkey> {
        let number = self.neurons.accounts.get(usize::from(uid))?;
        Some(self.accounts.get(*number).hotkey)
    }

    /// Alpha staked on a hotkey, rao.
    pub fn stake(&self, hotkey: &Hotkey) -> u64 {
        self.accounts.find(hotkey).map_or(0, |account| account.alpha)
    }

    /// Alpha that a hotkey's root stakers may claim, rao.
    pub fn root_claimable(&self, hotkey: &Hotkey) -> u64 {
        self.accounts.find(hotkey).map_or(0, |account| account.claimable)
    }

    /// Whether a hotkey may set weights.
    pub fn has_permit(&self, hotkey: &Hotkey) -> bool {
        self.uid(hotkey).is_some_and(|uid| self.neurons.permits[usize::from(uid)])
    }

    /// The bonds as stored, by uid.
    pub fn bonds(&self) -> &[Row] {
        &self.neurons.bonds
    }

    /// Price of a registration, rao of TAO.
    pub fn burn(&self) -> u64 {
        self.burn.price
    }

    /// Price of alpha, TAO per alpha.
    pub fn alpha_price(&self) -> f64 {
        self.pool.price()
    }
}
