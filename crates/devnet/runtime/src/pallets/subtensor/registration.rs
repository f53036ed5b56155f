//! Registering hotkeys on subnets, and whose they are.

use frame_support::ensure;
use frame_support::traits::fungible::{Inspect, Mutate};
use frame_support::traits::tokens::{Fortitude, Preservation};
use sp_runtime::DispatchResult;

use super::pallet::*;
use super::types::{AccountId, NetUid, ROOT, storage_index};
use crate::pallets::swap;

impl<T: Config> Pallet<T> {
    /// Makes `coldkey` the owner of `hotkey` if nobody owns it.
    pub(super) fn own_hotkey_if_free(coldkey: &AccountId, hotkey: &AccountId) -> DispatchResult {
        ensure!(!Self::is_subnet_account(hotkey), Error::<T>::CannotUseSystemAccount);
        if Owner::<T>::contains_key(hotkey) {
            return Ok(());
        }
        Owner::<T>::insert(hotkey, coldkey);
        OwnedHotkeys::<T>::mutate(coldkey, |hotkeys| {
            if !hotkeys.contains(hotkey) {
                hotkeys.push(hotkey.clone());
            }
        });
        Self::note_staking_hotkey(coldkey, hotkey);
        Ok(())
    }

    pub(super) fn do_register_limit(
        coldkey: &AccountId,
        hotkey: &AccountId,
        netuid: NetUid,
        limit_price: u64,
    ) -> DispatchResult {
        ensure!(netuid != ROOT, Error::<T>::RegistrationNotPermittedOnRootSubnet);
        ensure!(NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
        ensure!(Burn::<T>::get(netuid) <= limit_price, Error::<T>::RegistrationPriceLimitExceeded);
        Self::do_register(coldkey, hotkey, netuid)
    }

    pub(super) fn do_register(coldkey: &AccountId, hotkey: &AccountId, netuid: NetUid) -> DispatchResult {
        ensure!(netuid != ROOT, Error::<T>::RegistrationNotPermittedOnRootSubnet);
        ensure!(NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
        ensure!(NetworkRegistrationAllowed::<T>::get(netuid), Error::<T>::SubNetRegistrationDisabled);
        ensure!(!Uids::<T>::contains_key(netuid, hotkey), Error::<T>::HotKeyAlreadyRegisteredInSubNet);
        let price = Burn::<T>::get(netuid);
        let free = T::Currency::reducible_balance(coldkey, Preservation::Expendable, Fortitude::Polite);
        ensure!(free >= price, Error::<T>::NotEnoughBalanceToStake);
        ensure!(
            !Owner::<T>::contains_key(hotkey) || Owner::<T>::get(hotkey) == *coldkey,
            Error::<T>::NonAssociatedColdKey
        );
        let max = MaxAllowedUids::<T>::get(netuid);
        let full = SubnetworkN::<T>::get(netuid) >= max;
        let pruned = if full { Self::neuron_to_prune(netuid) } else { None };
        ensure!(max != 0 && (!full || pruned.is_some()), Error::<T>::NoNeuronIdAvailable);

        // The price buys alpha that nobody gets: the pool keeps the TAO, and the subnet's account the fee.
        T::Currency::transfer(coldkey, &Self::subnet_account(netuid), price, Preservation::Expendable)?;
        let bought = swap::Pallet::<T>::buy(netuid, price, swap::MAX_PRICE, swap::Fee::Charged)?;
        SubnetAlphaOut::<T>::mutate(netuid, |out| *out = out.saturating_sub(bought.alpha));

        Self::own_hotkey_if_free(coldkey, hotkey)?;
        let uid = match pruned {
            Some(uid) => {
                Self::replace_neuron(netuid, uid, hotkey);
                uid
            }
            None => Self::append_neuron(netuid, hotkey),
        };
        RegistrationsThisBlock::<T>::mutate(netuid, |count| *count = count.saturating_add(1));
        let recycled = RAORecycledForRegistration::<T>::get(netuid).saturating_add(price);
        RAORecycledForRegistration::<T>::insert(netuid, recycled);
        Self::deposit_event(Event::RAORecycledForRegistrationSet(netuid, recycled));
        Self::raise_burn(netuid);
        Self::deposit_event(Event::NeuronRegistered(netuid, uid, hotkey.clone()));
        Ok(())
    }

    /// Gives a hotkey the next free uid.
    pub(super) fn append_neuron(netuid: NetUid, hotkey: &AccountId) -> u16 {
        let uid = SubnetworkN::<T>::get(netuid);
        SubnetworkN::<T>::insert(netuid, uid.saturating_add(1));
        Active::<T>::mutate(netuid, |entries| entries.push(true));
        Emission::<T>::mutate(netuid, |entries| entries.push(0));
        Consensus::<T>::mutate(netuid, |entries| entries.push(0));
        Dividends::<T>::mutate(netuid, |entries| entries.push(0));
        ValidatorTrust::<T>::mutate(netuid, |entries| entries.push(0));
        ValidatorPermit::<T>::mutate(netuid, |entries| entries.push(false));
        let now = Self::now();
        for index in Self::mechanism_indices(netuid) {
            Incentive::<T>::mutate(index, |entries| entries.push(0));
            Self::set_last_update(index, uid, now);
        }
        Self::seat(netuid, uid, hotkey);
        uid
    }

    /// Hands a uid over to a newcomer; the old hotkey keeps its stake.
    pub(super) fn replace_neuron(netuid: NetUid, uid: u16, newcomer: &AccountId) {
        let old = Keys::<T>::get(netuid, uid);
        Uids::<T>::remove(netuid, &old);
        IsNetworkMember::<T>::remove(&old, netuid);
        Axons::<T>::remove(netuid, &old);
        NeuronCertificates::<T>::remove(netuid, &old);
        Prometheus::<T>::remove(netuid, &old);
        let slot = usize::from(uid);
        let now = Self::now();
        for index in Self::mechanism_indices(netuid) {
            Weights::<T>::remove(index, uid);
            Bonds::<T>::remove(index, uid);
            // Others' weights towards the uid count for nobody now; their entries stay.
            let rows: Vec<_> = Weights::<T>::iter_prefix(index).collect();
            for (validator, mut row) in rows {
                let mut changed = false;
                for (_, weight) in row.iter_mut().filter(|(to, weight)| *to == uid && *weight != 0) {
                    *weight = 0;
                    changed = true;
                }
                if changed {
                    Weights::<T>::insert(index, validator, row);
                }
            }
            Incentive::<T>::mutate(index, |entries| clear(entries, slot));
            Self::set_last_update(index, uid, now);
        }
        Emission::<T>::mutate(netuid, |entries| clear(entries, slot));
        Consensus::<T>::mutate(netuid, |entries| clear(entries, slot));
        Dividends::<T>::mutate(netuid, |entries| clear(entries, slot));
        ValidatorTrust::<T>::mutate(netuid, |entries| clear(entries, slot));
        StakeWeight::<T>::mutate(netuid, |entries| clear(entries, slot));
        ValidatorPermit::<T>::mutate(netuid, |entries| clear(entries, slot));
        Active::<T>::mutate(netuid, |entries| {
            if let Some(active) = entries.get_mut(slot) {
                *active = true;
            }
        });
        Self::seat(netuid, uid, newcomer);
    }

    fn seat(netuid: NetUid, uid: u16, hotkey: &AccountId) {
        Keys::<T>::insert(netuid, uid, hotkey);
        Uids::<T>::insert(netuid, hotkey, uid);
        IsNetworkMember::<T>::insert(hotkey, netuid, true);
        BlockAtRegistration::<T>::insert(netuid, uid, Self::now());
    }

    /// The storage indices of a subnet's mechanisms.
    pub(super) fn mechanism_indices(netuid: NetUid) -> impl Iterator<Item = u16> {
        (0..MechanismCountCurrent::<T>::get(netuid)).map(move |mecid| storage_index(netuid, mecid))
    }

    /// Notes when a uid last set weights on a mechanism.
    pub(super) fn set_last_update(index: u16, uid: u16, block: u64) {
        LastUpdate::<T>::mutate(index, |entries| {
            let slot = usize::from(uid);
            if entries.len() <= slot {
                entries.resize(slot + 1, 0);
            }
            if let Some(entry) = entries.get_mut(slot) {
                *entry = block;
            }
        });
    }
}

fn clear<V: Default>(entries: &mut [V], slot: usize) {
    if let Some(entry) = entries.get_mut(slot) {
        *entry = V::default();
    }
}
