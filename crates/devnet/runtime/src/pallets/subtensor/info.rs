//! What the runtime APIs answer about subnets, neurons, stake and prices.
//!
//! Structs have the fields, in the order and with the compact encodings, of the real runtime at spec version 425;
//! some of those fields nothing fills any more, there as here.

pub mod delegates;
pub mod dynamic;
pub mod hyperparameters;
pub mod metagraph;
mod names;
pub mod neurons;
pub mod prices;
pub mod stake;
pub mod state;
pub mod subnets;

use codec::Compact;

use super::pallet::*;
use super::types::{AccountId, MechId, NetUid};

impl<T: Config> Pallet<T> {
    /// The subnets there are, root included, in ascending order.
    pub(crate) fn netuids() -> Vec<NetUid> {
        let mut netuids: Vec<_> =
            NetworksAdded::<T>::iter().filter_map(|(netuid, added)| added.then_some(netuid)).collect();
        netuids.sort_unstable();
        netuids
    }

    /// `netuid` if there is such a subnet.
    fn existing(netuid: NetUid) -> Option<NetUid> {
        NetworksAdded::<T>::get(netuid).then_some(netuid)
    }

    /// Whether a subnet exists and has the mechanism.
    fn has_mechanism(netuid: NetUid, mecid: MechId) -> bool {
        NetworksAdded::<T>::get(netuid) && mecid < MechanismCountCurrent::<T>::get(netuid)
    }

    /// The hotkeys of a subnet by uid.
    fn hotkeys(netuid: NetUid) -> Vec<AccountId> {
        (0..SubnetworkN::<T>::get(netuid)).map(|uid| Keys::<T>::get(netuid, uid)).collect()
    }

    /// Blocks without weights after which a validator counts as inactive.
    fn activity_cutoff(netuid: NetUid) -> u64 {
        subnetkit_yuma::activity_cutoff(ActivityCutoffFactorMilli::<T>::get(netuid), Tempo::<T>::get(netuid))
    }
}

/// A stored column with one entry for each of `neurons`: what was never written is zero.
fn column<V: Clone + Default>(mut stored: Vec<V>, neurons: usize) -> Vec<V> {
    stored.resize(neurons, V::default());
    stored
}

fn compact<V>(values: impl IntoIterator<Item = V>) -> Vec<Compact<V>> {
    values.into_iter().map(Compact).collect()
}
