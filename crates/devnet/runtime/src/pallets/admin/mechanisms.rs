//! How many mechanisms a subnet has, how they share its emission, and who its owner's hotkey is.

use frame_support::ensure;
use sp_runtime::DispatchResult;

use super::pallet::{Config, Pallet};
use crate::pallets::subtensor::types::{AccountId, MechId, NetUid, RateLimitKey, storage_index};
use crate::pallets::subtensor::{
    self, Bonds, Error, Incentive, LastRateLimitedBlock, LastUpdate, MaxAllowedUids, MaxMechanismCount,
    MechanismCountCurrent, MechanismEmissionSplit, SubnetOwnerHotkey, SubnetworkN, TimelockedWeightCommits,
    WeightCommits, Weights,
};

/// The most uids of all a subnet's mechanisms together.
pub(super) const MOST_UIDS: u16 = 256;
/// The most mechanisms that root may allow.
const MOST_MECHANISMS: u8 = 16;
/// Blocks between two changes of a subnet's owner hotkey, by root too.
const OWNER_HOTKEY_LIMIT: u64 = 50_400;

impl<T: Config> Pallet<T> {
    /// Whether `uids` of each of `mechanisms` are few enough.
    pub(super) fn ensure_uids_fit(uids: u16, mechanisms: MechId) -> DispatchResult {
        let total = u32::from(uids) * u32::from(mechanisms);
        ensure!(total <= u32::from(MOST_UIDS), Error::<T>::TooManyUIDsPerMechanism);
        Ok(())
    }

    pub(super) fn set_max_mechanism_count(count: MechId) -> DispatchResult {
        ensure!((1..=MOST_MECHANISMS).contains(&count), Error::<T>::InvalidValue);
        MaxMechanismCount::<T>::put(count);
        Ok(())
    }

    pub(super) fn set_mechanism_count(netuid: NetUid, count: MechId) -> DispatchResult {
        ensure!((1..=MaxMechanismCount::<T>::get()).contains(&count), Error::<T>::InvalidValue);
        Self::ensure_uids_fit(MaxAllowedUids::<T>::get(netuid), count)?;
        Self::change_mechanism_count(netuid, count);
        Ok(())
    }

    /// Forgets what mechanisms that go have stored, seats every neuron in those that come, and shares evenly again.
    fn change_mechanism_count(netuid: NetUid, count: MechId) {
        let before = MechanismCountCurrent::<T>::get(netuid);
        if before == count {
            return;
        }
        let neurons = usize::from(SubnetworkN::<T>::get(netuid));
        for index in (before..count).map(|mecid| storage_index(netuid, mecid)) {
            Incentive::<T>::insert(index, vec![0; neurons]);
            LastUpdate::<T>::insert(index, vec![0; neurons]);
        }
        for index in (count..before).map(|mecid| storage_index(netuid, mecid)) {
            Incentive::<T>::remove(index);
            LastUpdate::<T>::remove(index);
            let _ = Weights::<T>::clear_prefix(index, u32::MAX, None);
            let _ = Bonds::<T>::clear_prefix(index, u32::MAX, None);
            let _ = WeightCommits::<T>::clear_prefix(index, u32::MAX, None);
            let _ = TimelockedWeightCommits::<T>::clear_prefix(index, u32::MAX, None);
        }
        MechanismCountCurrent::<T>::insert(netuid, count);
        MechanismEmissionSplit::<T>::remove(netuid);
    }

    /// Shares a subnet's emission among its mechanisms in parts of 65535; evenly without a split.
    pub(super) fn set_emission_split(netuid: NetUid, split: Option<Vec<u16>>) -> DispatchResult {
        let Some(split) = split else {
            MechanismEmissionSplit::<T>::remove(netuid);
            return Ok(());
        };
        ensure!(
            !split.is_empty() && split.len() <= usize::from(MechanismCountCurrent::<T>::get(netuid)),
            Error::<T>::InvalidValue
        );
        let total: u64 = split.iter().copied().map(u64::from).sum();
        ensure!(total == u64::from(u16::MAX), Error::<T>::InvalidValue);
        MechanismEmissionSplit::<T>::insert(netuid, split);
        Ok(())
    }

    pub(super) fn set_owner_hotkey(netuid: NetUid, hotkey: AccountId) -> DispatchResult {
        let now = subtensor::Pallet::<T>::now();
        let key = RateLimitKey::SetSNOwnerHotkey(netuid);
        let last = LastRateLimitedBlock::<T>::get(&key);
        ensure!(last == 0 || now.saturating_sub(last) >= OWNER_HOTKEY_LIMIT, Error::<T>::TxRateLimitExceeded);
        LastRateLimitedBlock::<T>::insert(key, now);
        SubnetOwnerHotkey::<T>::insert(netuid, &hotkey);
        subtensor::Pallet::<T>::deposit_event(subtensor::Event::SubnetOwnerHotkeySet(netuid, hotkey));
        Ok(())
    }
}
