//! Hyperparameters, in the three forms that clients ask for.

use codec::{Compact, Decode, Encode};
use scale_info::TypeInfo;
use substrate_fixed::types::{I32F32, U64F64};

use crate::pallets::subtensor::pallet::*;
use crate::pallets::subtensor::types::NetUid;
use crate::variant::{renumbered, reversed};

/// A subnet's hyperparameters: blocks, rao, and shares of 65535.
#[derive(Encode, Decode, Clone, PartialEq, Eq, Debug, TypeInfo)]
pub struct SubnetHyperparams {
    pub rho: Compact<u16>,
    pub kappa: Compact<u16>,
    pub immunity_period: Compact<u16>,
    pub min_allowed_weights: Compact<u16>,
    pub max_weights_limit: Compact<u16>,
    pub tempo: Compact<u16>,
    pub min_difficulty: Compact<u64>,
    pub max_difficulty: Compact<u64>,
    pub weights_version: Compact<u64>,
    pub weights_rate_limit: Compact<u64>,
    pub adjustment_interval: Compact<u16>,
    pub activity_cutoff: Compact<u64>,
    pub registration_allowed: bool,
    pub target_regs_per_interval: Compact<u16>,
    pub min_burn: Compact<u64>,
    pub max_burn: Compact<u64>,
    pub bonds_moving_avg: Compact<u64>,
    pub max_regs_per_block: Compact<u16>,
    pub serving_rate_limit: Compact<u64>,
    pub max_validators: Compact<u16>,
    pub adjustment_alpha: Compact<u64>,
    pub difficulty: Compact<u64>,
    pub commit_reveal_period: Compact<u64>,
    pub commit_reveal_weights_enabled: bool,
    pub alpha_high: Compact<u16>,
    pub alpha_low: Compact<u16>,
    pub liquid_alpha_enabled: bool,
}

/// The same and what Yuma 3 and trading brought.
#[derive(Encode, Decode, Clone, PartialEq, Eq, Debug, TypeInfo)]
pub struct SubnetHyperparamsV2 {
    pub rho: Compact<u16>,
    pub kappa: Compact<u16>,
    pub immunity_period: Compact<u16>,
    pub min_allowed_weights: Compact<u16>,
    pub max_weights_limit: Compact<u16>,
    pub tempo: Compact<u16>,
    pub min_difficulty: Compact<u64>,
    pub max_difficulty: Compact<u64>,
    pub weights_version: Compact<u64>,
    pub weights_rate_limit: Compact<u64>,
    pub adjustment_interval: Compact<u16>,
    pub activity_cutoff: Compact<u64>,
    pub registration_allowed: bool,
    pub target_regs_per_interval: Compact<u16>,
    pub min_burn: Compact<u64>,
    pub max_burn: Compact<u64>,
    pub bonds_moving_avg: Compact<u64>,
    pub max_regs_per_block: Compact<u16>,
    pub serving_rate_limit: Compact<u64>,
    pub max_validators: Compact<u16>,
    pub adjustment_alpha: Compact<u64>,
    pub difficulty: Compact<u64>,
    pub commit_reveal_period: Compact<u64>,
    pub commit_reveal_weights_enabled: bool,
    pub alpha_high: Compact<u16>,
    pub alpha_low: Compact<u16>,
    pub liquid_alpha_enabled: bool,
    pub alpha_sigmoid_steepness: I32F32,
    /// 2 or 3.
    pub yuma_version: Compact<u16>,
    pub subnet_is_active: bool,
    pub transfers_enabled: bool,
    pub bonds_reset_enabled: bool,
    pub user_liquidity_enabled: bool,
}

/// A hyperparameter with its name.
#[derive(Encode, Decode, Clone, PartialEq, Eq, Debug, TypeInfo)]
pub struct HyperparamEntry {
    pub name: Vec<u8>,
    pub value: HyperparamValue,
}

macro_rules! hyperparam_value {
    ($($(#[$doc:meta])* $kind:ident($value:ty) = $index:literal,)+) => {
        /// The value of a hyperparameter.
        #[derive(Clone, PartialEq, Eq, Debug, TypeInfo)]
        pub enum HyperparamValue {
            $($(#[$doc])* #[codec(index = $index)] $kind($value),)+
        }

        renumbered!(HyperparamValue by reversed::<8> { $($kind($value) = $index,)+ });
    };
}

hyperparam_value! {
    Bool(bool) = 0,
    U16(Compact<u16>) = 1,
    U32(Compact<u32>) = 2,
    U64(Compact<u64>) = 3,
    U128(Compact<u128>) = 4,
    /// In rao.
    TaoBalance(Compact<u64>) = 5,
    I32F32(I32F32) = 6,
    U64F64(U64F64) = 7,
}

impl<T: Config> Pallet<T> {
    /// A subnet's hyperparameters in their first form; `None` without the subnet.
    pub fn hyperparameters(netuid: NetUid) -> Option<SubnetHyperparams> {
        let netuid = Self::existing(netuid)?;
        let (alpha_low, alpha_high) = AlphaValues::<T>::get(netuid);
        Some(SubnetHyperparams {
            rho: Compact(Rho::<T>::get(netuid)),
            kappa: Compact(Kappa::<T>::get(netuid)),
            immunity_period: Compact(ImmunityPeriod::<T>::get(netuid)),
            min_allowed_weights: Compact(MinAllowedWeights::<T>::get(netuid)),
            max_weights_limit: Compact(u16::MAX),
            tempo: Compact(Tempo::<T>::get(netuid)),
            min_difficulty: Compact(MinDifficulty::<T>::get(netuid)),
            max_difficulty: Compact(MaxDifficulty::<T>::get(netuid)),
            weights_version: Compact(WeightsVersionKey::<T>::get(netuid)),
            weights_rate_limit: Compact(WeightsSetRateLimit::<T>::get(netuid)),
            adjustment_interval: Compact(AdjustmentInterval::<T>::get(netuid)),
            activity_cutoff: Compact(Self::activity_cutoff(netuid)),
            registration_allowed: NetworkRegistrationAllowed::<T>::get(netuid),
            target_regs_per_interval: Compact(TargetRegistrationsPerInterval::<T>::get(netuid)),
            min_burn: Compact(MinBurn::<T>::get(netuid)),
            max_burn: Compact(MaxBurn::<T>::get(netuid)),
            bonds_moving_avg: Compact(BondsMovingAverage::<T>::get(netuid)),
            max_regs_per_block: Compact(MaxRegistrationsPerBlock::<T>::get(netuid)),
            serving_rate_limit: Compact(ServingRateLimit::<T>::get(netuid)),
            max_validators: Compact(MaxAllowedValidators::<T>::get(netuid)),
            adjustment_alpha: Compact(AdjustmentAlpha::<T>::get(netuid)),
            difficulty: Compact(Difficulty::<T>::get(netuid)),
            commit_reveal_period: Compact(RevealPeriodEpochs::<T>::get(netuid)),
            commit_reveal_weights_enabled: CommitRevealWeightsEnabled::<T>::get(netuid),
            alpha_high: Compact(alpha_high),
            alpha_low: Compact(alpha_low),
            liquid_alpha_enabled: LiquidAlphaOn::<T>::get(netuid),
        })
    }

    /// A subnet's hyperparameters in their second form.
    pub fn hyperparameters_v2(netuid: NetUid) -> Option<SubnetHyperparamsV2> {
        let first = Self::hyperparameters(netuid)?;
        Some(SubnetHyperparamsV2 {
            rho: first.rho,
            kappa: first.kappa,
            immunity_period: first.immunity_period,
            min_allowed_weights: first.min_allowed_weights,
            max_weights_limit: first.max_weights_limit,
            tempo: first.tempo,
            min_difficulty: first.min_difficulty,
            max_difficulty: first.max_difficulty,
            weights_version: first.weights_version,
            weights_rate_limit: first.weights_rate_limit,
            adjustment_interval: first.adjustment_interval,
            activity_cutoff: first.activity_cutoff,
            registration_allowed: first.registration_allowed,
            target_regs_per_interval: first.target_regs_per_interval,
            min_burn: first.min_burn,
            max_burn: first.max_burn,
            bonds_moving_avg: first.bonds_moving_avg,
            max_regs_per_block: first.max_regs_per_block,
            serving_rate_limit: first.serving_rate_limit,
            max_validators: first.max_validators,
            adjustment_alpha: first.adjustment_alpha,
            difficulty: first.difficulty,
            commit_reveal_period: first.commit_reveal_period,
            commit_reveal_weights_enabled: first.commit_reveal_weights_enabled,
            alpha_high: first.alpha_high,
            alpha_low: first.alpha_low,
            liquid_alpha_enabled: first.liquid_alpha_enabled,
            alpha_sigmoid_steepness: AlphaSigmoidSteepness::<T>::get(netuid).into(),
            yuma_version: Compact(Self::yuma_version(netuid)),
            subnet_is_active: SubtokenEnabled::<T>::get(netuid),
            transfers_enabled: TransferToggle::<T>::get(netuid),
            bonds_reset_enabled: BondsResetOn::<T>::get(netuid),
            user_liquidity_enabled: false,
        })
    }

    /// A subnet's hyperparameters by name: those that still have an effect.
    pub fn hyperparameters_v3(netuid: NetUid) -> Option<Vec<HyperparamEntry>> {
        use HyperparamValue::{Bool, TaoBalance, U16, U32, U64};

        let now = Self::hyperparameters_v2(netuid)?;
        let min_take = MinChildkeyTakePerSubnet::<T>::get(netuid).max(MinChildkeyTake::<T>::get());
        let entries = [
            ("kappa", U16(now.kappa)),
            ("immunity_period", U16(now.immunity_period)),
            ("min_allowed_weights", U16(now.min_allowed_weights)),
            ("max_weights_limit", U16(now.max_weights_limit)),
            ("tempo", U16(now.tempo)),
            ("weights_version", U64(now.weights_version)),
            ("weights_rate_limit", U64(now.weights_rate_limit)),
            ("activity_cutoff", U64(now.activity_cutoff)),
            ("activity_cutoff_factor", U32(Compact(ActivityCutoffFactorMilli::<T>::get(netuid)))),
            ("registration_allowed", Bool(now.registration_allowed)),
            ("target_regs_per_interval", U16(now.target_regs_per_interval)),
            ("min_burn", TaoBalance(now.min_burn)),
            ("max_burn", TaoBalance(now.max_burn)),
            ("burn_half_life", U16(Compact(BurnHalfLife::<T>::get(netuid)))),
            ("burn_increase_mult", HyperparamValue::U64F64(BurnIncreaseMult::<T>::get(netuid))),
            ("bonds_moving_avg", U64(now.bonds_moving_avg)),
            ("max_regs_per_block", U16(now.max_regs_per_block)),
            ("serving_rate_limit", U64(now.serving_rate_limit)),
            ("max_validators", U16(now.max_validators)),
            ("commit_reveal_period", U64(now.commit_reveal_period)),
            ("commit_reveal_weights_enabled", Bool(now.commit_reveal_weights_enabled)),
            ("alpha_high", U16(now.alpha_high)),
            ("alpha_low", U16(now.alpha_low)),
            ("liquid_alpha_enabled", Bool(now.liquid_alpha_enabled)),
            ("alpha_sigmoid_steepness", HyperparamValue::I32F32(now.alpha_sigmoid_steepness)),
            ("yuma_version", U16(now.yuma_version)),
            ("subnet_is_active", Bool(now.subnet_is_active)),
            ("transfers_enabled", Bool(now.transfers_enabled)),
            ("bonds_reset_enabled", Bool(now.bonds_reset_enabled)),
            ("user_liquidity_enabled", Bool(now.user_liquidity_enabled)),
            ("owner_cut_enabled", Bool(OwnerCutEnabled::<T>::get(netuid))),
            ("owner_cut_auto_lock_enabled", Bool(OwnerCutAutoLockEnabled::<T>::get(netuid))),
            ("min_childkey_take", U16(Compact(min_take))),
        ];
        let entry = |(name, value): (&str, _)| HyperparamEntry { name: name.into(), value };
        Some(entries.into_iter().map(entry).collect())
    }

    fn yuma_version(netuid: NetUid) -> u16 {
        if Yuma3On::<T>::get(netuid) { 3 } else { 2 }
    }
}
