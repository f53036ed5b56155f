//! What stake counts for whom: a hotkey's own, less what counts for its children, and its parents' part.

use substrate_fixed::types::U96F32;

use super::pallet::*;
use super::types::{AccountId, NetUid, ROOT};

impl<T: Config> Pallet<T> {
    /// What a TAO on root counts for, in alpha.
    pub(super) fn tao_weight() -> U96F32 {
        U96F32::from_num(TaoWeight::<T>::get()).saturating_div(U96F32::from_num(u64::MAX))
    }

    /// The alpha that counts for a hotkey, in rao.
    pub(super) fn inherited_alpha(hotkey: &AccountId, netuid: NetUid) -> u64 {
        if netuid == ROOT {
            Self::hotkey_alpha(hotkey, ROOT)
        } else {
            Self::inherited(hotkey, netuid, netuid)
        }
    }

    /// The root stake that counts for a hotkey on a subnet, in rao.
    pub(super) fn inherited_tao(hotkey: &AccountId, netuid: NetUid) -> u64 {
        Self::inherited(hotkey, netuid, ROOT)
    }

    /// The alpha and the weighted root stake that count for a hotkey, in rao, rounded down.
    pub fn stake_weight(hotkey: &AccountId, netuid: NetUid) -> u64 {
        let tao = U96F32::from_num(Self::inherited_tao(hotkey, netuid)).saturating_mul(Self::tao_weight());
        Self::inherited_alpha(hotkey, netuid).saturating_add(tao.saturating_to_num())
    }

    /// What of the stake on subnet `held_on` counts for a hotkey, by its relations on `netuid`.
    fn inherited(hotkey: &AccountId, netuid: NetUid, held_on: NetUid) -> u64 {
        let part_of = |stake: u64, part: u64| U96F32::from_num(stake).saturating_mul(fraction(part));
        let own = Self::hotkey_alpha(hotkey, held_on);
        let to_children = ChildKeys::<T>::get(hotkey, netuid)
            .iter()
            .map(|(part, _)| part_of(own, *part))
            .fold(U96F32::default(), U96F32::saturating_add);
        let from_parents = ParentKeys::<T>::get(hotkey, netuid)
            .iter()
            .map(|(part, parent)| part_of(Self::hotkey_alpha(parent, held_on), *part))
            .fold(U96F32::default(), U96F32::saturating_add);
        U96F32::from_num(own).saturating_sub(to_children).saturating_add(from_parents).saturating_to_num()
    }

    /// What becomes of a child's dividend: each parent's part of it, and what is left for the child with its take.
    /// Part of what goes to parents of other coldkeys is recycled.
    pub(super) fn share_with_parents(
        hotkey: &AccountId,
        netuid: NetUid,
        dividend: u64,
    ) -> Vec<(AccountId, u64)> {
        let parents: Vec<_> = ParentKeys::<T>::get(hotkey, netuid)
            .into_iter()
            .map(|(part, parent)| {
                let contribution = Self::contribution(&parent, netuid, fraction(part));
                (parent, contribution)
            })
            .collect();
        let own = U96F32::from_num(Self::own_contribution(hotkey, netuid));
        let total = parents.iter().fold(own, |sum, (_, contribution)| sum.saturating_add(*contribution));
        let burned = U96F32::from_num(CKBurn::<T>::get()).saturating_div(U96F32::from_num(u64::MAX));
        let take =
            U96F32::from_num(Self::childkey_take(hotkey, netuid)).saturating_div(U96F32::from_num(u16::MAX));
        let owner = Owner::<T>::get(hotkey);

        let whole = U96F32::from_num(dividend);
        let mut rest = whole;
        let mut taken = U96F32::default();
        let mut shares = Vec::with_capacity(parents.len() + 1);
        for (parent, contribution) in parents {
            let mut share = whole.saturating_mul(contribution.checked_div(total).unwrap_or_default());
            rest = rest.saturating_sub(share);
            if Owner::<T>::get(&parent) != owner {
                let (burn, childs) = (burned.saturating_mul(share), take.saturating_mul(share));
                share = share.saturating_sub(burn).saturating_sub(childs);
                taken = taken.saturating_add(childs);
                Self::recycle_alpha_out(netuid, burn.saturating_to_num());
            }
            shares.push((parent, share.saturating_to_num()));
        }
        shares.push((hotkey.clone(), rest.saturating_add(taken).saturating_to_num()));
        shares
    }

    /// What a hotkey contributes to its own weight: what its children leave.
    fn own_contribution(hotkey: &AccountId, netuid: NetUid) -> u64 {
        let left = ChildKeys::<T>::get(hotkey, netuid)
            .iter()
            .fold(U96F32::from_num(1), |left, (part, _)| left.saturating_sub(fraction(*part)));
        Self::contribution(hotkey, netuid, left).saturating_to_num()
    }

    /// What a part of a hotkey's alpha and weighted root stake contributes.
    fn contribution(hotkey: &AccountId, netuid: NetUid, part: U96F32) -> U96F32 {
        let alpha = U96F32::from_num(Self::hotkey_alpha(hotkey, netuid)).saturating_mul(part);
        let root = U96F32::from_num(Self::hotkey_alpha(hotkey, ROOT))
            .saturating_mul(part)
            .saturating_mul(Self::tao_weight());
        alpha.saturating_add(root)
    }

    /// Takes alpha out of what is outstanding, to be emitted anew.
    pub(super) fn recycle_alpha_out(netuid: NetUid, alpha: u64) {
        SubnetAlphaOut::<T>::mutate(netuid, |out| *out = out.saturating_sub(alpha));
    }
}

/// A part of `u64::MAX`.
fn fraction(part: u64) -> U96F32 {
    U96F32::from_num(part).saturating_div(U96F32::from_num(u64::MAX))
}
