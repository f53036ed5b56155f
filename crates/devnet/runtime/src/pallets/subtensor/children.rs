//! Children: hotkeys that a hotkey's stake counts for instead of itself.

use frame_support::ensure;
use sp_runtime::DispatchResult;

use super::kinship::Kinship;
use super::limits::Limited;
use super::pallet::*;
use super::types::{AccountId, NetUid, ROOT};

impl<T: Config> Pallet<T> {
    /// Sets a hotkey's children: at once before the subnet started, else after the cooldown, with an epoch.
    pub(super) fn do_set_children(
        coldkey: &AccountId,
        hotkey: &AccountId,
        netuid: NetUid,
        children: Vec<(u64, AccountId)>,
    ) -> DispatchResult {
        ensure!(Self::is_due(Limited::SetChildren, hotkey, netuid), Error::<T>::TxRateLimitExceeded);
        ensure!(netuid != ROOT, Error::<T>::RegistrationNotPermittedOnRootSubnet);
        ensure!(NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
        ensure!(Self::owns(coldkey, hotkey), Error::<T>::NonAssociatedColdKey);
        for (index, (_, child)) in children.iter().enumerate() {
            let seen = children.iter().take(index).any(|(_, other)| other == child);
            ensure!(!seen, Error::<T>::DuplicateChild);
        }
        let kinship = Kinship::of::<T>(hotkey, netuid);
        kinship.check::<T>(hotkey)?;
        kinship.check_children::<T>(hotkey, &children)?;
        ensure!(
            children.is_empty()
                || Self::hotkey_worth(hotkey) >= StakeThreshold::<T>::get()
                || SubnetOwnerHotkey::<T>::try_get(netuid).is_ok_and(|owner| owner == *hotkey),
            Error::<T>::NotEnoughStakeToSetChildkeys
        );
        Self::note_done(Limited::SetChildren, hotkey, netuid);
        if !SubtokenEnabled::<T>::get(netuid) {
            Self::apply_children(hotkey, netuid, children);
            return Ok(());
        }
        let from = Self::now().saturating_add(PendingChildKeyCooldown::<T>::get());
        PendingChildKeys::<T>::insert(netuid, hotkey, (children.clone(), from));
        Self::deposit_event(Event::SetChildrenScheduled(hotkey.clone(), netuid, from, children));
        Ok(())
    }

    /// Applies the children that wait for the epoch of this block, on each subnet that had one.
    pub(super) fn step_children() {
        let now = Self::now();
        for netuid in NetworksAdded::<T>::iter_keys().collect::<Vec<_>>() {
            if LastEpochBlock::<T>::get(netuid) != now {
                continue;
            }
            let started = SubtokenEnabled::<T>::get(netuid);
            let due: Vec<_> = PendingChildKeys::<T>::iter_prefix(netuid)
                .filter(|(_, (_, from))| *from <= now || !started)
                .collect();
            for (hotkey, (children, _)) in due {
                Self::apply_children(&hotkey, netuid, children);
                PendingChildKeys::<T>::remove(netuid, &hotkey);
            }
        }
    }

    /// Makes every root validator that has not opted out count for a new subnet's owner.
    pub(super) fn delegate_root_validators(netuid: NetUid) {
        let owner = SubnetOwnerHotkey::<T>::get(netuid);
        let validators: Vec<_> = Keys::<T>::iter_prefix_values(ROOT).collect();
        for validator in validators {
            if validator == owner || !AutoParentDelegationEnabled::<T>::get(&validator) {
                continue;
            }
            let coldkey = Owner::<T>::get(&validator);
            let children = vec![(u64::MAX, owner.clone())];
            // A validator that may not set children just now stays without; the subnet is created all the same.
            let _refused = Self::do_set_children(&coldkey, &validator, netuid, children);
        }
    }

    pub(super) fn do_set_auto_parent_delegation(
        coldkey: &AccountId,
        hotkey: AccountId,
        enabled: bool,
    ) -> DispatchResult {
        ensure!(Self::owns(coldkey, &hotkey), Error::<T>::NonAssociatedColdKey);
        AutoParentDelegationEnabled::<T>::insert(&hotkey, enabled);
        Self::deposit_event(Event::AutoParentDelegationEnabledSet { hotkey, enabled });
        Ok(())
    }

    /// Sets children, unless that would make a hotkey both child and parent of another.
    fn apply_children(hotkey: &AccountId, netuid: NetUid, children: Vec<(u64, AccountId)>) {
        let wanted = children.iter().filter(|(_, child)| child != hotkey);
        let kinship = Kinship {
            children: wanted.map(|(part, child)| (child.clone(), *part)).collect(),
            ..Kinship::of::<T>(hotkey, netuid)
        };
        if kinship.check::<T>(hotkey).is_ok() {
            kinship.store::<T>(hotkey, netuid);
            Self::deposit_event(Event::SetChildren(hotkey.clone(), netuid, children));
        }
    }
}
