//! Which unsigned calls the pool takes.

use codec::Encode;
use frame_support::ensure;
use frame_system::pallet_prelude::BlockNumberFor;
use sp_runtime::traits::{IdentifyAccount, Verify};
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidity, ValidTransaction};
use sp_runtime::{MultiSignature, MultiSigner};

use super::pallet::{Call, Config, LastStoredRound, NextUnsignedAt, Pallet, UNSIGNED_PRIORITY};
use super::types::RoundNumber;

/// For how many blocks the pool may keep a pulse.
const PULSE_LONGEVITY: u64 = 3;
const TAG: &str = "DrandOffchainWorker";

impl<T: Config> Pallet<T> {
    pub(super) fn validity_of(call: &Call<T>) -> TransactionValidity {
        match call {
            Call::write_pulse { pulses_payload: payload, signature } => {
                ensure_signed_by(&payload.public, payload, signature.as_ref())?;
                ensure_not_ahead::<T>(payload.block_number)?;
                let [pulse] = &payload.pulses[..] else { return InvalidTransaction::Call.into() };
                Self::validity_of_pulse(pulse.round)
            }
            Call::set_beacon_config { config_payload: payload, signature } => {
                ensure_signed_by(&payload.public, payload, signature.as_ref())?;
                ensure_not_ahead::<T>(payload.block_number)?;
                let next = NextUnsignedAt::<T>::get();
                ensure!(next <= payload.block_number, InvalidTransaction::Stale);
                ValidTransaction::with_tag_prefix(TAG)
                    .priority(UNSIGNED_PRIORITY)
                    .and_provides(sp_core::blake2_256(&(next, payload.public.encode()).encode()))
                    .longevity(1)
                    .propagate(true)
                    .build()
            }
            _ => InvalidTransaction::Call.into(),
        }
    }

    fn validity_of_pulse(round: RoundNumber) -> TransactionValidity {
        let now = frame_system::Pallet::<T>::block_number();
        ensure!(NextUnsignedAt::<T>::get() <= now, InvalidTransaction::Stale);
        ensure!(round > LastStoredRound::<T>::get(), InvalidTransaction::Stale);
        ValidTransaction::with_tag_prefix(TAG)
            // The lower the round, the earlier it goes into the block.
            .priority(UNSIGNED_PRIORITY.saturating_add(u64::MAX.saturating_sub(round)))
            .and_provides(sp_core::blake2_256(&(b"drand", round).encode()))
            .longevity(PULSE_LONGEVITY)
            .propagate(false)
            .build()
    }
}

fn ensure_signed_by(
    public: &MultiSigner,
    payload: &impl Encode,
    signature: Option<&MultiSignature>,
) -> Result<(), InvalidTransaction> {
    let signature = signature.ok_or(InvalidTransaction::BadSigner)?;
    ensure!(
        signature.verify(&payload.encode()[..], &public.clone().into_account()),
        InvalidTransaction::BadProof
    );
    Ok(())
}

fn ensure_not_ahead<T: Config>(block: BlockNumberFor<T>) -> Result<(), InvalidTransaction> {
    ensure!(block <= frame_system::Pallet::<T>::block_number(), InvalidTransaction::Future);
    Ok(())
}
