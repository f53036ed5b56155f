//! Weights by commit-reveal with hashes: committed in one epoch, revealed by their sender in a later one.

use std::collections::VecDeque;

use codec::{Compact, Encode};
use frame_support::ensure;
use sp_core::H256;
use sp_runtime::DispatchResult;
use subnetkit_yuma::commit_expired;

use super::pallet::*;
use super::types::{AccountId, MechId, NetUid, NetUidStorageIndex, storage_index};
use super::weights::Row;

/// Commits of one hotkey that may be open: hashed ones at all, timelocked ones of an epoch.
pub(super) const MOST_OPEN_COMMITS: usize = 10;

/// What a hotkey commits to; `index` is the mechanism's storage index.
pub fn weights_hash(
    who: &AccountId,
    index: NetUidStorageIndex,
    uids: &[u16],
    values: &[u16],
    salt: &[u16],
    version_key: u64,
) -> H256 {
    sp_core::blake2_256(&(who, index, uids, values, salt, version_key).encode()).into()
}

/// A commit in its queue: hash, epoch, block, and a block that is no longer used.
type Commit = (H256, u64, u64, u64);

/// What a reveal names: the row, and the salt it was hashed with.
pub(super) struct Revealed {
    pub(super) row: Row,
    pub(super) salt: Vec<u16>,
}

impl<T: Config> Pallet<T> {
    /// Whether commits of an epoch are to be revealed now.
    pub(super) fn is_revealable(netuid: NetUid, commit_epoch: u64) -> bool {
        let reveal_epoch = commit_epoch.saturating_add(RevealPeriodEpochs::<T>::get(netuid));
        Self::current_epoch(netuid) == reveal_epoch
    }

    /// What has to hold of every commit: the mechanism, the way, the uid and the time.
    pub(super) fn admit_commit(
        hotkey: &AccountId,
        netuid: NetUid,
        mecid: MechId,
        version: Option<u16>,
    ) -> Result<u16, Error<T>> {
        ensure!(CommitRevealWeightsEnabled::<T>::get(netuid), Error::<T>::CommitRevealDisabled);
        ensure!(
            version.is_none_or(|version| version == CommitRevealWeightsVersion::<T>::get()),
            Error::<T>::IncorrectCommitRevealVersion
        );
        let uid = Uids::<T>::get(netuid, hotkey).ok_or(Error::<T>::HotKeyNotRegisteredInSubNet)?;
        ensure!(Self::passes_weights_rate_limit(netuid, mecid, uid), Error::<T>::CommittingWeightsTooFast);
        Ok(uid)
    }

    pub(super) fn do_commit_weights(
        hotkey: &AccountId,
        netuid: NetUid,
        mecid: MechId,
        hash: H256,
    ) -> DispatchResult {
        Self::ensure_mechanism_exists(netuid, mecid)?;
        let uid = Self::admit_commit(hotkey, netuid, mecid, None)?;
        let index = storage_index(netuid, mecid);
        let mut queue = WeightCommits::<T>::get(index, hotkey).unwrap_or_default();
        Self::drop_expired(netuid, &mut queue);
        ensure!(queue.len() < MOST_OPEN_COMMITS, Error::<T>::TooManyUnrevealedCommits);
        queue.push_back((hash, Self::current_epoch(netuid), Self::now(), 0));
        WeightCommits::<T>::insert(index, hotkey, queue);
        Self::set_last_update(index, uid, Self::now());
        Self::deposit_event(Event::WeightsCommitted(hotkey.clone(), index, hash));
        Ok(())
    }

    /// Commits on several subnets; one that is refused does not hold up the others.
    pub(super) fn commit_weights_of_each(
        hotkey: AccountId,
        netuids: Vec<Compact<NetUid>>,
        hashes: Vec<H256>,
    ) -> DispatchResult {
        ensure!(netuids.len() == hashes.len(), Error::<T>::InputLengthsUnequal);
        Self::do_each(hotkey, netuids, hashes, |hotkey, netuid, hash| {
            Self::do_commit_weights(hotkey, netuid, 0, hash)
        });
        Ok(())
    }

    pub(super) fn do_reveal_weights(
        hotkey: &AccountId,
        netuid: NetUid,
        mecid: MechId,
        revealed: Revealed,
    ) -> DispatchResult {
        ensure!(CommitRevealWeightsEnabled::<T>::get(netuid), Error::<T>::CommitRevealDisabled);
        let hash = Self::reveal(hotkey, netuid, mecid, revealed)?;
        let index = storage_index(netuid, mecid);
        Self::deposit_event(Event::WeightsRevealed(hotkey.clone(), index, hash));
        Ok(())
    }

    /// Reveals several commits of the first mechanism, all or none.
    pub(super) fn reveal_weights_in_turn(
        hotkey: AccountId,
        netuid: NetUid,
        revealed: impl IntoIterator<Item = Revealed>,
    ) -> DispatchResult {
        ensure!(CommitRevealWeightsEnabled::<T>::get(netuid), Error::<T>::CommitRevealDisabled);
        let hashes = revealed
            .into_iter()
            .map(|revealed| Self::reveal(&hotkey, netuid, 0, revealed))
            .collect::<Result<Vec<_>, _>>()?;
        Self::deposit_event(Event::WeightsBatchRevealed(hotkey, netuid, hashes));
        Ok(())
    }

    /// Finds the commit that weights were hashed into, drops it with all before it, and stores the weights.
    fn reveal(
        hotkey: &AccountId,
        netuid: NetUid,
        mecid: MechId,
        Revealed { row, salt }: Revealed,
    ) -> Result<H256, sp_runtime::DispatchError> {
        let index = storage_index(netuid, mecid);
        let mut queue = WeightCommits::<T>::get(index, hotkey).ok_or(Error::<T>::NoWeightsCommitFound)?;
        let expired = Self::drop_expired(netuid, &mut queue);
        let hash = weights_hash(hotkey, index, &row.uids, &row.values, &salt, row.version_key);
        let Some(position) = queue.iter().position(|commit| commit.0 == hash) else {
            return Err(match (expired.iter().any(|commit| commit.0 == hash), queue.is_empty()) {
                (true, _) => Error::<T>::ExpiredWeightCommit,
                (false, true) => Error::<T>::NoWeightsCommitFound,
                (false, false) => Error::<T>::InvalidRevealCommitHashNotMatch,
            }
            .into());
        };
        let commit_epoch = queue.get(position).map_or(0, |commit| commit.1);
        ensure!(Self::is_revealable(netuid, commit_epoch), Error::<T>::RevealTooEarly);
        queue.drain(..=position);
        if queue.is_empty() {
            WeightCommits::<T>::remove(index, hotkey);
        } else {
            WeightCommits::<T>::insert(index, hotkey, queue);
        }
        Self::store_weights(hotkey, netuid, mecid, row)?;
        Ok(hash)
    }

    /// Takes out of the front of a queue what can no longer be revealed.
    fn drop_expired(netuid: NetUid, queue: &mut VecDeque<Commit>) -> Vec<Commit> {
        let now = Self::current_epoch(netuid);
        let period = RevealPeriodEpochs::<T>::get(netuid);
        let live = queue.iter().position(|commit| !commit_expired(now, commit.1, period));
        queue.drain(..live.unwrap_or(queue.len())).collect()
    }
}
