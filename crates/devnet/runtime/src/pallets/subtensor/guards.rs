//! What is asked of a signer before a call of theirs runs, on its own or inside another call.
//!
//! The pool asks it of a transaction's outermost call and answers with a [`PoolCode`], so that calls which pay no fee
//! cannot fill blocks for free; the dispatch of every call asks it again and fails with the error itself. Root is
//! never asked.

use frame_support::ensure;
use sp_core::H256;

use super::commits::weights_hash;
use super::pallet::*;
use super::types::{AccountId, MechId, NetUid, NetUidStorageIndex, storage_index};
use crate::pallets::drand;

/// The pool's code for a refusal; clients know the rule by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum PoolCode {
    ColdkeyInSwapSchedule = 0,
    StakeAmountTooLow = 1,
    HotkeyAccountDoesntExist = 4,
    RateLimitExceeded = 6,
    HotKeyNotRegisteredInNetwork = 10,
    InvalidIpAddress = 11,
    ServingRateLimitExceeded = 12,
    InvalidPort = 13,
    InvalidRevealRound = 15,
    CommitNotFound = 16,
    CommitBlockNotInRevealRange = 17,
    InputLengthsUnequal = 18,
    UidNotFound = 19,
    EvmKeyAssociateRateLimitExceeded = 20,
    ColdkeySwapDisputed = 21,
    NonAssociatedColdKey = 25,
    DelegateTakeTooLow = 26,
    DelegateTakeTooHigh = 27,
    BadRequest = 255,
}

impl<T: Config> From<Error<T>> for PoolCode {
    fn from(error: Error<T>) -> Self {
        match error {
            Error::ColdkeySwapAnnounced => Self::ColdkeyInSwapSchedule,
            Error::NotEnoughStakeToSetWeights => Self::StakeAmountTooLow,
            Error::HotKeyAccountNotExists => Self::HotkeyAccountDoesntExist,
            Error::SettingWeightsTooFast
            | Error::CommittingWeightsTooFast
            | Error::NetworkTxRateLimitExceeded => Self::RateLimitExceeded,
            Error::HotKeyNotRegisteredInNetwork => Self::HotKeyNotRegisteredInNetwork,
            Error::InvalidIpAddress => Self::InvalidIpAddress,
            Error::ServingRateLimitExceeded => Self::ServingRateLimitExceeded,
            Error::InvalidPort => Self::InvalidPort,
            Error::InvalidRevealRound => Self::InvalidRevealRound,
            Error::NoWeightsCommitFound => Self::CommitNotFound,
            Error::RevealTooEarly => Self::CommitBlockNotInRevealRange,
            Error::InputLengthsUnequal => Self::InputLengthsUnequal,
            Error::HotKeyNotRegisteredInSubNet => Self::UidNotFound,
            Error::EvmKeyAssociateRateLimitExceeded => Self::EvmKeyAssociateRateLimitExceeded,
            Error::ColdkeySwapDisputed => Self::ColdkeySwapDisputed,
            Error::NonAssociatedColdKey => Self::NonAssociatedColdKey,
            Error::DelegateTakeTooLow => Self::DelegateTakeTooLow,
            Error::DelegateTakeTooHigh => Self::DelegateTakeTooHigh,
            _ => Self::BadRequest,
        }
    }
}

/// Whether `who` may make a call now. A call of another pallet is none of this one's, and given as `None`.
///
/// # Errors
/// The first guard's that refuses: a coldkey's exchange, weights, rate limits, takes, endpoints.
pub fn check<T: Config>(who: &AccountId, call: Option<&Call<T>>) -> Result<(), Error<T>> {
    Pallet::<T>::check_coldkey_swap(who, call)?;
    let Some(call) = call else { return Ok(()) };
    Pallet::<T>::check_weights(who, call)?;
    Pallet::<T>::check_rate_limits(who, call)?;
    if let Call::decrease_take { hotkey, take } | Call::increase_take { hotkey, take } = call {
        Pallet::<T>::check_take(who, hotkey, *take)?;
    }
    Pallet::<T>::check_endpoints(who, call)
}

impl<T: Config> Pallet<T> {
    /// Lengths of a batch, then stake, then whether what is revealed can be, and what is sealed stays so.
    fn check_weights(who: &AccountId, call: &Call<T>) -> Result<(), Error<T>> {
        match call {
            Call::set_weights { netuid, .. }
            | Call::set_mechanism_weights { netuid, .. }
            | Call::commit_weights { netuid, .. }
            | Call::commit_mechanism_weights { netuid, .. } => Self::check_weights_stake(who, *netuid),
            Call::batch_set_weights { netuids, weights, version_keys } => {
                ensure_equal_lengths(netuids.len(), &[weights.len(), version_keys.len()])?;
                netuids.iter().try_for_each(|netuid| Self::check_weights_stake(who, netuid.0))
            }
            Call::batch_commit_weights { netuids, commit_hashes } => {
                ensure_equal_lengths(netuids.len(), &[commit_hashes.len()])?;
                netuids.iter().try_for_each(|netuid| Self::check_weights_stake(who, netuid.0))
            }
            Call::reveal_weights { netuid, uids, values, salt, version_key } => {
                Self::check_weights_stake(who, *netuid)?;
                Self::check_reveal(who, *netuid, 0, &|index| {
                    weights_hash(who, index, uids, values, salt, *version_key)
                })
            }
            Call::reveal_mechanism_weights { netuid, mecid, uids, values, salt, version_key } => {
                Self::check_weights_stake(who, *netuid)?;
                Self::check_reveal(who, *netuid, *mecid, &|index| {
                    weights_hash(who, index, uids, values, salt, *version_key)
                })
            }
            Call::batch_reveal_weights { netuid, uids_list, values_list, salts_list, version_keys } => {
                let lengths = [values_list.len(), salts_list.len(), version_keys.len()];
                ensure_equal_lengths(uids_list.len(), &lengths)?;
                Self::check_weights_stake(who, *netuid)?;
                let items = uids_list.iter().zip(values_list).zip(salts_list).zip(version_keys);
                for (((uids, values), salt), version_key) in items {
                    Self::check_reveal(who, *netuid, 0, &|index| {
                        weights_hash(who, index, uids, values, salt, *version_key)
                    })?;
                }
                Ok(())
            }
            Call::commit_timelocked_weights { netuid, reveal_round, .. }
            | Call::commit_timelocked_mechanism_weights { netuid, reveal_round, .. }
            | Call::commit_crv3_mechanism_weights { netuid, reveal_round, .. } => {
                Self::check_weights_stake(who, *netuid)?;
                let last = drand::LastStoredRound::<T>::get();
                ensure!(*reveal_round >= last, Error::<T>::InvalidRevealRound);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether there is a commit with that hash, whose epoch to be revealed is now.
    fn check_reveal(
        who: &AccountId,
        netuid: NetUid,
        mecid: MechId,
        hash: &dyn Fn(NetUidStorageIndex) -> H256,
    ) -> Result<(), Error<T>> {
        let index = storage_index(netuid, mecid);
        let hash = hash(index);
        let epoch = WeightCommits::<T>::get(index, who)
            .and_then(|queue| queue.into_iter().find(|commit| commit.0 == hash))
            .map(|commit| commit.1)
            .ok_or(Error::<T>::NoWeightsCommitFound)?;
        ensure!(Self::is_revealable(netuid, epoch), Error::<T>::RevealTooEarly);
        Ok(())
    }

    fn check_rate_limits(who: &AccountId, call: &Call<T>) -> Result<(), Error<T>> {
        let (netuid, mecid, refusal) = match call {
            Call::register_network { .. } => return Self::check_network_rate_limit(),
            Call::commit_weights { netuid, .. } => (*netuid, 0, Error::<T>::CommittingWeightsTooFast),
            Call::commit_mechanism_weights { netuid, mecid, .. } => {
                (*netuid, *mecid, Error::<T>::CommittingWeightsTooFast)
            }
            Call::set_weights { netuid, .. } => (*netuid, 0, Error::<T>::SettingWeightsTooFast),
            Call::set_mechanism_weights { netuid, mecid, .. } => {
                (*netuid, *mecid, Error::<T>::SettingWeightsTooFast)
            }
            _ => return Ok(()),
        };
        let sets = matches!(call, Call::set_weights { .. } | Call::set_mechanism_weights { .. });
        if sets && CommitRevealWeightsEnabled::<T>::get(netuid) {
            return Ok(());
        }
        // The call itself finds out that a signer has no uid.
        let Some(uid) = Uids::<T>::get(netuid, who) else { return Ok(()) };
        ensure!(Self::passes_weights_rate_limit(netuid, mecid, uid), refusal);
        Ok(())
    }

    fn check_endpoints(who: &AccountId, call: &Call<T>) -> Result<(), Error<T>> {
        match call {
            Call::serve_axon { netuid, ip, port, ip_type, .. }
            | Call::serve_axon_tls { netuid, ip, port, ip_type, .. } => {
                Self::check_axon(who, *netuid, *ip, *ip_type, *port)
            }
            Call::serve_prometheus { netuid, ip, port, ip_type, .. } => {
                Self::check_prometheus(who, *netuid, *ip, *ip_type, *port)
            }
            _ => Ok(()),
        }
    }
}

fn ensure_equal_lengths<T: Config>(length: usize, others: &[usize]) -> Result<(), Error<T>> {
    ensure!(others.iter().all(|other| *other == length), Error::<T>::InputLengthsUnequal);
    Ok(())
}
