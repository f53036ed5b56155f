//! A subnet's neurons in columns.

use codec::{Compact, Decode, Encode};
use scale_info::TypeInfo;

use super::{column, compact};
use crate::pallets::subtensor::pallet::*;
use crate::pallets::subtensor::types::{AccountId as Account, NetUid, ROOT};

/// What the last epoch left of a subnet; vectors are by uid, amounts in rao.
#[derive(Encode, Decode, Clone, PartialEq, Eq, Debug, TypeInfo)]
pub struct SubnetState<AccountId> {
    pub netuid: Compact<u16>,
    pub hotkeys: Vec<AccountId>,
    pub coldkeys: Vec<AccountId>,
    pub active: Vec<bool>,
    pub validator_permit: Vec<bool>,
    pub pruning_score: Vec<Compact<u16>>,
    pub last_update: Vec<Compact<u64>>,
    pub emission: Vec<Compact<u64>>,
    pub dividends: Vec<Compact<u16>>,
    pub incentives: Vec<Compact<u16>>,
    pub consensus: Vec<Compact<u16>>,
    pub trust: Vec<Compact<u16>>,
    pub rank: Vec<Compact<u16>>,
    pub block_at_registration: Vec<Compact<u64>>,
    pub alpha_stake: Vec<Compact<u64>>,
    pub tao_stake: Vec<Compact<u64>>,
    pub total_stake: Vec<Compact<u64>>,
    /// What each hotkey got on each subnet; zero throughout, as nothing counts it any more.
    pub emission_history: Vec<Vec<Compact<u64>>>,
}

impl<T: Config> Pallet<T> {
    /// A subnet's neurons; `None` without the subnet.
    pub fn subnet_state(netuid: NetUid) -> Option<SubnetState<Account>> {
        let netuid = Self::existing(netuid)?;
        let hotkeys = Self::hotkeys(netuid);
        let neurons = hotkeys.len();
        Some(SubnetState {
            netuid: Compact(netuid),
            coldkeys: hotkeys.iter().map(Owner::<T>::get).collect(),
            active: column(Active::<T>::get(netuid), neurons),
            validator_permit: column(ValidatorPermit::<T>::get(netuid), neurons),
            pruning_score: Vec::new(),
            last_update: compact(column(LastUpdate::<T>::get(netuid), neurons)),
            emission: compact(column(Emission::<T>::get(netuid), neurons)),
            dividends: compact(column(Dividends::<T>::get(netuid), neurons)),
            incentives: compact(column(Incentive::<T>::get(netuid), neurons)),
            consensus: compact(column(Consensus::<T>::get(netuid), neurons)),
            trust: Vec::new(),
            rank: Vec::new(),
            block_at_registration: Self::registration_blocks(netuid),
            alpha_stake: compact(hotkeys.iter().map(|hotkey| Self::hotkey_alpha(hotkey, netuid))),
            tao_stake: compact(hotkeys.iter().map(|hotkey| Self::hotkey_alpha(hotkey, ROOT))),
            total_stake: compact(hotkeys.iter().map(|hotkey| Self::stake_weight(hotkey, netuid))),
            emission_history: Self::netuids().iter().map(|_| compact(vec![0; neurons])).collect(),
            hotkeys,
        })
    }
}
