//! Paying validators: an epoch's dividends, shared with parents, split between alpha and root stake, less takes.
//!
//! Dividends only set proportions; what is paid are the pots.

use std::collections::BTreeMap;

use substrate_fixed::types::U96F32;

use super::epoch::Payout;
use super::pallet::*;
use super::types::{AccountId, NetUid, ROOT};

/// A hotkey's part of an epoch's dividends, by what earned it: proportions at first, then alpha in rao.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dividend {
    hotkey: AccountId,
    local: U96F32,
    root: U96F32,
}

impl<T: Config> Pallet<T> {
    /// Shares `pot` among the validators and their stakers, and `root_pot` among those of them on root. Stakes count
    /// as they are before anything of the epoch is paid.
    pub(super) fn share_dividends(
        netuid: NetUid,
        payouts: &[Payout],
        pot: u64,
        root_pot: u64,
    ) -> Vec<Dividend> {
        let mut earned = BTreeMap::<AccountId, U96F32>::new();
        for payout in payouts {
            for (hotkey, share) in Self::share_with_parents(&payout.hotkey, netuid, payout.dividend) {
                let total = earned.entry(hotkey).or_default();
                *total = total.saturating_add(U96F32::from_num(share));
            }
        }
        let mut dividends: Vec<_> =
            earned.into_iter().map(|(hotkey, earned)| Self::split_dividend(netuid, hotkey, earned)).collect();
        let sum = |part: fn(&Dividend) -> U96F32| {
            dividends.iter().map(part).fold(U96F32::default(), U96F32::saturating_add)
        };
        let (local_total, root_total) = (sum(|dividend| dividend.local), sum(|dividend| dividend.root));
        for dividend in &mut dividends {
            dividend.local = share_of(pot, dividend.local, local_total);
            dividend.root = share_of(root_pot, dividend.root, root_total);
        }
        dividends
    }

    /// Pays what `share_dividends` found.
    pub(super) fn pay_dividends(netuid: NetUid, dividends: &[Dividend]) {
        drop(AlphaDividendsPerSubnet::<T>::clear_prefix(netuid, u32::MAX, None));
        for Dividend { hotkey, local, .. } in dividends {
            Self::pay_local(netuid, hotkey, *local);
            TotalHotkeyAlphaLastEpoch::<T>::insert(hotkey, netuid, Self::hotkey_alpha(hotkey, netuid));
        }
        drop(RootAlphaDividendsPerSubnet::<T>::clear_prefix(netuid, u32::MAX, None));
        for Dividend { hotkey, root, .. } in dividends {
            Self::pay_root(netuid, hotkey, *root);
        }
    }

    /// Splits a dividend between the hotkey's alpha and its weighted root stake.
    fn split_dividend(netuid: NetUid, hotkey: AccountId, earned: U96F32) -> Dividend {
        let alpha = U96F32::from_num(Self::hotkey_alpha(&hotkey, netuid));
        let root = U96F32::from_num(Self::hotkey_alpha(&hotkey, ROOT)).saturating_mul(Self::tao_weight());
        let root_part = root.checked_div(alpha.saturating_add(root)).unwrap_or_default();
        let root = earned.saturating_mul(root_part);
        Dividend { hotkey, local: earned.saturating_sub(root), root }
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
