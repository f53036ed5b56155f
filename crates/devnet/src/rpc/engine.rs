//! `engine_*` as a node with manual sealing has it.

use jsonrpsee::{core::RegisterMethodError, types::Params};
use serde_json::{Value, json};
use sp_core::H256;

use super::{Module, RpcResult, error, optional_hash};
use crate::control::Control;

pub(super) fn register(module: &mut Module) -> Result<(), RegisterMethodError> {
    module.register_async_method("engine_createBlock", |params, control, _| async move {
        create_block(&params, &control).await
    })?;
    module.register_async_method("engine_finalizeBlock", |params, control, _| async move {
        // Every block is final already.
        let hash: H256 = params.sequence().next()?;
        control.node().history.block(&hash).map(|_| true).ok_or_else(|| error::block_not_found(hash))
    })?;
    Ok(())
}

async fn create_block(params: &Params<'_>, control: &Control) -> RpcResult<Value> {
    let node = control.node();
    let mut sequence = params.sequence();
    let create_empty: bool = sequence.next()?;
    let _finalize: bool = sequence.next()?;
    let parent = optional_hash(&mut sequence)?;
    if let Some(parent) = parent.filter(|parent| *parent != node.history.head().hash) {
        return Err(match node.history.block(&parent) {
            Some(_) => error::not_the_head(parent),
            None => error::block_not_found(parent),
        });
    }
    if !create_empty && !node.pool.has_ready() {
        return Err(error::empty_pool());
    }
    let head = control.mine(1).await.map_err(|cause| error::control(&cause))?;
    Ok(json!({
        "hash": H256(head.hash),
        "aux": {
            "header_only": false,
            "clear_justification_requests": false,
            "needs_justification": false,
            "bad_justification": false,
            "is_new_best": true,
        },
        "proof_size": 0,
    }))
}
