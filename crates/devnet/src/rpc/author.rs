//! `author_*`: hand in transactions, and follow what becomes of them.

use std::sync::Arc;

use jsonrpsee::{core::RegisterMethodError, core::server::PendingSubscriptionSink, types::Params};
use serde::Deserialize;
use serde_json::{Value, json};
use sp_core::{Bytes, H256};
use tokio::sync::mpsc;

use super::{Module, RpcResult, blocking, error, method, send};
use crate::{
    author::read_extrinsic,
    control::Control,
    pool::{Status, SubmitError},
};

/// How `author_removeExtrinsic` names a transaction.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum HashOrExtrinsic {
    Hash(H256),
    Extrinsic(Bytes),
}

pub(super) fn register(module: &mut Module) -> Result<(), RegisterMethodError> {
    module.register_async_method("author_submitExtrinsic", |params, control, _| async move {
        let bytes: Bytes = params.one()?;
        blocking(move || submit(&control, &bytes, false)).await?.map(|(hash, _)| hash)
    })?;
    method(module, "author_pendingExtrinsics", |node, _| {
        let ready = node.pool.in_order();
        Ok(ready.iter().map(|transaction| Bytes(transaction.bytes.to_vec())).collect::<Vec<_>>())
    })?;
    method(module, "author_removeExtrinsic", |node, params| {
        let named: Vec<HashOrExtrinsic> = params.one()?;
        let hashes: Vec<H256> = named
            .into_iter()
            .map(|named| match named {
                HashOrExtrinsic::Hash(hash) => hash,
                HashOrExtrinsic::Extrinsic(bytes) => sp_core::blake2_256(&bytes).into(),
            })
            .collect();
        Ok(node.pool.remove(&hashes))
    })?;
    // There is no keystore: blocks are not signed.
    method(module, "author_hasKey", |_, params| {
        let mut sequence = params.sequence();
        let _public: Bytes = sequence.next()?;
        let _key_type: String = sequence.next()?;
        Ok(false)
    })?;
    module.register_subscription(
        "author_submitAndWatchExtrinsic",
        "author_extrinsicUpdate",
        "author_unwatchExtrinsic",
        |params, pending, control, _| watch(params, pending, control),
    )?;
    Ok(())
}

type Submitted = (H256, Option<mpsc::Receiver<Status>>);

fn submit(control: &Control, bytes: &[u8], watch: bool) -> RpcResult<Submitted> {
    let node = control.node();
    let submitted = read_extrinsic(bytes)
        .map_err(|cause| SubmitError::BadFormat(cause.to_string()))
        .and_then(|extrinsic| node.pool.submit(&extrinsic, &**node, watch))
        .map_err(error::submit)?;
    if node.pool.has_ready() {
        control.producer().transaction_ready();
    }
    Ok(submitted)
}

async fn watch(params: Params<'static>, pending: PendingSubscriptionSink, control: Arc<Control>) {
    let bytes: Bytes = match params.one() {
        Ok(bytes) => bytes,
        Err(refusal) => return pending.reject(refusal).await,
    };
    let submitter = Arc::clone(&control);
    let submitted = blocking(move || submit(&submitter, &bytes, true)).await;
    let mut statuses = match submitted {
        Ok(Ok((_, Some(statuses)))) => statuses,
        Ok(Ok((_, None))) => return,
        Ok(Err(refusal)) | Err(refusal) => return pending.reject(refusal).await,
    };
    let Ok(sink) = pending.accept().await else { return };
    loop {
        let status = tokio::select! {
            status = statuses.recv() => status,
            () = sink.closed() => None,
        };
        let Some(status) = status else { return };
        if !send(&control, &sink, &describe(status)).await || status.is_last() {
            return;
        }
    }
}

fn describe(status: Status) -> Value {
    match status {
        Status::Future => json!("future"),
        Status::Ready => json!("ready"),
        Status::InBlock(block) => json!({ "inBlock": block }),
        Status::Finalized(block) => json!({ "finalized": block }),
        Status::Usurped(by) => json!({ "usurped": by }),
        Status::Dropped => json!("dropped"),
        Status::Invalid => json!("invalid"),
    }
}
