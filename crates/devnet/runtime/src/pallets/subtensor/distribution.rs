//! Paying out an epoch: incentive to miners, the cut to the owner, and the rest to validators as `dividends` has it.

use substrate_fixed::types::U96F32;

use super::coinbase::Pending;
use super::epoch::Payout;
use super::pallet::*;
use super::types::{NetUid, RecycleOrBurnEnum};

impl<T: Config> Pallet<T> {
    pub(super) fn distribute_epoch(netuid: NetUid, pending: Pending) {
        let total = pending.server.saturating_add(pending.validator).saturating_add(pending.root);
        let payouts = Self::run_epoch(netuid, total);
        let incentive = payouts.iter().fold(0_u64, |sum, payout| sum.saturating_add(payout.incentive));
        // Where no miner earned anything, validators get the miners' part too.
        let validator_pot =
            if incentive == 0 { pending.validator.saturating_add(pending.server) } else { pending.validator };
        let dividends = Self::share_dividends(netuid, &payouts, validator_pot, pending.root);
        Self::pay_owner(netuid, pending.owner);
        Self::pay_incentive(netuid, &payouts, incentive);
        Self::pay_dividends(netuid, &dividends);
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
}
