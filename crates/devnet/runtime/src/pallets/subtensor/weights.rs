//! Setting weights.

use std::collections::BTreeSet;

use frame_support::ensure;
use sp_runtime::DispatchResult;
use subnetkit_yuma::max_upscale;

use super::pallet::*;
use super::types::{AccountId, MechId, NetUid, ROOT, storage_index};

impl<T: Config> Pallet<T> {
    /// Weights set in the open, which a subnet with commit-reveal refuses.
    pub(super) fn set_direct_weights(
        hotkey: &AccountId,
        netuid: NetUid,
        mecid: MechId,
        uids: Vec<u16>,
        values: &[u16],
        version_key: u64,
    ) -> DispatchResult {
        Self::guard_weights(hotkey, netuid, mecid)?;
        ensure!(!CommitRevealWeightsEnabled::<T>::get(netuid), Error::<T>::CommitRevealEnabled);
        Self::store_weights(hotkey, netuid, mecid, uids, values, version_key)
    }

    /// What the pool checks of plain weights before they cost a block's space: stake, then the rate limit.
    pub(super) fn guard_weights(hotkey: &AccountId, netuid: NetUid, mecid: MechId) -> Result<(), Error<T>> {
        Self::check_weights_stake(hotkey, netuid)?;
        if let Some(uid) = Uids::<T>::get(netuid, hotkey)
            && !CommitRevealWeightsEnabled::<T>::get(netuid)
        {
            Self::check_weights_rate_limit(netuid, mecid, uid)?;
        }
        Ok(())
    }

    fn check_weights_stake(hotkey: &AccountId, netuid: NetUid) -> Result<(), Error<T>> {
        let enough = Self::stake_weight(hotkey, netuid) >= StakeThreshold::<T>::get();
        ensure!(
            enough || SubnetOwnerHotkey::<T>::get(netuid) == *hotkey,
            Error::<T>::NotEnoughStakeToSetWeights
        );
        Ok(())
    }

    fn check_weights_rate_limit(netuid: NetUid, mecid: MechId, uid: u16) -> Result<(), Error<T>> {
        let last = LastUpdate::<T>::get(storage_index(netuid, mecid)).get(usize::from(uid)).copied();
        let last = last.unwrap_or(0);
        let waited = Self::now().saturating_sub(last);
        ensure!(
            last == 0 || waited >= WeightsSetRateLimit::<T>::get(netuid),
            Error::<T>::SettingWeightsTooFast
        );
        Ok(())
    }

    fn store_weights(
        hotkey: &AccountId,
        netuid: NetUid,
        mecid: MechId,
        uids: Vec<u16>,
        values: &[u16],
        version_key: u64,
    ) -> DispatchResult {
        ensure!(netuid != ROOT, Error::<T>::CanNotSetRootNetworkWeights);
        ensure!(uids.len() == values.len(), Error::<T>::WeightVecNotEqualSize);
        ensure!(
            NetworksAdded::<T>::get(netuid) && mecid < MechanismCountCurrent::<T>::get(netuid),
            Error::<T>::MechanismDoesNotExist
        );
        let neurons = SubnetworkN::<T>::get(netuid);
        ensure!(uids.len() <= usize::from(neurons), Error::<T>::UidsLengthExceedUidsInSubNet);
        let uid = Uids::<T>::get(netuid, hotkey).ok_or(Error::<T>::HotKeyNotRegisteredInSubNet)?;
        Self::check_weights_stake(hotkey, netuid)?;
        let least_version = WeightsVersionKey::<T>::get(netuid);
        ensure!(least_version == 0 || version_key >= least_version, Error::<T>::IncorrectWeightVersionKey);
        let hidden = CommitRevealWeightsEnabled::<T>::get(netuid);
        if !hidden {
            Self::check_weights_rate_limit(netuid, mecid, uid)?;
        }
        let only_itself = uids == [uid];
        let permitted = ValidatorPermit::<T>::get(netuid).get(usize::from(uid)).copied().unwrap_or(false);
        ensure!(
            only_itself || permitted || Self::owner_uid(netuid) == Some(uid),
            Error::<T>::NeuronNoValidatorPermit
        );
        ensure!(uids.iter().collect::<BTreeSet<_>>().len() == uids.len(), Error::<T>::DuplicateUids);
        ensure!(uids.iter().all(|uid| *uid < neurons), Error::<T>::UidVecContainInvalidOne);
        let least = neurons.min(MinAllowedWeights::<T>::get(netuid));
        ensure!(only_itself || uids.len() >= usize::from(least), Error::<T>::WeightVecLengthIsLow);

        let index = storage_index(netuid, mecid);
        let row: Vec<_> = uids.into_iter().zip(max_upscale(values)).collect();
        Weights::<T>::insert(index, uid, row);
        if !hidden {
            Self::set_last_update(index, uid, Self::now());
        }
        Self::deposit_event(Event::WeightsSet(index, uid));
        Ok(())
    }

    /// The uid of the subnet owner's hotkey, if it is registered.
    pub(super) fn owner_uid(netuid: NetUid) -> Option<u16> {
        SubnetOwnerHotkey::<T>::try_get(netuid).ok().and_then(|hotkey| Uids::<T>::get(netuid, hotkey))
    }
}
