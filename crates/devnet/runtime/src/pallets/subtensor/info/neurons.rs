//! Neurons one by one, as the first mechanism has them.

use codec::{Compact, Decode, Encode};
use scale_info::TypeInfo;

use crate::pallets::subtensor::pallet::*;
use crate::pallets::subtensor::types::{AccountId as Account, AxonInfo, NetUid, PrometheusInfo};

type Sparse = Vec<(Compact<u16>, Compact<u16>)>;

/// A neuron with its weights and bonds.
#[derive(Encode, Decode, Clone, PartialEq, Eq, Debug, TypeInfo)]
pub struct NeuronInfo<AccountId> {
    pub hotkey: AccountId,
    pub coldkey: AccountId,
    pub uid: Compact<u16>,
    pub netuid: Compact<u16>,
    pub active: bool,
    pub axon_info: AxonInfo,
    pub prometheus_info: PrometheusInfo,
    /// The coldkey with all alpha staked on the hotkey, by whomever, in rao.
    pub stake: Vec<(AccountId, Compact<u64>)>,
    pub rank: Compact<u16>,
    pub emission: Compact<u64>,
    pub incentive: Compact<u16>,
    pub consensus: Compact<u16>,
    pub trust: Compact<u16>,
    pub validator_trust: Compact<u16>,
    pub dividends: Compact<u16>,
    pub last_update: Compact<u64>,
    pub validator_permit: bool,
    /// Uid and weight, without zeros.
    pub weights: Vec<(Compact<u16>, Compact<u16>)>,
    /// Uid and bond, without zeros.
    pub bonds: Vec<(Compact<u16>, Compact<u16>)>,
    pub pruning_score: Compact<u16>,
}

/// A neuron without its weights and bonds.
#[derive(Encode, Decode, Clone, PartialEq, Eq, Debug, TypeInfo)]
pub struct NeuronInfoLite<AccountId> {
    pub hotkey: AccountId,
    pub coldkey: AccountId,
    pub uid: Compact<u16>,
    pub netuid: Compact<u16>,
    pub active: bool,
    pub axon_info: AxonInfo,
    pub prometheus_info: PrometheusInfo,
    /// The coldkey with all alpha staked on the hotkey, by whomever, in rao.
    pub stake: Vec<(AccountId, Compact<u64>)>,
    pub rank: Compact<u16>,
    pub emission: Compact<u64>,
    pub incentive: Compact<u16>,
    pub consensus: Compact<u16>,
    pub trust: Compact<u16>,
    pub validator_trust: Compact<u16>,
    pub dividends: Compact<u16>,
    pub last_update: Compact<u64>,
    pub validator_permit: bool,
    pub pruning_score: Compact<u16>,
}

impl<T: Config> Pallet<T> {
    /// The neurons of a subnet by uid.
    pub fn neurons(netuid: NetUid) -> Vec<NeuronInfo<Account>> {
        Self::uids(netuid).filter_map(|uid| Self::neuron(netuid, uid)).collect()
    }

    /// One neuron; `None` if nobody has the uid.
    pub fn neuron(netuid: NetUid, uid: u16) -> Option<NeuronInfo<Account>> {
        let lite = Self::neuron_lite(netuid, uid)?;
        Some(NeuronInfo {
            hotkey: lite.hotkey,
            coldkey: lite.coldkey,
            uid: lite.uid,
            netuid: lite.netuid,
            active: lite.active,
            axon_info: lite.axon_info,
            prometheus_info: lite.prometheus_info,
            stake: lite.stake,
            rank: lite.rank,
            emission: lite.emission,
            incentive: lite.incentive,
            consensus: lite.consensus,
            trust: lite.trust,
            validator_trust: lite.validator_trust,
            dividends: lite.dividends,
            last_update: lite.last_update,
            validator_permit: lite.validator_permit,
            weights: sparse(Weights::<T>::get(netuid, uid)),
            bonds: sparse(Bonds::<T>::get(netuid, uid)),
            pruning_score: lite.pruning_score,
        })
    }

    /// The neurons of a subnet by uid, without weights and bonds.
    pub fn neurons_lite(netuid: NetUid) -> Vec<NeuronInfoLite<Account>> {
        Self::uids(netuid).filter_map(|uid| Self::neuron_lite(netuid, uid)).collect()
    }

    /// One neuron without weights and bonds; `None` if nobody has the uid.
    pub fn neuron_lite(netuid: NetUid, uid: u16) -> Option<NeuronInfoLite<Account>> {
        let hotkey = Keys::<T>::try_get(Self::existing(netuid)?, uid).ok()?;
        let coldkey = Owner::<T>::get(&hotkey);
        let stake = Self::hotkey_alpha(&hotkey, netuid);
        Some(NeuronInfoLite {
            stake: vec![(coldkey.clone(), Compact(stake))],
            axon_info: Axons::<T>::get(netuid, &hotkey).unwrap_or_default(),
            prometheus_info: Prometheus::<T>::get(netuid, &hotkey).unwrap_or_default(),
            hotkey,
            coldkey,
            uid: Compact(uid),
            netuid: Compact(netuid),
            active: entry(&Active::<T>::get(netuid), uid),
            rank: Compact(0),
            emission: Compact(entry(&Emission::<T>::get(netuid), uid)),
            incentive: Compact(entry(&Incentive::<T>::get(netuid), uid)),
            consensus: Compact(entry(&Consensus::<T>::get(netuid), uid)),
            trust: Compact(0),
            validator_trust: Compact(entry(&ValidatorTrust::<T>::get(netuid), uid)),
            dividends: Compact(entry(&Dividends::<T>::get(netuid), uid)),
            last_update: Compact(entry(&LastUpdate::<T>::get(netuid), uid)),
            validator_permit: entry(&ValidatorPermit::<T>::get(netuid), uid),
            pruning_score: Compact(u16::MAX),
        })
    }

    fn uids(netuid: NetUid) -> std::ops::Range<u16> {
        0..SubnetworkN::<T>::get(netuid)
    }
}

fn entry<V: Copy + Default>(column: &[V], uid: u16) -> V {
    column.get(usize::from(uid)).copied().unwrap_or_default()
}

fn sparse(row: Vec<(u16, u16)>) -> Sparse {
    row.into_iter()
        .filter(|(_, value)| *value != 0)
        .map(|(uid, value)| (Compact(uid), Compact(value)))
        .collect()
}
