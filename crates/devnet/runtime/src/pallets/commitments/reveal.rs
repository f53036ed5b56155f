//! Opening sealed fields once their round is there.

use frame_support::BoundedVec;

use super::pallet::*;
use super::{AccountId, Data, NetUid};
use crate::pallets::drand;

/// Opened fields that are kept of a neuron.
const KEPT_REVEALS: usize = 10;

impl<T: Config> Pallet<T> {
    pub(super) fn reveal_timelocked() {
        for (netuid, who) in TimelockedIndex::<T>::get() {
            match CommitmentOf::<T>::get(netuid, &who) {
                Some(commitment) => Self::reveal_one(netuid, &who, commitment),
                None => Self::list(netuid, &who, false),
            }
        }
    }

    /// Takes out of a commitment what opens now. A sealed field that does not open is dropped.
    fn reveal_one(netuid: NetUid, who: &AccountId, mut commitment: Registration) {
        let mut opened = Vec::new();
        let mut left = Vec::new();
        let fields = std::mem::take(&mut commitment.info.fields);
        let count = fields.len();
        for field in fields {
            match &field {
                Data::TimelockEncrypted { encrypted, reveal_round } => {
                    match drand::Pallet::<T>::signature_of(*reveal_round) {
                        Some(signature) => opened.extend(subnetkit_timelock::open(encrypted, &signature)),
                        None => left.push(field),
                    }
                }
                _ => left.push(field),
            }
        }
        if left.len() == count {
            return;
        }
        let waits = left.iter().any(|field| matches!(field, Data::TimelockEncrypted { .. }));
        if left.is_empty() {
            CommitmentOf::<T>::remove(netuid, who);
        } else {
            commitment.info.fields = BoundedVec::truncate_from(left);
            CommitmentOf::<T>::insert(netuid, who, commitment);
        }
        Self::list(netuid, who, waits);
        Self::keep_opened(netuid, who, opened);
    }

    fn keep_opened(netuid: NetUid, who: &AccountId, opened: Vec<Vec<u8>>) {
        if opened.is_empty() {
            return;
        }
        let block = frame_system::Pallet::<T>::block_number();
        let block: u64 = sp_runtime::SaturatedConversion::saturated_into(block);
        let mut kept = RevealedCommitments::<T>::get(netuid, who).unwrap_or_default();
        kept.extend(opened.into_iter().map(|bytes| (bytes, block)));
        let surplus = kept.len().saturating_sub(KEPT_REVEALS);
        kept.drain(..surplus);
        RevealedCommitments::<T>::insert(netuid, who, kept);
        Self::deposit_event(Event::CommitmentRevealed { netuid, who: who.clone() });
    }
}
