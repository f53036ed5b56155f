//! State that a development chain sets outright, with everything that depends on it.

use frame_support::traits::fungible::{Inspect, Mutate};

use super::pallet::*;
use super::types::{AccountId, NetUid, ROOT};

impl<T: Config> Pallet<T> {
    /// Makes what a coldkey holds on a hotkey exactly `alpha` rao, out of nothing or into nothing. On root this is TAO, which
    /// the subnet's account then has as well.
    pub(crate) fn set_stake(hotkey: &AccountId, coldkey: &AccountId, netuid: NetUid, alpha: u64) {
        let held = Self::stake_of(hotkey, coldkey, netuid);
        let share = AlphaV2::<T>::take((hotkey, coldkey, netuid));
        TotalHotkeySharesV2::<T>::mutate(hotkey, netuid, |shares| *shares = shares.minus(share));
        TotalHotkeyAlpha::<T>::mutate(hotkey, netuid, |total| *total = total.saturating_sub(held));
        Self::increase_stake(hotkey, coldkey, netuid, alpha);

        let moved = |total: &mut u64| *total = total.saturating_sub(held).saturating_add(alpha);
        SubnetAlphaOut::<T>::mutate(netuid, moved);
        if netuid == ROOT {
            SubnetTAO::<T>::mutate(netuid, moved);
            TotalStake::<T>::mutate(moved);
            let account = Self::subnet_account(netuid);
            let mut tao = T::Currency::balance(&account);
            moved(&mut tao);
            T::Currency::set_balance(&account, tao);
        }
    }
}
