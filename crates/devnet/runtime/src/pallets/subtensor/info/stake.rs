//! Who has staked how much on whom.

use std::collections::{BTreeMap, BTreeSet};

use codec::{Compact, Decode, Encode};
use scale_info::TypeInfo;

use crate::pallets::subtensor::pallet::*;
use crate::pallets::subtensor::types::{AccountId as Account, NetUid, ROOT};
use crate::pallets::swap;

/// A coldkey's stake on a hotkey in one subnet, alpha in rao.
#[derive(Encode, Decode, Clone, PartialEq, Eq, Debug, TypeInfo)]
pub struct StakeInfo<AccountId> {
    pub hotkey: AccountId,
    pub coldkey: AccountId,
    pub netuid: Compact<u16>,
    pub stake: Compact<u64>,
    pub locked: Compact<u64>,
    /// The hotkey's dividends of the last epoch, all stakers together.
    pub emission: Compact<u64>,
    pub tao_emission: Compact<u64>,
    pub drain: Compact<u64>,
    /// Whether the hotkey has a uid in the subnet.
    pub is_registered: bool,
}

/// A coldkey's stake in one subnet and how much of it may be moved, alpha in rao.
#[derive(Encode, Decode, Clone, PartialEq, Eq, Debug, TypeInfo)]
pub struct StakeAvailability {
    pub total: Compact<u64>,
    pub locked: Compact<u64>,
    pub available: Compact<u64>,
}

impl<T: Config> Pallet<T> {
    /// All stake of a coldkey.
    pub fn stakes_of(coldkey: &Account) -> Vec<StakeInfo<Account>> {
        let netuids = Self::netuids();
        StakingHotkeys::<T>::get(coldkey)
            .iter()
            .flat_map(|hotkey| netuids.iter().map(move |&netuid| (hotkey, netuid)))
            .map(|(hotkey, netuid)| Self::stake_info(hotkey, coldkey, netuid))
            .filter(|info| info.stake.0 > 0)
            .collect()
    }

    /// The stake of a coldkey on a hotkey in one subnet, be it zero.
    pub fn stake_info(hotkey: &Account, coldkey: &Account, netuid: NetUid) -> StakeInfo<Account> {
        StakeInfo {
            hotkey: hotkey.clone(),
            coldkey: coldkey.clone(),
            netuid: Compact(netuid),
            stake: Compact(Self::stake_of(hotkey, coldkey, netuid)),
            locked: Compact(0),
            emission: Compact(AlphaDividendsPerSubnet::<T>::get(netuid, hotkey)),
            tao_emission: Compact(0),
            drain: Compact(0),
            is_registered: Uids::<T>::contains_key(netuid, hotkey),
        }
    }

    /// The fee of moving `amount` rao of stake, by the subnet that it comes to, or else the one it comes from.
    pub fn stake_fee(
        origin: Option<(Account, NetUid)>,
        destination: Option<(Account, NetUid)>,
        amount: u64,
    ) -> u64 {
        if origin == destination {
            return 0;
        }
        let netuid = destination.or(origin).map_or(ROOT, |(_, netuid)| netuid);
        swap::Pallet::<T>::fee(netuid, amount)
    }

    /// What each coldkey has staked where, and may move; `netuids` limits the answer to these subnets.
    ///
    /// An empty list and one longer than there are subnets ask for nothing, as on the real chain.
    pub fn stake_availability(
        coldkeys: Vec<Account>,
        netuids: Option<Vec<NetUid>>,
    ) -> BTreeMap<Account, BTreeMap<NetUid, StakeAvailability>> {
        let existing = Self::netuids();
        let asked: BTreeSet<NetUid> = match netuids {
            None => existing.iter().copied().collect(),
            Some(netuids) => netuids.into_iter().collect(),
        };
        let netuids: Vec<NetUid> = if asked.len() > existing.len() {
            Vec::new()
        } else {
            existing.into_iter().filter(|netuid| asked.contains(netuid)).collect()
        };
        coldkeys
            .into_iter()
            .map(|coldkey| {
                let hotkeys = StakingHotkeys::<T>::get(&coldkey);
                let availability = netuids.iter().filter_map(|&netuid| {
                    let total = hotkeys
                        .iter()
                        .map(|hotkey| Self::stake_of(hotkey, &coldkey, netuid))
                        .fold(0, u64::saturating_add);
                    let all = StakeAvailability {
                        total: Compact(total),
                        locked: Compact(0),
                        available: Compact(total),
                    };
                    (total > 0).then_some((netuid, all))
                });
                let availability = availability.collect();
                (coldkey, availability)
            })
            .collect()
    }
}
