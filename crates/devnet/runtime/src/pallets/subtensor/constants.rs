//! The pallet's constants: the first values of what storage holds, and bounds of what may be set.
//!
//! Those that a build with the feature `fast-runtime` changes follow the genesis here.

#[frame_support::pallet_macros::pallet_section]
mod constants {
    #[pallet::extra_constants]
    impl<T: Config> Pallet<T> {
        /// The TAO that the pallet counts at genesis, in rao.
        #[pallet::constant_name(InitialIssuance)]
        fn initial_issuance() -> u64 {
            0
        }

        #[pallet::constant_name(InitialMinAllowedWeights)]
        fn initial_min_allowed_weights() -> u16 {
            DefaultMinAllowedWeights::<T>::get()
        }

        /// Without effect.
        #[pallet::constant_name(InitialEmissionValue)]
        fn initial_emission_value() -> u16 {
            0
        }

        #[pallet::constant_name(InitialTempo)]
        fn initial_tempo() -> u16 {
            BuildTempo::get()
        }

        #[pallet::constant_name(InitialDifficulty)]
        fn initial_difficulty() -> u64 {
            DefaultDifficulty::<T>::get()
        }

        #[pallet::constant_name(InitialMaxDifficulty)]
        fn initial_max_difficulty() -> u64 {
            DefaultMaxDifficulty::<T>::get()
        }

        #[pallet::constant_name(InitialMinDifficulty)]
        fn initial_min_difficulty() -> u64 {
            DefaultMinDifficulty::<T>::get()
        }

        #[pallet::constant_name(InitialRAORecycledForRegistration)]
        fn initial_rao_recycled_for_registration() -> u64 {
            0
        }

        #[pallet::constant_name(InitialBurn)]
        fn initial_burn() -> u64 {
            DefaultBurn::<T>::get()
        }

        #[pallet::constant_name(InitialMaxBurn)]
        fn initial_max_burn() -> u64 {
            DefaultMaxBurn::<T>::get()
        }

        #[pallet::constant_name(InitialMinBurn)]
        fn initial_min_burn() -> u64 {
            DefaultMinBurn::<T>::get()
        }

        /// The least that a stake operation moves, in rao.
        #[pallet::constant_name(InitialMinStake)]
        fn initial_min_stake() -> u64 {
            MIN_STAKE
        }

        /// `MinBurn` stays below this, in rao.
        #[pallet::constant_name(MinBurnUpperBound)]
        fn min_burn_upper_bound() -> u64 {
            1_000_000_000
        }

        /// `MaxBurn` stays above this, in rao.
        #[pallet::constant_name(MaxBurnLowerBound)]
        fn max_burn_lower_bound() -> u64 {
            100_000_000
        }

        /// The least tempo that an owner may set, in blocks.
        #[pallet::constant_name(MinTempo)]
        fn min_tempo() -> u16 {
            360
        }

        /// The greatest tempo that an owner may set, in blocks.
        #[pallet::constant_name(MaxTempo)]
        fn max_tempo() -> u16 {
            50_400
        }

        /// The least activity cutoff that an owner may set, in thousandths of a tempo.
        #[pallet::constant_name(MinActivityCutoffFactorMilli)]
        fn min_activity_cutoff_factor_milli() -> u32 {
            1_000
        }

        /// The greatest activity cutoff that an owner may set, in thousandths of a tempo.
        #[pallet::constant_name(MaxActivityCutoffFactorMilli)]
        fn max_activity_cutoff_factor_milli() -> u32 {
            50_000
        }

        #[pallet::constant_name(InitialAdjustmentInterval)]
        fn initial_adjustment_interval() -> u16 {
            DefaultAdjustmentInterval::<T>::get()
        }

        #[pallet::constant_name(InitialBondsMovingAverage)]
        fn initial_bonds_moving_average() -> u64 {
            DefaultBondsMovingAverage::<T>::get()
        }

        #[pallet::constant_name(InitialBondsPenalty)]
        fn initial_bonds_penalty() -> u16 {
            DefaultBondsPenalty::<T>::get()
        }

        #[pallet::constant_name(InitialBondsResetOn)]
        fn initial_bonds_reset_on() -> bool {
            false
        }

        #[pallet::constant_name(InitialTargetRegistrationsPerInterval)]
        fn initial_target_registrations_per_interval() -> u16 {
            DefaultTargetRegistrationsPerInterval::<T>::get()
        }

        #[pallet::constant_name(InitialRho)]
        fn initial_rho() -> u16 {
            DefaultRho::<T>::get()
        }

        #[pallet::constant_name(InitialAlphaSigmoidSteepness)]
        fn initial_alpha_sigmoid_steepness() -> i16 {
            DefaultAlphaSigmoidSteepness::<T>::get()
        }

        #[pallet::constant_name(InitialKappa)]
        fn initial_kappa() -> u16 {
            DefaultKappa::<T>::get()
        }

        #[pallet::constant_name(InitialMinAllowedUids)]
        fn initial_min_allowed_uids() -> u16 {
            DefaultMinAllowedUids::<T>::get()
        }

        #[pallet::constant_name(InitialMaxAllowedUids)]
        fn initial_max_allowed_uids() -> u16 {
            DefaultMaxAllowedUids::<T>::get()
        }

        /// Without effect.
        #[pallet::constant_name(InitialValidatorPruneLen)]
        fn initial_validator_prune_len() -> u64 {
            1
        }

        #[pallet::constant_name(InitialScalingLawPower)]
        fn initial_scaling_law_power() -> u16 {
            DefaultScalingLawPower::<T>::get()
        }

        #[pallet::constant_name(InitialImmunityPeriod)]
        fn initial_immunity_period() -> u16 {
            DefaultImmunityPeriod::<T>::get()
        }

        #[pallet::constant_name(InitialActivityCutoff)]
        fn initial_activity_cutoff() -> u16 {
            DefaultActivityCutoff::<T>::get()
        }

        #[pallet::constant_name(InitialMaxRegistrationsPerBlock)]
        fn initial_max_registrations_per_block() -> u16 {
            DefaultMaxRegistrationsPerBlock::<T>::get()
        }

        /// Without effect.
        #[pallet::constant_name(InitialPruningScore)]
        fn initial_pruning_score() -> u16 {
            u16::MAX
        }

        #[pallet::constant_name(InitialMaxAllowedValidators)]
        fn initial_max_allowed_validators() -> u16 {
            DefaultMaxAllowedValidators::<T>::get()
        }

        #[pallet::constant_name(InitialDefaultDelegateTake)]
        fn initial_default_delegate_take() -> u16 {
            DefaultDelegates::<T>::get()
        }

        #[pallet::constant_name(InitialMinDelegateTake)]
        fn initial_min_delegate_take() -> u16 {
            0
        }

        #[pallet::constant_name(InitialDefaultChildKeyTake)]
        fn initial_default_child_key_take() -> u16 {
            0
        }

        #[pallet::constant_name(InitialMinChildKeyTake)]
        fn initial_min_child_key_take() -> u16 {
            0
        }

        #[pallet::constant_name(InitialMaxChildKeyTake)]
        fn initial_max_child_key_take() -> u16 {
            DefaultMaxChildkeyTake::<T>::get()
        }

        #[pallet::constant_name(InitialWeightsVersionKey)]
        fn initial_weights_version_key() -> u64 {
            0
        }

        #[pallet::constant_name(InitialServingRateLimit)]
        fn initial_serving_rate_limit() -> u64 {
            DefaultServingRateLimit::<T>::get()
        }

        #[pallet::constant_name(InitialTxRateLimit)]
        fn initial_tx_rate_limit() -> u64 {
            DefaultTxRateLimit::<T>::get()
        }

        #[pallet::constant_name(InitialTxDelegateTakeRateLimit)]
        fn initial_tx_delegate_take_rate_limit() -> u64 {
            DefaultTxDelegateTakeRateLimit::<T>::get()
        }

        #[pallet::constant_name(InitialTxChildKeyTakeRateLimit)]
        fn initial_tx_child_key_take_rate_limit() -> u64 {
            DefaultTxChildkeyTakeRateLimit::<T>::get()
        }

        #[pallet::constant_name(InitialAdjustmentAlpha)]
        fn initial_adjustment_alpha() -> u64 {
            0
        }

        #[pallet::constant_name(InitialNetworkImmunityPeriod)]
        fn initial_network_immunity_period() -> u64 {
            DefaultNetworkImmunityPeriod::<T>::get()
        }

        #[pallet::constant_name(InitialNetworkMinLockCost)]
        fn initial_network_min_lock_cost() -> u64 {
            DefaultNetworkMinLockCost::<T>::get()
        }

        #[pallet::constant_name(InitialSubnetOwnerCut)]
        fn initial_subnet_owner_cut() -> u16 {
            DefaultSubnetOwnerCut::<T>::get()
        }

        #[pallet::constant_name(InitialNetworkLockReductionInterval)]
        fn initial_network_lock_reduction_interval() -> u64 {
            DefaultNetworkLockReductionInterval::<T>::get()
        }

        #[pallet::constant_name(InitialNetworkRateLimit)]
        fn initial_network_rate_limit() -> u64 {
            DefaultNetworkRateLimit::<T>::get()
        }

        /// What a hotkey swap on all subnets costs, in rao.
        #[pallet::constant_name(KeySwapCost)]
        fn key_swap_cost() -> u64 {
            100_000_000
        }

        #[pallet::constant_name(AlphaHigh)]
        fn alpha_high() -> u16 {
            DefaultAlphaValues::<T>::get().1
        }

        #[pallet::constant_name(AlphaLow)]
        fn alpha_low() -> u16 {
            DefaultAlphaValues::<T>::get().0
        }

        #[pallet::constant_name(LiquidAlphaOn)]
        fn initial_liquid_alpha_on() -> bool {
            false
        }

        #[pallet::constant_name(Yuma3On)]
        fn initial_yuma3_on() -> bool {
            false
        }

        /// Blocks between announcing a coldkey swap and making it.
        #[pallet::constant_name(InitialColdkeySwapAnnouncementDelay)]
        fn initial_coldkey_swap_announcement_delay() -> u32 {
            DefaultColdkeySwapAnnouncementDelay::<T>::get()
        }

        /// Blocks between two announcements of a coldkey swap.
        #[pallet::constant_name(InitialColdkeySwapReannouncementDelay)]
        fn initial_coldkey_swap_reannouncement_delay() -> u32 {
            DefaultColdkeySwapReannouncementDelay::<T>::get()
        }

        #[pallet::constant_name(InitialDissolveNetworkScheduleDuration)]
        fn initial_dissolve_network_schedule_duration() -> u32 {
            DefaultDissolveNetworkScheduleDuration::<T>::get()
        }

        #[pallet::constant_name(InitialTaoWeight)]
        fn initial_tao_weight() -> u64 {
            DefaultTaoWeight::<T>::get()
        }

        #[pallet::constant_name(InitialEmaPriceHalvingPeriod)]
        fn initial_ema_price_halving_period() -> u64 {
            DefaultEMAPriceHalvingBlocks::<T>::get()
        }

        #[pallet::constant_name(InitialStartCallDelay)]
        fn initial_start_call_delay() -> u64 {
            0
        }

        /// What a hotkey swap on one subnet costs, in rao.
        #[pallet::constant_name(KeySwapOnSubnetCost)]
        fn key_swap_on_subnet_cost() -> u64 {
            1_000_000
        }

        /// Blocks between two hotkey swaps of a coldkey on one subnet.
        #[pallet::constant_name(HotkeySwapOnSubnetInterval)]
        fn hotkey_swap_on_subnet_interval() -> u64 {
            if BuildFast::get() { 1 } else { 7_200 }
        }

        /// Blocks between two payments to those who share a lease.
        #[pallet::constant_name(LeaseDividendsDistributionInterval)]
        fn lease_dividends_distribution_interval() -> u32 {
            100
        }

        /// The share of a subnet's uids that may be immune when it is cut down.
        #[pallet::constant_name(MaxImmuneUidsPercentage)]
        pub(super) fn max_immune_uids_percentage() -> Percent {
            Percent::from_percent(80)
        }

        /// The account ids of subnets are derived from this.
        #[pallet::constant_name(SubtensorPalletId)]
        fn subtensor_pallet_id() -> PalletId {
            SUBNET_ACCOUNTS
        }

        /// The account id of what is burned is derived from this.
        #[pallet::constant_name(BurnAccountId)]
        fn burn_account_id() -> PalletId {
            PalletId(*b"burntnsr")
        }

        #[pallet::constant_name(InitialMaxEpochsPerBlock)]
        fn initial_max_epochs_per_block() -> u8 {
            BuildMaxEpochs::get()
        }
    }
}
