//! Root's dividends: alpha that the stakers of a root validator claim, by themselves or in turn.
//!
//! Each hotkey has, per subnet, a rate of alpha per root stake that only grows. A staker is due the rate times the
//! stake, less what was claimed; stake that comes or goes moves what counts as claimed, so that it changes nothing
//! that is due.

use std::collections::{BTreeMap, BTreeSet};

use frame_support::ensure;
use sp_core::H256;
use sp_runtime::DispatchResult;
use substrate_fixed::types::I96F32;

use super::pallet::*;
use super::types::{AccountId, NetUid, ROOT, RootClaimTypeEnum};
use crate::pallets::swap::{self, Fee, MIN_PRICE};

/// The most root stakers that may claim by themselves in one block.
pub(super) const MAX_CLAIMS_PER_BLOCK: u64 = 50;
/// The most that may be too little to claim, alpha in rao.
pub(super) const MAX_THRESHOLD: u64 = 10_000_000;
/// The most subnets that one call claims on.
const MAX_SUBNETS_PER_CLAIM: usize = 5;
/// How many of the share pools' keys are read per block in search of root stakers.
const INDEX_BATCH: usize = 10_000;

impl<T: Config> Pallet<T> {
    /// Makes `alpha` rao claimable by a hotkey's root stakers.
    pub(super) fn make_claimable(hotkey: &AccountId, netuid: NetUid, alpha: u64) {
        let stake = Self::hotkey_alpha(hotkey, ROOT);
        if alpha > stake {
            // A rate above one would be due to stake too small to bear it: the hotkey's owner gets the alpha.
            Self::increase_stake(hotkey, &Owner::<T>::get(hotkey), netuid, alpha);
            return;
        }
        let rate = I96F32::from_num(alpha).checked_div(I96F32::from_num(stake)).unwrap_or_default();
        RootClaimable::<T>::mutate(hotkey, |claimable| {
            let total = claimable.entry(netuid).or_default();
            *total = total.saturating_add(rate);
        });
    }

    /// The alpha that a root staker of a hotkey is due on a subnet, in rao; negative if too much was claimed.
    pub(super) fn root_owed(hotkey: &AccountId, coldkey: &AccountId, netuid: NetUid) -> I96F32 {
        let rate = RootClaimable::<T>::get(hotkey).get(&netuid).copied().unwrap_or_default();
        let stake = I96F32::from_num(Self::stake_of(hotkey, coldkey, ROOT));
        let claimed = I96F32::saturating_from_num(RootClaimed::<T>::get((netuid, hotkey, coldkey)));
        rate.saturating_mul(stake).saturating_sub(claimed)
    }

    /// Counts as claimed what root stake that is new would be due.
    pub(super) fn claim_in_advance(hotkey: &AccountId, coldkey: &AccountId, stake: u64) {
        for (netuid, due) in Self::due_on(hotkey, stake) {
            RootClaimed::<T>::mutate((netuid, hotkey, coldkey), |claimed| {
                *claimed = claimed.saturating_add(due);
            });
        }
    }

    /// Forgets what root stake that leaves has claimed.
    pub(super) fn forget_claimed(hotkey: &AccountId, coldkey: &AccountId, stake: u64) {
        for (netuid, due) in Self::due_on(hotkey, stake) {
            RootClaimed::<T>::mutate((netuid, hotkey, coldkey), |claimed| {
                *claimed = claimed.saturating_sub(due);
            });
        }
    }

    /// What `stake` on a hotkey has been due on each subnet so far.
    fn due_on(hotkey: &AccountId, stake: u64) -> BTreeMap<NetUid, u128> {
        let stake = I96F32::from_num(stake);
        RootClaimable::<T>::get(hotkey)
            .into_iter()
            .map(|(netuid, rate)| (netuid, rate.saturating_mul(stake).saturating_to_num()))
            .collect()
    }

    pub(super) fn do_claim_root(coldkey: &AccountId, subnets: &BTreeSet<NetUid>) -> DispatchResult {
        ensure!(
            !subnets.is_empty() && subnets.len() <= MAX_SUBNETS_PER_CLAIM,
            Error::<T>::InvalidSubnetNumber
        );
        Self::index_staking_coldkey(coldkey);
        Self::claim_root_dividends(coldkey, Some(subnets));
        Ok(())
    }

    pub(super) fn do_set_root_claim_type(
        coldkey: &AccountId,
        root_claim_type: RootClaimTypeEnum,
    ) -> DispatchResult {
        if let RootClaimTypeEnum::KeepSubnets { subnets } = &root_claim_type {
            ensure!(!subnets.is_empty(), Error::<T>::InvalidSubnetNumber);
        }
        Self::index_staking_coldkey(coldkey);
        RootClaimType::<T>::insert(coldkey, &root_claim_type);
        Self::deposit_event(Event::RootClaimTypeSet { coldkey: coldkey.clone(), root_claim_type });
        Ok(())
    }

    /// Claims all that a coldkey is due, on the subnets given or on all.
    pub(super) fn claim_root_dividends(coldkey: &AccountId, subnets: Option<&BTreeSet<NetUid>>) {
        for hotkey in StakingHotkeys::<T>::get(coldkey) {
            for netuid in RootClaimable::<T>::get(&hotkey).into_keys() {
                if subnets.is_none_or(|subnets| subnets.contains(&netuid)) {
                    Self::claim_on_subnet(&hotkey, coldkey, netuid);
                }
            }
        }
        Self::deposit_event(Event::RootClaimed { coldkey: coldkey.clone() });
    }

    fn claim_on_subnet(hotkey: &AccountId, coldkey: &AccountId, netuid: NetUid) {
        let owed = Self::root_owed(hotkey, coldkey, netuid);
        if owed < RootClaimableThreshold::<T>::get(netuid) {
            return;
        }
        let alpha = owed.saturating_to_num::<u64>();
        if alpha == 0 {
            return;
        }
        let sells = match RootClaimType::<T>::get(coldkey) {
            RootClaimTypeEnum::Swap => true,
            RootClaimTypeEnum::Keep => false,
            RootClaimTypeEnum::KeepSubnets { subnets } => !subnets.contains(&netuid),
        };
        if !sells {
            Self::increase_stake(hotkey, coldkey, netuid, alpha);
        } else if !Self::sell_for_root_stake(hotkey, coldkey, netuid, alpha) {
            return;
        }
        RootClaimed::<T>::mutate((netuid, hotkey, coldkey), |claimed| {
            *claimed = claimed.saturating_add(u128::from(alpha));
        });
    }

    /// Sells claimed alpha and stakes the TAO on root; `false` if that is impossible now.
    fn sell_for_root_stake(hotkey: &AccountId, coldkey: &AccountId, netuid: NetUid, alpha: u64) -> bool {
        let Ok(sold) = swap::Pallet::<T>::sell(netuid, alpha, MIN_PRICE, Fee::None) else { return false };
        if Self::pay_from_subnet(netuid, &Self::subnet_account(ROOT), sold.tao).is_err() {
            return false;
        }
        SubnetRootSellTao::<T>::mutate(netuid, |tao| *tao = tao.saturating_add(sold.tao));
        SubnetTAO::<T>::mutate(ROOT, |reserve| *reserve = reserve.saturating_add(sold.tao));
        SubnetAlphaOut::<T>::mutate(ROOT, |out| *out = out.saturating_add(sold.tao));
        TotalStake::<T>::mutate(|total| *total = total.saturating_add(sold.tao));
        Self::increase_stake(hotkey, coldkey, ROOT, sold.tao);
        Self::claim_in_advance(hotkey, coldkey, sold.tao);
        true
    }

    /// Lets some root stakers claim, chosen by the parent block's hash.
    pub(super) fn claim_in_turn() {
        let parent = frame_system::Pallet::<T>::parent_hash();
        let stakers = NumStakingColdkeys::<T>::get();
        for index in chosen_indices(H256::from_slice(parent.as_ref()), NumRootClaim::<T>::get(), stakers) {
            if let Some(coldkey) = StakingColdkeysByIndex::<T>::get(index) {
                Self::claim_root_dividends(&coldkey, None);
            }
        }
    }

    /// Indexes the root stakers among the next batch of share pool keys.
    pub(super) fn index_root_stakers() {
        let last = AlphaV2MapLastKey::<T>::get();
        let keys: Vec<_> = match &last {
            Some(last) => AlphaV2::<T>::iter_keys_from(last.clone()).take(INDEX_BATCH).collect(),
            None => AlphaV2::<T>::iter_keys().take(INDEX_BATCH).collect(),
        };
        for (_, coldkey, _) in keys.iter().filter(|(_, _, netuid)| *netuid == ROOT) {
            Self::index_staking_coldkey(coldkey);
        }
        let next = keys.last().filter(|_| keys.len() == INDEX_BATCH).map(AlphaV2::<T>::hashed_key_for);
        if last != next {
            AlphaV2MapLastKey::<T>::put(next);
        }
    }

    /// Gives a root staker a place among those who claim in turn.
    pub(super) fn index_staking_coldkey(coldkey: &AccountId) {
        if !StakingColdkeys::<T>::contains_key(coldkey) {
            let index = NumStakingColdkeys::<T>::get();
            StakingColdkeysByIndex::<T>::insert(index, coldkey);
            StakingColdkeys::<T>::insert(coldkey, index);
            NumStakingColdkeys::<T>::put(index.saturating_add(1));
        }
    }
}

/// Up to `count` indices below `among`: the hash's four words, over and over, each added to the index before.
fn chosen_indices(hash: H256, count: u64, among: u64) -> BTreeSet<u64> {
    let words: Vec<u64> = hash
        .as_bytes()
        .chunks_exact(8)
        .map(|word| word.iter().fold(0, |value, &byte| value << 8 | u64::from(byte)))
        .collect();
    let mut index = words.first().copied().unwrap_or_default();
    words
        .iter()
        .cycle()
        .zip(0..count)
        .map(|(step, _)| {
            index = index.saturating_add(*step).checked_rem(among).unwrap_or_default();
            index
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stakers_are_chosen_by_the_hash() {
        assert_eq!(chosen_indices(H256::zero(), 5, 3), BTreeSet::from([0]));
        assert_eq!(chosen_indices(H256::zero(), 5, 0), BTreeSet::from([0]));
        let mut hash = H256::zero();
        hash.0[7] = 1;
        hash.0[15] = 3;
        // From 1: +1, +3, +0, +0, +1, each modulo 10.
        assert_eq!(chosen_indices(hash, 5, 10), BTreeSet::from([2, 5, 6]));
    }
}
