//! Giving up stake: alpha that is recycled or burned.

use frame_support::ensure;
use sp_runtime::DispatchResult;

use super::pallet::*;
use super::types::{AccountId, NetUid, ROOT};

impl<T: Config> Pallet<T> {
    pub(super) fn do_recycle_alpha(
        coldkey: AccountId,
        hotkey: AccountId,
        alpha: u64,
        netuid: NetUid,
    ) -> DispatchResult {
        let alpha = Self::give_up(&coldkey, &hotkey, alpha, netuid)?;
        Self::recycle_alpha_out(netuid, alpha);
        Self::deposit_event(Event::AlphaRecycled(coldkey, hotkey, alpha, netuid));
        Ok(())
    }

    pub(super) fn do_burn_alpha(
        coldkey: AccountId,
        hotkey: AccountId,
        alpha: u64,
        netuid: NetUid,
    ) -> DispatchResult {
        let alpha = Self::give_up(&coldkey, &hotkey, alpha, netuid)?;
        Self::deposit_event(Event::AlphaBurned(coldkey, hotkey, alpha, netuid));
        Ok(())
    }

    /// Buys alpha and burns it.
    pub(super) fn do_add_stake_burn(
        coldkey: AccountId,
        hotkey: AccountId,
        netuid: NetUid,
        tao: u64,
        limit: Option<u64>,
    ) -> DispatchResult {
        ensure!(NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
        let alpha = match limit {
            Some(limit) => Self::do_add_stake_limit(&coldkey, &hotkey, netuid, tao, limit, false)?,
            None => Self::do_add_stake(&coldkey, &hotkey, netuid, tao)?,
        };
        Self::do_burn_alpha(coldkey, hotkey.clone(), alpha, netuid)?;
        Self::deposit_event(Event::AddStakeBurn { netuid, hotkey, amount: tao, alpha });
        Ok(())
    }

    /// Takes at most `alpha` rao from what a coldkey holds on a hotkey. Returns what was taken.
    fn give_up(coldkey: &AccountId, hotkey: &AccountId, alpha: u64, netuid: NetUid) -> Result<u64, Error<T>> {
        ensure!(NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
        ensure!(netuid != ROOT, Error::<T>::CannotBurnOrRecycleOnRootSubnet);
        ensure!(SubtokenEnabled::<T>::get(netuid), Error::<T>::SubtokenDisabled);
        ensure!(Owner::<T>::contains_key(hotkey), Error::<T>::HotKeyAccountNotExists);
        let alpha = alpha.min(Self::stake_of(hotkey, coldkey, netuid));
        ensure!(SubnetAlphaOut::<T>::get(netuid) >= alpha, Error::<T>::InsufficientLiquidity);
        Self::decrease_stake(hotkey, coldkey, netuid, alpha);
        Ok(alpha)
    }
}
