//! Stake: alpha that coldkeys hold on hotkeys.

use frame_support::ensure;
use frame_support::traits::fungible::{Inspect, Mutate};
use frame_support::traits::tokens::{Fortitude, Preservation};
use sp_runtime::DispatchResult;

use super::pallet::*;
use super::shares::SafeFloat;
use super::types::{AccountId, NetUid, ROOT};
use crate::pallets::swap;

/// The least that can be staked, in rao, and the least worth taking out unless nothing remains.
const MIN_STAKE: u64 = 2_000_000;
/// An order takes at most this many times the reserve it adds to.
const MAX_ORDER_RATIO: u64 = 1_000;

impl<T: Config> Pallet<T> {
    /// All alpha staked on a hotkey, in rao.
    pub fn hotkey_alpha(hotkey: &AccountId, netuid: NetUid) -> u64 {
        TotalHotkeyAlpha::<T>::get(hotkey, netuid)
    }

    /// A hotkey's alpha plus its weighted root stake, in rao, rounded down.
    pub fn stake_weight(hotkey: &AccountId, netuid: NetUid) -> u64 {
        let root = u128::from(Self::hotkey_alpha(hotkey, ROOT));
        let weighted = root * u128::from(TaoWeight::<T>::get()) / u128::from(u64::MAX);
        Self::hotkey_alpha(hotkey, netuid).saturating_add(u64::try_from(weighted).unwrap_or(u64::MAX))
    }

    /// What a coldkey holds on a hotkey, alpha in rao.
    pub fn stake_of(hotkey: &AccountId, coldkey: &AccountId, netuid: NetUid) -> u64 {
        let share = AlphaV2::<T>::get((hotkey, coldkey, netuid));
        share.part_of(Self::hotkey_alpha(hotkey, netuid), TotalHotkeySharesV2::<T>::get(hotkey, netuid))
    }

    /// Adds `alpha` rao to what a coldkey holds on a hotkey.
    pub(super) fn increase_stake(hotkey: &AccountId, coldkey: &AccountId, netuid: NetUid, alpha: u64) {
        if alpha == 0 {
            return;
        }
        let value = Self::hotkey_alpha(hotkey, netuid);
        let shares = TotalHotkeySharesV2::<T>::get(hotkey, netuid);
        let share = if value == 0 || shares.is_zero() {
            SafeFloat::from_whole(alpha)
        } else {
            shares.scaled(alpha, value)
        };
        AlphaV2::<T>::mutate((hotkey, coldkey, netuid), |held| *held = held.plus(share));
        TotalHotkeySharesV2::<T>::insert(hotkey, netuid, shares.plus(share));
        TotalHotkeyAlpha::<T>::insert(hotkey, netuid, value.saturating_add(alpha));
        StakingHotkeys::<T>::mutate(coldkey, |hotkeys| {
            if !hotkeys.contains(hotkey) {
                hotkeys.push(hotkey.clone());
            }
        });
    }

    /// Takes `alpha` rao, at most what is there, from what a coldkey holds on a hotkey.
    fn decrease_stake(hotkey: &AccountId, coldkey: &AccountId, netuid: NetUid, alpha: u64) {
        let value = Self::hotkey_alpha(hotkey, netuid);
        let shares = TotalHotkeySharesV2::<T>::get(hotkey, netuid);
        let held = AlphaV2::<T>::get((hotkey, coldkey, netuid));
        let gone = if alpha >= held.part_of(value, shares) { held } else { shares.scaled(alpha, value) };
        let left = held.minus(gone);
        if left.is_zero() {
            AlphaV2::<T>::remove((hotkey, coldkey, netuid));
        } else {
            AlphaV2::<T>::insert((hotkey, coldkey, netuid), left);
        }
        TotalHotkeySharesV2::<T>::insert(hotkey, netuid, shares.minus(gone));
        TotalHotkeyAlpha::<T>::insert(hotkey, netuid, value.saturating_sub(alpha));
    }

    /// Raises what every staker of a hotkey holds, in proportion.
    pub(super) fn raise_hotkey_alpha(hotkey: &AccountId, netuid: NetUid, alpha: u64) {
        TotalHotkeyAlpha::<T>::mutate(hotkey, netuid, |value| *value = value.saturating_add(alpha));
    }

    pub(super) fn do_add_stake(
        coldkey: &AccountId,
        hotkey: &AccountId,
        netuid: NetUid,
        tao: u64,
    ) -> DispatchResult {
        let dynamic = SubnetMechanism::<T>::get(netuid) != 0;
        ensure!(
            !dynamic || tao <= SubnetTAO::<T>::get(netuid).saturating_mul(MAX_ORDER_RATIO),
            Error::<T>::InsufficientLiquidity
        );
        ensure!(NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
        ensure!(SubtokenEnabled::<T>::get(netuid), Error::<T>::SubtokenDisabled);
        let fee = swap::Pallet::<T>::sim_buy(netuid, MIN_STAKE).map_or(0, |swapped| swapped.fee);
        ensure!(tao >= MIN_STAKE.saturating_add(fee), Error::<T>::AmountTooLow);
        let free = T::Currency::reducible_balance(coldkey, Preservation::Expendable, Fortitude::Polite);
        ensure!(free >= tao, Error::<T>::NotEnoughBalanceToStake);
        ensure!(Owner::<T>::contains_key(hotkey), Error::<T>::HotKeyAccountNotExists);

        T::Currency::transfer(coldkey, &Self::subnet_account(netuid), tao, Preservation::Expendable)?;
        let swapped = swap::Pallet::<T>::buy(netuid, tao, swap::Fee::Charged)
            .map_err(|_| Error::<T>::InsufficientLiquidity)?;
        Self::increase_stake(hotkey, coldkey, netuid, swapped.alpha);
        Self::deposit_event(Event::StakeAdded(
            coldkey.clone(),
            hotkey.clone(),
            swapped.tao,
            swapped.alpha,
            netuid,
            swapped.fee,
        ));
        Ok(())
    }

    pub(super) fn do_remove_stake(
        coldkey: &AccountId,
        hotkey: &AccountId,
        netuid: NetUid,
        alpha: u64,
    ) -> DispatchResult {
        ensure!(SubtokenEnabled::<T>::get(netuid), Error::<T>::SubtokenDisabled);
        let held = Self::stake_of(hotkey, coldkey, netuid);
        let alpha = alpha.min(held);
        let dynamic = SubnetMechanism::<T>::get(netuid) != 0;
        ensure!(
            !dynamic || alpha <= SubnetAlphaIn::<T>::get(netuid).saturating_mul(MAX_ORDER_RATIO),
            Error::<T>::InsufficientLiquidity
        );
        ensure!(NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
        ensure!(alpha > 0, Error::<T>::AmountTooLow);
        let quote =
            swap::Pallet::<T>::sim_sell(netuid, alpha).map_err(|_| Error::<T>::InsufficientLiquidity)?;
        ensure!(alpha == held || quote.tao >= MIN_STAKE, Error::<T>::AmountTooLow);
        ensure!(Owner::<T>::contains_key(hotkey), Error::<T>::HotKeyAccountNotExists);

        Self::decrease_stake(hotkey, coldkey, netuid, alpha);
        let swapped = swap::Pallet::<T>::sell(netuid, alpha)?;
        T::Currency::transfer(&Self::subnet_account(netuid), coldkey, swapped.tao, Preservation::Expendable)?;
        Self::deposit_event(Event::StakeRemoved(
            coldkey.clone(),
            hotkey.clone(),
            swapped.tao,
            alpha,
            netuid,
            swapped.fee,
        ));
        Ok(())
    }
}
