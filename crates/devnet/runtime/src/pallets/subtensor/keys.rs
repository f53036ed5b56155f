//! Exchanging a hotkey for another of the same coldkey, on one subnet or on all.

use std::collections::BTreeSet;

use frame_support::ensure;
use sp_runtime::DispatchResult;

use super::kinship::Kinship;
use super::pallet::*;
use super::types::{AccountId, BuildFast, NetUid, ROOT, RateLimitKey};

/// What exchanging a hotkey everywhere costs, in rao.
const EVERYWHERE_COST: u64 = 100_000_000;
/// What exchanging a hotkey on one subnet costs, in rao.
const ON_SUBNET_COST: u64 = 1_000_000;

/// A hotkey and the one that takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Exchange<'a> {
    old: &'a AccountId,
    new: &'a AccountId,
    /// Whether stake stays on the old hotkey.
    keep_stake: bool,
}

impl<T: Config> Pallet<T> {
    pub(super) fn do_swap_hotkey(
        coldkey: &AccountId,
        old: &AccountId,
        new: &AccountId,
        netuid: Option<NetUid>,
        keep_stake: bool,
    ) -> DispatchResult {
        let exchange = Exchange { old, new, keep_stake };
        Self::check_exchange(coldkey, exchange, netuid)?;
        for kind in [RateLimitKey::LastTxBlockDelegateTake, RateLimitKey::LastTxBlockChildKeyTake] {
            let last = LastRateLimitedBlock::<T>::get(kind(old.clone()));
            LastRateLimitedBlock::<T>::insert(kind(new.clone()), last);
        }
        match netuid {
            Some(netuid) => Self::exchange_on_one(coldkey, exchange, netuid),
            None => Self::exchange_everywhere(coldkey, exchange),
        }
    }

    fn check_exchange(
        coldkey: &AccountId,
        exchange: Exchange<'_>,
        netuid: Option<NetUid>,
    ) -> Result<(), Error<T>> {
        let Exchange { old, new, .. } = exchange;
        ensure!(netuid.is_none_or(NetworksAdded::<T>::get), Error::<T>::SubnetNotExists);
        ensure!(Self::owns(coldkey, old), Error::<T>::NonAssociatedColdKey);
        ensure!(!Owner::<T>::contains_key(new) || Self::owns(coldkey, new), Error::<T>::NonAssociatedColdKey);
        ensure!(old != new, Error::<T>::NewHotKeyIsSameWithOld);
        ensure!(
            !Self::is_too_soon(RateLimitKey::LastTxBlock(coldkey.clone()), TxRateLimit::<T>::get()),
            Error::<T>::HotKeySetTxRateLimitExceeded
        );
        let registered = match netuid {
            Some(netuid) => Uids::<T>::contains_key(netuid, new),
            None => NetworksAdded::<T>::iter_keys().any(|netuid| Uids::<T>::contains_key(netuid, new)),
        };
        ensure!(!registered, Error::<T>::HotKeyAlreadyRegisteredInSubNet);
        let touches_root = netuid.is_none_or(|netuid| netuid == ROOT);
        ensure!(
            !touches_root || (RootClaimable::<T>::get(new).is_empty() && Self::hotkey_alpha(new, ROOT) == 0),
            Error::<T>::NewHotKeyNotCleanForRootSwap
        );
        Ok(())
    }

    fn exchange_everywhere(coldkey: &AccountId, exchange: Exchange<'_>) -> DispatchResult {
        let Exchange { old, new, keep_stake } = exchange;
        let netuids: Vec<_> = NetworksAdded::<T>::iter_keys().collect();
        let taken_part: Vec<_> = netuids
            .iter()
            .copied()
            .filter(|&netuid| {
                IsNetworkMember::<T>::get(old, netuid) || !ChildKeys::<T>::get(old, netuid).is_empty()
            })
            .collect();
        for &netuid in &taken_part {
            let last = LastHotkeySwapOnNetuid::<T>::get(netuid, coldkey);
            ensure!(
                last == 0 || last.saturating_add(swap_interval()) < Self::now(),
                Error::<T>::HotKeySwapOnSubnetIntervalNotPassed
            );
        }
        ensure!(Self::spendable(coldkey) >= EVERYWHERE_COST, Error::<T>::NotEnoughBalanceToPaySwapHotKey);
        Self::recycle_tao(coldkey, EVERYWHERE_COST)?;

        ensure!(!Self::is_subnet_account(new), Error::<T>::CannotUseSystemAccount);
        let stakers: BTreeSet<_> = Self::stakers_of(old).into_iter().map(|(coldkey, _)| coldkey).collect();
        Owner::<T>::insert(new, coldkey);
        OwnedHotkeys::<T>::mutate(coldkey, |hotkeys| add_once(hotkeys, new));
        if !keep_stake {
            Owner::<T>::remove(old);
            OwnedHotkeys::<T>::mutate(coldkey, |hotkeys| hotkeys.retain(|hotkey| hotkey != old));
        }
        for netuid in netuids {
            Self::exchange_on_subnet(exchange, netuid)?;
        }
        for kind in [
            RateLimitKey::LastTxBlock,
            RateLimitKey::LastTxBlockDelegateTake,
            RateLimitKey::LastTxBlockChildKeyTake,
        ] {
            LastRateLimitedBlock::<T>::remove(kind(old.clone()));
        }
        if let Ok(take) = Delegates::<T>::try_get(old) {
            Delegates::<T>::remove(old);
            Delegates::<T>::insert(new, take);
        }
        if !keep_stake {
            for staker in stakers {
                StakingHotkeys::<T>::mutate(staker, |hotkeys| {
                    if hotkeys.contains(old) {
                        hotkeys.retain(|hotkey| hotkey != old && hotkey != new);
                        hotkeys.push(new.clone());
                    }
                });
            }
        }
        for netuid in taken_part {
            LastHotkeySwapOnNetuid::<T>::insert(netuid, coldkey, Self::now());
        }
        Self::note_now(RateLimitKey::LastTxBlock(coldkey.clone()));
        Self::deposit_event(Event::HotkeySwapped {
            coldkey: coldkey.clone(),
            old_hotkey: old.clone(),
            new_hotkey: new.clone(),
        });
        Ok(())
    }

    fn exchange_on_one(coldkey: &AccountId, exchange: Exchange<'_>, netuid: NetUid) -> DispatchResult {
        let Exchange { old, new, .. } = exchange;
        let last = LastHotkeySwapOnNetuid::<T>::get(netuid, coldkey);
        ensure!(
            last.saturating_add(swap_interval()) < Self::now(),
            Error::<T>::HotKeySwapOnSubnetIntervalNotPassed
        );
        ensure!(!Self::is_subnet_account(new), Error::<T>::CannotUseSystemAccount);
        ensure!(Self::spendable(coldkey) >= ON_SUBNET_COST, Error::<T>::NotEnoughBalanceToPaySwapHotKey);
        Self::recycle_tao(coldkey, ON_SUBNET_COST)?;
        Owner::<T>::insert(new, coldkey);
        OwnedHotkeys::<T>::mutate(coldkey, |hotkeys| add_once(hotkeys, new));
        Self::exchange_on_subnet(exchange, netuid)?;
        Self::note_now(RateLimitKey::LastTxBlock(coldkey.clone()));
        LastHotkeySwapOnNetuid::<T>::insert(netuid, coldkey, Self::now());
        Self::deposit_event(Event::HotkeySwappedOnSubnet {
            coldkey: coldkey.clone(),
            old_hotkey: old.clone(),
            new_hotkey: new.clone(),
            netuid,
        });
        Ok(())
    }

    /// Hands all that a subnet stores of the old hotkey over to the new one.
    fn exchange_on_subnet(exchange: Exchange<'_>, netuid: NetUid) -> Result<(), Error<T>> {
        let Exchange { old, new, keep_stake } = exchange;
        if IsNetworkMember::<T>::get(old, netuid) {
            Self::exchange_seat(old, new, netuid);
        }
        if let Ok(take) = ChildkeyTake::<T>::try_get(old, netuid) {
            ChildkeyTake::<T>::remove(old, netuid);
            ChildkeyTake::<T>::insert(new, netuid, take);
        }
        Self::exchange_kin(old, new, netuid)?;
        if let Ok(coldkeys) = AutoStakeDestinationColdkeys::<T>::try_get(old, netuid) {
            for coldkey in &coldkeys {
                AutoStakeDestination::<T>::insert(coldkey, netuid, new);
            }
            AutoStakeDestinationColdkeys::<T>::remove(old, netuid);
            AutoStakeDestinationColdkeys::<T>::insert(new, netuid, coldkeys);
        }
        if SubnetOwnerHotkey::<T>::try_get(netuid).is_ok_and(|owner| owner == *old) {
            SubnetOwnerHotkey::<T>::insert(netuid, new);
            Self::deposit_event(Event::SubnetOwnerHotkeySet(netuid, new.clone()));
        }
        if !keep_stake {
            Self::exchange_stake(old, new, netuid);
        }
        Ok(())
    }

    /// Hands over the uid and all that is served or committed under the old hotkey.
    fn exchange_seat(old: &AccountId, new: &AccountId, netuid: NetUid) {
        IsNetworkMember::<T>::remove(old, netuid);
        IsNetworkMember::<T>::insert(new, netuid, true);
        if let Some(uid) = Uids::<T>::take(netuid, old) {
            Uids::<T>::insert(netuid, new, uid);
            Keys::<T>::insert(netuid, uid, new);
        }
        Prometheus::<T>::swap(netuid, old, netuid, new);
        Axons::<T>::swap(netuid, old, netuid, new);
        NeuronCertificates::<T>::swap(netuid, old, netuid, new);
        for index in Self::mechanism_indices(netuid) {
            if let Some(commits) = WeightCommits::<T>::take(index, old) {
                WeightCommits::<T>::insert(index, new, commits);
            }
        }
    }

    fn exchange_kin(old: &AccountId, new: &AccountId, netuid: NetUid) -> Result<(), Error<T>> {
        let kinship = Kinship::of::<T>(old, netuid);
        kinship.forget::<T>(old, netuid);
        kinship.check::<T>(new)?;
        if PendingChildKeys::<T>::contains_key(netuid, old) {
            let (children, from) = PendingChildKeys::<T>::take(netuid, old);
            kinship.check_children::<T>(new, &children)?;
            PendingChildKeys::<T>::insert(netuid, new, (children, from));
        }
        kinship.store::<T>(new, netuid);
        let pending: Vec<_> = PendingChildKeys::<T>::iter_prefix(netuid).collect();
        for (parent, (mut children, from)) in pending {
            if let Some(index) = children.iter().position(|(_, child)| child == old) {
                let (part, _) = children.remove(index);
                children.push((part, new.clone()));
                PendingChildKeys::<T>::insert(netuid, parent, (children, from));
            }
        }
        Ok(())
    }

    fn exchange_stake(old: &AccountId, new: &AccountId, netuid: NetUid) {
        let last = TotalHotkeyAlphaLastEpoch::<T>::take(old, netuid);
        TotalHotkeyAlphaLastEpoch::<T>::mutate(new, netuid, |total| *total = total.saturating_add(last));
        let paid = AlphaDividendsPerSubnet::<T>::take(netuid, old);
        AlphaDividendsPerSubnet::<T>::mutate(netuid, new, |total| *total = total.saturating_add(paid));
        for (coldkey, held_on) in Self::stakers_of(old) {
            if held_on != netuid {
                continue;
            }
            let alpha = Self::stake_of(old, &coldkey, netuid);
            Self::decrease_stake(old, &coldkey, netuid, alpha);
            Self::increase_stake(new, &coldkey, netuid, alpha);
            if netuid == ROOT {
                for claimed_on in NetworksAdded::<T>::iter_keys().collect::<Vec<_>>() {
                    if !RootClaimed::<T>::contains_key((claimed_on, old, &coldkey)) {
                        continue;
                    }
                    let claimed = RootClaimed::<T>::take((claimed_on, old, &coldkey));
                    if claimed > 0 {
                        RootClaimed::<T>::mutate((claimed_on, new, &coldkey), |total| {
                            *total = total.saturating_add(claimed);
                        });
                    }
                }
            }
        }
        if netuid == ROOT {
            let claimable = RootClaimable::<T>::take(old);
            RootClaimable::<T>::mutate(new, |rates| {
                for (netuid, rate) in claimable {
                    let total = rates.entry(netuid).or_default();
                    *total = total.saturating_add(rate);
                }
            });
            if let Ok(enabled) = AutoParentDelegationEnabled::<T>::try_get(old) {
                AutoParentDelegationEnabled::<T>::remove(old);
                AutoParentDelegationEnabled::<T>::insert(new, enabled);
            }
        }
    }

    /// Who holds stake on a hotkey, and on which subnet.
    fn stakers_of(hotkey: &AccountId) -> Vec<(AccountId, NetUid)> {
        AlphaV2::<T>::iter_key_prefix((hotkey,)).collect()
    }
}

/// Blocks between two exchanges of a coldkey's hotkeys on one subnet.
fn swap_interval() -> u64 {
    if BuildFast::get() { 1 } else { 7_200 }
}

fn add_once(hotkeys: &mut Vec<AccountId>, hotkey: &AccountId) {
    if !hotkeys.contains(hotkey) {
        hotkeys.push(hotkey.clone());
    }
}
