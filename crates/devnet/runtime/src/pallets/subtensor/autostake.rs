//! Where a coldkey's incentive goes by itself.

use frame_support::ensure;
use sp_runtime::DispatchResult;

use super::pallet::*;
use super::types::{AccountId, NetUid};

impl<T: Config> Pallet<T> {
    pub(super) fn do_set_auto_stake_hotkey(
        coldkey: AccountId,
        netuid: NetUid,
        hotkey: AccountId,
    ) -> DispatchResult {
        ensure!(NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
        ensure!(Uids::<T>::contains_key(netuid, &hotkey), Error::<T>::HotKeyNotRegisteredInSubNet);
        if let Some(present) = AutoStakeDestination::<T>::get(&coldkey, netuid) {
            ensure!(present != hotkey, Error::<T>::SameAutoStakeHotkeyAlreadySet);
            AutoStakeDestinationColdkeys::<T>::mutate(present, netuid, |coldkeys| {
                coldkeys.retain(|other| *other != coldkey);
            });
        }
        AutoStakeDestination::<T>::insert(&coldkey, netuid, &hotkey);
        AutoStakeDestinationColdkeys::<T>::mutate(&hotkey, netuid, |coldkeys| {
            if !coldkeys.contains(&coldkey) {
                coldkeys.push(coldkey.clone());
            }
        });
        Self::deposit_event(Event::AutoStakeDestinationSet { coldkey, netuid, hotkey });
        Ok(())
    }
}
