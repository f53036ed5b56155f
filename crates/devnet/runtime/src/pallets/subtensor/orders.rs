//! Adding and removing stake, at the market's price or down to a limit.

use frame_support::ensure;
use sp_runtime::{DispatchError, DispatchResult};
use substrate_fixed::types::U64F64;

use super::pallet::*;
use super::stake::MIN_STAKE;
use super::types::{AccountId, NetUid, ROOT};
use crate::pallets::swap::{self, Fee, MAX_INPUT_RATIO, MAX_PRICE, MIN_PRICE, UNIT_PRICE};

impl<T: Config> Pallet<T> {
    pub(super) fn do_add_stake(
        coldkey: &AccountId,
        hotkey: &AccountId,
        netuid: NetUid,
        tao: u64,
    ) -> Result<u64, DispatchError> {
        Self::check_purchase_size(netuid, tao)?;
        Self::check_purchase(coldkey, hotkey, netuid, tao, tao, false)?;
        Self::stake_into(hotkey, coldkey, netuid, tao, MAX_PRICE, Fee::Charged)
    }

    pub(super) fn do_add_stake_limit(
        coldkey: &AccountId,
        hotkey: &AccountId,
        netuid: NetUid,
        tao: u64,
        limit: u64,
        allow_partial: bool,
    ) -> Result<u64, DispatchError> {
        Self::check_purchase_size(netuid, tao)?;
        let most = Self::most_to_buy(netuid, limit)?;
        Self::check_purchase(coldkey, hotkey, netuid, tao, most, allow_partial)?;
        Self::stake_into(hotkey, coldkey, netuid, tao.min(most), limit, Fee::Charged)
    }

    pub(super) fn do_remove_stake(
        coldkey: &AccountId,
        hotkey: &AccountId,
        netuid: NetUid,
        alpha: u64,
    ) -> DispatchResult {
        ensure!(SubtokenEnabled::<T>::get(netuid), Error::<T>::SubtokenDisabled);
        let alpha = alpha.min(Self::stake_of(hotkey, coldkey, netuid));
        Self::check_sale_size(netuid, alpha)?;
        Self::check_sale(coldkey, hotkey, netuid, alpha, alpha, false)?;
        Self::unstake_from(hotkey, coldkey, netuid, alpha, MIN_PRICE, Fee::Charged)?;
        Self::after_sale(coldkey, hotkey, netuid);
        Ok(())
    }

    pub(super) fn do_remove_stake_limit(
        coldkey: &AccountId,
        hotkey: &AccountId,
        netuid: NetUid,
        alpha: u64,
        limit: u64,
        allow_partial: bool,
    ) -> DispatchResult {
        Self::check_sale_size(netuid, alpha)?;
        let most = Self::most_to_sell(netuid, limit)?;
        Self::check_sale(coldkey, hotkey, netuid, alpha, most, allow_partial)?;
        Self::unstake_from(hotkey, coldkey, netuid, alpha.min(most), limit, Fee::Charged)?;
        Self::after_sale(coldkey, hotkey, netuid);
        Ok(())
    }

    pub(super) fn do_remove_stake_full_limit(
        coldkey: &AccountId,
        hotkey: &AccountId,
        netuid: NetUid,
        limit: Option<u64>,
    ) -> DispatchResult {
        ensure!(NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
        let alpha = Self::stake_of(hotkey, coldkey, netuid);
        match limit {
            Some(limit) => Self::do_remove_stake_limit(coldkey, hotkey, netuid, alpha, limit, false),
            None => Self::do_remove_stake(coldkey, hotkey, netuid, alpha),
        }
    }

    pub(super) fn do_unstake_all(coldkey: &AccountId, hotkey: &AccountId) -> DispatchResult {
        ensure!(Owner::<T>::contains_key(hotkey), Error::<T>::HotKeyAccountNotExists);
        for netuid in NetworksAdded::<T>::iter_keys().collect::<Vec<_>>() {
            Self::unstake_all_of(coldkey, hotkey, netuid)?;
        }
        Ok(())
    }

    pub(super) fn do_unstake_all_alpha(coldkey: &AccountId, hotkey: &AccountId) -> DispatchResult {
        ensure!(Owner::<T>::contains_key(hotkey), Error::<T>::HotKeyAccountNotExists);
        let mut tao = 0_u64;
        for netuid in NetworksAdded::<T>::iter_keys().filter(|&netuid| netuid != ROOT).collect::<Vec<_>>() {
            tao = tao.saturating_add(Self::unstake_all_of(coldkey, hotkey, netuid)?);
        }
        Self::stake_into(hotkey, coldkey, ROOT, tao, MAX_PRICE, Fee::Charged)?;
        Ok(())
    }

    /// Sells all that a coldkey holds on a hotkey on one subnet; nothing where it could not be sold by itself.
    fn unstake_all_of(coldkey: &AccountId, hotkey: &AccountId, netuid: NetUid) -> Result<u64, DispatchError> {
        let alpha = Self::stake_of(hotkey, coldkey, netuid);
        if !SubtokenEnabled::<T>::get(netuid)
            || Self::check_sale(coldkey, hotkey, netuid, alpha, alpha, false).is_err()
        {
            return Ok(0);
        }
        let tao = Self::unstake_from(hotkey, coldkey, netuid, alpha, MIN_PRICE, Fee::Charged)?;
        Self::clear_small_nomination(coldkey, hotkey, netuid);
        Ok(tao)
    }

    /// The most TAO, in rao and with its fee, that buys up to `limit` rao per alpha.
    pub(super) fn most_to_buy(netuid: NetUid, limit: u64) -> Result<u64, DispatchError> {
        if !swap::Pallet::<T>::is_pooled(netuid) {
            return Ok(if limit >= UNIT_PRICE { u64::MAX } else { 0 });
        }
        let most = SubnetTAO::<T>::get(netuid).saturating_mul(MAX_INPUT_RATIO);
        let bought = swap::Pallet::<T>::quote_buy(netuid, most, limit, Fee::Charged)?;
        Ok(bought.tao.saturating_add(bought.fee))
    }

    /// The most alpha, in rao and with its fee, that sells down to `limit` rao per alpha.
    pub(super) fn most_to_sell(netuid: NetUid, limit: u64) -> Result<u64, DispatchError> {
        if !swap::Pallet::<T>::is_pooled(netuid) {
            return Ok(if limit <= UNIT_PRICE { u64::MAX } else { 0 });
        }
        let most = SubnetAlphaIn::<T>::get(netuid).saturating_mul(MAX_INPUT_RATIO);
        let sold = swap::Pallet::<T>::quote_sell(netuid, most, limit, Fee::Charged)?;
        Ok(sold.alpha.saturating_add(sold.fee))
    }

    /// An order takes at most so many times the reserve it adds to.
    pub(super) fn check_purchase_size(netuid: NetUid, tao: u64) -> DispatchResult {
        let most = SubnetTAO::<T>::get(netuid).saturating_mul(MAX_INPUT_RATIO);
        ensure!(!swap::Pallet::<T>::is_pooled(netuid) || tao <= most, Error::<T>::InsufficientLiquidity);
        Ok(())
    }

    fn check_sale_size(netuid: NetUid, alpha: u64) -> DispatchResult {
        let most = SubnetAlphaIn::<T>::get(netuid).saturating_mul(MAX_INPUT_RATIO);
        ensure!(!swap::Pallet::<T>::is_pooled(netuid) || alpha <= most, Error::<T>::InsufficientLiquidity);
        Ok(())
    }

    fn check_purchase(
        coldkey: &AccountId,
        hotkey: &AccountId,
        netuid: NetUid,
        tao: u64,
        most: u64,
        allow_partial: bool,
    ) -> DispatchResult {
        ensure!(NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
        ensure!(SubtokenEnabled::<T>::get(netuid), Error::<T>::SubtokenDisabled);
        let fee = swap::Pallet::<T>::sim_buy(netuid, MIN_STAKE)
            .map_or_else(|_| swap::Pallet::<T>::fee(netuid, MIN_STAKE), |bought| bought.fee);
        ensure!(tao >= MIN_STAKE.saturating_add(fee), Error::<T>::AmountTooLow);
        ensure!(allow_partial || tao <= most, Error::<T>::SlippageTooHigh);
        let tao = tao.min(most);
        ensure!(Self::spendable(coldkey) >= tao, Error::<T>::NotEnoughBalanceToStake);
        ensure!(Owner::<T>::contains_key(hotkey), Error::<T>::HotKeyAccountNotExists);
        let bought =
            swap::Pallet::<T>::sim_buy(netuid, tao).map_err(|_| Error::<T>::InsufficientLiquidity)?;
        ensure!(bought.tao >= MIN_STAKE, Error::<T>::AmountTooLow);
        ensure!(bought.alpha > 0, Error::<T>::InsufficientLiquidity);
        ensure!(Self::yields_a_share(hotkey, netuid, bought.alpha), Error::<T>::InsufficientLiquidity);
        Ok(())
    }

    fn check_sale(
        coldkey: &AccountId,
        hotkey: &AccountId,
        netuid: NetUid,
        alpha: u64,
        most: u64,
        allow_partial: bool,
    ) -> DispatchResult {
        ensure!(NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
        ensure!(alpha > 0, Error::<T>::AmountTooLow);
        let held = Self::stake_of(hotkey, coldkey, netuid);
        ensure!(held >= alpha, Error::<T>::NotEnoughStakeToWithdraw);
        let sold =
            swap::Pallet::<T>::sim_sell(netuid, alpha).map_err(|_| Error::<T>::InsufficientLiquidity)?;
        ensure!(held == alpha || sold.tao >= MIN_STAKE, Error::<T>::AmountTooLow);
        ensure!(allow_partial || alpha <= most, Error::<T>::SlippageTooHigh);
        ensure!(Owner::<T>::contains_key(hotkey), Error::<T>::HotKeyAccountNotExists);
        Ok(())
    }

    /// What a sale entails: a nomination that became too small is sold too, and children that a hotkey no longer
    /// has the stake for are not set.
    fn after_sale(coldkey: &AccountId, hotkey: &AccountId, netuid: NetUid) {
        Self::clear_small_nomination(coldkey, hotkey, netuid);
        if Self::hotkey_worth(hotkey) < StakeThreshold::<T>::get() {
            for netuid in NetworksAdded::<T>::iter_keys().collect::<Vec<_>>() {
                PendingChildKeys::<T>::remove(netuid, hotkey);
            }
        }
    }

    /// Sells what a nominator holds on another's hotkey if it is less than the least a nomination may be.
    fn clear_small_nomination(coldkey: &AccountId, hotkey: &AccountId, netuid: NetUid) {
        if Self::owns(coldkey, hotkey) {
            return;
        }
        let least = U64F64::from_num(NominatorMinRequiredStake::<T>::get())
            .checked_div(swap::Pallet::<T>::price(netuid))
            .unwrap_or_default()
            .saturating_to_num::<u64>();
        let held = Self::stake_of(hotkey, coldkey, netuid);
        if held > 0
            && held < least
            && Self::unstake_from(hotkey, coldkey, netuid, held, MIN_PRICE, Fee::Charged).is_err()
        {
            let held = Self::stake_of(hotkey, coldkey, netuid);
            Self::decrease_stake(hotkey, coldkey, netuid, held);
        }
    }
}
