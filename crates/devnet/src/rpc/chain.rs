//! `chain_*`: headers, blocks, and heads as they come. A block is final as soon as it is made.

use jsonrpsee::core::RegisterMethodError;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sp_core::{Bytes, H256};

use super::{Follower, Module, RpcResult, aliases, error, method, optional_hash, send};
use crate::{header::Header, node::Node};

/// A block number as clients write it.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Number {
    Plain(u64),
    Hex(String),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Numbers {
    List(Vec<Number>),
    One(Number),
}

#[derive(Clone, Serialize)]
#[serde(untagged)]
enum Hashes {
    List(Vec<Option<H256>>),
    One(Option<H256>),
}

pub(super) fn register(module: &mut Module) -> Result<(), RegisterMethodError> {
    method(module, "chain_getHeader", |node, params| -> RpcResult<Option<Header>> {
        let hash = optional_hash(&mut params.sequence())?.unwrap_or_else(|| node.history.head().hash);
        Ok(node.history.block(&hash).map(|block| block.header.clone()))
    })?;
    method(module, "chain_getBlock", |node, params| {
        let hash = optional_hash(&mut params.sequence())?.unwrap_or_else(|| node.history.head().hash);
        Ok(node.history.block(&hash).map(|block| {
            let extrinsics: Vec<Bytes> = block.extrinsics.iter().cloned().map(Bytes).collect();
            json!({ "block": { "header": block.header, "extrinsics": extrinsics }, "justifications": null })
        }))
    })?;
    method(module, "chain_getBlockHash", |node, params| {
        Ok(match params.sequence().optional_next::<Numbers>()? {
            None => Hashes::One(Some(node.history.head().hash)),
            Some(Numbers::One(number)) => Hashes::One(hash_of(node, &number)?),
            Some(Numbers::List(numbers)) => {
                Hashes::List(numbers.iter().map(|number| hash_of(node, number)).collect::<Result<_, _>>()?)
            }
        })
    })?;
    aliases(module, "chain_getBlockHash", &["chain_getHead"])?;
    method(module, "chain_getFinalizedHead", |node, _| Ok(node.history.head().hash))?;
    aliases(module, "chain_getFinalizedHead", &["chain_getFinalisedHead"])?;

    heads(module, "chain_subscribeAllHeads", "chain_allHead", "chain_unsubscribeAllHeads")?;
    heads(module, "chain_subscribeNewHeads", "chain_newHead", "chain_unsubscribeNewHeads")?;
    aliases(module, "chain_subscribeNewHeads", &["chain_subscribeNewHead", "subscribe_newHead"])?;
    aliases(module, "chain_unsubscribeNewHeads", &["chain_unsubscribeNewHead", "unsubscribe_newHead"])?;
    heads(module, "chain_subscribeFinalizedHeads", "chain_finalizedHead", "chain_unsubscribeFinalizedHeads")?;
    aliases(module, "chain_subscribeFinalizedHeads", &["chain_subscribeFinalisedHeads"])?;
    aliases(module, "chain_unsubscribeFinalizedHeads", &["chain_unsubscribeFinalisedHeads"])
}

fn hash_of(node: &Node, number: &Number) -> RpcResult<Option<H256>> {
    let value = match number {
        Number::Plain(value) => Some(*value),
        Number::Hex(text) => text.strip_prefix("0x").and_then(|digits| u64::from_str_radix(digits, 16).ok()),
    };
    let value = value.ok_or_else(|| error::invalid_params(format!("{number:?} is not a block number")))?;
    let number = u32::try_from(value)
        .map_err(|_| error::chain(format!("`{value}` > u32::MAX, the max block number is u32.")))?;
    Ok(node.history.block_at(number).map(|block| block.hash))
}

/// Sends the head's header at once, then that of each new block.
fn heads(
    module: &mut Module,
    subscribe: &'static str,
    notification: &'static str,
    unsubscribe: &'static str,
) -> Result<(), RegisterMethodError> {
    module.register_subscription(
        subscribe,
        notification,
        unsubscribe,
        |_, pending, control, _| async move {
            let Ok(sink) = pending.accept().await else { return };
            let mut follower = Follower::new(control.node());
            let mut block = std::sync::Arc::clone(&follower.last);
            while send(&control, &sink, &block.header).await {
                let next = tokio::select! {
                    next = follower.next(control.node()) => next,
                    () = sink.closed() => None,
                };
                match next {
                    Some(next) => block = next,
                    None => return,
                }
            }
        },
    )?;
    Ok(())
}

/// A block's hash with changed entries, as storage subscriptions and queries report them.
pub(super) fn change_set(block: H256, changes: &[(Bytes, Option<Bytes>)]) -> Value {
    json!({ "block": block, "changes": changes })
}
