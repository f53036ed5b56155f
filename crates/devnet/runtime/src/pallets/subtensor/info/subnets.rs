//! Subnets at a glance.

use codec::{Compact, Decode, Encode};
use scale_info::TypeInfo;

use crate::pallets::subtensor::pallet::*;
use crate::pallets::subtensor::types::{AccountId as Account, NetUid, SubnetIdentityV3};

/// A subnet's size, main hyperparameters and owner.
#[derive(Encode, Decode, Clone, PartialEq, Eq, Debug, TypeInfo)]
pub struct SubnetInfo<AccountId> {
    pub netuid: Compact<u16>,
    pub rho: Compact<u16>,
    pub kappa: Compact<u16>,
    pub difficulty: Compact<u64>,
    pub immunity_period: Compact<u16>,
    pub max_allowed_validators: Compact<u16>,
    pub min_allowed_weights: Compact<u16>,
    pub max_weights_limit: Compact<u16>,
    pub scaling_law_power: Compact<u16>,
    pub subnetwork_n: Compact<u16>,
    pub max_allowed_uids: Compact<u16>,
    pub blocks_since_last_step: Compact<u64>,
    pub tempo: Compact<u16>,
    pub network_modality: Compact<u16>,
    pub network_connect: Vec<[u16; 2]>,
    pub emission_values: Compact<u64>,
    pub burn: Compact<u64>,
    pub owner: AccountId,
}

/// The same with the subnet's identity.
#[derive(Encode, Decode, Clone, PartialEq, Eq, Debug, TypeInfo)]
pub struct SubnetInfov2<AccountId> {
    pub netuid: Compact<u16>,
    pub rho: Compact<u16>,
    pub kappa: Compact<u16>,
    pub difficulty: Compact<u64>,
    pub immunity_period: Compact<u16>,
    pub max_allowed_validators: Compact<u16>,
    pub min_allowed_weights: Compact<u16>,
    pub max_weights_limit: Compact<u16>,
    pub scaling_law_power: Compact<u16>,
    pub subnetwork_n: Compact<u16>,
    pub max_allowed_uids: Compact<u16>,
    pub blocks_since_last_step: Compact<u64>,
    pub tempo: Compact<u16>,
    pub network_modality: Compact<u16>,
    pub network_connect: Vec<[u16; 2]>,
    pub emission_value: Compact<u64>,
    pub burn: Compact<u64>,
    pub owner: AccountId,
    pub identity: Option<SubnetIdentityV3>,
}

impl<T: Config> Pallet<T> {
    /// A subnet at a glance; `None` without the subnet.
    pub fn subnet_info(netuid: NetUid) -> Option<SubnetInfo<Account>> {
        let netuid = Self::existing(netuid)?;
        Some(SubnetInfo {
            netuid: Compact(netuid),
            rho: Compact(Rho::<T>::get(netuid)),
            kappa: Compact(Kappa::<T>::get(netuid)),
            difficulty: Compact(Difficulty::<T>::get(netuid)),
            immunity_period: Compact(ImmunityPeriod::<T>::get(netuid)),
            max_allowed_validators: Compact(MaxAllowedValidators::<T>::get(netuid)),
            min_allowed_weights: Compact(MinAllowedWeights::<T>::get(netuid)),
            max_weights_limit: Compact(u16::MAX),
            scaling_law_power: Compact(ScalingLawPower::<T>::get(netuid)),
            subnetwork_n: Compact(SubnetworkN::<T>::get(netuid)),
            max_allowed_uids: Compact(MaxAllowedUids::<T>::get(netuid)),
            blocks_since_last_step: Compact(BlocksSinceLastStep::<T>::get(netuid)),
            tempo: Compact(Tempo::<T>::get(netuid)),
            network_modality: Compact(0),
            network_connect: Vec::new(),
            emission_values: Compact(0),
            burn: Compact(Burn::<T>::get(netuid)),
            owner: SubnetOwner::<T>::get(netuid),
        })
    }

    /// A subnet at a glance, with its identity.
    pub fn subnet_info_v2(netuid: NetUid) -> Option<SubnetInfov2<Account>> {
        let info = Self::subnet_info(netuid)?;
        Some(SubnetInfov2 {
            netuid: info.netuid,
            rho: info.rho,
            kappa: info.kappa,
            difficulty: info.difficulty,
            immunity_period: info.immunity_period,
            max_allowed_validators: info.max_allowed_validators,
            min_allowed_weights: info.min_allowed_weights,
            max_weights_limit: info.max_weights_limit,
            scaling_law_power: info.scaling_law_power,
            subnetwork_n: info.subnetwork_n,
            max_allowed_uids: info.max_allowed_uids,
            blocks_since_last_step: info.blocks_since_last_step,
            tempo: info.tempo,
            network_modality: info.network_modality,
            network_connect: info.network_connect,
            emission_value: info.emission_values,
            burn: info.burn,
            owner: info.owner,
            identity: SubnetIdentitiesV3::<T>::get(netuid),
        })
    }

    /// All subnets at a glance.
    pub fn subnets_info() -> Vec<Option<SubnetInfo<Account>>> {
        Self::netuids().into_iter().map(Self::subnet_info).collect()
    }

    /// All subnets at a glance, with their identities.
    pub fn subnets_info_v2() -> Vec<Option<SubnetInfov2<Account>>> {
        Self::netuids().into_iter().map(Self::subnet_info_v2).collect()
    }

    /// The hotkey that a coldkey's incentive in a subnet is staked on.
    pub fn auto_stake_hotkey(coldkey: &Account, netuid: NetUid) -> Option<Account> {
        AutoStakeDestination::<T>::get(coldkey, netuid)
    }

    /// The account that holds a subnet's TAO; `None` without the subnet.
    pub fn existing_subnet_account(netuid: NetUid) -> Option<Account> {
        Self::existing(netuid).map(Self::subnet_account)
    }
}
