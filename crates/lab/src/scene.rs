//! The subnet as everybody sees it for the length of a round.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use subnetkit_chain::{Metagraph, Neuron};
use subnetkit_miner::Standing;
use subnetkit_protocol::Hotkey;

use crate::cast::{Cast, Place};
use crate::chain::Subnet;

/// Time from block to block.
pub(crate) const BLOCK_TIME: Duration = Duration::from_secs(12);

/// The subnet at one block.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) epoch: u32,
    pub(crate) at: SystemTime,
    pub(crate) subnet: Arc<Metagraph>,
    pub(crate) uids: BTreeMap<Hotkey, u16>,
    /// Who is registered, by hotkey, ascending; with the miner it is, if any.
    roll: Vec<(Hotkey, Option<usize>)>,
    /// By miner: whether it cannot be reached in this epoch.
    away: Vec<bool>,
}

impl Scene {
    pub(crate) fn new(epoch: u32, subnet: &Subnet, cast: &Cast, away: Vec<bool>) -> Self {
        let mut metagraph = subnet.metagraph();
        let mut roll = Vec::with_capacity(metagraph.neurons.len());
        // Nobody else has it yet, so nothing is copied.
        for neuron in &mut Arc::make_mut(&mut metagraph).neurons {
            let miner = match cast.place(&neuron.hotkey) {
                Some(Place::Identity(at)) => Some(at),
                _ => None,
            };
            neuron.axon = miner.and_then(|at| cast.identities.get(at)).map(|identity| identity.axon);
            roll.push((neuron.hotkey, miner));
        }
        roll.sort_unstable_by_key(|(hotkey, _)| *hotkey);
        let uids = metagraph.neurons.iter().map(|neuron| (neuron.hotkey, neuron.uid)).collect();
        let at = UNIX_EPOCH + BLOCK_TIME * u32::try_from(metagraph.block).unwrap_or(u32::MAX);
        Self { epoch, at, subnet: metagraph, uids, roll, away }
    }

    /// Who is registered under a hotkey: a miner, or somebody that serves nothing. `next` is where it is if hotkeys come in
    /// their order.
    pub(crate) fn find(&self, hotkey: &Hotkey, next: &mut usize) -> Option<Option<usize>> {
        let place = match self.roll.get(*next) {
            Some((known, _)) if known == hotkey => *next,
            _ => self.roll.binary_search_by_key(hotkey, |(known, _)| *known).ok()?,
        };
        *next = place + 1;
        self.roll.get(place).map(|(_, miner)| *miner)
    }

    /// Whether a miner cannot be reached.
    pub(crate) fn is_away(&self, miner: usize) -> bool {
        self.away.get(miner).copied().unwrap_or(false)
    }

    /// What a miner knows of a caller.
    pub(crate) fn standing(&self, hotkey: &Hotkey) -> Option<Standing> {
        let neuron: &Neuron = self.subnet.uid(*self.uids.get(hotkey)?)?;
        Some(Standing {
            uid: neuron.uid,
            validator_permit: neuron.validator_permit,
            stake_rao: neuron.total_stake,
            owner: neuron.hotkey == self.subnet.owner_hotkey,
        })
    }
}
