//! What a commitment needs of the neuron that makes it.

use super::pallet::*;
use super::types::{AccountId, NetUid};
use crate::pallets::commitments::Subnets;

impl<T: Config> Subnets for Pallet<T> {
    fn is_registered(netuid: NetUid, hotkey: &AccountId) -> bool {
        Uids::<T>::contains_key(netuid, hotkey)
    }

    fn epoch(netuid: NetUid) -> u64 {
        Self::current_epoch(netuid)
    }

    fn reset_bonds(netuid: NetUid, hotkey: &AccountId) {
        let Some(uid) = Uids::<T>::get(netuid, hotkey) else { return };
        if !BondsResetOn::<T>::get(netuid) {
            return;
        }
        for index in Self::mechanism_indices(netuid) {
            let rows: Vec<_> = Bonds::<T>::iter_prefix(index).collect();
            for (holder, mut row) in rows {
                let before = row.len();
                row.retain(|(to, _)| *to != uid);
                if row.len() != before {
                    Bonds::<T>::insert(index, holder, row);
                }
            }
        }
    }
}
