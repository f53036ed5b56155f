//! Swap: the weighted pool in which each subnet's alpha is bought and sold for TAO.
//!
//! Reserves are the subtensor pallet's (`SubnetTAO`, `SubnetAlphaIn`); the weights and the fee are kept here.

mod curve;

pub use pallet::*;

use frame_support::ensure;
use frame_support::traits::Get;
use frame_support::traits::fungible::Mutate;
use frame_support::traits::tokens::Preservation;
use sp_runtime::{DispatchError, Perquintill};
use substrate_fixed::types::U96F32;

use crate::pallets::subtensor::types::{AccountId, NetUid};
use crate::pallets::subtensor::{
    self, SubnetAlphaIn, SubnetAlphaOut, SubnetMechanism, SubnetTAO, SubnetVolume,
};

#[frame_support::pallet]
pub mod pallet {
    use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
    use frame_support::pallet_prelude::*;
    use frame_system::pallet_prelude::*;
    use scale_info::TypeInfo;
    use sp_runtime::Perquintill;

    use crate::pallets::subtensor::types::NetUid;

    /// How much of a pool's value TAO makes up; alpha makes up the rest.
    #[derive(
        Encode, Decode, DecodeWithMemTracking, Clone, Copy, PartialEq, Eq, Debug, TypeInfo, MaxEncodedLen,
    )]
    pub struct Balancer {
        pub quote: Perquintill,
    }

    impl Default for Balancer {
        fn default() -> Self {
            Self { quote: Perquintill::from_percent(50) }
        }
    }

    #[pallet::pallet]
    #[pallet::without_storage_info]
    pub struct Pallet<T>(_);

    #[pallet::config]
    pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {}

    #[pallet::type_value]
    pub fn DefaultFeeRate<T: Config>() -> u16 {
        33
    }

    /// The fee of a swap in parts of 65535.
    #[pallet::storage]
    pub type FeeRate<T: Config> = StorageMap<_, Twox64Concat, NetUid, u16, ValueQuery, DefaultFeeRate<T>>;

    /// How each pool is weighted.
    #[pallet::storage]
    pub type SwapBalancer<T: Config> = StorageMap<_, Twox64Concat, NetUid, Balancer, ValueQuery>;

    #[pallet::event]
    #[pallet::generate_deposit(pub(crate) fn deposit_event)]
    pub enum Event<T: Config> {
        /// The fee of a subnet's pool was set.
        FeeRateSet { netuid: NetUid, rate: u16 },
    }

    #[pallet::error]
    pub enum Error<T> {
        FeeRateTooHigh,
        InsufficientInputAmount,
        InsufficientLiquidity,
        PriceLimitExceeded,
        InsufficientBalance,
        InvalidTickRange,
        InvalidLiquidityValue,
        ReservesTooLow,
        MechanismDoesNotExist,
        SubtokenDisabled,
        ReservesOutOfBalance,
        SwapInputTooLarge,
        Deprecated,
    }

    /// The highest fee that can be set, in parts of 65535.
    const MAX_FEE_RATE: u16 = 10_000;

    #[pallet::call]
    impl<T: Config> Pallet<T> {
        /// Sets the fee of a subnet's pool.
        #[pallet::call_index(0)]
        #[pallet::weight(Weight::from_parts(100_000_000, 0))]
        pub fn set_fee_rate(origin: OriginFor<T>, netuid: NetUid, rate: u16) -> DispatchResult {
            ensure_root(origin)?;
            ensure!(rate <= MAX_FEE_RATE, Error::<T>::FeeRateTooHigh);
            FeeRate::<T>::insert(netuid, rate);
            Self::deposit_event(Event::FeeRateSet { netuid, rate });
            Ok(())
        }
    }
}

/// The least a reserve may hold after a swap, in rao.
const MINIMUM_RESERVE: u64 = 1_000_000;
/// A swap takes at most this many times the reserve it adds to.
const MAX_INPUT_RATIO: u64 = 1_000;

/// Whether a swap pays the pool's fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fee {
    /// The ordinary fee, to the block's author.
    Charged,
    /// None: the chain itself swaps.
    None,
}

/// A swap, done or simulated; amounts in rao.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swapped {
    /// TAO: what a purchase put into the pool, or what a sale took out.
    pub tao: u64,
    /// Alpha: what a purchase took out, or what a sale put into the pool.
    pub alpha: u64,
    /// The fee, in the currency that went in.
    pub fee: u64,
}

impl<T: subtensor::Config> Pallet<T> {
    /// TAO per alpha.
    pub fn price(netuid: NetUid) -> U96F32 {
        if SubnetMechanism::<T>::get(netuid) == 0 {
            return U96F32::from_num(1);
        }
        curve::price(
            SubnetTAO::<T>::get(netuid),
            SubnetAlphaIn::<T>::get(netuid),
            SwapBalancer::<T>::get(netuid).quote,
        )
    }

    /// What `tao` rao would buy.
    pub fn sim_buy(netuid: NetUid, tao: u64) -> Result<Swapped, DispatchError> {
        Self::quote_buy(netuid, tao, Fee::Charged)
    }

    /// What `alpha` rao would sell for.
    pub fn sim_sell(netuid: NetUid, alpha: u64) -> Result<Swapped, DispatchError> {
        Self::quote_sell(netuid, alpha)
    }

    /// Buys alpha for `tao` rao that the subnet's account holds already; the fee goes on to the block's author.
    pub fn buy(netuid: NetUid, tao: u64, fee: Fee) -> Result<Swapped, DispatchError> {
        let swapped = Self::quote_buy(netuid, tao, fee)?;
        if SubnetMechanism::<T>::get(netuid) != 0 {
            SubnetAlphaIn::<T>::mutate(netuid, |reserve| *reserve = reserve.saturating_sub(swapped.alpha));
        }
        SubnetTAO::<T>::mutate(netuid, |reserve| *reserve = reserve.saturating_add(swapped.tao));
        SubnetAlphaOut::<T>::mutate(netuid, |out| *out = out.saturating_add(swapped.alpha));
        Self::count_volume(netuid, swapped.tao);
        subtensor::TotalStake::<T>::mutate(|total| *total = total.saturating_add(swapped.tao));
        Self::pay_author(netuid, swapped.fee)?;
        Ok(swapped)
    }

    /// Sells `alpha` rao into the pool; the TAO stays on the subnet's account for the caller to pay out.
    pub fn sell(netuid: NetUid, alpha: u64) -> Result<Swapped, DispatchError> {
        let swapped = Self::quote_sell(netuid, alpha)?;
        if SubnetMechanism::<T>::get(netuid) != 0 {
            SubnetAlphaIn::<T>::mutate(netuid, |reserve| *reserve = reserve.saturating_add(swapped.alpha));
        }
        Self::take_out(netuid, swapped.alpha, swapped.tao);
        if swapped.fee > 0
            && let Ok(sold) = Self::quote_free(netuid, swapped.fee)
        {
            // The author is paid in TAO: the alpha of the fee is sold right away.
            SubnetAlphaIn::<T>::mutate(netuid, |reserve| *reserve = reserve.saturating_add(swapped.fee));
            Self::take_out(netuid, swapped.fee, sold);
            Self::pay_author(netuid, sold)?;
        }
        Ok(swapped)
    }

    fn take_out(netuid: NetUid, alpha: u64, tao: u64) {
        SubnetAlphaOut::<T>::mutate(netuid, |out| *out = out.saturating_sub(alpha));
        SubnetTAO::<T>::mutate(netuid, |reserve| *reserve = reserve.saturating_sub(tao));
        Self::count_volume(netuid, tao);
        subtensor::TotalStake::<T>::mutate(|total| *total = total.saturating_sub(tao));
    }

    fn count_volume(netuid: NetUid, tao: u64) {
        SubnetVolume::<T>::mutate(netuid, |volume| *volume = volume.saturating_add(u128::from(tao)));
    }

    fn pay_author(netuid: NetUid, tao: u64) -> Result<(), DispatchError> {
        let author: Option<AccountId> = <T as subtensor::Config>::BlockAuthor::get();
        if let Some(author) = author.filter(|_| tao > 0) {
            let from = subtensor::Pallet::<T>::subnet_account(netuid);
            T::Currency::transfer(&from, &author, tao, Preservation::Expendable)?;
        }
        Ok(())
    }

    fn fee(netuid: NetUid, amount: u64) -> u64 {
        (u128::from(amount) * u128::from(FeeRate::<T>::get(netuid)) / 65_535) as u64
    }

    fn quote_buy(netuid: NetUid, tao: u64, fee: Fee) -> Result<Swapped, DispatchError> {
        if SubnetMechanism::<T>::get(netuid) == 0 {
            return Ok(Swapped { tao, alpha: tao, fee: 0 });
        }
        let (reserve_tao, reserve_alpha) = (SubnetTAO::<T>::get(netuid), SubnetAlphaIn::<T>::get(netuid));
        ensure!(tao <= reserve_tao.saturating_mul(MAX_INPUT_RATIO), Error::<T>::SwapInputTooLarge);
        let fee = if fee == Fee::Charged { Self::fee(netuid, tao) } else { 0 };
        let net = tao.saturating_sub(fee);
        let alpha = curve::bought(reserve_tao, reserve_alpha, SwapBalancer::<T>::get(netuid).quote, net)
            .ok_or(Error::<T>::ReservesTooLow)?;
        ensure!(
            alpha > 0 && reserve_alpha.saturating_sub(alpha) >= MINIMUM_RESERVE,
            Error::<T>::ReservesTooLow
        );
        Ok(Swapped { tao: net, alpha, fee })
    }

    fn quote_sell(netuid: NetUid, alpha: u64) -> Result<Swapped, DispatchError> {
        if SubnetMechanism::<T>::get(netuid) == 0 {
            return Ok(Swapped { tao: alpha, alpha, fee: 0 });
        }
        let reserve_alpha = SubnetAlphaIn::<T>::get(netuid);
        ensure!(alpha <= reserve_alpha.saturating_mul(MAX_INPUT_RATIO), Error::<T>::SwapInputTooLarge);
        let fee = Self::fee(netuid, alpha);
        let net = alpha.saturating_sub(fee);
        let tao = Self::quote_free(netuid, net)?;
        ensure!(
            tao > 0 && SubnetTAO::<T>::get(netuid).saturating_sub(tao) >= MINIMUM_RESERVE,
            Error::<T>::ReservesTooLow
        );
        Ok(Swapped { tao, alpha: net, fee })
    }

    fn quote_free(netuid: NetUid, alpha: u64) -> Result<u64, DispatchError> {
        let (reserve_tao, reserve_alpha) = (SubnetTAO::<T>::get(netuid), SubnetAlphaIn::<T>::get(netuid));
        curve::sold(reserve_tao, reserve_alpha, SwapBalancer::<T>::get(netuid).quote, alpha)
            .ok_or_else(|| Error::<T>::ReservesTooLow.into())
    }

    /// Reweights a pool so that adding the reserves given does not move its price. `false`, and no change, if a
    /// weight would leave its bounds.
    pub fn reweight(netuid: NetUid, tao: u64, alpha: u64) -> bool {
        let weight = curve::weight_after(
            SubnetTAO::<T>::get(netuid),
            SubnetAlphaIn::<T>::get(netuid),
            SwapBalancer::<T>::get(netuid).quote,
            tao,
            alpha,
        );
        let bounds = Perquintill::from_percent(1)..=Perquintill::from_percent(99);
        match weight.filter(|weight| bounds.contains(weight)) {
            Some(quote) => {
                SwapBalancer::<T>::insert(netuid, Balancer { quote });
                true
            }
            None => false,
        }
    }
}
