//! Which neuron makes room when a subnet is full.

use super::pallet::*;
use super::types::NetUid;

impl<T: Config> Pallet<T> {
    /// The uid a newcomer replaces: the lowest emission of the last epoch, then the oldest registration, then the
    /// lowest uid; among neurons past their immunity if enough of those remain, else among immune ones. The
    /// owner's own neurons, up to the limit, are never replaced.
    pub(super) fn neuron_to_prune(netuid: NetUid) -> Option<u16> {
        let immortal = Self::owner_uids(netuid);
        let emission = Emission::<T>::get(netuid);
        let candidates: Vec<_> = (0..SubnetworkN::<T>::get(netuid))
            .filter(|uid| !immortal.contains(uid))
            .map(|uid| {
                let registered = BlockAtRegistration::<T>::get(netuid, uid);
                let immune = Self::is_immune(netuid, uid);
                (immune, emission.get(usize::from(uid)).copied().unwrap_or(0), registered, uid)
            })
            .collect();
        let worst = |immune: bool| {
            candidates
                .iter()
                .filter(|candidate| candidate.0 == immune)
                .min_by_key(|(_, emission, registered, uid)| (*emission, *registered, *uid))
                .map(|candidate| candidate.3)
        };
        let mortal = candidates.iter().filter(|candidate| !candidate.0).count();
        if mortal > usize::from(MinNonImmuneUids::<T>::get(netuid)) { worst(false) } else { worst(true) }
    }

    /// Whether a neuron is too new to be replaced.
    pub(super) fn is_immune(netuid: NetUid, uid: u16) -> bool {
        let age = Self::now().saturating_sub(BlockAtRegistration::<T>::get(netuid, uid));
        age < u64::from(ImmunityPeriod::<T>::get(netuid))
    }

    /// The owner's hotkey first, then the owner coldkey's other hotkeys by age, up to the limit.
    pub(super) fn owner_uids(netuid: NetUid) -> Vec<u16> {
        let main = Uids::<T>::get(netuid, SubnetOwnerHotkey::<T>::get(netuid));
        let mut others: Vec<_> = OwnedHotkeys::<T>::get(SubnetOwner::<T>::get(netuid))
            .iter()
            .filter_map(|hotkey| Uids::<T>::get(netuid, hotkey))
            .filter(|uid| Some(*uid) != main)
            .map(|uid| (BlockAtRegistration::<T>::get(netuid, uid), uid))
            .collect();
        others.sort_unstable();
        main.into_iter()
            .chain(others.into_iter().map(|(_, uid)| uid))
            .take(usize::from(ImmuneOwnerUidsLimit::<T>::get(netuid)))
            .collect()
    }
}
