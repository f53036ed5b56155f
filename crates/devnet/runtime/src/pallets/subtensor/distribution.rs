//! Paying out an epoch: incentive to miners, dividends to validators and their stakers, the cut to the owner.

use substrate_fixed::types::{I96F32, U96F32};

use super::coinbase::Pending;
use super::epoch::Payout;
use super::pallet::*;
use super::types::{AccountId, NetUid, ROOT, RecycleOrBurnEnum};

/// A hotkey's dividend, split by what earned it.
struct Dividend {
    hotkey: AccountId,
    local: U96F32,
    root: U96F32,
}

impl<T: Config> Pallet<T> {
    pub(super) fn distribute_epoch(netuid: NetUid, pending: Pending) {
        let total = pending.server.saturating_add(pending.validator).saturating_add(pending.root);
        let payouts = Self::run_epoch(netuid, total);
        let incentive = payouts.iter().fold(0_u64, |sum, payout| sum.saturating_add(payout.incentive));
        // Where no miner earned anything, validators get the miners' part too.
        let validator_pot =
            if incentive == 0 { pending.validator.saturating_add(pending.server) } else { pending.validator };
        Self::pay_owner(netuid, pending.owner);
        Self::pay_incentive(netuid, &payouts, incentive);
        Self::pay_dividends(netuid, &payouts, validator_pot, pending.root);
    }

    fn pay_owner(netuid: NetUid, cut: u64) {
        if let (Ok(hotkey), Ok(coldkey)) =
            (SubnetOwnerHotkey::<T>::try_get(netuid), SubnetOwner::<T>::try_get(netuid))
        {
            Self::increase_stake(&hotkey, &coldkey, netuid, cut);
        }
    }

    /// Pays miners; what the owner's own hotkeys would get is burned or recycled.
    fn pay_incentive(netuid: NetUid, payouts: &[Payout], total: u64) {
        let owner = SubnetOwner::<T>::get(netuid);
        let owner_hotkey = SubnetOwnerHotkey::<T>::get(netuid);
        let mut withheld = 0_u64;
        for Payout { hotkey, incentive, .. } in payouts.iter().filter(|payout| payout.incentive > 0) {
            let coldkey = Owner::<T>::get(hotkey);
            if *hotkey == owner_hotkey || coldkey == owner {
                withheld = withheld.saturating_add(*incentive);
                if RecycleOrBurn::<T>::get(netuid) == RecycleOrBurnEnum::Recycle {
                    SubnetAlphaOut::<T>::mutate(netuid, |out| *out = out.saturating_sub(*incentive));
                }
                continue;
            }
            let destination = AutoStakeDestination::<T>::get(&coldkey, netuid);
            let staked_on = destination.as_ref().unwrap_or(hotkey);
            Self::increase_stake(staked_on, &coldkey, netuid, *incentive);
            if let Some(destination) = destination {
                Self::deposit_event(Event::AutoStakeAdded {
                    netuid,
                    destination,
                    hotkey: hotkey.clone(),
                    owner: coldkey,
                    incentive: *incentive,
                });
            }
        }
        let burned = U96F32::from_num(withheld).checked_div(U96F32::from_num(total)).unwrap_or_default();
        MinerBurned::<T>::insert(netuid, burned);
    }

    fn pay_dividends(netuid: NetUid, payouts: &[Payout], pot: u64, root_pot: u64) {
        drop(AlphaDividendsPerSubnet::<T>::clear_prefix(netuid, u32::MAX, None));
        drop(RootAlphaDividendsPerSubnet::<T>::clear_prefix(netuid, u32::MAX, None));
        let dividends: Vec<_> = payouts
            .iter()
            .filter(|payout| payout.dividend > 0)
            .map(|payout| Self::split_dividend(netuid, payout))
            .collect();
        let sum = |part: fn(&Dividend) -> U96F32| {
            dividends.iter().map(part).fold(U96F32::default(), U96F32::saturating_add)
        };
        let (local_total, root_total) = (sum(|d| d.local), sum(|d| d.root));
        for dividend in &dividends {
            let local = share_of(pot, dividend.local, local_total);
            Self::pay_local(netuid, &dividend.hotkey, local);
            let root = share_of(root_pot, dividend.root, root_total);
            Self::pay_root(netuid, &dividend.hotkey, root);
        }
        for payout in payouts {
            let alpha = Self::hotkey_alpha(&payout.hotkey, netuid);
            TotalHotkeyAlphaLastEpoch::<T>::insert(&payout.hotkey, netuid, alpha);
        }
    }

    /// Splits a dividend between the hotkey's alpha and its weighted root stake.
    fn split_dividend(netuid: NetUid, payout: &Payout) -> Dividend {
        let alpha = U96F32::from_num(Self::hotkey_alpha(&payout.hotkey, netuid));
        let weight = U96F32::from_num(TaoWeight::<T>::get()).saturating_div(U96F32::from_num(u64::MAX));
        let root = U96F32::from_num(Self::hotkey_alpha(&payout.hotkey, ROOT)).saturating_mul(weight);
        let dividend = U96F32::from_num(payout.dividend);
        let root_share = root.checked_div(alpha.saturating_add(root)).unwrap_or_default();
        let root = dividend.saturating_mul(root_share);
        Dividend { hotkey: payout.hotkey.clone(), local: dividend.saturating_sub(root), root }
    }

    /// The take goes to the hotkey's owner, the rest to all its stakers in proportion.
    fn pay_local(netuid: NetUid, hotkey: &AccountId, alpha: u64) {
        let take = Self::take(hotkey, alpha);
        let rest = alpha.saturating_sub(take);
        Self::increase_stake(hotkey, &Owner::<T>::get(hotkey), netuid, take);
        Self::raise_hotkey_alpha(hotkey, netuid, rest);
        AlphaDividendsPerSubnet::<T>::mutate(netuid, hotkey, |paid| *paid = paid.saturating_add(rest));
    }

    /// The take goes to the hotkey's owner, the rest can be claimed by the hotkey's root stakers.
    fn pay_root(netuid: NetUid, hotkey: &AccountId, alpha: u64) {
        let take = Self::take(hotkey, alpha);
        let rest = alpha.saturating_sub(take);
        Self::increase_stake(hotkey, &Owner::<T>::get(hotkey), netuid, take);
        let stake = I96F32::saturating_from_num(Self::hotkey_alpha(hotkey, ROOT));
        if let Some(rate) = I96F32::saturating_from_num(rest).checked_div(stake).filter(|rate| *rate > 0) {
            RootClaimable::<T>::mutate(hotkey, |claimable| {
                let entry = claimable.entry(netuid).or_default();
                *entry = entry.saturating_add(rate);
            });
            RootAlphaDividendsPerSubnet::<T>::mutate(netuid, hotkey, |paid| {
                *paid = paid.saturating_add(rest);
            });
        }
    }

    fn take(hotkey: &AccountId, alpha: u64) -> u64 {
        U96F32::from_num(alpha)
            .saturating_mul(U96F32::from_num(Delegates::<T>::get(hotkey)))
            .saturating_div(U96F32::from_num(u16::MAX))
            .saturating_to_num()
    }
}

fn share_of(pot: u64, part: U96F32, total: U96F32) -> u64 {
    U96F32::from_num(pot).saturating_mul(part.checked_div(total).unwrap_or_default()).saturating_to_num()
}
