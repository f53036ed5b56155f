//! When epochs are due.

use super::pallet::*;
use super::types::NetUid;

/// After this many blocks without an epoch one is due, whatever the tempo.
const LONGEST_WAIT: u64 = 50_400;

impl<T: Config> Pallet<T> {
    /// Whether a subnet's epoch is due in this block.
    pub(super) fn is_epoch_due(netuid: NetUid, since_last_step: u64) -> bool {
        let now = Self::now();
        let tempo = u64::from(Tempo::<T>::get(netuid));
        let pending = PendingEpochAt::<T>::get(netuid);
        tempo != 0
            && ((pending > 0 && now >= pending)
                || since_last_step > LONGEST_WAIT
                || now.saturating_sub(LastEpochBlock::<T>::get(netuid)) >= tempo)
    }

    /// The epoch number that commits of this block belong to.
    pub fn current_epoch(netuid: NetUid) -> u64 {
        let due = Self::is_epoch_due(netuid, BlocksSinceLastStep::<T>::get(netuid));
        SubnetEpochIndex::<T>::get(netuid).saturating_add(u64::from(due))
    }

    /// The subnets whose epoch is due in this block but has no room in it: those that come late in storage order.
    pub(super) fn epochs_put_off() -> Vec<NetUid> {
        let mut room = MaxEpochsPerBlock::<T>::get();
        Self::subnets()
            .into_iter()
            .filter(|&netuid| Self::is_epoch_due(netuid, BlocksSinceLastStep::<T>::get(netuid)))
            .filter(|_| {
                let is_put_off = room == 0;
                room = room.saturating_sub(1);
                is_put_off
            })
            .collect()
    }

    /// When the next epoch starts; `None` with tempo 0.
    pub fn next_epoch_start_block(netuid: NetUid) -> Option<u64> {
        let tempo = Tempo::<T>::get(netuid);
        let pending = PendingEpochAt::<T>::get(netuid);
        let automatic = LastEpochBlock::<T>::get(netuid).saturating_add(u64::from(tempo));
        match (tempo, pending) {
            (0, _) => None,
            (_, 0) => Some(automatic),
            (_, pending) => Some(automatic.min(pending)),
        }
    }

    /// Whether the subnet is in the blocks before an epoch in which hyperparameters may not change.
    pub fn is_in_freeze_window(netuid: NetUid) -> bool {
        let tempo = Tempo::<T>::get(netuid);
        tempo != 0
            && (PendingEpochAt::<T>::get(netuid) > Self::now()
                || Self::blocks_until_epoch(netuid) < u64::from(AdminFreezeWindow::<T>::get()))
    }

    /// Blocks until the next epoch in turn; with tempo 0 there is none.
    pub(super) fn blocks_until_epoch(netuid: NetUid) -> u64 {
        match Tempo::<T>::get(netuid) {
            0 => u64::MAX,
            tempo => {
                let automatic = LastEpochBlock::<T>::get(netuid).saturating_add(u64::from(tempo));
                automatic.saturating_sub(Self::now())
            }
        }
    }

    /// Changes the tempo and starts its period anew.
    pub fn set_tempo_anew(netuid: NetUid, tempo: u16) {
        Tempo::<T>::insert(netuid, tempo);
        LastEpochBlock::<T>::insert(netuid, Self::now());
        PendingEpochAt::<T>::insert(netuid, 0);
        Self::deposit_event(Event::TempoSet(netuid, tempo));
    }
}
