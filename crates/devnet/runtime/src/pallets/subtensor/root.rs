//! Seats on root: validators whose stake counts on every subnet.

use frame_support::ensure;
use sp_runtime::DispatchResult;

use super::pallet::*;
use super::types::{AccountId, ROOT};

/// The take of a hotkey that gets a seat, in parts of 65535.
const DEFAULT_TAKE: u16 = 11_796;

impl<T: Config> Pallet<T> {
    pub(super) fn do_root_register(coldkey: &AccountId, hotkey: &AccountId) -> DispatchResult {
        ensure!(NetworksAdded::<T>::get(ROOT), Error::<T>::RootNetworkDoesNotExist);
        ensure!(
            RegistrationsThisBlock::<T>::get(ROOT) < MaxRegistrationsPerBlock::<T>::get(ROOT),
            Error::<T>::TooManyRegistrationsThisBlock
        );
        ensure!(
            RegistrationsThisInterval::<T>::get(ROOT)
                < TargetRegistrationsPerInterval::<T>::get(ROOT).saturating_mul(3),
            Error::<T>::TooManyRegistrationsThisInterval
        );
        ensure!(!Uids::<T>::contains_key(ROOT, hotkey), Error::<T>::HotKeyAlreadyRegisteredInSubNet);
        Self::own_hotkey_if_free(coldkey, hotkey)?;
        let uid = if SubnetworkN::<T>::get(ROOT) < MaxAllowedUids::<T>::get(ROOT) {
            Self::append_neuron(ROOT, hotkey)
        } else {
            Self::replace_poorest_root_validator(hotkey)?
        };
        if !Delegates::<T>::contains_key(hotkey) {
            Delegates::<T>::insert(hotkey, DEFAULT_TAKE);
        }
        RegistrationsThisInterval::<T>::mutate(ROOT, |count| *count = count.saturating_add(1));
        RegistrationsThisBlock::<T>::mutate(ROOT, |count| *count = count.saturating_add(1));
        Self::deposit_event(Event::NeuronRegistered(ROOT, uid, hotkey.clone()));
        Ok(())
    }

    /// Gives a hotkey the seat of the root validator with the least stake, if it has more.
    fn replace_poorest_root_validator(hotkey: &AccountId) -> Result<u16, Error<T>> {
        let mut poorest = (u64::MAX, 0);
        for (uid, seated) in Keys::<T>::iter_prefix(ROOT) {
            let stake = Self::hotkey_alpha(&seated, ROOT);
            if stake < poorest.0 {
                poorest = (stake, uid);
            }
        }
        let (stake, uid) = poorest;
        ensure!(stake < Self::hotkey_alpha(hotkey, ROOT), Error::<T>::StakeTooLowForRoot);
        Self::replace_neuron(ROOT, uid, hotkey);
        Ok(uid)
    }
}
