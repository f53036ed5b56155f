//! Creating, starting and describing subnets.

use frame_support::PalletId;
use frame_support::ensure;
use frame_support::traits::fungible::{Inspect, Mutate};
use frame_support::traits::tokens::{Fortitude, Preservation};
use sp_runtime::traits::AccountIdConversion;
use sp_runtime::{DispatchError, DispatchResult};
use substrate_fixed::types::U64F64;

use super::pallet::*;
use super::types::{AccountId, BuildTempo, NetUid, ROOT, RateLimitKey, SubnetIdentityV3, zero_account};
use crate::pallets::swap;

pub(super) const SUBNET_ACCOUNTS: PalletId = PalletId(*b"subtensr");
const TAO: u64 = 1_000_000_000;
/// Mechanism 1 prices alpha by its pool; it is the only one a new subnet can have.
const DYNAMIC: u16 = 1;

impl<T: Config> Pallet<T> {
    /// The account that holds a subnet's TAO.
    pub fn subnet_account(netuid: NetUid) -> AccountId {
        SUBNET_ACCOUNTS.into_sub_account_truncating(netuid)
    }

    /// Whether `account` belongs to a subnet rather than to a person.
    pub(super) fn is_subnet_account(account: &AccountId) -> bool {
        NetworksAdded::<T>::iter_keys().any(|netuid| Self::subnet_account(netuid) == *account)
    }

    /// Root and subnet 1, as a fresh local chain has them.
    pub(super) fn create_genesis_subnets() {
        NetworksAdded::<T>::insert(ROOT, true);
        Tempo::<T>::insert(ROOT, 100);
        MaxAllowedUids::<T>::insert(ROOT, 64);
        MaxAllowedValidators::<T>::insert(ROOT, 64);
        MinAllowedWeights::<T>::insert(ROOT, 0);
        TargetRegistrationsPerInterval::<T>::insert(ROOT, 1);

        let netuid = 1;
        let nobody = zero_account();
        NetworksAdded::<T>::insert(netuid, true);
        TotalNetworks::<T>::put(2);
        Tempo::<T>::insert(netuid, 100);
        SubnetMechanism::<T>::insert(netuid, DYNAMIC);
        MinAllowedWeights::<T>::insert(netuid, 0);
        SubnetTAO::<T>::insert(netuid, 10 * TAO);
        SubnetAlphaIn::<T>::insert(netuid, 10 * TAO);
        SubnetOwner::<T>::insert(netuid, &nobody);
        Owner::<T>::insert(&nobody, &nobody);
        OwnedHotkeys::<T>::insert(&nobody, vec![nobody.clone()]);
        Self::append_neuron(netuid, &nobody);
        Self::increase_stake(&nobody, &nobody, netuid, TAO);
        SubnetAlphaOut::<T>::insert(netuid, TAO);
        SubnetLocked::<T>::insert(netuid, 1);
    }

    /// What creating a subnet costs now, in rao: twice the last price, falling back to the minimum over the
    /// reduction interval.
    pub fn lock_cost() -> u64 {
        let last = NetworkLastLockCost::<T>::get();
        let last_block = LastRateLimitedBlock::<T>::get(RateLimitKey::NetworkLastRegistered);
        let multiplier = if last_block == 0 { 1 } else { 2 };
        let emission = BlockEmission::<T>::get();
        let interval = (u128::from(NetworkLockReductionInterval::<T>::get()) * u128::from(emission)
            / u128::from(TAO)) as u64;
        let fallen =
            last.checked_div(interval).unwrap_or(0).saturating_mul(Self::now().saturating_sub(last_block));
        last.saturating_mul(multiplier).saturating_sub(fallen).max(NetworkMinLockCost::<T>::get())
    }

    /// The limit on how often subnets may be created, which the pool checks too.
    pub(super) fn check_network_rate_limit() -> Result<(), Error<T>> {
        let last = LastRateLimitedBlock::<T>::get(RateLimitKey::NetworkLastRegistered);
        let limit = NetworkRateLimit::<T>::get();
        ensure!(
            last == 0 || Self::now().saturating_sub(last) >= limit,
            Error::<T>::NetworkTxRateLimitExceeded
        );
        Ok(())
    }

    pub(super) fn do_register_network(
        coldkey: &AccountId,
        hotkey: &AccountId,
        identity: Option<SubnetIdentityV3>,
    ) -> DispatchResult {
        let now = Self::now();
        ensure!(
            !Owner::<T>::contains_key(hotkey) || Owner::<T>::get(hotkey) == *coldkey,
            Error::<T>::NonAssociatedColdKey
        );
        ensure!(!Self::is_subnet_account(hotkey), Error::<T>::CannotUseSystemAccount);
        ensure!(now >= NetworkRegistrationStartBlock::<T>::get(), Error::<T>::SubNetRegistrationDisabled);
        Self::check_network_rate_limit()?;
        let subnets = NetworksAdded::<T>::iter_keys().filter(|&netuid| netuid != ROOT).count();
        let full = subnets >= usize::from(SubnetLimit::<T>::get());
        let pruned = if full { Self::subnet_to_prune() } else { None };
        ensure!(!full || pruned.is_some(), Error::<T>::SubnetLimitReached);
        let lock = Self::lock_cost();
        let free = T::Currency::reducible_balance(coldkey, Preservation::Expendable, Fortitude::Polite);
        ensure!(free >= lock, Error::<T>::CannotAffordLockCost);

        if let Some(netuid) = pruned {
            Self::do_dissolve_network(netuid)?;
        }
        let netuid = match pruned {
            Some(netuid) => netuid,
            None => (1..=u16::MAX)
                .find(|netuid| !NetworksAdded::<T>::contains_key(netuid))
                .ok_or(Error::<T>::SubnetLimitReached)?,
        };
        let median_price = Self::median_alpha_price();
        Self::set_new_subnet_parameters(netuid);
        T::Currency::transfer(coldkey, &Self::subnet_account(netuid), lock, Preservation::Expendable)?;
        NetworkLastLockCost::<T>::put(lock);
        LastRateLimitedBlock::<T>::insert(RateLimitKey::NetworkLastRegistered, now);
        Self::own_hotkey_if_free(coldkey, hotkey)?;
        Self::append_neuron(netuid, hotkey);

        SubnetMechanism::<T>::insert(netuid, DYNAMIC);
        NetworkRegisteredAt::<T>::insert(netuid, now);
        RegisteredSubnetCounter::<T>::mutate(netuid, |count| *count = count.saturating_add(1));
        TokenSymbol::<T>::insert(netuid, super::symbols::next_free::<T>(netuid));
        let pool_tao = lock.max(NetworkMinLockCost::<T>::get());
        let pool_alpha = U64F64::from_num(pool_tao).checked_div(median_price).unwrap_or_default();
        SubnetTAO::<T>::insert(netuid, pool_tao);
        SubnetAlphaIn::<T>::insert(netuid, pool_alpha.saturating_to_num::<u64>());
        SubnetAlphaOut::<T>::insert(netuid, 0);
        SubnetOwner::<T>::insert(netuid, coldkey);
        SubnetOwnerHotkey::<T>::insert(netuid, hotkey);
        Self::deposit_event(Event::SubnetOwnerHotkeySet(netuid, hotkey.clone()));
        SubnetLocked::<T>::insert(netuid, lock);
        TotalStake::<T>::mutate(|total| *total = total.saturating_add(pool_tao));
        SubnetEmissionEnabled::<T>::insert(netuid, false);
        if let Some(identity) = identity {
            ensure!(identity.is_valid(), Error::<T>::InvalidIdentity);
            SubnetIdentitiesV3::<T>::insert(netuid, identity);
            Self::deposit_event(Event::SubnetIdentitySet(netuid));
        }
        Self::delegate_root_validators(netuid);
        Self::deposit_event(Event::NetworkAdded(netuid, DYNAMIC));
        Ok(())
    }

    /// The median price of alpha over all subnets that have one; 1 if none has.
    fn median_alpha_price() -> U64F64 {
        let mut prices: Vec<U64F64> = NetworksAdded::<T>::iter_keys()
            .filter(|&netuid| netuid != ROOT)
            .map(swap::Pallet::<T>::price)
            .filter(|&price| price > U64F64::from_num(0))
            .collect();
        prices.sort();
        let middle = prices.len() / 2;
        match (prices.len(), prices.get(middle), prices.get(middle.saturating_sub(1))) {
            (0, ..) | (_, None, _) => U64F64::from_num(1),
            (len, Some(&high), Some(&low)) if len % 2 == 0 => {
                low.saturating_add(high).saturating_div(U64F64::from_num(2))
            }
            (_, Some(&price), _) => price,
        }
    }

    /// What a new subnet has that differs from the defaults.
    fn set_new_subnet_parameters(netuid: NetUid) {
        let tempo = BuildTempo::get();
        let now = Self::now();
        NetworksAdded::<T>::insert(netuid, true);
        TotalNetworks::<T>::mutate(|count| *count = count.saturating_add(1));
        SubnetworkN::<T>::insert(netuid, 0);
        Tempo::<T>::insert(netuid, tempo);
        LastEpochBlock::<T>::insert(netuid, now.saturating_sub(u64::from(netuid % tempo.max(1))));
        Yuma3On::<T>::insert(netuid, true);
        NetworkRegistrationAllowed::<T>::insert(netuid, true);
        Self::deposit_event(Event::RegistrationAllowed(netuid, true));
        MaxAllowedUids::<T>::insert(netuid, 256);
        Self::deposit_event(Event::MaxAllowedUidsSet(netuid, 256));
        MaxAllowedValidators::<T>::insert(netuid, 64);
        Self::deposit_event(Event::MaxAllowedValidatorsSet(netuid, 64));
        MinAllowedWeights::<T>::insert(netuid, 1);
        Self::deposit_event(Event::MinAllowedWeightSet(netuid, 1));
        ImmunityPeriod::<T>::insert(netuid, 5_000);
        Self::deposit_event(Event::ImmunityPeriodSet(netuid, 5_000));
        CommitRevealWeightsEnabled::<T>::insert(netuid, true);
        ActivityCutoff::<T>::insert(netuid, 5_000);
        Burn::<T>::insert(netuid, TAO);
        BurnHalfLife::<T>::insert(netuid, 360);
        BurnIncreaseMult::<T>::insert(netuid, U64F64::from_num(1.26));
        RegistrationsThisBlock::<T>::insert(netuid, 0);
    }

    pub(super) fn do_start_call(coldkey: &AccountId, netuid: NetUid) -> DispatchResult {
        let now = Self::now();
        ensure!(NetworksAdded::<T>::get(netuid), Error::<T>::SubnetNotExists);
        ensure!(SubnetOwner::<T>::get(netuid) == *coldkey, DispatchError::BadOrigin);
        ensure!(
            !FirstEmissionBlockNumber::<T>::contains_key(netuid),
            Error::<T>::FirstEmissionBlockNumberAlreadySet
        );
        ensure!(
            now >= NetworkRegisteredAt::<T>::get(netuid).saturating_add(StartCallDelay::<T>::get()),
            Error::<T>::NeedWaitingMoreBlocksToStarCall
        );
        let first = now.saturating_add(1);
        FirstEmissionBlockNumber::<T>::insert(netuid, first);
        SubtokenEnabled::<T>::insert(netuid, true);
        Self::deposit_event(Event::FirstEmissionBlockNumberSet(netuid, first));
        Ok(())
    }

    pub(super) fn do_set_subnet_identity(
        coldkey: &AccountId,
        netuid: NetUid,
        identity: SubnetIdentityV3,
    ) -> DispatchResult {
        ensure!(SubnetOwner::<T>::get(netuid) == *coldkey, Error::<T>::NotSubnetOwner);
        ensure!(identity.is_valid(), Error::<T>::InvalidIdentity);
        SubnetIdentitiesV3::<T>::insert(netuid, identity);
        Self::deposit_event(Event::SubnetIdentitySet(netuid));
        Ok(())
    }
}
