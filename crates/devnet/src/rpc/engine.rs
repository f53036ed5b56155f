//! `engine_*` as a node with manual sealing has it, and the `dev_*` namespace that drives this chain.

use jsonrpsee::{core::RegisterMethodError, types::Params};
use serde_json::{Value, json};
use sp_core::H256;

use super::{Module, RpcResult, error, optional_hash};
use crate::node::Node;

pub(super) fn register(module: &mut Module) -> Result<(), RegisterMethodError> {
    module.register_async_method("engine_createBlock", |params, node, _| async move {
        create_block(&params, &node).await
    })?;
    module.register_async_method("engine_finalizeBlock", |params, node, _| async move {
        // Every block is final already.
        let hash: H256 = params.sequence().next()?;
        node.history.block(&hash).map(|_| true).ok_or_else(|| error::block_not_found(hash))
    })?;
    module.register_async_method("dev_mine", |params, node, _| async move {
        let count: u32 = params.sequence().optional_next()?.unwrap_or(1);
        let most = node.config.rpc.blocks_per_request;
        if !(1..=most).contains(&count) {
            return Err(error::invalid_params(format!(
                "one request makes 1 to {most} blocks (blocks_per_request), not {count}"
            )));
        }
        node.producer.blocks(count).await.map(|block| block.hash).map_err(|cause| error::produce(&cause))
    })?;
    Ok(())
}

async fn create_block(params: &Params<'_>, node: &Node) -> RpcResult<Value> {
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
    let block = node.producer.blocks(1).await.map_err(|cause| error::produce(&cause))?;
    Ok(json!({
        "hash": block.hash,
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
