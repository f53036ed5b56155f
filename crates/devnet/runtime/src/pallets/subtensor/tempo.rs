//! What a subnet's owner may do to its epochs.

use frame_support::ensure;
use frame_system::ensure_signed;
use frame_system::pallet_prelude::OriginFor;
use sp_runtime::{DispatchError, DispatchResult};

use super::pallet::*;
use super::types::{AccountId, Hyperparameter, NetUid, RateLimitKey};

/// Blocks between two epochs that an owner may choose; also the blocks between two such choices.
const TEMPOS: std::ops::RangeInclusive<u16> = 360..=50_400;
/// Thousandths of a tempo that the activity cutoff may be.
const ACTIVITY_CUTOFF_FACTORS: std::ops::RangeInclusive<u32> = 1_000..=50_000;
/// The chain's number for a change of tempo, among transactions with a rate limit.
const TEMPO_UPDATE: u16 = 11;

impl<T: Config> Pallet<T> {
    /// The signer, if the subnet is theirs.
    pub(super) fn ensure_subnet_owner(
        origin: OriginFor<T>,
        netuid: NetUid,
    ) -> Result<AccountId, DispatchError> {
        let who = ensure_signed(origin)?;
        ensure!(SubnetOwner::<T>::get(netuid) == who, DispatchError::BadOrigin);
        Ok(who)
    }

    pub(super) fn do_set_tempo(owner: &AccountId, netuid: NetUid, tempo: u16) -> DispatchResult {
        ensure!(TEMPOS.contains(&tempo), Error::<T>::TempoOutOfBounds);
        Self::ensure_not_frozen(netuid)?;
        let key = (owner, netuid, TEMPO_UPDATE);
        let last = TransactionKeyLastBlock::<T>::get(key);
        ensure!(
            last == 0 || Self::now().saturating_sub(last) >= u64::from(*TEMPOS.start()),
            Error::<T>::TxRateLimitExceeded
        );
        Self::set_tempo_anew(netuid, tempo);
        TransactionKeyLastBlock::<T>::insert(key, Self::now());
        Ok(())
    }

    /// An owner is bound by the freeze window and a rate limit, root is not.
    pub(super) fn do_set_activity_cutoff_factor(
        by_owner: bool,
        netuid: NetUid,
        factor_milli: u32,
    ) -> DispatchResult {
        ensure!(
            ACTIVITY_CUTOFF_FACTORS.contains(&factor_milli),
            Error::<T>::ActivityCutoffFactorMilliOutOfBounds
        );
        if by_owner {
            Self::ensure_not_frozen(netuid)?;
            Self::stamp_owners_change(netuid, Hyperparameter::ActivityCutoffFactorMilli)?;
        }
        ActivityCutoffFactorMilli::<T>::insert(netuid, factor_milli);
        Self::deposit_event(Event::ActivityCutoffFactorMilliSet { netuid, factor_milli });
        Ok(())
    }

    pub(super) fn do_trigger_epoch(owner: AccountId, netuid: NetUid) -> DispatchResult {
        // An epoch out of turn would open or drop commits out of turn.
        ensure!(!CommitRevealWeightsEnabled::<T>::get(netuid), Error::<T>::DynamicTempoBlockedByCommitReveal);
        ensure!(PendingEpochAt::<T>::get(netuid) == 0, Error::<T>::EpochTriggerAlreadyPending);
        let window = u64::from(AdminFreezeWindow::<T>::get());
        ensure!(Self::blocks_until_epoch(netuid) >= window, Error::<T>::AutoEpochAlreadyImminent);
        Self::stamp_owners_change(netuid, Hyperparameter::TriggerEpoch)?;
        let fires_at = Self::now().saturating_add(window);
        PendingEpochAt::<T>::insert(netuid, fires_at);
        Self::deposit_event(Event::EpochTriggered { netuid, by: owner, fires_at });
        Ok(())
    }

    fn ensure_not_frozen(netuid: NetUid) -> Result<(), Error<T>> {
        ensure!(!Self::is_in_freeze_window(netuid), Error::<T>::AdminActionProhibitedDuringWeightsWindow);
        Ok(())
    }

    /// Notes an owner's change, unless the last of its kind is too recent.
    fn stamp_owners_change(netuid: NetUid, parameter: Hyperparameter) -> Result<(), Error<T>> {
        let key = RateLimitKey::OwnerHyperparamUpdate(netuid, parameter);
        let last = LastRateLimitedBlock::<T>::get(&key);
        let tempos = u64::from(OwnerHyperparamRateLimit::<T>::get());
        let limit = tempos.saturating_mul(u64::from(Tempo::<T>::get(netuid)));
        ensure!(last == 0 || Self::now().saturating_sub(last) >= limit, Error::<T>::TxRateLimitExceeded);
        LastRateLimitedBlock::<T>::insert(key, Self::now());
        Ok(())
    }
}
