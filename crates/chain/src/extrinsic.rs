//! A transaction as bytes: signed once, kept by whoever must not lose it, handed to the node.

use crate::{
    Call, Chain, ReadError, RefusalKind, Runtime, Signing, SubmitError, refusal, runtime::account_id32,
};
use std::sync::Arc;
use subnetkit_protocol::Keypair;
use subxt::config::{
    Hasher,
    substrate::{BlakeTwo256, H256},
};

/// The longest era the encoding holds exactly, in blocks.
pub(crate) const MAX_ERA_BLOCKS: u64 = 4096;

/// The shortest era there is, in blocks.
const MIN_ERA_BLOCKS: u64 = 4;

/// A signed transaction, and what decides until when it can be included. Nothing but its fields is needed to hand it
/// over, or to look for it, after a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedExtrinsic {
    /// What is sent. The chain includes these bytes at most once, since they carry their nonce.
    pub bytes: Vec<u8>,
    /// BLAKE2b-256 of the bytes: what the chain and its explorers call the transaction.
    pub hash: [u8; 32],
    /// The signer's nonce it uses up.
    pub nonce: u64,
    /// The block its era starts from; it can be included in later blocks only.
    pub birth_block: u64,
    /// The length of its era, in blocks.
    pub era_blocks: u64,
}

impl SignedExtrinsic {
    /// The first block it cannot be in any more: its era is over.
    pub fn death_block(&self) -> u64 {
        self.birth_block.saturating_add(self.era_blocks)
    }
}

/// What a signature needs to know of the chain: its runtime, and the era.
pub(crate) struct Ground {
    pub(crate) runtime: Arc<Runtime>,
    era_blocks: u64,
    birth_block: u64,
    birth_hash: [u8; 32],
}

impl Chain {
    /// Signs a call with the next nonce the node knows of (what waits in its pool included). Nothing is sent, and
    /// nothing is remembered. `era_blocks` is taken as the next power of two from 4 to 4096. The era starts at the last
    /// final block, so that part of it has passed already; at most half, however far finality is behind.
    ///
    /// # Errors
    /// [`SubmitError::NotSent`] only.
    pub async fn sign_extrinsic(
        &self,
        signer: &Keypair,
        call: &Call,
        era_blocks: u64,
    ) -> Result<SignedExtrinsic, SubmitError> {
        let nonce = self.next_nonce(signer);
        let (nonce, ground) = futures::try_join!(nonce, self.ground(era_blocks))?;
        Ok(ground.sign(signer, call, nonce)?)
    }

    /// Hands a transaction to the node, once. `Ok` says that the node's pool has it, now or before; what becomes of it
    /// then is to be found in the blocks ([`Self::find_extrinsic`]).
    ///
    /// # Errors
    /// [`SubmitError::Refused`] if the pool turned it away: this handing over had no effect, but an earlier one of the same
    /// bytes may have brought it into a block (`Stale`, `TemporarilyBanned`). [`SubmitError::NotSent`] if it did not leave
    /// this process, [`SubmitError::Unknown`] if the answer was lost: it may be in the pool.
    pub async fn hand_over(&self, extrinsic: &SignedExtrinsic) -> Result<(), SubmitError> {
        let sending = self.inner().rpc.once("author_submitExtrinsic", |rpc| {
            let bytes = extrinsic.bytes.clone();
            async move { rpc.author_submit_extrinsic(&bytes).await }
        });
        match sending.await.map_err(|error| not_taken(error, extrinsic.hash)) {
            Ok(_) => Ok(()),
            Err(error) if error.kind() == Some(RefusalKind::AlreadyExists) => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn next_nonce(&self, signer: &Keypair) -> Result<u64, ReadError> {
        let account = account_id32(&signer.account());
        let nonce = self.inner().rpc.read("system_accountNextIndex", |rpc| async move {
            rpc.system_account_next_index(&account).await
        });
        nonce.await
    }

    pub(crate) async fn ground(&self, era_blocks: u64) -> Result<Ground, ReadError> {
        let era_blocks = era_blocks.clamp(MIN_ERA_BLOCKS, MAX_ERA_BLOCKS).next_power_of_two();
        let (best, finalized) = futures::try_join!(self.at_best(), self.finalized_head())?;
        let birth_block = birth_block(best.head().number, finalized.number, era_blocks);
        let birth_hash = match birth_block == finalized.number {
            true => finalized.hash,
            false => self.hash_of_block(birth_block).await?.0,
        };
        Ok(Ground { runtime: best.runtime, era_blocks, birth_block, birth_hash })
    }
}

impl Ground {
    pub(crate) fn sign(
        &self,
        signer: &Keypair,
        call: &Call,
        nonce: u64,
    ) -> Result<SignedExtrinsic, crate::CodecError> {
        let era = Some((self.era_blocks, self.birth_block, self.birth_hash));
        let bytes = self.runtime.sign(call, signer, Signing { nonce, tip: 0, era })?;
        Ok(SignedExtrinsic {
            hash: hash_of(&bytes).0,
            bytes,
            nonce,
            birth_block: self.birth_block,
            era_blocks: self.era_blocks,
        })
    }
}

/// Where an era starts: at the last final block, which cannot vanish, so that the transaction stays valid on every branch.
/// While finality stands still that lies too far back, and a block that may vanish is better than an era that is over.
fn birth_block(best: u64, finalized: u64, era_blocks: u64) -> u64 {
    finalized.max(best.saturating_sub(era_blocks / 2))
}

/// The hash of a transaction, of the bytes as they are sent.
pub(crate) fn hash_of(bytes: &[u8]) -> H256 {
    BlakeTwo256.hash(bytes)
}

/// Why handing a transaction over failed: by the pool's answer, or by the lack of one.
pub(crate) fn not_taken(error: ReadError, hash: [u8; 32]) -> SubmitError {
    match error {
        ReadError::Rejected { code, ref message, .. } => match refusal::from_rpc_error(code, message) {
            Some(refusal) => SubmitError::Refused(Box::new(refusal)),
            None => SubmitError::NotSent(error),
        },
        ReadError::Disconnected { .. } | ReadError::Timeout { .. } => unknown(hash, error.to_string()),
        error => SubmitError::NotSent(error),
    }
}

/// It may have been sent; what became of it is not known.
pub(crate) fn unknown(hash: [u8; 32], reason: String) -> SubmitError {
    SubmitError::Unknown { hash: hex::encode(hash), reason }
}

#[cfg(test)]
mod tests {
    use super::birth_block;

    #[test]
    fn half_of_an_era_is_left_however_far_finality_is_behind() {
        assert_eq!(birth_block(100, 100, 8), 100);
        assert_eq!(birth_block(100, 97, 8), 97, "the usual distance");
        assert_eq!(birth_block(100, 96, 8), 96);
        assert_eq!(birth_block(100, 20, 8), 96, "finality stands still");
        assert_eq!(birth_block(100, 20, 128), 36);
        assert_eq!(birth_block(2, 0, 64), 0);
    }
}
