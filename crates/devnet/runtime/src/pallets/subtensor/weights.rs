//! Setting weights.

use std::collections::BTreeSet;

use codec::Compact;
use frame_support::ensure;
use sp_runtime::{DispatchError, DispatchResult};
use subnetkit_yuma::max_upscale;

use super::pallet::*;
use super::types::{AccountId, MechId, NetUid, ROOT, storage_index};

/// A row of weights as its sender has it.
pub(super) struct Row {
    pub(super) uids: Vec<u16>,
    pub(super) values: Vec<u16>,
    pub(super) version_key: u64,
}

impl<T: Config> Pallet<T> {
    /// Weights set in the open, which a subnet with commit-reveal refuses.
    pub(super) fn set_open_weights(
        hotkey: &AccountId,
        netuid: NetUid,
        mecid: MechId,
        row: Row,
    ) -> DispatchResult {
        ensure!(!CommitRevealWeightsEnabled::<T>::get(netuid), Error::<T>::CommitRevealEnabled);
        Self::store_weights(hotkey, netuid, mecid, row)
    }

    /// Weights of several subnets; one that is refused does not hold up the others.
    pub(super) fn set_weights_of_each(
        hotkey: AccountId,
        netuids: Vec<Compact<NetUid>>,
        rows: Vec<Vec<(Compact<u16>, Compact<u16>)>>,
        version_keys: Vec<Compact<u64>>,
    ) -> DispatchResult {
        ensure!(
            netuids.len() == rows.len() && netuids.len() == version_keys.len(),
            Error::<T>::InputLengthsUnequal
        );
        let rows = rows.into_iter().zip(version_keys).map(|(row, Compact(version_key))| {
            let (uids, values) = row.into_iter().map(|(uid, value)| (uid.0, value.0)).unzip();
            Row { uids, values, version_key }
        });
        Self::do_each(hotkey, netuids, rows, |hotkey, netuid, row| {
            Self::set_open_weights(hotkey, netuid, 0, row)
        });
        Ok(())
    }

    /// Does something on each of several subnets, and reports what was refused in the end.
    pub(super) fn do_each<Item>(
        hotkey: AccountId,
        netuids: Vec<Compact<NetUid>>,
        items: impl IntoIterator<Item = Item>,
        act: impl Fn(&AccountId, NetUid, Item) -> DispatchResult,
    ) {
        let refused: Vec<(NetUid, DispatchError)> = netuids
            .iter()
            .zip(items)
            .filter_map(|(netuid, item)| Some((netuid.0, act(&hotkey, netuid.0, item).err()?)))
            .collect();
        if !refused.is_empty() {
            Self::deposit_event(Event::BatchCompletedWithErrors());
        }
        for (netuid, error) in refused {
            Self::deposit_event(Event::BatchWeightItemFailed(netuid, error));
        }
        Self::deposit_event(Event::BatchWeightsCompleted(netuids, hotkey));
    }

    pub(super) fn check_weights_stake(hotkey: &AccountId, netuid: NetUid) -> Result<(), Error<T>> {
        let enough = Self::stake_weight(hotkey, netuid) >= StakeThreshold::<T>::get();
        ensure!(
            enough || SubnetOwnerHotkey::<T>::get(netuid) == *hotkey,
            Error::<T>::NotEnoughStakeToSetWeights
        );
        Ok(())
    }

    /// Whether enough blocks have passed since a uid's last weights, or its last commit.
    pub(super) fn passes_weights_rate_limit(netuid: NetUid, mecid: MechId, uid: u16) -> bool {
        let last = LastUpdate::<T>::get(storage_index(netuid, mecid)).get(usize::from(uid)).copied();
        let last = last.unwrap_or(0);
        last == 0 || Self::now().saturating_sub(last) >= WeightsSetRateLimit::<T>::get(netuid)
    }

    pub(super) fn ensure_mechanism_exists(netuid: NetUid, mecid: MechId) -> Result<(), Error<T>> {
        ensure!(
            NetworksAdded::<T>::get(netuid) && mecid < MechanismCountCurrent::<T>::get(netuid),
            Error::<T>::MechanismDoesNotExist
        );
        Ok(())
    }

    /// Stores a row of weights, whichever way it came.
    pub(super) fn store_weights(
        hotkey: &AccountId,
        netuid: NetUid,
        mecid: MechId,
        row: Row,
    ) -> DispatchResult {
        let Row { uids, values, version_key } = row;
        ensure!(netuid != ROOT, Error::<T>::CanNotSetRootNetworkWeights);
        ensure!(uids.len() == values.len(), Error::<T>::WeightVecNotEqualSize);
        Self::ensure_mechanism_exists(netuid, mecid)?;
        let neurons = SubnetworkN::<T>::get(netuid);
        ensure!(uids.len() <= usize::from(neurons), Error::<T>::UidsLengthExceedUidsInSubNet);
        let uid = Uids::<T>::get(netuid, hotkey).ok_or(Error::<T>::HotKeyNotRegisteredInSubNet)?;
        Self::check_weights_stake(hotkey, netuid)?;
        let least_version = WeightsVersionKey::<T>::get(netuid);
        ensure!(least_version == 0 || version_key >= least_version, Error::<T>::IncorrectWeightVersionKey);
        let hidden = CommitRevealWeightsEnabled::<T>::get(netuid);
        ensure!(
            hidden || Self::passes_weights_rate_limit(netuid, mecid, uid),
            Error::<T>::SettingWeightsTooFast
        );
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
        let row: Vec<_> = uids.into_iter().zip(max_upscale(&values)).collect();
        Weights::<T>::insert(index, uid, row);
        // With commit-reveal the commit counts as the update, not the reveal.
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
