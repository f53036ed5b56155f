//! Who has staked how much on whom.

use codec::{Compact, Decode, Encode};
use scale_info::TypeInfo;

use crate::pallets::subtensor::pallet::*;
use crate::pallets::subtensor::types::{AccountId as Account, NetUid};

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
}
