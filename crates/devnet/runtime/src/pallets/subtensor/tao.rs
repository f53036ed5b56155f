//! Moving TAO between coldkeys and the accounts that hold the subnets' TAO.

use frame_support::ensure;
use frame_support::traits::fungible::{Inspect, Mutate};
use frame_support::traits::tokens::{Fortitude, Precision, Preservation};
use sp_runtime::{DispatchError, DispatchResult};

use super::pallet::*;
use super::types::{AccountId, NetUid};

impl<T: Config> Pallet<T> {
    /// All TAO that a coldkey could spend, in rao, if it need not exist afterwards.
    pub(super) fn spendable(coldkey: &AccountId) -> u64 {
        T::Currency::reducible_balance(coldkey, Preservation::Expendable, Fortitude::Polite)
    }

    /// Moves at most `tao` rao, as much as leaves the coldkey in existence, to a subnet's account. Returns what was
    /// moved.
    pub(super) fn pay_subnet(netuid: NetUid, coldkey: &AccountId, tao: u64) -> Result<u64, DispatchError> {
        if tao == 0 {
            return Ok(0);
        }
        let most = T::Currency::reducible_balance(coldkey, Preservation::Preserve, Fortitude::Polite);
        let tao = tao.min(most);
        ensure!(tao > 0, Error::<T>::InsufficientBalance);
        T::Currency::transfer(coldkey, &Self::subnet_account(netuid), tao, Preservation::Preserve)?;
        Ok(tao)
    }

    /// Pays `tao` rao out of a subnet's account.
    pub(super) fn pay_from_subnet(netuid: NetUid, to: &AccountId, tao: u64) -> DispatchResult {
        Self::transfer_tao(&Self::subnet_account(netuid), to, tao)
    }

    /// Moves `tao` rao. What the sender keeps may be too little to exist; that is lost and no longer issued.
    pub(super) fn transfer_tao(from: &AccountId, to: &AccountId, tao: u64) -> DispatchResult {
        ensure!(tao <= Self::spendable(from), Error::<T>::InsufficientBalance);
        let before = T::Currency::total_issuance();
        T::Currency::transfer(from, to, tao, Preservation::Expendable)?;
        let lost = before.saturating_sub(T::Currency::total_issuance());
        TotalIssuance::<T>::mutate(|issued| *issued = issued.saturating_sub(lost));
        Ok(())
    }

    /// Takes `tao` rao of a coldkey out of existence, to be issued anew.
    pub(super) fn recycle_tao(coldkey: &AccountId, tao: u64) -> DispatchResult {
        let most = T::Currency::reducible_balance(coldkey, Preservation::Preserve, Fortitude::Polite);
        ensure!(tao <= most, Error::<T>::InsufficientBalance);
        TotalIssuance::<T>::mutate(|issued| *issued = issued.saturating_sub(tao));
        T::Currency::burn_from(coldkey, tao, Preservation::Expendable, Precision::Exact, Fortitude::Force)
            .map_err(|_| Error::<T>::BalanceWithdrawalError)?;
        Ok(())
    }
}
