//! Stake: TAO turned into alpha that a coldkey holds on a hotkey, and back.

use frame_support::ensure;
use frame_support::traits::Get;
use sp_runtime::DispatchError;
use substrate_fixed::types::U64F64;

use super::pallet::*;
use super::types::{AccountId, NetUid, ROOT};
use crate::pallets::swap::{self, Fee, MIN_PRICE};

/// The least that can be staked, taken out or moved, in rao.
pub(super) const MIN_STAKE: u64 = 2_000_000;

impl<T: Config> Pallet<T> {
    /// What all alpha of a hotkey is worth at the current prices, in rao.
    pub fn hotkey_worth(hotkey: &AccountId) -> u64 {
        NetworksAdded::<T>::iter_keys()
            .map(|netuid| {
                let alpha = U64F64::from_num(Self::hotkey_alpha(hotkey, netuid));
                alpha.saturating_mul(swap::Pallet::<T>::price(netuid))
            })
            .fold(U64F64::default(), U64F64::saturating_add)
            .saturating_to_num()
    }

    /// Whether `coldkey` owns `hotkey`.
    pub(super) fn owns(coldkey: &AccountId, hotkey: &AccountId) -> bool {
        Owner::<T>::try_get(hotkey).is_ok_and(|owner| owner == *coldkey)
    }

    /// Buys alpha with a coldkey's TAO, up to `limit` rao per alpha, and stakes it. Returns the alpha, in rao.
    pub(super) fn stake_into(
        hotkey: &AccountId,
        coldkey: &AccountId,
        netuid: NetUid,
        tao: u64,
        limit: u64,
        fee: Fee,
    ) -> Result<u64, DispatchError> {
        let tao = Self::pay_subnet(netuid, coldkey, tao)?;
        let bought = swap::Pallet::<T>::buy(netuid, tao, limit, fee)?;
        ensure!(bought.alpha > 0, Error::<T>::AmountTooLow);
        ensure!(Self::yields_a_share(hotkey, netuid, bought.alpha), Error::<T>::InsufficientLiquidity);
        Self::increase_stake(hotkey, coldkey, netuid, bought.alpha);
        if let Some(author) = T::BlockAuthor::get() {
            Self::pay_from_subnet(netuid, &author, bought.fee)?;
        }
        let unspent = tao.saturating_sub(bought.tao).saturating_sub(bought.fee);
        if unspent > 0 {
            Self::pay_from_subnet(netuid, coldkey, unspent)?;
            TotalStake::<T>::mutate(|total| *total = total.saturating_sub(unspent));
        }
        if netuid == ROOT {
            Self::claim_in_advance(hotkey, coldkey, bought.alpha);
            Self::index_staking_coldkey(coldkey);
        }
        Self::deposit_event(Event::StakeAdded(
            coldkey.clone(),
            hotkey.clone(),
            tao,
            bought.alpha,
            netuid,
            bought.fee,
        ));
        Ok(bought.alpha)
    }

    /// Takes alpha from what a coldkey holds on a hotkey and sells it, down to `limit` rao per alpha. Returns the
    /// TAO that the coldkey gets, in rao.
    pub(super) fn unstake_from(
        hotkey: &AccountId,
        coldkey: &AccountId,
        netuid: NetUid,
        alpha: u64,
        limit: u64,
        fee: Fee,
    ) -> Result<u64, DispatchError> {
        Self::decrease_stake(hotkey, coldkey, netuid, alpha);
        let sold = swap::Pallet::<T>::sell(netuid, alpha, limit, fee)?;
        let unsold = alpha.saturating_sub(sold.alpha).saturating_sub(sold.fee);
        Self::increase_stake(hotkey, coldkey, netuid, unsold);
        Self::pay_from_subnet(netuid, coldkey, sold.tao)?;
        if let Some(author) = T::BlockAuthor::get() {
            // The author is paid in TAO: the alpha of the fee is sold right away.
            let fee = swap::Pallet::<T>::sell(netuid, sold.fee, MIN_PRICE, Fee::None)?;
            Self::pay_from_subnet(netuid, &author, fee.tao)?;
        }
        if netuid == ROOT {
            Self::forget_claimed(hotkey, coldkey, alpha);
        }
        Self::deposit_event(Event::StakeRemoved(
            coldkey.clone(),
            hotkey.clone(),
            sold.tao,
            sold.alpha,
            netuid,
            sold.fee,
        ));
        Ok(sold.tao)
    }
}
