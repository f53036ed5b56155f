//! Swap: the weighted pool in which each subnet's alpha is bought and sold for TAO.
//!
//! Reserves are the subtensor pallet's (`SubnetTAO`, `SubnetAlphaIn`); the weights and the fee are kept here.

mod curve;

pub use pallet::*;

use frame_support::ensure;
use sp_runtime::DispatchError;
use substrate_fixed::types::U64F64;

use curve::Curve;

use crate::pallets::subtensor::types::NetUid;
use crate::pallets::subtensor::{
    self, SubnetAlphaIn, SubnetAlphaOut, SubnetMechanism, SubnetTAO, SubnetVolume, TotalStake,
};

#[frame_support::pallet]
pub mod pallet {
    use std::num::NonZeroU64;

    use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
    use frame_support::PalletId;
    use frame_support::pallet_prelude::*;
    use frame_system::pallet_prelude::*;
    use scale_info::TypeInfo;
    use sp_runtime::Perquintill;

    use crate::pallets::subtensor::types::{AccountId, NetUid};

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

    /// A price in steps, as positions in a pool once had.
    #[derive(Encode, Decode, DecodeWithMemTracking, Clone, Copy, PartialEq, Eq, Debug, TypeInfo)]
    pub struct TickIndex(i32);

    /// The number of a position in a pool.
    #[derive(Encode, Decode, DecodeWithMemTracking, Clone, Copy, PartialEq, Eq, Debug, TypeInfo)]
    pub struct PositionId(u128);

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

    /// Which pools have been swapped in.
    #[pallet::storage]
    pub type PalSwapInitialized<T: Config> = StorageMap<_, Twox64Concat, NetUid, bool, ValueQuery>;

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

    #[pallet::extra_constants]
    impl<T: Config> Pallet<T> {
        /// The account id of the protocol's liquidity is derived from this.
        #[pallet::constant_name(ProtocolId)]
        fn protocol_id() -> PalletId {
            PalletId(*b"ten/swap")
        }

        /// The highest fee that can be set, in parts of 65535.
        #[pallet::constant_name(MaxFeeRate)]
        fn max_fee_rate() -> u16 {
            MAX_FEE_RATE
        }

        /// Without effect.
        #[pallet::constant_name(MinimumLiquidity)]
        fn minimum_liquidity() -> u64 {
            1_000
        }

        /// The least a reserve may hold after a swap, in rao.
        #[pallet::constant_name(MinimumReserve)]
        fn minimum_reserve() -> NonZeroU64 {
            NonZeroU64::new(super::MINIMUM_RESERVE).unwrap_or(NonZeroU64::MIN)
        }
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

        // Pools have no other liquidity than the chain's own any more; the calls are there to say so.

        /// Refused.
        #[pallet::call_index(1)]
        #[pallet::weight(Weight::zero())]
        pub fn add_liquidity(
            _origin: OriginFor<T>,
            _hotkey: AccountId,
            _netuid: NetUid,
            _tick_low: TickIndex,
            _tick_high: TickIndex,
            _liquidity: u64,
        ) -> DispatchResult {
            Err(Error::<T>::Deprecated.into())
        }

        /// Refused.
        #[pallet::call_index(2)]
        #[pallet::weight(Weight::zero())]
        pub fn remove_liquidity(
            _origin: OriginFor<T>,
            _hotkey: AccountId,
            _netuid: NetUid,
            _position_id: PositionId,
        ) -> DispatchResult {
            Err(Error::<T>::Deprecated.into())
        }

        /// Refused.
        #[pallet::call_index(3)]
        #[pallet::weight(Weight::zero())]
        pub fn modify_position(
            _origin: OriginFor<T>,
            _hotkey: AccountId,
            _netuid: NetUid,
            _position_id: PositionId,
            _liquidity_delta: i64,
        ) -> DispatchResult {
            Err(Error::<T>::Deprecated.into())
        }

        /// Refused.
        #[pallet::call_index(4)]
        #[pallet::weight(Weight::zero())]
        pub fn toggle_user_liquidity(
            _origin: OriginFor<T>,
            _netuid: NetUid,
            _enable: bool,
        ) -> DispatchResult {
            Err(Error::<T>::Deprecated.into())
        }

        /// Refused.
        #[pallet::call_index(5)]
        #[pallet::weight(Weight::zero())]
        pub fn disable_lp(_origin: OriginFor<T>) -> DispatchResult {
            Err(Error::<T>::Deprecated.into())
        }
    }
}

/// The least a reserve may hold before a swap takes from it, in rao.
const MINIMUM_RESERVE: u64 = 1_000_000;
/// A swap takes at most this many times the reserve it adds to.
pub const MAX_INPUT_RATIO: u64 = 1_000;
/// The price below which no alpha is sold, in rao per alpha: the limit of sales without one of their own.
pub const MIN_PRICE: u64 = 1_000;
/// The price above which no alpha is bought, in rao per alpha: the limit of purchases without one of their own.
pub const MAX_PRICE: u64 = 1_000_000_000_000_000;
/// What a price of one is, in rao per alpha.
pub const UNIT_PRICE: u64 = 1_000_000_000;
/// The mechanism whose alpha has a pool; all others exchange one for one.
const POOLED: u16 = 1;

/// Whether a swap pays the pool's fee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fee {
    /// The ordinary fee; it is the caller's to pay out.
    Charged,
    /// None.
    None,
}

/// A swap, done or simulated; amounts in rao.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swapped {
    /// TAO: what a purchase put into the pool, or what a sale took out.
    pub tao: u64,
    /// Alpha: what a purchase took out, or what a sale put into the pool.
    pub alpha: u64,
    /// The fee, in the currency that went in and beside what went into the pool.
    pub fee: u64,
}

impl<T: subtensor::Config> Pallet<T> {
    /// TAO per alpha.
    pub fn price(netuid: NetUid) -> U64F64 {
        if Self::is_pooled(netuid) { Self::curve(netuid).price() } else { U64F64::from_num(1) }
    }

    /// Whether a subnet's alpha is priced by a pool.
    pub fn is_pooled(netuid: NetUid) -> bool {
        SubnetMechanism::<T>::get(netuid) == POOLED
    }

    /// What `tao` rao would buy.
    pub fn sim_buy(netuid: NetUid, tao: u64) -> Result<Swapped, DispatchError> {
        Self::quote_buy(netuid, tao, MAX_PRICE, Fee::Charged)
    }

    /// What `alpha` rao would sell for.
    pub fn sim_sell(netuid: NetUid, alpha: u64) -> Result<Swapped, DispatchError> {
        Self::quote_sell(netuid, alpha, MIN_PRICE, Fee::Charged)
    }

    /// The fee on `amount`, in the same currency.
    pub fn fee(netuid: NetUid, amount: u64) -> u64 {
        if !Self::is_pooled(netuid) {
            return 0;
        }
        let rate = U64F64::from_num(FeeRate::<T>::get(netuid)).saturating_div(U64F64::from_num(u16::MAX));
        U64F64::from_num(amount).saturating_mul(rate).saturating_to_num()
    }

    /// Buys alpha with at most `tao` rao that the subnet's account already holds, up to `limit` rao per alpha.
    pub fn buy(netuid: NetUid, tao: u64, limit: u64, fee: Fee) -> Result<Swapped, DispatchError> {
        let swapped = Self::quote_buy(netuid, tao, limit, fee)?;
        Self::initialize(netuid);
        SubnetAlphaIn::<T>::mutate(netuid, |reserve| *reserve = reserve.saturating_sub(swapped.alpha));
        SubnetAlphaOut::<T>::mutate(netuid, |out| *out = out.saturating_add(swapped.alpha));
        SubnetTAO::<T>::mutate(netuid, |reserve| *reserve = reserve.saturating_add(swapped.tao));
        TotalStake::<T>::mutate(|total| *total = total.saturating_add(tao));
        Self::count_volume(netuid, tao);
        Ok(swapped)
    }

    /// Sells at most `alpha` rao, down to `limit` rao per alpha. The TAO stays on the subnet's account for the
    /// caller to pay out.
    pub fn sell(netuid: NetUid, alpha: u64, limit: u64, fee: Fee) -> Result<Swapped, DispatchError> {
        let swapped = Self::quote_sell(netuid, alpha, limit, fee)?;
        Self::initialize(netuid);
        SubnetAlphaIn::<T>::mutate(netuid, |reserve| *reserve = reserve.saturating_add(swapped.alpha));
        SubnetAlphaOut::<T>::mutate(netuid, |out| *out = out.saturating_sub(swapped.alpha));
        SubnetTAO::<T>::mutate(netuid, |reserve| *reserve = reserve.saturating_sub(swapped.tao));
        TotalStake::<T>::mutate(|total| *total = total.saturating_sub(swapped.tao));
        Self::count_volume(netuid, swapped.tao);
        Ok(swapped)
    }

    /// What at most `tao` rao would buy up to `limit` rao per alpha.
    pub fn quote_buy(netuid: NetUid, tao: u64, limit: u64, fee: Fee) -> Result<Swapped, DispatchError> {
        if !Self::is_pooled(netuid) {
            return Ok(Swapped { tao, alpha: tao, fee: 0 });
        }
        let curve = Self::curve(netuid);
        let limit = price_of(limit);
        let mut charged = if fee == Fee::Charged { Self::fee(netuid, tao) } else { 0 };
        let mut paid = tao.saturating_sub(charged);
        ensure!(paid <= curve.tao.saturating_mul(MAX_INPUT_RATIO), Error::<T>::SwapInputTooLarge);
        ensure!(curve.alpha >= MINIMUM_RESERVE, Error::<T>::ReservesTooLow);
        ensure!(curve.price() < limit, Error::<T>::PriceLimitExceeded);
        if curve.after_buying(paid).price() > limit {
            paid = curve.tao_until(limit);
            charged = Self::fee_beside(netuid, paid, fee);
        }
        let alpha = curve.bought(paid);
        ensure!(paid == 0 || alpha > 0, Error::<T>::ReservesTooLow);
        Ok(Swapped { tao: paid, alpha, fee: charged })
    }

    /// What at most `alpha` rao would sell for down to `limit` rao per alpha.
    pub fn quote_sell(netuid: NetUid, alpha: u64, limit: u64, fee: Fee) -> Result<Swapped, DispatchError> {
        if !Self::is_pooled(netuid) {
            return Ok(Swapped { tao: alpha, alpha, fee: 0 });
        }
        let curve = Self::curve(netuid);
        let limit = price_of(limit);
        let mut charged = if fee == Fee::Charged { Self::fee(netuid, alpha) } else { 0 };
        let mut paid = alpha.saturating_sub(charged);
        ensure!(paid <= curve.alpha.saturating_mul(MAX_INPUT_RATIO), Error::<T>::SwapInputTooLarge);
        ensure!(curve.tao >= MINIMUM_RESERVE, Error::<T>::ReservesTooLow);
        ensure!(curve.price() > limit, Error::<T>::PriceLimitExceeded);
        if curve.after_selling(paid).price() < limit {
            paid = curve.alpha_until(limit);
            charged = Self::fee_beside(netuid, paid, fee);
        }
        let tao = curve.sold(paid);
        ensure!(paid == 0 || tao > 0, Error::<T>::ReservesTooLow);
        Ok(Swapped { tao, alpha: paid, fee: charged })
    }

    /// The fee that comes on top of `paid` when a price limit decided how much was swapped.
    fn fee_beside(netuid: NetUid, paid: u64, fee: Fee) -> u64 {
        if fee == Fee::None {
            return 0;
        }
        let all = U64F64::from_num(u16::MAX);
        let rate = U64F64::from_num(FeeRate::<T>::get(netuid));
        let beside = rate.checked_div(all.saturating_sub(rate)).unwrap_or_default();
        U64F64::from_num(paid).saturating_mul(beside).saturating_to_num()
    }

    fn curve(netuid: NetUid) -> Curve {
        Curve {
            tao: SubnetTAO::<T>::get(netuid),
            alpha: SubnetAlphaIn::<T>::get(netuid),
            quote: SwapBalancer::<T>::get(netuid).quote,
        }
    }

    fn initialize(netuid: NetUid) {
        if Self::is_pooled(netuid) && !PalSwapInitialized::<T>::get(netuid) {
            SwapBalancer::<T>::insert(netuid, SwapBalancer::<T>::get(netuid));
            PalSwapInitialized::<T>::insert(netuid, true);
        }
    }

    /// Forgets a pool whose subnet is gone.
    pub fn clear(netuid: NetUid) {
        SwapBalancer::<T>::remove(netuid);
        FeeRate::<T>::remove(netuid);
        PalSwapInitialized::<T>::remove(netuid);
    }

    fn count_volume(netuid: NetUid, tao: u64) {
        SubnetVolume::<T>::mutate(netuid, |volume| *volume = volume.saturating_add(u128::from(tao)));
    }

    /// Reweights a pool so that adding the reserves given does not move its price. `false`, and no change, if a
    /// weight would leave its bounds.
    pub fn reweight(netuid: NetUid, tao: u64, alpha: u64) -> bool {
        match Self::curve(netuid).weight_after(tao, alpha) {
            Some(quote) => {
                SwapBalancer::<T>::insert(netuid, Balancer { quote });
                true
            }
            None => false,
        }
    }
}

/// A price given in rao per alpha, in TAO per alpha.
fn price_of(limit: u64) -> U64F64 {
    U64F64::from_num(limit).saturating_div(U64F64::from_num(UNIT_PRICE))
}
