//! Cutting a subnet down to fewer uids.

use std::collections::BTreeMap;

use frame_support::ensure;
use sp_runtime::{DispatchError, DispatchResult, Percent};

use super::pallet::*;
use super::types::NetUid;

impl<T: Config> Pallet<T> {
    /// Lowers a subnet's limit of neurons to `most`, and removes neurons that are then too many: the lowest
    /// emission of the last epoch first, of equal ones the highest uid. The owner's own and immune neurons stay.
    /// Those left keep their order and move up to lower uids.
    ///
    /// # Errors
    /// `SubnetNotExists`; `InvalidValue` if `most` is not between `MinAllowedUids` and `MaxAllowedUids`;
    /// `TrimmingWouldExceedMaxImmunePercentage` if those that must stay are too large a share of `most`.
    pub(crate) fn trim_to_max_allowed_uids(netuid: NetUid, most: u16) -> DispatchResult {
        ensure!(NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
        let bounds = MinAllowedUids::<T>::get(netuid)..=MaxAllowedUids::<T>::get(netuid);
        ensure!(bounds.contains(&most), Error::<T>::InvalidValue);
        MaxAllowedUids::<T>::insert(netuid, most);
        if SubnetworkN::<T>::get(netuid) > most {
            let removed = Self::uids_to_trim(netuid, most)?;
            for &uid in &removed {
                Self::remove_neuron(netuid, uid);
            }
            let kept: Vec<u16> =
                (0..SubnetworkN::<T>::get(netuid)).filter(|uid| !removed.contains(uid)).collect();
            Self::close_ranks(netuid, &kept);
            SubnetworkN::<T>::insert(netuid, most);
        }
        Ok(())
    }

    fn uids_to_trim(netuid: NetUid, most: u16) -> Result<Vec<u16>, DispatchError> {
        let neurons = SubnetworkN::<T>::get(netuid);
        let owners = Self::owner_uids(netuid);
        let stays = |uid: u16| owners.contains(&uid) || Self::is_immune(netuid, uid);
        let (staying, mut leaving): (Vec<u16>, Vec<u16>) = (0..neurons).partition(|&uid| stays(uid));
        ensure!(
            Percent::from_rational(staying.len() as u64, u64::from(most))
                < Self::max_immune_uids_percentage(),
            Error::<T>::TrimmingWouldExceedMaxImmunePercentage
        );
        let emission = Emission::<T>::get(netuid);
        leaving.sort_by_key(|&uid| {
            (emission.get(usize::from(uid)).copied().unwrap_or(0), std::cmp::Reverse(uid))
        });
        leaving.truncate(usize::from(neurons - most));
        Ok(leaving)
    }

    /// Forgets a neuron; its stake stays its hotkey's.
    fn remove_neuron(netuid: NetUid, uid: u16) {
        let hotkey = Keys::<T>::take(netuid, uid);
        Uids::<T>::remove(netuid, &hotkey);
        IsNetworkMember::<T>::remove(&hotkey, netuid);
        AlphaDividendsPerSubnet::<T>::remove(netuid, &hotkey);
        Axons::<T>::remove(netuid, &hotkey);
        NeuronCertificates::<T>::remove(netuid, &hotkey);
        Prometheus::<T>::remove(netuid, &hotkey);
        BlockAtRegistration::<T>::remove(netuid, uid);
        for index in Self::mechanism_indices(netuid) {
            Weights::<T>::remove(index, uid);
            Bonds::<T>::remove(index, uid);
        }
    }

    /// Gives the neurons that are left, by their uids in ascending order, the first uids.
    fn close_ranks(netuid: NetUid, kept: &[u16]) {
        Emission::<T>::mutate(netuid, |column| pick(column, kept));
        Active::<T>::mutate(netuid, |column| pick(column, kept));
        Consensus::<T>::mutate(netuid, |column| pick(column, kept));
        Dividends::<T>::mutate(netuid, |column| pick(column, kept));
        ValidatorTrust::<T>::mutate(netuid, |column| pick(column, kept));
        ValidatorPermit::<T>::mutate(netuid, |column| pick(column, kept));
        StakeWeight::<T>::mutate(netuid, |column| pick(column, kept));
        let places: BTreeMap<u16, u16> = kept.iter().copied().zip(0..).collect();
        // A neuron only moves down, to a uid that is free by then.
        for (&from, &to) in &places {
            let hotkey = Keys::<T>::take(netuid, from);
            let registered = BlockAtRegistration::<T>::take(netuid, from);
            Uids::<T>::insert(netuid, &hotkey, to);
            Keys::<T>::insert(netuid, to, hotkey);
            BlockAtRegistration::<T>::insert(netuid, to, registered);
        }
        for index in Self::mechanism_indices(netuid) {
            Incentive::<T>::mutate(index, |column| pick(column, kept));
            LastUpdate::<T>::mutate(index, |column| pick(column, kept));
            for (&from, &to) in &places {
                let weights = renumbered(Weights::<T>::take(index, from), &places);
                Weights::<T>::insert(index, to, weights);
                let bonds = renumbered(Bonds::<T>::take(index, from), &places);
                Bonds::<T>::insert(index, to, bonds);
            }
        }
    }
}

/// Keeps the entries of the uids given; what was never written is zero.
fn pick<V: Copy + Default>(column: &mut Vec<V>, kept: &[u16]) {
    *column = kept.iter().map(|&uid| column.get(usize::from(uid)).copied().unwrap_or_default()).collect();
}

/// A row with the new uids of those that are left.
fn renumbered(row: Vec<(u16, u16)>, places: &BTreeMap<u16, u16>) -> Vec<(u16, u16)> {
    row.into_iter().filter_map(|(uid, value)| Some((*places.get(&uid)?, value))).collect()
}
