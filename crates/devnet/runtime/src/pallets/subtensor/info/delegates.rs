//! Who takes others' stake, and what that earns.

use std::collections::BTreeMap;

use codec::{Compact, Decode, Encode};
use scale_info::TypeInfo;
use substrate_fixed::types::U64F64;

use crate::pallets::subtensor::pallet::*;
use crate::pallets::subtensor::types::{AccountId as Account, NetUid, ROOT};

/// Blocks in a day.
const DAY: u64 = 7_200;
/// 1000 TAO in rao.
const THOUSAND: u64 = 1_000_000_000_000;

/// Stake in several subnets, alpha in rao.
type Stakes = Vec<(Compact<NetUid>, Compact<u64>)>;

/// A delegate, and a coldkey's stake on it in one subnet, alpha in rao.
pub type Delegation<AccountId> = (DelegateInfo<AccountId>, (Compact<NetUid>, Compact<u64>));

/// A hotkey that takes others' stake.
#[derive(Encode, Decode, Clone, PartialEq, Eq, Debug, TypeInfo)]
pub struct DelegateInfo<AccountId> {
    pub delegate_ss58: AccountId,
    /// In parts of 65535.
    pub take: Compact<u16>,
    pub nominators: Vec<(AccountId, Stakes)>,
    pub owner_ss58: AccountId,
    pub registrations: Vec<Compact<u16>>,
    pub validator_permits: Vec<Compact<u16>>,
    /// What 1000 TAO on root would earn in a day after the take, if all emission went by root stake; in rao.
    pub return_per_1000: Compact<u64>,
    /// All its emission in a day, in rao.
    pub total_daily_return: Compact<u64>,
}

impl<T: Config> Pallet<T> {
    /// All delegates with those who staked on them.
    pub fn delegates() -> Vec<DelegateInfo<Account>> {
        Delegates::<T>::iter_keys().map(|hotkey| Self::delegate_info(hotkey, Self::nominators)).collect()
    }

    /// A delegate with those who staked on it; `None` if the hotkey is none.
    pub fn delegate(hotkey: Account) -> Option<DelegateInfo<Account>> {
        Delegates::<T>::contains_key(&hotkey).then(|| Self::delegate_info(hotkey, Self::nominators))
    }

    /// A coldkey's stake on delegates, in each subnet by itself, without the delegates' other nominators.
    pub fn delegated(coldkey: &Account) -> Vec<Delegation<Account>> {
        Delegates::<T>::iter_keys()
            .flat_map(|hotkey| {
                let netuids: Vec<NetUid> = AlphaV2::<T>::iter_key_prefix((&hotkey, coldkey)).collect();
                netuids.into_iter().map(move |netuid| (hotkey.clone(), netuid))
            })
            .map(|(hotkey, netuid)| {
                let stake = Self::stake_of(&hotkey, coldkey, netuid);
                let info = Self::delegate_info(hotkey, |_| Vec::new());
                (info, (Compact(netuid), Compact(stake)))
            })
            .collect()
    }

    fn delegate_info(
        hotkey: Account,
        nominators: impl FnOnce(&Account) -> Vec<(Account, Stakes)>,
    ) -> DelegateInfo<Account> {
        let registrations: Vec<NetUid> = IsNetworkMember::<T>::iter_prefix(&hotkey)
            .filter_map(|(netuid, member)| member.then_some(netuid))
            .collect();
        let seats: Vec<(NetUid, usize)> = registrations
            .iter()
            .filter_map(|&netuid| Some((netuid, usize::from(Uids::<T>::get(netuid, &hotkey)?))))
            .collect();
        let has_permit = |netuid: NetUid, seat: usize| {
            ValidatorPermit::<T>::get(netuid).get(seat).copied().unwrap_or_default()
        };
        let permits = seats.iter().filter(|(netuid, seat)| has_permit(*netuid, *seat));
        let daily = seats
            .iter()
            .map(|&(netuid, seat)| daily_emission::<T>(netuid, seat))
            .fold(U64F64::default(), U64F64::saturating_add);
        let take = Delegates::<T>::get(&hotkey);
        let kept = U64F64::from_num(1)
            .saturating_sub(U64F64::from_num(take).saturating_div(U64F64::from_num(u16::MAX)));
        let thousands =
            U64F64::from_num(Self::hotkey_alpha(&hotkey, ROOT)).saturating_div(U64F64::from_num(THOUSAND));
        let per_thousand = daily.saturating_mul(kept).checked_div(thousands).unwrap_or_default();
        DelegateInfo {
            take: Compact(take),
            nominators: nominators(&hotkey),
            owner_ss58: Owner::<T>::get(&hotkey),
            validator_permits: permits.map(|(netuid, _)| Compact(*netuid)).collect(),
            registrations: registrations.into_iter().map(Compact).collect(),
            return_per_1000: Compact(per_thousand.saturating_to_num()),
            total_daily_return: Compact(daily.saturating_to_num()),
            delegate_ss58: hotkey,
        }
    }

    fn nominators(hotkey: &Account) -> Vec<(Account, Stakes)> {
        let netuids = Self::netuids();
        let mut nominators: BTreeMap<Account, Stakes> = BTreeMap::new();
        for ((coldkey, netuid), share) in AlphaV2::<T>::iter_prefix((hotkey,)) {
            // The real chain takes the subnet at this place of its list, which is another one if there are gaps.
            let Some(&pool) = netuids.get(usize::from(netuid)).filter(|_| !share.is_zero()) else { continue };
            let total = TotalHotkeySharesV2::<T>::get(hotkey, pool);
            let stake = share.part_of(Self::hotkey_alpha(hotkey, pool), total);
            nominators.entry(coldkey).or_default().push((Compact(netuid), Compact(stake)));
        }
        nominators.into_iter().collect()
    }
}

/// A neuron's emission of the last epoch, times the epochs in a day.
fn daily_emission<T: Config>(netuid: NetUid, seat: usize) -> U64F64 {
    let emission = Emission::<T>::get(netuid).get(seat).copied().unwrap_or_default();
    let epochs = U64F64::from_num(DAY).checked_div(U64F64::from_num(Tempo::<T>::get(netuid)));
    U64F64::from_num(emission).saturating_mul(epochs.unwrap_or_default())
}
