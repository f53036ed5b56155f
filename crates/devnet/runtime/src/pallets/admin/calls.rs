//! The setters: index, arguments, who may call, what is written.

use frame_support::BoundedVec;
use frame_support::weights::Weight;

use super::mechanisms::MOST_UIDS;
use super::rule::{Limit, Rule};
use crate::pallets::subtensor::types::Hyperparameter::*;
use crate::pallets::subtensor::types::{AccountId, MechId, NetUid, ROOT, RecycleOrBurnEnum};
use crate::pallets::subtensor::{self, Event as Told};

/// What a setter weighs on the real chain if owners may call it; those that only root calls weigh half of that.
const SETTER: Weight = Weight::from_parts(259_544_000, 4_383);
const TAO: u64 = 1_000_000_000;

/// Those who make blocks.
type Authorities<T> =
    BoundedVec<<T as pallet_aura::Config>::AuthorityId, <T as pallet_aura::Config>::MaxAuthorities>;

admin_pallet! {
    /// Names those who make blocks, and get the fees, from the next block on.
    [0] swap_authorities(new_authorities: Authorities<T>) by Rule::root() => {
        pallet_aura::Pallet::<T>::change_authorities(new_authorities);
    }
    /// The share of dividends that a hotkey keeps at most and by default, in parts of 65535.
    [1] sudo_set_default_take(default_take: u16) by Rule::root() => {
        subtensor::MaxDelegateTake::<T>::put(default_take);
        Self::tell(Told::MaxDelegateTakeSet(default_take));
    }
    /// Blocks between two hotkey swaps of a coldkey.
    [2] sudo_set_tx_rate_limit(tx_rate_limit: u64) by Rule::root() => {
        subtensor::TxRateLimit::<T>::put(tx_rate_limit);
        Self::tell(Told::TxRateLimitSet(tx_rate_limit));
    }
    /// Blocks between two serves of a hotkey.
    [3] sudo_set_serving_rate_limit(netuid: NetUid, serving_rate_limit: u64)
    by Rule::owner(netuid, ServingRateLimit) => {
        subtensor::ServingRateLimit::<T>::insert(netuid, serving_rate_limit);
        Self::tell(Told::ServingRateLimitSet(netuid, serving_rate_limit));
    }
    /// The least proof of work; without effect.
    [4] sudo_set_min_difficulty(netuid: NetUid, min_difficulty: u64)
    by Rule::root_on(netuid).frozen_before_epochs() => {
        subtensor::MinDifficulty::<T>::insert(netuid, min_difficulty);
        Self::tell(Told::MinDifficultySet(netuid, min_difficulty));
    }
    /// The greatest proof of work; without effect.
    [5] sudo_set_max_difficulty(netuid: NetUid, max_difficulty: u64)
    by Rule::owner(netuid, MaxDifficulty) => {
        subtensor::MaxDifficulty::<T>::insert(netuid, max_difficulty);
        Self::tell(Told::MaxDifficultySet(netuid, max_difficulty));
    }
    /// The least version that weights must name.
    [6] sudo_set_weights_version_key(netuid: NetUid, weights_version_key: u64)
    by Rule::owner(netuid, Limit::WeightsVersionKey) => {
        subtensor::WeightsVersionKey::<T>::insert(netuid, weights_version_key);
        Self::tell(Told::WeightsVersionKeySet(netuid, weights_version_key));
    }
    /// Blocks between two sets of weights of a neuron.
    [7] sudo_set_weights_set_rate_limit(netuid: NetUid, weights_set_rate_limit: u64)
    by Rule::root_on(netuid) => {
        subtensor::WeightsSetRateLimit::<T>::insert(netuid, weights_set_rate_limit);
        Self::tell(Told::WeightsSetRateLimitSet(netuid, weights_set_rate_limit));
    }
    /// Blocks between two adjustments of the difficulty; without effect.
    [8] sudo_set_adjustment_interval(netuid: NetUid, adjustment_interval: u16) by Rule::root_on(netuid) => {
        subtensor::AdjustmentInterval::<T>::insert(netuid, adjustment_interval);
        Self::tell(Told::AdjustmentIntervalSet(netuid, adjustment_interval));
    }
    /// How slowly the difficulty is adjusted; without effect.
    [9] sudo_set_adjustment_alpha(netuid: NetUid, adjustment_alpha: u64)
    by Rule::owner(netuid, AdjustmentAlpha) => {
        subtensor::AdjustmentAlpha::<T>::insert(netuid, adjustment_alpha);
        Self::tell(Told::AdjustmentAlphaSet(netuid, adjustment_alpha));
    }
    /// Blocks in which a new neuron is not replaced.
    [13] sudo_set_immunity_period(netuid: NetUid, immunity_period: u16)
    by Rule::owner(netuid, ImmunityPeriod) => {
        subtensor::ImmunityPeriod::<T>::insert(netuid, immunity_period);
        Self::tell(Told::ImmunityPeriodSet(netuid, immunity_period));
    }
    /// How many uids weights must name at least.
    [14] sudo_set_min_allowed_weights(netuid: NetUid, min_allowed_weights: u16)
    by Rule::owner(netuid, MinAllowedWeights) => {
        subtensor::MinAllowedWeights::<T>::insert(netuid, min_allowed_weights);
        Self::tell(Told::MinAllowedWeightSet(netuid, min_allowed_weights));
    }
    /// How many neurons fit.
    [15] sudo_set_max_allowed_uids(netuid: NetUid, max_allowed_uids: u16)
    by Rule::owner(netuid, MaxAllowedUids) => {
        ensure!(
            max_allowed_uids >= subtensor::MinAllowedUids::<T>::get(netuid),
            Error::<T>::MaxAllowedUidsLessThanMinAllowedUids
        );
        ensure!(
            max_allowed_uids >= subtensor::SubnetworkN::<T>::get(netuid),
            Error::<T>::MaxAllowedUIdsLessThanCurrentUIds
        );
        ensure!(max_allowed_uids <= MOST_UIDS, Error::<T>::MaxAllowedUidsGreaterThanDefaultMaxAllowedUids);
        Self::ensure_uids_fit(max_allowed_uids, subtensor::MechanismCountCurrent::<T>::get(netuid))?;
        subtensor::MaxAllowedUids::<T>::insert(netuid, max_allowed_uids);
        Self::tell(Told::MaxAllowedUidsSet(netuid, max_allowed_uids));
    }
    /// The share of stake that has to agree, in parts of 65535.
    [16] sudo_set_kappa(netuid: NetUid, kappa: u16) by Rule::root_on(netuid) => {
        subtensor::Kappa::<T>::insert(netuid, kappa);
        Self::tell(Told::KappaSet(netuid, kappa));
    }
    /// The slope of trust; without effect.
    [17] sudo_set_rho(netuid: NetUid, rho: u16) by Rule::owner(netuid, Rho) => {
        subtensor::Rho::<T>::insert(netuid, rho);
        Self::tell(Told::RhoSet(netuid, rho));
    }
    /// The old activity cutoff in blocks; the epoch goes by `ActivityCutoffFactorMilli`.
    [18] sudo_set_activity_cutoff(netuid: NetUid, activity_cutoff: u16)
    by Rule::owner(netuid, ActivityCutoff) => {
        ensure!(
            activity_cutoff >= subtensor::MinActivityCutoff::<T>::get(),
            subtensor::Error::<T>::ActivityCutoffTooLow
        );
        subtensor::ActivityCutoff::<T>::insert(netuid, activity_cutoff);
        Self::tell(Told::ActivityCutoffSet(netuid, activity_cutoff));
    }
    /// Whether hotkeys may register.
    [19] sudo_set_network_registration_allowed(netuid: NetUid, registration_allowed: bool)
    by Rule::root_on(netuid) => {
        subtensor::NetworkRegistrationAllowed::<T>::insert(netuid, registration_allowed);
        Self::tell(Told::RegistrationAllowed(netuid, registration_allowed));
    }
    /// Refused: nobody registers by proof of work any more.
    [20] sudo_set_network_pow_registration_allowed(_netuid: NetUid, _registration_allowed: bool)
    by Rule::gone(Error::<T>::POWRegistrationDisabled) => {}
    /// How many registrations an adjustment interval should see; without effect.
    [21] sudo_set_target_registrations_per_interval(netuid: NetUid, target_registrations_per_interval: u16)
    by Rule::root_on(netuid).frozen_before_epochs() => {
        subtensor::TargetRegistrationsPerInterval::<T>::insert(netuid, target_registrations_per_interval);
        Self::tell(Told::RegistrationPerIntervalSet(netuid, target_registrations_per_interval));
    }
    /// What a registration costs at least, in rao.
    [22] sudo_set_min_burn(netuid: NetUid, min_burn: u64) by Rule::owner(netuid, MinBurn) => {
        ensure!(
            min_burn < TAO && min_burn < subtensor::MaxBurn::<T>::get(netuid),
            Error::<T>::ValueNotInBounds
        );
        subtensor::MinBurn::<T>::insert(netuid, min_burn);
        Self::tell(Told::MinBurnSet(netuid, min_burn));
    }
    /// What a registration costs at most, in rao.
    [23] sudo_set_max_burn(netuid: NetUid, max_burn: u64) by Rule::owner(netuid, MaxBurn) => {
        ensure!(
            max_burn > TAO / 10 && max_burn > subtensor::MinBurn::<T>::get(netuid),
            Error::<T>::ValueNotInBounds
        );
        subtensor::MaxBurn::<T>::insert(netuid, max_burn);
        Self::tell(Told::MaxBurnSet(netuid, max_burn));
    }
    /// The proof of work; without effect.
    [24] sudo_set_difficulty(netuid: NetUid, difficulty: u64)
    by Rule::root_on(netuid).frozen_before_epochs() => {
        subtensor::Difficulty::<T>::insert(netuid, difficulty);
        Self::tell(Told::DifficultySet(netuid, difficulty));
    }
    /// How many neurons may validate.
    [25] sudo_set_max_allowed_validators(netuid: NetUid, max_allowed_validators: u16)
    by Rule::root_on(netuid).frozen_before_epochs() => {
        ensure!(
            max_allowed_validators <= subtensor::MaxAllowedUids::<T>::get(netuid),
            Error::<T>::MaxValidatorsLargerThanMaxUIds
        );
        subtensor::MaxAllowedValidators::<T>::insert(netuid, max_allowed_validators);
        Self::tell(Told::MaxAllowedValidatorsSet(netuid, max_allowed_validators));
    }
    /// How much of the last bonds stays, in millionths.
    [26] sudo_set_bonds_moving_average(netuid: NetUid, bonds_moving_average: u64)
    by Rule::owner(netuid, BondsMovingAverage)
        .owner_must(bonds_moving_average <= 975_000, Error::<T>::BondsMovingAverageMaxReached) => {
        subtensor::BondsMovingAverage::<T>::insert(netuid, bonds_moving_average);
        Self::tell(Told::BondsMovingAverageSet(netuid, bonds_moving_average));
    }
    /// How much weights off the consensus cost in bonds, in parts of 65535.
    [60] sudo_set_bonds_penalty(netuid: NetUid, bonds_penalty: u16) by Rule::owner(netuid, BondsPenalty) => {
        subtensor::BondsPenalty::<T>::insert(netuid, bonds_penalty);
        Self::tell(Told::BondsPenaltySet(netuid, bonds_penalty));
    }
    /// How many hotkeys register in a block; without effect.
    [27] sudo_set_max_registrations_per_block(netuid: NetUid, max_registrations_per_block: u16)
    by Rule::root_on(netuid).frozen_before_epochs() => {
        subtensor::MaxRegistrationsPerBlock::<T>::insert(netuid, max_registrations_per_block);
        Self::tell(Told::MaxRegistrationsPerBlockSet(netuid, max_registrations_per_block));
    }
    /// The owners' share of emission, in parts of 65535.
    [28] sudo_set_subnet_owner_cut(subnet_owner_cut: u16) by Rule::root() => {
        subtensor::SubnetOwnerCut::<T>::put(subnet_owner_cut);
        Self::tell(Told::SubnetOwnerCutSet(subnet_owner_cut));
    }
    /// Blocks between two new subnets.
    [29] sudo_set_network_rate_limit(rate_limit: u64) by Rule::root() => {
        subtensor::NetworkRateLimit::<T>::put(rate_limit);
        Self::tell(Told::NetworkRateLimitSet(rate_limit));
    }
    /// Blocks between two epochs; 0 stops them. Their count starts anew.
    [30] sudo_set_tempo(netuid: NetUid, tempo: u16) by Rule::root_on(netuid).frozen_before_epochs() => {
        subtensor::Pallet::<T>::set_tempo_anew(netuid, tempo);
    }
    /// Refused: the chain counts its issuance itself.
    [33] sudo_set_total_issuance(_total_issuance: u64) by Rule::gone(Error::<T>::Deprecated) => {}
    /// Blocks in which a new subnet is not replaced.
    [35] sudo_set_network_immunity_period(immunity_period: u64) by Rule::root() => {
        subtensor::NetworkImmunityPeriod::<T>::put(immunity_period);
        Self::tell(Told::NetworkImmunityPeriodSet(immunity_period));
    }
    /// What a subnet costs at least, in rao.
    [36] sudo_set_network_min_lock_cost(lock_cost: u64) by Rule::root() => {
        subtensor::NetworkMinLockCost::<T>::put(lock_cost);
        Self::tell(Told::NetworkMinLockCostSet(lock_cost));
    }
    /// How many subnets there may be, root not counted.
    [37] sudo_set_subnet_limit(max_subnets: u16) by Rule::root() => {
        subtensor::SubnetLimit::<T>::put(max_subnets);
        Self::tell(Told::SubnetLimitSet(max_subnets));
    }
    /// Blocks over which the price of a subnet falls.
    [38] sudo_set_lock_reduction_interval(interval: u64) by Rule::root() => {
        subtensor::NetworkLockReductionInterval::<T>::put(interval);
        Self::tell(Told::NetworkLockCostReductionIntervalSet(interval));
    }
    /// What registrations on a subnet have cost so far, in rao.
    [39] sudo_set_rao_recycled(netuid: NetUid, rao_recycled: u64) by Rule::root_on(netuid) => {
        subtensor::RAORecycledForRegistration::<T>::insert(netuid, rao_recycled);
        Self::tell(Told::RAORecycledForRegistrationSet(netuid, rao_recycled));
    }
    /// The stake weight that setting weights takes.
    [42] sudo_set_stake_threshold(min_stake: u64) by Rule::root() => {
        subtensor::StakeThreshold::<T>::put(min_stake);
        Self::tell(Told::StakeThresholdSet(min_stake));
    }
    /// The least a nominator may leave staked. Smaller nominations are left alone, unlike on the real chain.
    [43] sudo_set_nominator_min_required_stake(min_stake: u64) by Rule::root() => {
        subtensor::NominatorMinRequiredStake::<T>::put(min_stake);
    }
    /// Blocks between two raises of a hotkey's take.
    [45] sudo_set_tx_delegate_take_rate_limit(tx_rate_limit: u64) by Rule::root() => {
        subtensor::TxDelegateTakeRateLimit::<T>::put(tx_rate_limit);
        Self::tell(Told::TxDelegateTakeRateLimitSet(tx_rate_limit));
    }
    /// The share of dividends that a hotkey keeps at least, in parts of 65535.
    [46] sudo_set_min_delegate_take(take: u16) by Rule::root() => {
        subtensor::MinDelegateTake::<T>::put(take);
        Self::tell(Told::MinDelegateTakeSet(take));
    }
    /// The share of dividends that a child hotkey keeps at least, in parts of 65535.
    [93] sudo_set_min_childkey_take_per_subnet(netuid: NetUid, take: u16)
    by Rule::owner(netuid, MinChildkeyTake) => {
        ensure!(take <= subtensor::MaxChildkeyTake::<T>::get(), Error::<T>::InvalidValue);
        subtensor::MinChildkeyTakePerSubnet::<T>::insert(netuid, take);
        Self::tell(Told::MinChildKeyTakePerSubnetSet(netuid, take));
    }
    /// Whether weights are committed first and revealed later.
    [49] sudo_set_commit_reveal_weights_enabled(netuid: NetUid, enabled: bool)
    by Rule::owner(netuid, CommitRevealEnabled) => {
        subtensor::CommitRevealWeightsEnabled::<T>::insert(netuid, enabled);
        Self::tell(Told::CommitRevealEnabled(netuid, enabled));
    }
    /// Whether bonds move at rates of their own.
    [50] sudo_set_liquid_alpha_enabled(netuid: NetUid, enabled: bool)
    by Rule::owner(netuid, LiquidAlphaEnabled) => {
        subtensor::LiquidAlphaOn::<T>::insert(netuid, enabled);
    }
    /// The slowest and the fastest rate of bonds, in parts of 65535.
    [51] sudo_set_alpha_values(netuid: NetUid, alpha_low: u16, alpha_high: u16)
    by Rule::owner(netuid, AlphaValues) => {
        const LEAST: u16 = u16::MAX / 40;
        ensure!(subtensor::LiquidAlphaOn::<T>::get(netuid), subtensor::Error::<T>::LiquidAlphaDisabled);
        ensure!(alpha_high >= LEAST, subtensor::Error::<T>::AlphaHighTooLow);
        ensure!((LEAST..=alpha_high).contains(&alpha_low), subtensor::Error::<T>::AlphaLowOutOfRange);
        subtensor::AlphaValues::<T>::insert(netuid, (alpha_low, alpha_high));
    }
    /// Blocks between scheduling and dissolving a subnet; without effect.
    [55] sudo_set_dissolve_network_schedule_duration(duration: u32) by Rule::root() => {
        subtensor::DissolveNetworkScheduleDuration::<T>::put(duration);
        Self::tell(Told::DissolveNetworkScheduleDurationSet(duration));
    }
    /// Epochs between a commit and its reveal.
    [57] sudo_set_commit_reveal_weights_interval(netuid: NetUid, interval: u64)
    by Rule::owner(netuid, WeightCommitInterval) => {
        ensure!(interval <= 100, subtensor::Error::<T>::RevealPeriodTooLarge);
        ensure!(interval >= 1, subtensor::Error::<T>::RevealPeriodTooSmall);
        subtensor::RevealPeriodEpochs::<T>::insert(netuid, interval);
        Self::tell(Told::CommitRevealPeriodsSet(netuid, interval));
    }
    /// Whether stake may change its coldkey.
    [61] sudo_set_toggle_transfer(netuid: NetUid, toggle: bool) by Rule::owner(netuid, TransferEnabled) => {
        subtensor::TransferToggle::<T>::insert(netuid, toggle);
        Self::tell(Told::TransferToggle(netuid, toggle));
    }
    /// What becomes of incentive that the owner would get.
    [80] sudo_set_recycle_or_burn(netuid: NetUid, recycle_or_burn: RecycleOrBurnEnum)
    by Rule::owner(netuid, RecycleOrBurn) => {
        subtensor::RecycleOrBurn::<T>::insert(netuid, recycle_or_burn);
    }
    /// How fast the moving prices follow.
    [63] sudo_set_subnet_moving_alpha(alpha: I96F32) by Rule::root() => {
        subtensor::SubnetMovingAlpha::<T>::put(alpha);
    }
    /// Names the hotkey that stands for a subnet's owner.
    [64] sudo_set_subnet_owner_hotkey(netuid: NetUid, hotkey: AccountId) by Rule::owner_of(netuid) => {
        Self::set_owner_hotkey(netuid, hotkey)?;
    }
    /// Blocks after which a moving price has come half way.
    [65] sudo_set_ema_price_halving_period(netuid: NetUid, ema_halving: u64) by Rule::root_on(netuid) => {
        subtensor::EMAPriceHalvingBlocks::<T>::insert(netuid, ema_halving);
    }
    /// The slope of liquid alpha, in hundredths.
    [68] sudo_set_alpha_sigmoid_steepness(netuid: NetUid, steepness: i16)
    by Rule::owner(netuid, AlphaSigmoidSteepness)
        .owner_must(steepness >= 0, Error::<T>::NegativeSigmoidSteepness) => {
        subtensor::AlphaSigmoidSteepness::<T>::insert(netuid, steepness);
        Self::tell(Told::AlphaSigmoidSteepnessSet(netuid, steepness));
    }
    /// Whether epochs follow Yuma 3 rather than Yuma 2.
    [69] sudo_set_yuma3_enabled(netuid: NetUid, enabled: bool) by Rule::owner(netuid, Yuma3Enabled) => {
        subtensor::Yuma3On::<T>::insert(netuid, enabled);
        Self::deposit_event(Event::Yuma3EnableToggled { netuid, enabled });
    }
    /// Whether neurons may have the bonds to them reset.
    [70] sudo_set_bonds_reset_enabled(netuid: NetUid, enabled: bool)
    by Rule::owner(netuid, BondsResetEnabled) => {
        subtensor::BondsResetOn::<T>::insert(netuid, enabled);
        Self::tell(Told::BondsResetOnSet(netuid, enabled));
        Self::deposit_event(Event::BondsResetToggled { netuid, enabled });
    }
    /// Names the hotkey that stands for a subnet's owner.
    [67] sudo_set_sn_owner_hotkey(netuid: NetUid, hotkey: AccountId) by Rule::owner_of(netuid) => {
        Self::set_owner_hotkey(netuid, hotkey)?;
    }
    /// Whether a subnet's alpha can be traded.
    [66] sudo_set_subtoken_enabled(netuid: NetUid, subtoken_enabled: bool)
    by Rule::root_on(netuid).frozen_before_epochs() => {
        subtensor::SubtokenEnabled::<T>::insert(netuid, subtoken_enabled);
    }
    /// The version that timelocked commits must name.
    [71] sudo_set_commit_reveal_version(version: u16) by Rule::root() => {
        subtensor::CommitRevealWeightsVersion::<T>::put(version);
        Self::tell(Told::CommitRevealVersionSet(version));
    }
    /// How many of the owner's neurons are never replaced.
    [72] sudo_set_owner_immune_neuron_limit(netuid: NetUid, immune_neurons: u16)
    by Rule::owner(netuid, ImmuneNeuronLimit) => {
        ensure!((1..=10).contains(&immune_neurons), subtensor::Error::<T>::InvalidValue);
        subtensor::ImmuneOwnerUidsLimit::<T>::insert(netuid, immune_neurons);
    }
    /// The share of a child's dividends that is burned, in parts of 2^64.
    [73] sudo_set_ck_burn(burn: u64) by Rule::root() => {
        subtensor::CKBurn::<T>::put(burn);
    }
    /// Blocks before an epoch in which hyperparameters may not change.
    [74] sudo_set_admin_freeze_window(window: u16) by Rule::root() => {
        subtensor::AdminFreezeWindow::<T>::put(window);
        Self::tell(Told::AdminFreezeWindowSet(window));
    }
    /// Tempos between two changes of a hyperparameter by the owner.
    [75] sudo_set_owner_hparam_rate_limit(epochs: u16) by Rule::root() => {
        subtensor::OwnerHyperparamRateLimit::<T>::put(epochs);
        Self::tell(Told::OwnerHyperparamRateLimitSet(epochs));
    }
    /// How many mechanisms a subnet has.
    [76] sudo_set_mechanism_count(netuid: NetUid, mechanism_count: MechId)
    by Rule::owner(netuid, Limit::MechanismCount) => {
        Self::set_mechanism_count(netuid, mechanism_count)?;
    }
    /// How a subnet's mechanisms share its emission.
    [77] sudo_set_mechanism_emission_split(netuid: NetUid, maybe_split: Option<Vec<u16>>)
    by Rule::owner(netuid, Limit::MechanismEmission) => {
        Self::set_emission_split(netuid, maybe_split)?;
    }
    /// Cuts a subnet down to `max_n` neurons.
    [78] sudo_trim_to_max_allowed_uids(netuid: NetUid, max_n: u16)
    by Rule::owner(netuid, Limit::Trimming).leaving_existence() => {
        subtensor::Pallet::<T>::trim_to_max_allowed_uids(netuid, max_n)?;
    }
    /// How few neurons a subnet may be cut down to.
    [79] sudo_set_min_allowed_uids(netuid: NetUid, min_allowed_uids: u16)
    by Rule::root_on(netuid).frozen_before_epochs() => {
        ensure!(
            min_allowed_uids < subtensor::MaxAllowedUids::<T>::get(netuid),
            Error::<T>::MinAllowedUidsGreaterThanMaxAllowedUids
        );
        ensure!(
            min_allowed_uids < subtensor::SubnetworkN::<T>::get(netuid),
            Error::<T>::MinAllowedUidsGreaterThanCurrentUids
        );
        subtensor::MinAllowedUids::<T>::insert(netuid, min_allowed_uids);
        Self::tell(Told::MinAllowedUidsSet(netuid, min_allowed_uids));
    }
    /// The least flow of TAO that counts; without effect.
    [81] sudo_set_tao_flow_cutoff(flow_cutoff: I64F64) by Rule::root() => {
        subtensor::TaoFlowCutoff::<T>::put(flow_cutoff);
    }
    /// The exponent of the flow of TAO, 1 to 2; without effect.
    [82] sudo_set_tao_flow_normalization_exponent(exponent: U64F64) by Rule::root() => {
        let bounds = U64F64::from_num(1)..=U64F64::from_num(2);
        ensure!(bounds.contains(&exponent), Error::<T>::InvalidValue);
        subtensor::FlowNormExponent::<T>::put(exponent);
    }
    /// How fast the moving flow of TAO follows; without effect.
    [83] sudo_set_tao_flow_smoothing_factor(smoothing_factor: u64) by Rule::root() => {
        subtensor::FlowEmaSmoothingFactor::<T>::put(smoothing_factor);
    }
    /// Whether the protocol's own TAO counts in the flow; without effect.
    [91] sudo_set_net_tao_flow_enabled(enabled: bool) by Rule::root() => {
        subtensor::NetTaoFlowEnabled::<T>::put(enabled);
    }
    /// How many mechanisms a subnet may have; those with more keep them.
    [88] sudo_set_max_mechanism_count(max_mechanism_count: MechId) by Rule::root() => {
        Self::set_max_mechanism_count(max_mechanism_count)?;
    }
    /// How many neurons past their immunity must be left before immune ones are spared.
    [84] sudo_set_min_non_immune_uids(netuid: NetUid, min: u16) by Rule::root_on(netuid) => {
        subtensor::MinNonImmuneUids::<T>::insert(netuid, min);
        Self::tell(Told::MinNonImmuneUidsSet(netuid, min));
    }
    /// Blocks between the creation of a subnet and its start.
    [85] sudo_set_start_call_delay(delay: u64) by Rule::root() => {
        subtensor::StartCallDelay::<T>::put(delay);
        Self::tell(Told::StartCallDelaySet(delay));
    }
    /// Blocks between the announcement of a coldkey swap and the swap; without effect.
    [86] sudo_set_coldkey_swap_announcement_delay(duration: u32) by Rule::root() => {
        subtensor::ColdkeySwapAnnouncementDelay::<T>::put(duration);
        Self::tell(Told::ColdkeySwapAnnouncementDelaySet(duration));
    }
    /// Blocks between two announcements of a coldkey swap; without effect.
    [87] sudo_set_coldkey_swap_reannouncement_delay(duration: u32) by Rule::root() => {
        subtensor::ColdkeySwapReannouncementDelay::<T>::put(duration);
        Self::tell(Told::ColdkeySwapReannouncementDelaySet(duration));
    }
    /// Blocks after which the price of registering has halved.
    [89] sudo_set_burn_half_life(netuid: NetUid, burn_half_life: u16)
    by Rule::owner(netuid, BurnHalfLife) => {
        ensure!(netuid != ROOT, Error::<T>::NotPermittedOnRootSubnet);
        ensure!((1..=36_100).contains(&burn_half_life), Error::<T>::InvalidValue);
        subtensor::BurnHalfLife::<T>::insert(netuid, burn_half_life);
        Self::deposit_event(Event::BurnHalfLifeSet { netuid, burn_half_life });
    }
    /// What a registration multiplies its price by.
    [90] sudo_set_burn_increase_mult(netuid: NetUid, burn_increase_mult: U64F64)
    by Rule::owner(netuid, BurnIncreaseMult) => {
        ensure!(netuid != ROOT, Error::<T>::NotPermittedOnRootSubnet);
        let bounds = U64F64::from_num(1)..=U64F64::from_num(3);
        ensure!(bounds.contains(&burn_increase_mult), Error::<T>::InvalidValue);
        subtensor::BurnIncreaseMult::<T>::insert(netuid, burn_increase_mult);
        Self::deposit_event(Event::BurnIncreaseMultSet { netuid, burn_increase_mult });
    }
    /// Whether the owner gets a share of the emission.
    [92] sudo_set_owner_cut_enabled(netuid: NetUid, enabled: bool)
    by Rule::owner_of(netuid).frozen_before_epochs() => {
        ensure!(netuid != ROOT, Error::<T>::NotPermittedOnRootSubnet);
        subtensor::OwnerCutEnabled::<T>::insert(netuid, enabled);
    }
    /// Whether the owner's share is locked.
    [95] sudo_set_owner_cut_auto_lock_enabled(netuid: NetUid, enabled: bool)
    by Rule::owner_of(netuid).frozen_before_epochs() => {
        ensure!(netuid != ROOT, Error::<T>::NotPermittedOnRootSubnet);
        subtensor::OwnerCutAutoLockEnabled::<T>::insert(netuid, enabled);
    }
    /// Whether a subnet gets TAO.
    [94] sudo_set_subnet_emission_enabled(netuid: NetUid, enabled: bool) by Rule::root_on(netuid) => {
        ensure!(netuid != ROOT, Error::<T>::NotPermittedOnRootSubnet);
        subtensor::SubnetEmissionEnabled::<T>::insert(netuid, enabled);
        Self::deposit_event(Event::SubnetEmissionEnabledSet { netuid, enabled });
    }
    /// How many epochs may run in one block.
    [96] sudo_set_max_epochs_per_block(max_epochs_per_block: u8) by Rule::root() => {
        ensure!(max_epochs_per_block >= 1, Error::<T>::ValueNotInBounds);
        subtensor::MaxEpochsPerBlock::<T>::put(max_epochs_per_block);
        Self::tell(Told::MaxEpochsPerBlockSet(max_epochs_per_block));
    }
}
