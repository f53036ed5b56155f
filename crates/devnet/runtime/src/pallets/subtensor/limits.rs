//! How often a key may do what is limited.

use super::pallet::*;
use super::types::{AccountId, NetUid, RateLimitKey};

/// What is limited per key and subnet; the numbers are storage keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Limited {
    SetChildren = 0,
    SetChildkeyTake = 1,
}

/// Blocks between two changes of a hotkey's children on one subnet.
const SET_CHILDREN_INTERVAL: u64 = 150;

impl<T: Config> Pallet<T> {
    /// Whether enough blocks have passed since `key` did this on a subnet.
    pub(super) fn is_due(what: Limited, key: &AccountId, netuid: NetUid) -> bool {
        let interval = match what {
            Limited::SetChildren => SET_CHILDREN_INTERVAL,
            Limited::SetChildkeyTake => TxChildkeyTakeRateLimit::<T>::get(),
        };
        let last = TransactionKeyLastBlock::<T>::get((key, netuid, what as u16));
        last == 0 || Self::now().saturating_sub(last) >= interval
    }

    /// Notes that `key` did this on a subnet now.
    pub(super) fn note_done(what: Limited, key: &AccountId, netuid: NetUid) {
        TransactionKeyLastBlock::<T>::insert((key, netuid, what as u16), Self::now());
    }

    /// Whether less than `interval` blocks, and one, have passed since what `key` names was done.
    pub(super) fn is_too_soon(key: RateLimitKey<AccountId>, interval: u64) -> bool {
        let last = LastRateLimitedBlock::<T>::get(key);
        interval != 0 && last != 0 && Self::now().saturating_sub(last) <= interval
    }

    /// Notes that what `key` names was done now.
    pub(super) fn note_now(key: RateLimitKey<AccountId>) {
        LastRateLimitedBlock::<T>::insert(key, Self::now());
    }
}
