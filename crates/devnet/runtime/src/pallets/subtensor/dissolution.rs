//! Dissolving a subnet: its TAO goes back to those who hold its alpha, and nothing is left of it.

use std::cmp::Reverse;

use frame_support::ensure;
use frame_support::traits::fungible::Inspect;
use frame_support::traits::tokens::{Fortitude, Preservation};
use sp_runtime::DispatchResult;
use substrate_fixed::types::{I96F32, U96F32};

use super::pallet::*;
use super::types::{AccountId, NetUid, ROOT};
use crate::pallets::{commitments, swap};

/// What a staker holds, and the TAO that the staker gets for it.
struct Portion {
    coldkey: AccountId,
    tao: u64,
    /// What was cut off in rounding, in parts of all the alpha there is.
    remainder: u128,
}

impl<T: Config> Pallet<T> {
    /// The subnet that makes room for another: of those past their immunity the one with the lowest moving price,
    /// then the oldest.
    pub fn subnet_to_prune() -> Option<NetUid> {
        let immunity = NetworkImmunityPeriod::<T>::get();
        let mut chosen: Option<(I96F32, u64, NetUid)> = None;
        for netuid in NetworksAdded::<T>::iter_keys().filter(|&netuid| netuid != ROOT) {
            let registered = NetworkRegisteredAt::<T>::get(netuid);
            if Self::now() < registered.saturating_add(immunity) {
                continue;
            }
            let price = if SubnetMechanism::<T>::get(netuid) == 0 {
                I96F32::from_num(1)
            } else {
                SubnetMovingPrice::<T>::get(netuid)
            };
            if chosen.is_none_or(|(lowest, oldest, _)| (price, registered) < (lowest, oldest)) {
                chosen = Some((price, registered, netuid));
            }
        }
        chosen.map(|(_, _, netuid)| netuid)
    }

    /// Pays out a subnet's stakers and removes all that is stored of it.
    pub(super) fn do_dissolve_network(netuid: NetUid) -> DispatchResult {
        ensure!(netuid != ROOT && NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
        for hotkey in RootClaimable::<T>::iter_keys().collect::<Vec<_>>() {
            RootClaimable::<T>::mutate(hotkey, |rates| rates.remove(&netuid));
        }
        drop(RootClaimed::<T>::clear_prefix((netuid,), u32::MAX, None));
        Self::return_pool(netuid);
        swap::Pallet::<T>::clear(netuid);
        commitments::Pallet::<T>::clear(netuid);
        Self::remove_subnet(netuid);
        Self::deposit_event(Event::NetworkRemoved(netuid));
        Ok(())
    }

    /// Shares the pool's TAO among all holders of alpha; the pool's own and the protocol's part is recycled.
    fn return_pool(netuid: NetUid) {
        let pot = SubnetTAO::<T>::take(netuid);
        TotalStake::<T>::mutate(|total| *total = total.saturating_sub(pot));
        let positions: Vec<_> = AlphaV2::<T>::iter_keys().filter(|(_, _, on)| *on == netuid).collect();
        let stakes: Vec<_> = positions
            .iter()
            .map(|(hotkey, coldkey, _)| (coldkey.clone(), Self::stake_of(hotkey, coldkey, netuid)))
            .filter(|(_, alpha)| *alpha > 0)
            .collect();
        let registered = NetworkRegisteredAt::<T>::get(netuid);
        let pooled = if registered > 0 { SubnetAlphaIn::<T>::get(netuid) } else { 0 };
        let protocol = SubnetProtocolAlpha::<T>::get(netuid).saturating_add(pooled);
        let total = stakes.iter().fold(u128::from(protocol), |sum, (_, alpha)| sum + u128::from(*alpha));
        let refund = Self::owner_refund(netuid);

        let account = Self::subnet_account(netuid);
        for portion in portions(pot, &stakes, total) {
            // A portion too small to create an account with is recycled below.
            let _too_small = Self::transfer_tao(&account, &portion.coldkey, portion.tao);
        }
        for (hotkey, coldkey, _) in positions {
            AlphaV2::<T>::remove((&hotkey, &coldkey, netuid));
            TotalHotkeyAlpha::<T>::remove(&hotkey, netuid);
            TotalHotkeySharesV2::<T>::remove(&hotkey, netuid);
        }
        if refund > 0 {
            let refund = refund.min(Self::spendable(&account));
            let _too_small = Self::transfer_tao(&account, &SubnetOwner::<T>::get(netuid), refund);
        }
        let rest = T::Currency::reducible_balance(&account, Preservation::Preserve, Fortitude::Polite);
        let _nothing_left = Self::recycle_tao(&account, rest);
    }

    /// What the owner of a subnet gets back of what it cost: something only if it is older than the price's rules.
    fn owner_refund(netuid: NetUid) -> u64 {
        if NetworkRegisteredAt::<T>::get(netuid) >= NetworkRegistrationStartBlock::<T>::get() {
            return 0;
        }
        let issued = SubnetAlphaIn::<T>::get(netuid).saturating_add(SubnetAlphaOut::<T>::get(netuid));
        let cut = U96F32::from_num(SubnetOwnerCut::<T>::get()).saturating_div(U96F32::from_num(u16::MAX));
        let price = U96F32::saturating_from_num(swap::Pallet::<T>::price(netuid));
        let alpha = U96F32::from_num(issued).saturating_mul(cut).floor();
        SubnetLocked::<T>::get(netuid).saturating_sub(alpha.saturating_mul(price).saturating_to_num())
    }
}

/// Splits `pot` in proportion to what stakers hold of `total` alpha. Whole rao that rounding down cuts off go to
/// those it cut off most from.
fn portions(pot: u64, stakes: &[(AccountId, u64)], total: u128) -> Vec<Portion> {
    if total == 0 {
        return Vec::new();
    }
    let mut portions: Vec<_> = stakes
        .iter()
        .map(|(coldkey, alpha)| {
            let product = u128::from(pot) * u128::from(*alpha);
            let tao = u64::try_from(product / total).unwrap_or(u64::MAX);
            Portion { coldkey: coldkey.clone(), tao, remainder: product % total }
        })
        .collect();
    let cut_off = portions.iter().fold(0_u128, |sum, portion| sum.saturating_add(portion.remainder)) / total;
    portions.sort_by_key(|portion| Reverse(portion.remainder));
    for portion in portions.iter_mut().take(usize::try_from(cut_off).unwrap_or(usize::MAX)) {
        portion.tao = portion.tao.saturating_add(1);
    }
    portions.retain(|portion| portion.tao > 0);
    portions
}

#[cfg(test)]
mod tests {
    use super::{AccountId, portions};

    #[test]
    fn a_pot_is_split_by_the_largest_remainder() {
        let staker = |byte: u8, alpha| (AccountId::new([byte; 32]), alpha);
        let paid = |pot, stakes: &[(AccountId, u64)], total| {
            portions(pot, stakes, total).iter().map(|portion| portion.tao).collect::<Vec<_>>()
        };
        assert_eq!(paid(10, &[staker(1, 1), staker(2, 1), staker(3, 1)], 3), [4, 3, 3]);
        // Half of the alpha is the protocol's, and so is half of the pot.
        assert_eq!(paid(10, &[staker(1, 1), staker(2, 2)], 6), [2, 3]);
        assert_eq!(paid(10, &[], 6), [0; 0]);
    }
}
