//! Sign, submit, watch, and read what came of it.

use crate::{
    Call, Chain, CodecError, Included, ReadError, Refusal, RefusalKind, RefusedBy, Runtime, Signing,
    SubmitError, WaitFor, chain::no_answer, refusal, runtime::account_id32,
};
use std::sync::Arc;
use subnetkit_protocol::Keypair;
use subxt::{
    config::{
        Hasher,
        substrate::{BlakeTwo256, H256},
    },
    rpcs::{self, client::RpcSubscription, methods::legacy::TransactionStatus},
};
use tokio::time::Instant;

/// The longest era the encoding holds exactly.
const MAX_ERA_BLOCKS: u64 = 4096;

type Progress = RpcSubscription<TransactionStatus<H256>>;

struct Sent {
    bytes: Vec<u8>,
    hash: H256,
    progress: Progress,
}

impl Chain {
    /// Signs a call, submits it and waits until it is done (setting `wait_for`). Several may be under way by one
    /// account at once.
    ///
    /// A transaction is handed to the node once. Only if the pool itself turned it away because the nonce known here
    /// was out of date is it signed anew with the right nonce.
    ///
    /// # Errors
    /// See [`SubmitError`]; a failure inside an outer call (sudo, batch, proxy, multisig) is a failure too.
    pub async fn submit(&self, signer: &Keypair, call: Call) -> Result<Included, SubmitError> {
        let deadline = Instant::now() + self.settings().inclusion_timeout;
        let sent = self.send(signer, &call).await?;
        tracing::debug!(
            call = %format_args!("{}.{}", call.pallet(), call.name()),
            hash = %hex::encode(sent.hash),
            "sent a transaction"
        );
        let slot = self.inner().nonces.slot(&signer.account());
        let block = match self.watch(sent.hash, sent.progress, deadline).await {
            Ok(block) => block,
            Err(error) => {
                *slot.lock().await = None;
                return Err(error);
            }
        };
        let outcome = self.outcome(block, sent.hash, &sent.bytes).await;
        if outcome.is_err() {
            *slot.lock().await = None;
        }
        outcome
    }

    /// Hands a transaction to the node and gives the stream of its states.
    async fn send(&self, signer: &Keypair, call: &Call) -> Result<Sent, SubmitError> {
        let slot = self.inner().nonces.slot(&signer.account());
        let mut next = slot.lock().await;
        loop {
            let counted = next.take();
            let nonce = match counted {
                Some(nonce) => nonce,
                None => self.next_nonce(signer).await?,
            };
            let (runtime, era) = self.era().await?;
            let bytes = runtime.sign(call, signer, Signing { nonce, tip: 0, era: Some(era) })?;
            let hash = BlakeTwo256.hash(&bytes);
            match self.hand_over(&bytes, hash).await {
                Ok(progress) => {
                    *next = Some(nonce + 1);
                    return Ok(Sent { bytes, hash, progress });
                }
                // The pool refused, so this one is nowhere: with a fresh nonce it cannot happen twice.
                Err(error) if counted.is_some() && error.kind() == Some(RefusalKind::PoolRace) => {
                    tracing::debug!(%error, "signing anew with the node's nonce");
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn next_nonce(&self, signer: &Keypair) -> Result<u64, ReadError> {
        let account = account_id32(&signer.account());
        let nonce = self.inner().rpc.read("system_accountNextIndex", |rpc| async move {
            rpc.system_account_next_index(&account).await
        });
        nonce.await
    }

    /// The runtime to encode for, and an era that starts at the last final block: one that cannot vanish.
    async fn era(&self) -> Result<(Arc<Runtime>, (u64, u64, [u8; 32])), ReadError> {
        let (best, birth) = futures::try_join!(self.at_best(), self.finalized_head())?;
        let blocks = self.settings().era_blocks.clamp(4, MAX_ERA_BLOCKS).next_power_of_two();
        Ok((best.runtime, (blocks, birth.number, birth.hash)))
    }

    async fn hand_over(&self, bytes: &[u8], hash: H256) -> Result<Progress, SubmitError> {
        let sending = self.inner().rpc.once("author_submitAndWatchExtrinsic", |rpc| {
            let bytes = bytes.to_vec();
            async move { rpc.author_submit_and_watch_extrinsic(&bytes).await }
        });
        sending.await.map_err(|error| match error {
            ReadError::Rejected { code, ref message, .. } => match refusal::from_rpc_error(code, message) {
                Some(refusal) => SubmitError::Refused(Box::new(refusal)),
                None => SubmitError::NotSent(error),
            },
            ReadError::Disconnected { .. } | ReadError::Timeout { .. } => unknown(hash, error.to_string()),
            error => SubmitError::NotSent(error),
        })
    }

    async fn watch(
        &self,
        hash: H256,
        mut progress: Progress,
        deadline: Instant,
    ) -> Result<H256, SubmitError> {
        let gone = |name: &str| SubmitError::Refused(Box::new(Refusal::new(name, None, RefusedBy::Pool)));
        let limit = self.settings().inclusion_timeout.as_secs();
        loop {
            let state = tokio::time::timeout_at(deadline, progress.next()).await;
            let state: Option<Result<_, rpcs::Error>> = state
                .map_err(|_| unknown(hash, format!("not done within the inclusion timeout of {limit} s")))?;
            match state {
                Some(Ok(TransactionStatus::InBlock(block))) if self.wait_for() == WaitFor::InBlock => {
                    return Ok(block);
                }
                Some(Ok(TransactionStatus::Finalized(block))) => return Ok(block),
                Some(Ok(TransactionStatus::Usurped(_))) => return Err(gone("Usurped")),
                Some(Ok(TransactionStatus::Dropped)) => return Err(gone("Dropped")),
                Some(Ok(TransactionStatus::Invalid)) => return Err(gone("Invalid")),
                Some(Ok(TransactionStatus::FinalityTimeout(block))) => {
                    let block = hex::encode(block);
                    return Err(unknown(hash, format!("its block 0x{block} is not final yet")));
                }
                // A retracted block's transactions go back to the pool, and usually into the next block.
                Some(Ok(
                    TransactionStatus::Future
                    | TransactionStatus::Ready
                    | TransactionStatus::Broadcast(_)
                    | TransactionStatus::InBlock(_)
                    | TransactionStatus::Retracted(_),
                )) => {}
                Some(Err(error)) => return Err(unknown(hash, error.to_string())),
                None => return Err(unknown(hash, "the node stopped reporting".to_owned())),
            }
        }
    }

    /// Finds the transaction in its block and reads its events.
    async fn outcome(&self, block: H256, hash: H256, bytes: &[u8]) -> Result<Included, SubmitError> {
        let read = self.read_outcome(block, bytes).await;
        let (head, index, events, runtime) =
            read.map_err(|error| unknown(hash, format!("it is in a block, but {error}")))?;
        let events = runtime
            .events(&events, index)
            .and_then(|events| Ok((runtime.refusal(&events, head.number)?, events)));
        let (refusal, events) =
            events.map_err(|error| unknown(hash, format!("it is in block {}, but {error}", head.number)))?;
        match refusal {
            Some(refusal) => Err(SubmitError::Refused(Box::new(refusal))),
            None => Ok(Included { block: head, extrinsic_index: index, hash: hash.0, events }),
        }
    }

    async fn read_outcome(
        &self,
        hash: H256,
        bytes: &[u8],
    ) -> Result<(crate::Head, u32, Vec<u8>, Arc<Runtime>), ReadError> {
        let rpc = &self.inner().rpc;
        let header = self.full_header(hash).await?;
        // A block is made by the runtime in its parent's state; an upgrade inside it takes effect after it.
        let runtime = self.runtime_at(header.parent).await?;
        let block = rpc.read("chain_getBlock", |rpc| async move { rpc.chain_get_block(Some(hash)).await });
        let key = runtime.storage_key("System", "Events", &[])?;
        let events = rpc.read("state_getStorage", |rpc| {
            let key = key.clone();
            async move { rpc.state_get_storage(&key, Some(hash)).await }
        });
        let (block, events) = futures::try_join!(block, events)?;
        let block = block.ok_or_else(|| no_answer("chain_getBlock"))?.block;
        let position = block.extrinsics.iter().position(|extrinsic| extrinsic.0 == bytes);
        let index = position.and_then(|position| u32::try_from(position).ok());
        let index = index.ok_or_else(|| CodecError::Field {
            item: format!("block {}", header.head.number),
            field: "the transaction".to_owned(),
        })?;
        Ok((header.head, index, events.unwrap_or_default(), runtime))
    }
}

fn unknown(hash: H256, reason: String) -> SubmitError {
    SubmitError::Unknown { hash: hex::encode(hash), reason }
}
