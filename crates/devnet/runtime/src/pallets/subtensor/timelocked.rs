//! Weights by commit-reveal with sealed rows: the chain itself opens them once their beacon round is there.

use std::collections::{BTreeSet, VecDeque};

use codec::{Decode, Encode};
use frame_support::{BoundedVec, ensure, pallet_prelude::ConstU32};
use sp_runtime::DispatchResult;

use super::commits::MOST_OPEN_COMMITS;
use super::pallet::*;
use super::types::{AccountId, MechId, NetUid, NetUidStorageIndex, storage_index};
use super::weights::Row;
use crate::pallets::drand;

/// A sealed row of weights.
pub type Sealed = BoundedVec<u8, ConstU32<5000>>;

/// What is sealed.
#[derive(Encode, Decode)]
struct Payload {
    hotkey: Vec<u8>,
    uids: Vec<u16>,
    values: Vec<u16>,
    version_key: u64,
}

/// What was sealed before rows named their hotkey; still read.
#[derive(Encode, Decode)]
struct OldPayload {
    uids: Vec<u16>,
    values: Vec<u16>,
    version_key: u64,
}

/// A sealed commit in its queue: hotkey, block, row, round.
type Commit = (AccountId, u64, Sealed, u64);

impl<T: Config> Pallet<T> {
    pub(super) fn do_commit_timelocked_weights(
        hotkey: &AccountId,
        netuid: NetUid,
        mecid: MechId,
        sealed: Sealed,
        round: u64,
        version: u16,
    ) -> DispatchResult {
        Self::ensure_mechanism_exists(netuid, mecid)?;
        let uid = Self::admit_commit(hotkey, netuid, mecid, Some(version))?;
        let index = storage_index(netuid, mecid);
        let epoch = Self::current_epoch(netuid);
        let mut queue = TimelockedWeightCommits::<T>::get(index, epoch);
        let own = queue.iter().filter(|commit| commit.0 == *hotkey).count();
        ensure!(own < MOST_OPEN_COMMITS, Error::<T>::TooManyUnrevealedCommits);
        let hash = sp_core::blake2_256(&sealed).into();
        queue.push_back((hotkey.clone(), Self::now(), sealed, round));
        TimelockedWeightCommits::<T>::insert(index, epoch, queue);
        Self::set_last_update(index, uid, Self::now());
        Self::deposit_event(Event::TimelockedWeightsCommitted(hotkey.clone(), index, hash, round));
        Ok(())
    }

    /// Opens what is due on every subnet whose epoch is not put off to the next block.
    pub(super) fn reveal_timelocked_weights() {
        // Most blocks have nothing to open, and one look tells.
        if TimelockedWeightCommits::<T>::iter_keys().next().is_none() {
            return;
        }
        let put_off = Self::epochs_put_off();
        for netuid in Self::subnets().into_iter().filter(|netuid| !put_off.contains(netuid)) {
            let epoch = Self::current_epoch(netuid);
            let period = RevealPeriodEpochs::<T>::get(netuid);
            for mecid in 0..MechanismCountCurrent::<T>::get(netuid) {
                Self::reveal_mechanism(netuid, mecid, epoch.checked_sub(period));
            }
        }
    }

    /// Opens what was committed in an epoch, and drops what is older.
    fn reveal_mechanism(netuid: NetUid, mecid: MechId, due: Option<u64>) {
        let index = storage_index(netuid, mecid);
        let Some(due) = due else { return };
        let old: Vec<_> =
            TimelockedWeightCommits::<T>::iter_key_prefix(index).filter(|epoch| *epoch < due).collect();
        for epoch in old {
            TimelockedWeightCommits::<T>::remove(index, epoch);
        }
        let queue = TimelockedWeightCommits::<T>::take(index, due);
        // Without the round's pulse a commit waits, until its epoch is over.
        let waiting: VecDeque<_> = queue
            .into_iter()
            .filter(|commit| match drand::Pallet::<T>::signature_of(commit.3) {
                Some(signature) => {
                    Self::reveal_commit(netuid, mecid, index, commit, &signature);
                    false
                }
                None => true,
            })
            .collect();
        if !waiting.is_empty() {
            TimelockedWeightCommits::<T>::insert(index, due, waiting);
        }
    }

    /// Opens one commit. One that does not open, or whose weights are refused, is gone without a trace.
    fn reveal_commit(
        netuid: NetUid,
        mecid: MechId,
        index: NetUidStorageIndex,
        (hotkey, _, sealed, _): &Commit,
        signature: &[u8],
    ) {
        let row =
            subnetkit_timelock::open(sealed, signature).ok().and_then(|opened| read_row(hotkey, &opened));
        if let Some(row) = row
            && Self::store_weights(hotkey, netuid, mecid, row).is_ok()
        {
            Self::deposit_event(Event::TimelockedWeightsRevealed(index, hotkey.clone()));
        }
    }

    /// The rounds that commits not yet opened wait for.
    pub fn awaited_rounds() -> BTreeSet<u64> {
        TimelockedWeightCommits::<T>::iter_values().flatten().map(|commit| commit.3).collect()
    }
}

/// Reads a row that `committer` sealed; none if it is another's or unreadable.
fn read_row(committer: &AccountId, opened: &[u8]) -> Option<Row> {
    let named = Payload::decode(&mut &*opened).ok();
    let named = named.and_then(|payload| Some((AccountId::decode(&mut &payload.hotkey[..]).ok()?, payload)));
    match named {
        Some((hotkey, Payload { uids, values, version_key, .. })) => {
            (hotkey == *committer).then_some(Row { uids, values, version_key })
        }
        // The older form, which may by accident read as the newer with a name that is none.
        None => {
            let OldPayload { uids, values, version_key } = OldPayload::decode(&mut &*opened).ok()?;
            Some(Row { uids, values, version_key })
        }
    }
}
