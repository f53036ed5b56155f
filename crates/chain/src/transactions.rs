//! Sign, submit, watch, and read what came of it.

use crate::{
    Call, Chain, Included, Refusal, RefusalKind, RefusedBy, Runtime, SubmitError, WaitFor,
    extrinsic::{SignedExtrinsic, not_taken, unknown},
    inclusion::Outcome,
};
use subnetkit_protocol::Keypair;
use subxt::{
    config::substrate::H256,
    rpcs::{self, client::RpcSubscription, methods::legacy::TransactionStatus},
};
use tokio::time::Instant;

type Progress = RpcSubscription<TransactionStatus<H256>>;

impl Chain {
    /// Signs a call, submits it and waits until it is done (setting `wait_for`). Several may be under way by one
    /// account at once.
    ///
    /// A transaction is handed to the node once. Only if the pool itself turned it away is it signed anew: with the right
    /// nonce if the one known here was out of date, and once for the new runtime if an upgrade came in between.
    ///
    /// # Errors
    /// See [`SubmitError`]; a failure inside an outer call (sudo, batch, proxy, multisig) is a failure too.
    pub async fn submit(&self, signer: &Keypair, call: Call) -> Result<Included, SubmitError> {
        let deadline = Instant::now() + self.settings().inclusion_timeout;
        let (signed, progress) = self.send(signer, &call).await?;
        tracing::debug!(
            call = %format_args!("{}.{}", call.pallet(), call.name()),
            hash = %hex::encode(signed.hash),
            "sent a transaction"
        );
        let slot = self.inner().nonces.slot(&signer.account());
        let block = match self.watch(signed.hash, progress, deadline).await {
            Ok(block) => block,
            Err(error) => {
                *slot.lock().await = None;
                return Err(error);
            }
        };
        let failure = match self.outcome_in(block, signed.hash).await {
            Ok(Outcome::Succeeded(included)) => return Ok(included),
            Ok(Outcome::Refused(refusal)) => SubmitError::Refused(Box::new(refusal)),
            Ok(Outcome::Pruned { reason }) => unknown(signed.hash, format!("it is in a block, but {reason}")),
            Err(error) => unknown(signed.hash, format!("it is in a block, but {error}")),
        };
        *slot.lock().await = None;
        Err(failure)
    }

    /// Hands a transaction to the node and gives the stream of its states.
    async fn send(&self, signer: &Keypair, call: &Call) -> Result<(SignedExtrinsic, Progress), SubmitError> {
        let slot = self.inner().nonces.slot(&signer.account());
        let mut next = slot.lock().await;
        let mut overtaken = false;
        loop {
            let counted = next.take();
            let nonce = match counted {
                Some(nonce) => nonce,
                None => self.next_nonce(signer).await?,
            };
            let ground = self.ground(self.settings().era_blocks).await?;
            let signed = ground.sign(signer, call, nonce)?;
            match self.hand_over_watched(&signed).await {
                Ok(progress) => {
                    *next = Some(nonce + 1);
                    return Ok((signed, progress));
                }
                // The pool refused, so this one is nowhere: with a fresh nonce it cannot happen twice.
                Err(error) if counted.is_some() && error.kind() == Some(RefusalKind::PoolRace) => {
                    tracing::debug!(%error, "signing anew with the node's nonce");
                }
                // Nor with another runtime, which wants another signature.
                Err(error) if !overtaken && self.is_overtaken(&error, &ground.runtime).await => {
                    tracing::debug!(%error, "signing anew for the chain's new runtime");
                    overtaken = true;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether the pool turned a transaction away while the chain got another runtime than the one it was signed for. What
    /// the pool says then depends on what the old bytes mean to the new runtime, so the versions decide.
    async fn is_overtaken(&self, error: &SubmitError, signed_for: &Runtime) -> bool {
        let by_pool = error.refusal().is_some_and(|refusal| *refusal.by() == RefusedBy::Pool);
        by_pool
            && self.runtime().await.is_ok_and(|runtime| runtime.spec_version() != signed_for.spec_version())
    }

    async fn hand_over_watched(&self, signed: &SignedExtrinsic) -> Result<Progress, SubmitError> {
        let sending = self.inner().rpc.once("author_submitAndWatchExtrinsic", |rpc| {
            let bytes = signed.bytes.clone();
            async move { rpc.author_submit_and_watch_extrinsic(&bytes).await }
        });
        sending.await.map_err(|error| not_taken(error, signed.hash))
    }

    async fn watch(
        &self,
        hash: [u8; 32],
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
}
