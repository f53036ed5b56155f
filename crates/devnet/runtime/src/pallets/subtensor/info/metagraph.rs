//! Metagraphs: a subnet, its hyperparameters and its neurons in one answer, whole or in selected fields.

use std::collections::BTreeSet;

use codec::{Compact, Decode, Encode};
use scale_info::TypeInfo;
use substrate_fixed::types::I96F32;

use super::{column, compact};
use crate::pallets::commitments;
use crate::pallets::subtensor::pallet::*;
use crate::pallets::subtensor::types::{
    AccountId as Account, AxonInfo, ChainIdentityV2, MechId, NetUid, ROOT, SubnetIdentityV3, storage_index,
};
use crate::variant::Since;

/// The number that selects a metagraph's `netuid`.
const NETUID: u16 = 0;
/// The number that selects the validators, which only a selective metagraph has.
const VALIDATORS: u16 = 72;
/// The number that selects the commitments, which only a selective metagraph has.
const COMMITMENTS: u16 = 73;

/// What the fields are made from.
struct Source {
    netuid: NetUid,
    /// Where the mechanism's columns are.
    index: u16,
    now: u64,
    hotkeys: Vec<Account>,
}

/// The numbers that select what was added last.
const COLLATERAL_LOCKED: u16 = 74;
const COLLATERAL_MIN: u16 = 75;
const COLLATERAL_EARNED: u16 = 76;

/// Makes the two structs and their sources of two tables `index name: type = value of the source;`, between which later
/// runtimes have a field more.
macro_rules! metagraph {
    (
        |$source:ident|
        $($index:literal $name:ident: $ty:ty = $value:expr;)+
        later $later:ident: $later_ty:ty = $later_value:expr;
        $($more_index:literal $more_name:ident: $more_ty:ty = $more_value:expr;)+
    ) => {
        /// A subnet with its hyperparameters and neurons; vectors are by uid. Amounts are in rao.
        #[derive(Encode, Decode, Clone, PartialEq, Eq, Debug, TypeInfo)]
        pub struct Metagraph<AccountId> {
            pub netuid: Compact<NetUid>,
            $(pub $name: $ty,)+
            pub $later: Since<426, $later_ty>,
            $(pub $more_name: $more_ty,)+
            /// Alpha that neurons had to lock when they registered, in rao.
            pub collateral_locked: Since<426, Vec<Compact<u64>>>,
            /// What has to stay locked of it.
            pub collateral_min: Since<426, Vec<Compact<u64>>>,
            /// What of it they have earned back.
            pub collateral_earned: Since<426, Vec<Compact<u64>>>,
        }

        /// The fields of a [`Metagraph`] that were asked for.
        #[derive(Encode, Decode, Clone, PartialEq, Eq, Debug, TypeInfo)]
        pub struct SelectiveMetagraph<AccountId> {
            pub netuid: Compact<NetUid>,
            $(pub $name: Option<$ty>,)+
            $(pub $more_name: Option<$more_ty>,)+
            /// Uids that may validate and have enough stake, the least stake first.
            pub validators: Option<Vec<Compact<u16>>>,
            pub commitments: Option<Vec<(AccountId, Vec<Compact<u8>>)>>,
            pub collateral_locked: Since<426, Option<Vec<Compact<u64>>>>,
            pub collateral_min: Since<426, Option<Vec<Compact<u64>>>>,
            pub collateral_earned: Since<426, Option<Vec<Compact<u64>>>>,
        }

        impl<T: Config> Pallet<T> {
            fn whole($source: &Source) -> Metagraph<Account> {
                Metagraph {
                    netuid: Compact($source.index),
                    $($name: $value,)+
                    $later: Since::new(|| $later_value),
                    $($more_name: $more_value,)+
                    collateral_locked: Since::new(|| $source.collateral()),
                    collateral_min: Since::new(|| $source.collateral()),
                    collateral_earned: Since::new(|| $source.collateral()),
                }
            }

            fn selected($source: &Source, netuid: NetUid, wanted: &BTreeSet<u16>) -> SelectiveMetagraph<Account> {
                SelectiveMetagraph {
                    netuid: Compact(netuid),
                    $($name: wanted.contains(&$index).then(|| $value),)+
                    $($more_name: wanted.contains(&$more_index).then(|| $more_value),)+
                    validators: wanted.contains(&VALIDATORS).then(|| Self::validators($source)),
                    commitments: wanted.contains(&COMMITMENTS).then(|| Self::commitments($source.netuid)),
                    collateral_locked: Since::new(|| wanted.contains(&COLLATERAL_LOCKED).then(|| $source.collateral())),
                    collateral_min: Since::new(|| wanted.contains(&COLLATERAL_MIN).then(|| $source.collateral())),
                    collateral_earned: Since::new(|| wanted.contains(&COLLATERAL_EARNED).then(|| $source.collateral())),
                }
            }
        }
    };
}

metagraph! { |of|
    1 name: Vec<Compact<u8>> = compact(Self::subnet_name(of.netuid));
    2 symbol: Vec<Compact<u8>> = compact(TokenSymbol::<T>::get(of.netuid));
    3 identity: Option<SubnetIdentityV3> = SubnetIdentitiesV3::<T>::get(of.netuid);
    4 network_registered_at: Compact<u64> = Compact(NetworkRegisteredAt::<T>::get(of.netuid));
    5 owner_hotkey: AccountId = SubnetOwnerHotkey::<T>::get(of.netuid);
    6 owner_coldkey: AccountId = SubnetOwner::<T>::get(of.netuid);
    7 block: Compact<u64> = Compact(of.now);
    8 tempo: Compact<u16> = Compact(Tempo::<T>::get(of.netuid));
    9 last_step: Compact<u64> = Compact(LastMechansimStepBlock::<T>::get(of.netuid));
    10 blocks_since_last_step: Compact<u64> =
        Compact(of.now.saturating_sub(LastMechansimStepBlock::<T>::get(of.netuid)));
    later epoch_index: Compact<u64> = Compact(SubnetEpochIndex::<T>::get(of.netuid));
    11 subnet_emission: Compact<u64> = Compact(0);
    12 alpha_in: Compact<u64> = Compact(SubnetAlphaIn::<T>::get(of.netuid));
    13 alpha_out: Compact<u64> = Compact(SubnetAlphaOut::<T>::get(of.netuid));
    14 tao_in: Compact<u64> = Compact(SubnetTAO::<T>::get(of.netuid));
    15 alpha_out_emission: Compact<u64> = Compact(SubnetAlphaOutEmission::<T>::get(of.netuid));
    16 alpha_in_emission: Compact<u64> = Compact(SubnetAlphaInEmission::<T>::get(of.netuid));
    17 tao_in_emission: Compact<u64> = Compact(SubnetTaoInEmission::<T>::get(of.netuid));
    18 pending_alpha_emission: Compact<u64> = Compact(Self::pending_alpha(of.netuid));
    19 pending_root_emission: Compact<u64> = Compact(0);
    20 subnet_volume: Compact<u128> = Compact(SubnetVolume::<T>::get(of.netuid));
    21 moving_price: I96F32 = SubnetMovingPrice::<T>::get(of.netuid);
    22 rho: Compact<u16> = Compact(Rho::<T>::get(of.netuid));
    23 kappa: Compact<u16> = Compact(Kappa::<T>::get(of.netuid));
    24 min_allowed_weights: Compact<u16> = Compact(MinAllowedWeights::<T>::get(of.netuid));
    25 max_weights_limit: Compact<u16> = Compact(u16::MAX);
    26 weights_version: Compact<u64> = Compact(WeightsVersionKey::<T>::get(of.netuid));
    27 weights_rate_limit: Compact<u64> = Compact(WeightsSetRateLimit::<T>::get(of.netuid));
    28 activity_cutoff: Compact<u64> = Compact(Self::activity_cutoff(of.netuid));
    29 max_validators: Compact<u16> = Compact(MaxAllowedValidators::<T>::get(of.netuid));
    30 num_uids: Compact<u16> = Compact(SubnetworkN::<T>::get(of.netuid));
    31 max_uids: Compact<u16> = Compact(MaxAllowedUids::<T>::get(of.netuid));
    32 burn: Compact<u64> = Compact(Burn::<T>::get(of.netuid));
    33 difficulty: Compact<u64> = Compact(Difficulty::<T>::get(of.netuid));
    34 registration_allowed: bool = NetworkRegistrationAllowed::<T>::get(of.netuid);
    35 pow_registration_allowed: bool = NetworkPowRegistrationAllowed::<T>::get(of.netuid);
    36 immunity_period: Compact<u16> = Compact(ImmunityPeriod::<T>::get(of.netuid));
    37 min_difficulty: Compact<u64> = Compact(MinDifficulty::<T>::get(of.netuid));
    38 max_difficulty: Compact<u64> = Compact(MaxDifficulty::<T>::get(of.netuid));
    39 min_burn: Compact<u64> = Compact(MinBurn::<T>::get(of.netuid));
    40 max_burn: Compact<u64> = Compact(MaxBurn::<T>::get(of.netuid));
    41 adjustment_alpha: Compact<u64> = Compact(AdjustmentAlpha::<T>::get(of.netuid));
    42 adjustment_interval: Compact<u16> = Compact(AdjustmentInterval::<T>::get(of.netuid));
    43 target_regs_per_interval: Compact<u16> = Compact(TargetRegistrationsPerInterval::<T>::get(of.netuid));
    44 max_regs_per_block: Compact<u16> = Compact(MaxRegistrationsPerBlock::<T>::get(of.netuid));
    45 serving_rate_limit: Compact<u64> = Compact(ServingRateLimit::<T>::get(of.netuid));
    46 commit_reveal_weights_enabled: bool = CommitRevealWeightsEnabled::<T>::get(of.netuid);
    47 commit_reveal_period: Compact<u64> = Compact(RevealPeriodEpochs::<T>::get(of.netuid));
    48 liquid_alpha_enabled: bool = LiquidAlphaOn::<T>::get(of.netuid);
    49 alpha_high: Compact<u16> = Compact(AlphaValues::<T>::get(of.netuid).1);
    50 alpha_low: Compact<u16> = Compact(AlphaValues::<T>::get(of.netuid).0);
    51 bonds_moving_avg: Compact<u64> = Compact(BondsMovingAverage::<T>::get(of.netuid));
    52 hotkeys: Vec<AccountId> = of.hotkeys.clone();
    53 coldkeys: Vec<AccountId> = of.hotkeys.iter().map(Owner::<T>::get).collect();
    54 identities: Vec<Option<ChainIdentityV2>> =
        of.hotkeys.iter().map(|hotkey| IdentitiesV2::<T>::get(Owner::<T>::get(hotkey))).collect();
    55 axons: Vec<AxonInfo> =
        of.hotkeys.iter().map(|hotkey| Axons::<T>::get(of.netuid, hotkey).unwrap_or_default()).collect();
    56 active: Vec<bool> = of.column(Active::<T>::get(of.netuid));
    57 validator_permit: Vec<bool> = of.column(ValidatorPermit::<T>::get(of.netuid));
    58 pruning_score: Vec<Compact<u16>> = Vec::new();
    59 last_update: Vec<Compact<u64>> = compact(of.column(LastUpdate::<T>::get(of.index)));
    60 emission: Vec<Compact<u64>> = compact(of.column(Emission::<T>::get(of.netuid)));
    61 dividends: Vec<Compact<u16>> = compact(of.column(Dividends::<T>::get(of.netuid)));
    62 incentives: Vec<Compact<u16>> = compact(of.column(Incentive::<T>::get(of.index)));
    63 consensus: Vec<Compact<u16>> = compact(of.column(Consensus::<T>::get(of.netuid)));
    64 trust: Vec<Compact<u16>> = Vec::new();
    65 rank: Vec<Compact<u16>> = Vec::new();
    66 block_at_registration: Vec<Compact<u64>> = Self::registration_blocks(of.netuid);
    67 alpha_stake: Vec<Compact<u64>> =
        compact(of.hotkeys.iter().map(|hotkey| Self::hotkey_alpha(hotkey, of.netuid)));
    68 tao_stake: Vec<Compact<u64>> =
        compact(of.hotkeys.iter().map(|hotkey| Self::hotkey_alpha(hotkey, ROOT)));
    69 total_stake: Vec<Compact<u64>> =
        compact(of.hotkeys.iter().map(|hotkey| Self::stake_weight(hotkey, of.netuid)));
    70 tao_dividends_per_hotkey: Vec<(AccountId, Compact<u64>)> =
        of.hotkeys.iter().map(|hotkey| (hotkey.clone(), Compact(0))).collect();
    71 alpha_dividends_per_hotkey: Vec<(AccountId, Compact<u64>)> = of
        .hotkeys
        .iter()
        .map(|hotkey| (hotkey.clone(), Compact(AlphaDividendsPerSubnet::<T>::get(of.netuid, hotkey))))
        .collect();
}

impl Source {
    fn column<V: Clone + Default>(&self, stored: Vec<V>) -> Vec<V> {
        column(stored, self.hotkeys.len())
    }

    /// Nobody has to lock anything here.
    fn collateral(&self) -> Vec<Compact<u64>> {
        vec![Compact(0); self.hotkeys.len()]
    }
}

impl<T: Config> Pallet<T> {
    /// The metagraph of a subnet's first mechanism; `None` without the subnet.
    pub fn metagraph(netuid: NetUid) -> Option<Metagraph<Account>> {
        Self::mechagraph(netuid, 0)
    }

    /// The metagraph as one mechanism has it, with the mechanism's storage index for its netuid.
    pub fn mechagraph(netuid: NetUid, mecid: MechId) -> Option<Metagraph<Account>> {
        Self::source(netuid, mecid).map(|source| Self::whole(&source))
    }

    /// The metagraphs of all subnets.
    pub fn metagraphs() -> Vec<Option<Metagraph<Account>>> {
        Self::netuids().into_iter().map(Self::metagraph).collect()
    }

    /// The metagraphs of all mechanisms of all subnets.
    pub fn mechagraphs() -> Vec<Option<Metagraph<Account>>> {
        Self::netuids()
            .into_iter()
            .flat_map(|netuid| (0..MechanismCountCurrent::<T>::get(netuid)).map(move |mecid| (netuid, mecid)))
            .map(|(netuid, mecid)| Self::mechagraph(netuid, mecid))
            .collect()
    }

    /// The fields of a metagraph with the numbers given; numbers that no field has are ignored.
    pub fn selective_metagraph(netuid: NetUid, wanted: Vec<u16>) -> Option<SelectiveMetagraph<Account>> {
        let wanted: BTreeSet<u16> = wanted.into_iter().collect();
        let shown = if wanted.contains(&NETUID) { netuid } else { 0 };
        Self::source(netuid, 0).map(|source| Self::selected(&source, shown, &wanted))
    }

    /// The fields of one mechanism's metagraph with the numbers given; the subnet's netuid is always there.
    pub fn selective_mechagraph(
        netuid: NetUid,
        mecid: MechId,
        wanted: Vec<u16>,
    ) -> Option<SelectiveMetagraph<Account>> {
        let wanted: BTreeSet<u16> = wanted.into_iter().collect();
        Self::source(netuid, mecid).map(|source| Self::selected(&source, netuid, &wanted))
    }

    fn source(netuid: NetUid, mecid: MechId) -> Option<Source> {
        Self::has_mechanism(netuid, mecid).then(|| Source {
            netuid,
            index: storage_index(netuid, mecid),
            now: Self::now(),
            hotkeys: Self::hotkeys(netuid),
        })
    }

    /// Alpha that neurons get at the next epoch, in rao.
    pub(super) fn pending_alpha(netuid: NetUid) -> u64 {
        PendingValidatorEmission::<T>::get(netuid).saturating_add(PendingServerEmission::<T>::get(netuid))
    }

    pub(super) fn registration_blocks(netuid: NetUid) -> Vec<Compact<u64>> {
        compact((0..SubnetworkN::<T>::get(netuid)).map(|uid| BlockAtRegistration::<T>::get(netuid, uid)))
    }

    fn commitments(netuid: NetUid) -> Vec<(Account, Vec<Compact<u8>>)> {
        let commitments = commitments::Pallet::<T>::encoded(netuid).into_iter();
        commitments.map(|(who, bytes)| (who, compact(bytes))).collect()
    }

    fn validators(of: &Source) -> Vec<Compact<u16>> {
        let threshold = StakeThreshold::<T>::get();
        let mut validators: Vec<(u64, u16)> = of
            .hotkeys
            .iter()
            .zip(of.column(ValidatorPermit::<T>::get(of.netuid)))
            .zip(0..)
            .filter(|((_, permitted), _)| *permitted)
            .map(|((hotkey, _), uid)| (Self::stake_weight(hotkey, of.netuid), uid))
            .filter(|(stake, _)| *stake > threshold)
            .collect();
        validators.sort_unstable();
        compact(validators.into_iter().map(|(_, uid)| uid))
    }
}
