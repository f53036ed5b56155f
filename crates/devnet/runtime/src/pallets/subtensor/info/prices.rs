//! What alpha costs.

use codec::{Decode, Encode};
use scale_info::TypeInfo;
use substrate_fixed::types::U64F64;

use crate::pallets::subtensor::pallet::*;
use crate::pallets::subtensor::types::NetUid;
use crate::pallets::swap;

/// A price of 1 TAO per alpha, in the unit of the answers.
const ONE: u64 = 1_000_000_000;

/// What the alpha of one subnet costs.
#[derive(Encode, Decode, Clone, PartialEq, Eq, Debug, TypeInfo)]
pub struct SubnetPrice {
    pub netuid: NetUid,
    /// In rao per alpha.
    pub price: u64,
}

/// What a swap would do, in rao; all zero if it would fail. Without the subnet, nothing comes out of it, at a
/// price of 1.
#[derive(Encode, Decode, Clone, Default, PartialEq, Eq, Debug, TypeInfo)]
pub struct SimSwapResult {
    pub tao_amount: u64,
    pub alpha_amount: u64,
    pub tao_fee: u64,
    pub alpha_fee: u64,
    /// TAO that a sale yields less than at the current price.
    pub tao_slippage: u64,
    /// Alpha that a purchase yields less than at the current price.
    pub alpha_slippage: u64,
}

impl<T: Config> Pallet<T> {
    /// What alpha costs, in rao per alpha.
    pub fn alpha_price(netuid: NetUid) -> u64 {
        swap::Pallet::<T>::price(netuid).saturating_mul(U64F64::from_num(ONE)).saturating_to_num()
    }

    /// What the alpha of each subnet costs.
    pub fn alpha_prices() -> Vec<SubnetPrice> {
        let price = |netuid| SubnetPrice { netuid, price: Self::alpha_price(netuid) };
        Self::netuids().into_iter().map(price).collect()
    }

    /// What `tao` rao would buy.
    pub fn simulate_purchase(netuid: NetUid, tao: u64) -> SimSwapResult {
        if Self::existing(netuid).is_none() {
            return SimSwapResult { alpha_slippage: tao, ..Default::default() };
        }
        let Ok(swapped) = swap::Pallet::<T>::sim_buy(netuid, tao) else { return SimSwapResult::default() };
        let price = swap::Pallet::<T>::price(netuid);
        let unmoved: u64 = U64F64::from_num(tao).checked_div(price).unwrap_or_default().saturating_to_num();
        SimSwapResult {
            tao_amount: swapped.tao,
            alpha_amount: swapped.alpha,
            tao_fee: swapped.fee,
            alpha_slippage: unmoved.saturating_sub(swapped.alpha),
            ..Default::default()
        }
    }

    /// What `alpha` rao would sell for.
    pub fn simulate_sale(netuid: NetUid, alpha: u64) -> SimSwapResult {
        if Self::existing(netuid).is_none() {
            return SimSwapResult { tao_slippage: alpha, ..Default::default() };
        }
        let Ok(swapped) = swap::Pallet::<T>::sim_sell(netuid, alpha) else { return SimSwapResult::default() };
        let price = swap::Pallet::<T>::price(netuid);
        let unmoved: u64 = U64F64::from_num(alpha).saturating_mul(price).saturating_to_num();
        SimSwapResult {
            tao_amount: swapped.tao,
            alpha_amount: swapped.alpha,
            alpha_fee: swapped.fee,
            tao_slippage: unmoved.saturating_sub(swapped.tao),
            ..Default::default()
        }
    }
}
