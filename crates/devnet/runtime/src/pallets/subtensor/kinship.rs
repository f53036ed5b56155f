//! Who counts for whom: the children and parents of a hotkey on a subnet, kept on both sides.

use std::collections::BTreeMap;

use frame_support::ensure;
use frame_support::storage::StorageDoubleMap;

use super::pallet::*;
use super::types::{AccountId, NetUid};

/// The most children a hotkey may have on a subnet.
const MAX_CHILDREN: usize = 5;

/// Hotkeys and the parts of a stake, of `u64::MAX`, that join them to another.
pub(super) type Kin = BTreeMap<AccountId, u64>;

/// A hotkey's children and parents on one subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kinship {
    pub(super) children: Kin,
    pub(super) parents: Kin,
}

impl Kinship {
    /// What is stored of a hotkey.
    pub(super) fn of<T: Config>(hotkey: &AccountId, netuid: NetUid) -> Self {
        let without_self = |kin: Vec<(u64, AccountId)>| {
            kin.into_iter().filter(|(_, key)| key != hotkey).map(|(part, key)| (key, part)).collect()
        };
        Self {
            children: without_self(ChildKeys::<T>::get(hotkey, netuid)),
            parents: without_self(ParentKeys::<T>::get(hotkey, netuid)),
        }
    }

    /// Whether these may be the children and parents of `hotkey`.
    pub(super) fn check<T: Config>(&self, hotkey: &AccountId) -> Result<(), Error<T>> {
        ensure!(!self.children.contains_key(hotkey), Error::<T>::InvalidChild);
        let total: u128 = self.children.values().map(|&part| u128::from(part)).sum();
        ensure!(total <= u128::from(u64::MAX), Error::<T>::ProportionOverflow);
        ensure!(!self.parents.contains_key(hotkey), Error::<T>::InvalidChild);
        ensure!(
            !self.children.keys().any(|child| self.parents.contains_key(child)),
            Error::<T>::ChildParentInconsistency
        );
        Ok(())
    }

    /// Whether `children` may be asked for in place of the present ones.
    pub(super) fn check_children<T: Config>(
        &self,
        hotkey: &AccountId,
        children: &[(u64, AccountId)],
    ) -> Result<(), Error<T>> {
        let children: Kin = children.iter().map(|(part, child)| (child.clone(), *part)).collect();
        ensure!(!children.contains_key(hotkey), Error::<T>::InvalidChild);
        ensure!(children.len() <= MAX_CHILDREN, Error::<T>::TooManyChildren);
        Self { children, parents: self.parents.clone() }.check(hotkey)
    }

    /// Makes these the children and parents of `hotkey`, and tells theirs.
    pub(super) fn store<T: Config>(&self, hotkey: &AccountId, netuid: NetUid) {
        store_side::<ChildKeys<T>, ParentKeys<T>>(hotkey, netuid, &self.children);
        store_side::<ParentKeys<T>, ChildKeys<T>>(hotkey, netuid, &self.parents);
    }

    /// Removes all that is stored of `hotkey` and these children and parents of it.
    pub(super) fn forget<T: Config>(&self, hotkey: &AccountId, netuid: NetUid) {
        for child in self.children.keys() {
            unlink::<ParentKeys<T>>(child, netuid, hotkey);
        }
        for parent in self.parents.keys() {
            unlink::<ChildKeys<T>>(parent, netuid, hotkey);
        }
        ChildKeys::<T>::remove(hotkey, netuid);
        ParentKeys::<T>::remove(hotkey, netuid);
    }
}

/// Storage of one side of the relation.
trait Side: StorageDoubleMap<AccountId, NetUid, Vec<(u64, AccountId)>, Query = Vec<(u64, AccountId)>> {}

impl<S> Side for S where
    S: StorageDoubleMap<AccountId, NetUid, Vec<(u64, AccountId)>, Query = Vec<(u64, AccountId)>>
{
}

/// Stores the kin of `hotkey` on one side, and the hotkey among theirs on the other.
fn store_side<Near: Side, Far: Side>(hotkey: &AccountId, netuid: NetUid, kin: &Kin) {
    for (_, old) in Near::get(hotkey, netuid) {
        if !kin.contains_key(&old) {
            unlink::<Far>(&old, netuid, hotkey);
        }
    }
    put::<Near>(hotkey, netuid, kin.iter().map(|(key, part)| (*part, key.clone())).collect());
    for (other, part) in kin {
        let mut list = Far::get(other, netuid);
        match list.iter_mut().find(|(_, key)| key == hotkey) {
            Some(entry) => entry.0 = *part,
            None => list.push((*part, hotkey.clone())),
        }
        put::<Far>(other, netuid, list);
    }
}

fn unlink<S: Side>(of: &AccountId, netuid: NetUid, hotkey: &AccountId) {
    let mut list = S::get(of, netuid);
    list.retain(|(_, key)| key != hotkey);
    put::<S>(of, netuid, list);
}

fn put<S: Side>(hotkey: &AccountId, netuid: NetUid, list: Vec<(u64, AccountId)>) {
    if list.is_empty() {
        S::remove(hotkey, netuid);
    } else {
        S::insert(hotkey, netuid, list);
    }
}
