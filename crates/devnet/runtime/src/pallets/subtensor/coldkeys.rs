//! Exchanging a coldkey for another: announced by its hash, carried out days later, and contestable until then.

use frame_support::ensure;
use sp_core::H256;
use sp_runtime::DispatchResult;
use sp_runtime::traits::{BlakeTwo256, Hash};

use super::pallet::*;
use super::types::{AccountId, NetUid, ROOT};

/// What announcing an exchange costs, in rao.
const ANNOUNCEMENT_COST: u64 = 100_000_000;

impl<T: Config> Pallet<T> {
    /// A coldkey about to be exchanged may do nothing but see to that.
    pub(super) fn check_coldkey_swap(who: &AccountId, call: Option<&Call<T>>) -> Result<(), Error<T>> {
        if !ColdkeySwapAnnouncements::<T>::contains_key(who) {
            return Ok(());
        }
        ensure!(!ColdkeySwapDisputes::<T>::contains_key(who), Error::<T>::ColdkeySwapDisputed);
        let sees_to_it = matches!(
            call,
            Some(
                Call::announce_coldkey_swap { .. }
                    | Call::swap_coldkey_announced { .. }
                    | Call::dispute_coldkey_swap { .. }
                    | Call::clear_coldkey_swap_announcement { .. }
            )
        );
        ensure!(sees_to_it, Error::<T>::ColdkeySwapAnnounced);
        Ok(())
    }

    pub(super) fn do_announce_coldkey_swap(who: AccountId, new_coldkey_hash: H256) -> DispatchResult {
        match ColdkeySwapAnnouncements::<T>::get(&who) {
            Some((due, _)) => {
                let again = due.saturating_add(ColdkeySwapReannouncementDelay::<T>::get());
                ensure!(Self::block() >= again, Error::<T>::ColdkeySwapReannouncedTooEarly);
            }
            None => Self::charge_coldkey_swap(&who, ANNOUNCEMENT_COST)?,
        }
        let due = Self::block().saturating_add(ColdkeySwapAnnouncementDelay::<T>::get());
        ColdkeySwapAnnouncements::<T>::insert(&who, (due, new_coldkey_hash));
        Self::deposit_event(Event::ColdkeySwapAnnounced { who, new_coldkey_hash });
        Ok(())
    }

    pub(super) fn do_swap_coldkey_announced(who: &AccountId, new: &AccountId) -> DispatchResult {
        let (due, hash) =
            ColdkeySwapAnnouncements::<T>::take(who).ok_or(Error::<T>::ColdkeySwapAnnouncementNotFound)?;
        ensure!(hash == BlakeTwo256::hash_of(new), Error::<T>::AnnouncedColdkeyHashDoesNotMatch);
        ensure!(Self::block() >= due, Error::<T>::ColdkeySwapTooEarly);
        Self::exchange_coldkey(who, new)
    }

    /// Exchanges a coldkey at once, for `cost` rao.
    pub(super) fn do_swap_coldkey(old: &AccountId, new: &AccountId, cost: u64) -> DispatchResult {
        if cost > 0 {
            Self::charge_coldkey_swap(old, cost)?;
        }
        Self::exchange_coldkey(old, new)?;
        ColdkeySwapAnnouncements::<T>::remove(old);
        ColdkeySwapDisputes::<T>::remove(old);
        Ok(())
    }

    pub(super) fn do_dispute_coldkey_swap(coldkey: AccountId) -> DispatchResult {
        ensure!(
            ColdkeySwapAnnouncements::<T>::contains_key(&coldkey),
            Error::<T>::ColdkeySwapAnnouncementNotFound
        );
        ensure!(!ColdkeySwapDisputes::<T>::contains_key(&coldkey), Error::<T>::ColdkeySwapAlreadyDisputed);
        ColdkeySwapDisputes::<T>::insert(&coldkey, Self::block());
        Self::deposit_event(Event::ColdkeySwapDisputed { coldkey });
        Ok(())
    }

    pub(super) fn do_clear_coldkey_swap(who: AccountId) -> DispatchResult {
        let (due, _) =
            ColdkeySwapAnnouncements::<T>::get(&who).ok_or(Error::<T>::ColdkeySwapAnnouncementNotFound)?;
        let clearable = due.saturating_add(ColdkeySwapReannouncementDelay::<T>::get());
        ensure!(Self::block() >= clearable, Error::<T>::ColdkeySwapClearTooEarly);
        ColdkeySwapAnnouncements::<T>::remove(&who);
        Self::deposit_event(Event::ColdkeySwapCleared { who });
        Ok(())
    }

    pub(super) fn do_reset_coldkey_swap(who: AccountId) {
        ColdkeySwapAnnouncements::<T>::remove(&who);
        ColdkeySwapDisputes::<T>::remove(&who);
        Self::deposit_event(Event::ColdkeySwapReset { who });
    }

    fn charge_coldkey_swap(coldkey: &AccountId, cost: u64) -> DispatchResult {
        Self::recycle_tao(coldkey, cost).map_err(|_| Error::<T>::NotEnoughBalanceToPaySwapColdKey.into())
    }

    /// Hands all that a coldkey owns over to another.
    fn exchange_coldkey(old: &AccountId, new: &AccountId) -> DispatchResult {
        ensure!(StakingHotkeys::<T>::get(new).is_empty(), Error::<T>::ColdKeyAlreadyAssociated);
        ensure!(!Owner::<T>::contains_key(new), Error::<T>::NewColdKeyIsHotkey);
        if !IdentitiesV2::<T>::contains_key(new)
            && let Some(identity) = IdentitiesV2::<T>::take(old)
        {
            IdentitiesV2::<T>::insert(new, identity);
        }
        for netuid in NetworksAdded::<T>::iter_keys().collect::<Vec<_>>() {
            if SubnetOwner::<T>::get(netuid) == *old {
                SubnetOwner::<T>::insert(netuid, new);
            }
            if let Some(hotkey) = AutoStakeDestination::<T>::take(old, netuid) {
                AutoStakeDestination::<T>::insert(new, netuid, &hotkey);
                AutoStakeDestinationColdkeys::<T>::mutate(hotkey, netuid, |coldkeys| {
                    coldkeys.retain(|coldkey| coldkey != old && coldkey != new);
                    coldkeys.push(new.clone());
                });
            }
            Self::hand_over_stake(old, new, netuid);
        }
        for hotkey in StakingHotkeys::<T>::take(old) {
            Self::note_staking_hotkey(new, &hotkey);
        }
        let mut owned = OwnedHotkeys::<T>::get(new);
        for hotkey in OwnedHotkeys::<T>::take(old) {
            Owner::<T>::insert(&hotkey, new);
            if !owned.contains(&hotkey) {
                owned.push(hotkey);
            }
        }
        OwnedHotkeys::<T>::insert(new, owned);
        let all = Self::spendable(old);
        if all > 0 {
            Self::transfer_tao(old, new, all)?;
        }
        Self::deposit_event(Event::ColdkeySwapped { old_coldkey: old.clone(), new_coldkey: new.clone() });
        Ok(())
    }

    fn hand_over_stake(old: &AccountId, new: &AccountId, netuid: NetUid) {
        for hotkey in StakingHotkeys::<T>::get(old) {
            let alpha = Self::stake_of(&hotkey, old, netuid);
            Self::decrease_stake(&hotkey, old, netuid, alpha);
            Self::increase_stake(&hotkey, new, netuid, alpha);
            if RootClaimed::<T>::contains_key((netuid, &hotkey, old)) {
                let claimed = RootClaimed::<T>::take((netuid, &hotkey, old));
                RootClaimed::<T>::mutate((netuid, &hotkey, new), |total| {
                    *total = total.saturating_add(claimed)
                });
            }
            if netuid == ROOT && Self::stake_of(&hotkey, new, ROOT) > 0 {
                Self::index_staking_coldkey(new);
            }
        }
    }

    /// The current block, as announcements count it.
    fn block() -> u32 {
        sp_runtime::SaturatedConversion::saturated_into(Self::now())
    }
}
