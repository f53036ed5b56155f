//! What coldkeys say of themselves, and the symbols of subnets' tokens.

use frame_support::ensure;
use sp_runtime::DispatchResult;

use super::pallet::*;
use super::symbols;
use super::types::{AccountId, ChainIdentityV2, NetUid};

impl<T: Config> Pallet<T> {
    /// Names and describes a coldkey that has a neuron somewhere.
    pub(super) fn do_set_identity(coldkey: AccountId, identity: ChainIdentityV2) -> DispatchResult {
        let registered = OwnedHotkeys::<T>::get(&coldkey).iter().any(|hotkey| {
            NetworksAdded::<T>::iter_keys().any(|netuid| Uids::<T>::contains_key(netuid, hotkey))
        });
        ensure!(registered, Error::<T>::HotKeyNotRegisteredInNetwork);
        ensure!(identity.is_valid(), Error::<T>::InvalidIdentity);
        IdentitiesV2::<T>::insert(&coldkey, identity);
        Self::deposit_event(Event::ChainIdentitySet(coldkey));
        Ok(())
    }

    /// Gives a subnet's token another symbol of the table that no subnet has.
    pub(super) fn do_update_symbol(netuid: NetUid, symbol: Vec<u8>) -> DispatchResult {
        ensure!(symbols::is_known(&symbol), Error::<T>::SymbolDoesNotExist);
        ensure!(
            !TokenSymbol::<T>::iter_values().any(|taken| taken == symbol),
            Error::<T>::SymbolAlreadyInUse
        );
        TokenSymbol::<T>::insert(netuid, &symbol);
        Self::deposit_event(Event::SymbolUpdated { netuid, symbol });
        Ok(())
    }
}
