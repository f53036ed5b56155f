//! Paying validators: an epoch's dividends, shared with parents, split between alpha and root stake, less takes.
//!
//! Dividends only set proportions; what is paid are the pots.

use std::collections::BTreeMap;

use substrate_fixed::types::U96F32;

use super::epoch::Payout;
use super::pallet::*;
use super::types::{AccountId, NetUid, ROOT};

/// A hotkey's dividend, split by what earned it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Dividend {
    local: U96F32,
    root: U96F32,
}

impl<T: Config> Pallet<T> {
    /// Pays `pot` to the validators and their stakers, and `root_pot` to those of them on root.
    pub(super) fn pay_dividends(netuid: NetUid, payouts: &[Payout], pot: u64, root_pot: u64) {
        let mut earned = BTreeMap::<AccountId, U96F32>::new();
        for payout in payouts {
            for (hotkey, share) in Self::share_with_parents(&payout.hotkey, netuid, payout.dividend) {
                let total = earned.entry(hotkey).or_default();
                *total = total.saturating_add(U96F32::from_num(share));
            }
        }
        let dividends: Vec<_> = earned
            .into_iter()
            .map(|(hotkey, earned)| {
                let dividend = Self::split_dividend(netuid, &hotkey, earned);
                (hotkey, dividend)
            })
            .collect();
        let sum = |part: fn(&Dividend) -> U96F32| {
            dividends
                .iter()
                .map(|(_, dividend)| part(dividend))
                .fold(U96F32::default(), U96F32::saturating_add)
        };
        let (local_total, root_total) = (sum(|dividend| dividend.local), sum(|dividend| dividend.root));

        drop(AlphaDividendsPerSubnet::<T>::clear_prefix(netuid, u32::MAX, None));
        for (hotkey, dividend) in &dividends {
            Self::pay_local(netuid, hotkey, share_of(pot, dividend.local, local_total));
            TotalHotkeyAlphaLastEpoch::<T>::insert(hotkey, netuid, Self::hotkey_alpha(hotkey, netuid));
        }
        drop(RootAlphaDividendsPerSubnet::<T>::clear_prefix(netuid, u32::MAX, None));
        for (hotkey, dividend) in &dividends {
            Self::pay_root(netuid, hotkey, share_of(root_pot, dividend.root, root_total));
        }
    }

    /// Splits a dividend between the hotkey's alpha and its weighted root stake.
    fn split_dividend(netuid: NetUid, hotkey: &AccountId, earned: U96F32) -> Dividend {
        let alpha = U96F32::from_num(Self::hotkey_alpha(hotkey, netuid));
        let root = U96F32::from_num(Self::hotkey_alpha(hotkey, ROOT)).saturating_mul(Self::tao_weight());
        let root_part = root.checked_div(alpha.saturating_add(root)).unwrap_or_default();
        let root = earned.saturating_mul(root_part);
        Dividend { local: earned.saturating_sub(root), root }
    }

    /// The take goes to the hotkey's owner, the rest to all its stakers in proportion.
    fn pay_local(netuid: NetUid, hotkey: &AccountId, alpha: U96F32) {
        let rest = Self::pay_take(netuid, hotkey, alpha);
        Self::raise_hotkey_alpha(hotkey, netuid, rest);
        AlphaDividendsPerSubnet::<T>::mutate(netuid, hotkey, |paid| *paid = paid.saturating_add(rest));
    }

    /// The take goes to the hotkey's owner, the rest can be claimed by the hotkey's root stakers.
    fn pay_root(netuid: NetUid, hotkey: &AccountId, alpha: U96F32) {
        let rest = Self::pay_take(netuid, hotkey, alpha);
        Self::make_claimable(hotkey, netuid, rest);
        RootAlphaDividendsPerSubnet::<T>::mutate(netuid, hotkey, |paid| *paid = paid.saturating_add(rest));
    }

    /// Pays a hotkey's owner the take of `alpha`. Returns what remains, in rao.
    fn pay_take(netuid: NetUid, hotkey: &AccountId, alpha: U96F32) -> u64 {
        let share = U96F32::from_num(Delegates::<T>::get(hotkey)).saturating_div(U96F32::from_num(u16::MAX));
        let take = share.saturating_mul(alpha);
        Self::increase_stake(hotkey, &Owner::<T>::get(hotkey), netuid, take.saturating_to_num());
        alpha.saturating_sub(take).saturating_to_num()
    }
}

fn share_of(pot: u64, part: U96F32, total: U96F32) -> U96F32 {
    U96F32::from_num(pot).saturating_mul(part.checked_div(total).unwrap_or_default())
}
