//! Moving stake to another hotkey, another coldkey or another subnet.

use frame_support::ensure;
use sp_runtime::{DispatchError, DispatchResult};
use substrate_fixed::types::U64F64;

use super::pallet::*;
use super::stake::MIN_STAKE;
use super::types::{AccountId, NetUid, ROOT};
use crate::pallets::swap::{self, Fee, MAX_PRICE, MIN_PRICE, UNIT_PRICE};

/// Where stake is: who holds it on which hotkey of which subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Position {
    coldkey: AccountId,
    hotkey: AccountId,
    netuid: NetUid,
}

/// The least price a move between subnets may reach, and whether it may stop there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct MoveLimit {
    /// Destination alpha per origin alpha, times 10^9.
    price: u64,
    allow_partial: bool,
}

impl<T: Config> Pallet<T> {
    pub(super) fn do_move_stake(
        coldkey: AccountId,
        (origin_hotkey, origin_netuid): (AccountId, NetUid),
        (destination_hotkey, destination_netuid): (AccountId, NetUid),
        alpha: u64,
    ) -> DispatchResult {
        let from = Position { coldkey: coldkey.clone(), hotkey: origin_hotkey, netuid: origin_netuid };
        let to = Position { coldkey, hotkey: destination_hotkey, netuid: destination_netuid };
        let tao = Self::move_position(&from, &to, alpha, None, false)?;
        Self::deposit_event(Event::StakeMoved(
            from.coldkey,
            from.hotkey,
            from.netuid,
            to.hotkey,
            to.netuid,
            tao,
        ));
        Ok(())
    }

    pub(super) fn do_transfer_stake(
        (origin_coldkey, origin_netuid): (AccountId, NetUid),
        (destination_coldkey, destination_netuid): (AccountId, NetUid),
        hotkey: AccountId,
        alpha: u64,
    ) -> DispatchResult {
        let from = Position { coldkey: origin_coldkey, hotkey: hotkey.clone(), netuid: origin_netuid };
        let to = Position { coldkey: destination_coldkey, hotkey, netuid: destination_netuid };
        let tao = Self::move_position(&from, &to, alpha, None, true)?;
        Self::deposit_event(Event::StakeTransferred(
            from.coldkey,
            to.coldkey,
            from.hotkey,
            from.netuid,
            to.netuid,
            tao,
        ));
        Ok(())
    }

    pub(super) fn do_swap_stake(
        coldkey: AccountId,
        hotkey: AccountId,
        origin_netuid: NetUid,
        destination_netuid: NetUid,
        alpha: u64,
        limit: Option<(u64, bool)>,
    ) -> DispatchResult {
        let from = Position { coldkey, hotkey, netuid: origin_netuid };
        let to = Position { netuid: destination_netuid, ..from.clone() };
        let limit = limit.map(|(price, allow_partial)| MoveLimit { price, allow_partial });
        let tao = Self::move_position(&from, &to, alpha, limit, false)?;
        Self::deposit_event(Event::StakeSwapped(from.coldkey, from.hotkey, from.netuid, to.netuid, tao));
        Ok(())
    }

    /// Moves `alpha` rao, at most what is there, between two positions. Returns what it is worth in TAO, in rao.
    fn move_position(
        from: &Position,
        to: &Position,
        alpha: u64,
        limit: Option<MoveLimit>,
        is_transfer: bool,
    ) -> Result<u64, DispatchError> {
        let alpha = alpha.min(Self::stake_of(&from.hotkey, &from.coldkey, from.netuid));
        let across = from.netuid != to.netuid;
        let most = match limit {
            Some(limit) if across => Self::most_to_move(from.netuid, to.netuid, limit.price)?,
            _ => alpha,
        };
        Self::check_move(from, to, alpha, most, limit, is_transfer)?;
        let alpha = alpha.min(most);
        if across { Self::move_across(from, to, alpha) } else { Self::move_within(from, to, alpha) }
    }

    fn check_move(
        from: &Position,
        to: &Position,
        alpha: u64,
        most: u64,
        limit: Option<MoveLimit>,
        is_transfer: bool,
    ) -> DispatchResult {
        ensure!(from != to, Error::<T>::SameNetuid);
        for position in [from, to] {
            ensure!(NetworksAdded::<T>::get(position.netuid), Error::<T>::SubnetNotExists);
        }
        for position in [from, to] {
            ensure!(SubtokenEnabled::<T>::get(position.netuid), Error::<T>::SubtokenDisabled);
        }
        for position in [from, to] {
            ensure!(Owner::<T>::contains_key(&position.hotkey), Error::<T>::HotKeyAccountNotExists);
        }
        let held = Self::stake_of(&from.hotkey, &from.coldkey, from.netuid);
        ensure!(alpha <= held, Error::<T>::NotEnoughStakeToWithdraw);
        if from.netuid != to.netuid {
            let sold = swap::Pallet::<T>::sim_sell(from.netuid, alpha)
                .map_err(|_| Error::<T>::InsufficientLiquidity)?;
            ensure!(sold.tao > MIN_STAKE, Error::<T>::AmountTooLow);
            let whole = limit.is_some_and(|limit| !limit.allow_partial);
            ensure!(!whole || alpha <= most, Error::<T>::SlippageTooHigh);
        }
        if is_transfer {
            for position in [from, to] {
                ensure!(TransferToggle::<T>::get(position.netuid), Error::<T>::TransferDisallowed);
            }
        }
        Ok(())
    }

    /// Sells on one subnet and buys on the other; only one of the two charges its fee.
    fn move_across(from: &Position, to: &Position, alpha: u64) -> Result<u64, DispatchError> {
        let (origin_fee, destination_fee) =
            if from.netuid == ROOT { (Fee::None, Fee::Charged) } else { (Fee::Charged, Fee::None) };
        let tao = Self::unstake_from(&from.hotkey, &from.coldkey, from.netuid, alpha, MIN_PRICE, origin_fee)?;
        if from.coldkey != to.coldkey {
            Self::transfer_tao(&from.coldkey, &to.coldkey, tao)?;
        }
        if tao >= MIN_STAKE {
            Self::stake_into(&to.hotkey, &to.coldkey, to.netuid, tao, MAX_PRICE, destination_fee)?;
        }
        Ok(tao)
    }

    /// Hands alpha over as it is: nothing is swapped, and there is no fee.
    fn move_within(from: &Position, to: &Position, alpha: u64) -> Result<u64, DispatchError> {
        Self::decrease_stake(&from.hotkey, &from.coldkey, from.netuid, alpha);
        if from.netuid == ROOT {
            Self::forget_claimed(&from.hotkey, &from.coldkey, alpha);
        }
        Self::increase_stake(&to.hotkey, &to.coldkey, to.netuid, alpha);
        if to.netuid == ROOT {
            Self::claim_in_advance(&to.hotkey, &to.coldkey, alpha);
        }
        let price = swap::Pallet::<T>::price(from.netuid);
        let tao = price.saturating_mul(U64F64::from_num(alpha)).saturating_to_num::<u64>();
        ensure!(tao >= MIN_STAKE, Error::<T>::AmountTooLow);
        Self::deposit_event(Event::StakeRemoved(
            from.coldkey.clone(),
            from.hotkey.clone(),
            tao,
            alpha,
            from.netuid,
            0,
        ));
        Self::deposit_event(Event::StakeAdded(
            to.coldkey.clone(),
            to.hotkey.clone(),
            tao,
            alpha,
            to.netuid,
            0,
        ));
        Ok(tao)
    }

    /// The most alpha that can leave `from` for `to` before one buys less than `limit` (times 10^-9) of the other.
    /// Exact between a pool and a subnet without one; between two pools as if both weighed their reserves equally.
    fn most_to_move(from: NetUid, to: NetUid, limit: u64) -> Result<u64, DispatchError> {
        let pooled = (swap::Pallet::<T>::is_pooled(from), swap::Pallet::<T>::is_pooled(to));
        match (pooled, limit) {
            ((false, false), _) => Ok(if limit > UNIT_PRICE { 0 } else { u64::MAX }),
            ((false, true), 0) => Ok(u64::MAX),
            ((false, true), _) => {
                let unit = U64F64::from_num(UNIT_PRICE);
                let price = unit.saturating_div(U64F64::from_num(limit)).saturating_mul(unit);
                Self::most_to_buy(to, price.saturating_to_num())
            }
            ((true, false), _) => Self::most_to_sell(from, limit),
            ((true, true), _) => Ok(Self::most_between_pools(from, to, limit)),
        }
    }

    fn most_between_pools(from: NetUid, to: NetUid, limit: u64) -> u64 {
        let reserves = [
            SubnetTAO::<T>::get(from),
            SubnetTAO::<T>::get(to),
            SubnetAlphaIn::<T>::get(from),
            SubnetAlphaIn::<T>::get(to),
        ];
        if reserves.contains(&0) {
            return 0;
        }
        let [from_tao, to_tao, from_alpha, to_alpha] = reserves.map(U64F64::from_num);
        let price_limit = U64F64::from_num(limit).saturating_div(U64F64::from_num(UNIT_PRICE));
        let price =
            swap::Pallet::<T>::price(from).checked_div(swap::Pallet::<T>::price(to)).unwrap_or_default();
        if price_limit > price {
            return 0;
        }
        if limit == 0 {
            return u64::MAX;
        }
        let tao = to_tao.saturating_add(from_tao);
        to_alpha
            .saturating_mul(from_tao.saturating_div(tao))
            .checked_div(price_limit)
            .unwrap_or_default()
            .saturating_sub(from_alpha.saturating_mul(to_tao.saturating_div(tao)))
            .saturating_to_num()
    }
}
