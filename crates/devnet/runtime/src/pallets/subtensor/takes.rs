//! Takes: what hotkeys keep of their stakers' and their parents' dividends, in parts of 65535.

use frame_support::ensure;
use sp_runtime::DispatchResult;

use super::limits::Limited;
use super::pallet::*;
use super::types::{AccountId, NetUid, RateLimitKey};

impl<T: Config> Pallet<T> {
    pub(super) fn do_decrease_take(coldkey: &AccountId, hotkey: &AccountId, take: u16) -> DispatchResult {
        Self::check_take(coldkey, hotkey, take)?;
        if let Ok(present) = Delegates::<T>::try_get(hotkey) {
            ensure!(take < present, Error::<T>::DelegateTakeTooLow);
        }
        Delegates::<T>::insert(hotkey, take);
        Self::deposit_event(Event::TakeDecreased(coldkey.clone(), hotkey.clone(), take));
        Ok(())
    }

    pub(super) fn do_increase_take(coldkey: &AccountId, hotkey: &AccountId, take: u16) -> DispatchResult {
        Self::check_take(coldkey, hotkey, take)?;
        if let Ok(present) = Delegates::<T>::try_get(hotkey) {
            ensure!(take > present, Error::<T>::DelegateTakeTooLow);
        }
        let stamp = RateLimitKey::LastTxBlockDelegateTake(hotkey.clone());
        ensure!(
            !Self::is_too_soon(stamp.clone(), TxDelegateTakeRateLimit::<T>::get()),
            Error::<T>::DelegateTxRateLimitExceeded
        );
        Self::note_now(stamp);
        Delegates::<T>::insert(hotkey, take);
        Self::deposit_event(Event::TakeIncreased(coldkey.clone(), hotkey.clone(), take));
        Ok(())
    }

    /// What the pool, too, checks of a new take.
    pub(super) fn check_take(coldkey: &AccountId, hotkey: &AccountId, take: u16) -> Result<(), Error<T>> {
        ensure!(take >= MinDelegateTake::<T>::get(), Error::<T>::DelegateTakeTooLow);
        ensure!(take <= MaxDelegateTake::<T>::get(), Error::<T>::DelegateTakeTooHigh);
        ensure!(Owner::<T>::contains_key(hotkey), Error::<T>::HotKeyAccountNotExists);
        ensure!(Self::owns(coldkey, hotkey), Error::<T>::NonAssociatedColdKey);
        Ok(())
    }

    pub(super) fn do_set_childkey_take(
        coldkey: &AccountId,
        hotkey: &AccountId,
        netuid: NetUid,
        take: u16,
    ) -> DispatchResult {
        ensure!(Self::owns(coldkey, hotkey), Error::<T>::NonAssociatedColdKey);
        let allowed = Self::min_childkey_take(netuid)..=MaxChildkeyTake::<T>::get();
        ensure!(allowed.contains(&take), Error::<T>::InvalidChildkeyTake);
        ensure!(
            take <= Self::childkey_take(hotkey, netuid)
                || Self::is_due(Limited::SetChildkeyTake, hotkey, netuid),
            Error::<T>::TxChildkeyTakeRateLimitExceeded
        );
        Self::note_done(Limited::SetChildkeyTake, hotkey, netuid);
        ChildkeyTake::<T>::insert(hotkey, netuid, take);
        Self::deposit_event(Event::ChildKeyTakeSet(hotkey.clone(), take));
        Ok(())
    }

    /// What a hotkey keeps of its parents' dividends.
    pub(super) fn childkey_take(hotkey: &AccountId, netuid: NetUid) -> u16 {
        ChildkeyTake::<T>::get(hotkey, netuid).max(Self::min_childkey_take(netuid))
    }

    fn min_childkey_take(netuid: NetUid) -> u16 {
        MinChildkeyTake::<T>::get().max(MinChildkeyTakePerSubnet::<T>::get(netuid))
    }
}
