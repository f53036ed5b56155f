//! `state_*`: storage of any kept block, runtime calls, metadata, version, and storage as it changes.

use std::collections::BTreeSet;

use codec::Decode;
use jsonrpsee::core::RegisterMethodError;
use jsonrpsee::types::ParamsSequence;
use serde_json::{Value, json};
use sp_core::{Bytes, H256};

use super::{Follower, Module, RpcResult, aliases, chain::change_set, error, method, optional_hash, send};
use crate::{
    node::{CallError, Node},
    runtime::State,
    state::Storage,
};

/// Keys that one `state_getKeysPaged` may ask for; the real node's bound.
const MAX_PAGE: u32 = 1000;

pub(super) fn register(module: &mut Module) -> Result<(), RegisterMethodError> {
    storage(module)?;
    keys(module)?;
    calls(module)?;
    method(module, "state_queryStorageAt", |node, params| {
        let mut sequence = params.sequence();
        let keys: Vec<Bytes> = sequence.next()?;
        let (block, state) = state_at(node, &mut sequence)?;
        let entries: Vec<_> = keys.into_iter().map(|key| entry(&state, key)).collect();
        Ok(json!([change_set(block, &entries)]))
    })?;
    method(module, "state_queryStorage", |node, params| {
        let mut sequence = params.sequence();
        let keys: Vec<Bytes> = sequence.next()?;
        query_range(node, &keys, sequence.next()?, optional_hash(&mut sequence)?)
    })?;
    method(module, "state_getReadProof", |node, params| {
        let mut sequence = params.sequence();
        let keys: Vec<Bytes> = sequence.next()?;
        let (block, state) = state_at(node, &mut sequence)?;
        let trie = state.build_trie().map_err(|cause| error::internal_state(&cause))?;
        let keys: Vec<Vec<u8>> = keys.into_iter().map(|key| key.0).collect();
        let nodes = trie.prove(&keys).map_err(|cause| error::internal_state(&cause))?;
        let proof: BTreeSet<Vec<u8>> = nodes.into_iter().collect();
        Ok(json!({ "at": block, "proof": proof.into_iter().map(Bytes).collect::<Vec<_>>() }))
    })?;
    subscriptions(module)
}

/// The state after the block whose hash comes next among the parameters, or after the head.
fn state_at(node: &Node, sequence: &mut ParamsSequence<'_>) -> RpcResult<(H256, Storage)> {
    let (block, state) =
        node.history.state(optional_hash(sequence)?).map_err(|cause| error::unknown_block(&cause))?;
    Ok((block.hash, state))
}

fn entry(state: &Storage, key: Bytes) -> (Bytes, Option<Bytes>) {
    let value = state.value(&key).map(|value| Bytes(value.to_vec()));
    (key, value)
}

fn storage(module: &mut Module) -> Result<(), RegisterMethodError> {
    method(module, "state_getStorage", |node, params| {
        let mut sequence = params.sequence();
        let key: Bytes = sequence.next()?;
        let (_, state) = state_at(node, &mut sequence)?;
        Ok(entry(&state, key).1)
    })?;
    aliases(module, "state_getStorage", &["state_getStorageAt"])?;
    method(module, "state_getStorageHash", |node, params| {
        let mut sequence = params.sequence();
        let key: Bytes = sequence.next()?;
        let (_, state) = state_at(node, &mut sequence)?;
        Ok(state.value(&key).map(|value| H256::from(sp_core::blake2_256(value))))
    })?;
    aliases(module, "state_getStorageHash", &["state_getStorageHashAt"])?;
    method(module, "state_getStorageSize", |node, params| {
        let mut sequence = params.sequence();
        let key: Bytes = sequence.next()?;
        let (_, state) = state_at(node, &mut sequence)?;
        // A key without a value is taken as the prefix of a map, whose values are added up.
        let size = state
            .value(&key)
            .map_or_else(|| state.entries(&key, None).map(|(_, value)| value.len()).sum(), <[u8]>::len);
        Ok((size > 0).then_some(size))
    })?;
    aliases(module, "state_getStorageSize", &["state_getStorageSizeAt"])
}

fn keys(module: &mut Module) -> Result<(), RegisterMethodError> {
    method(module, "state_getKeys", |node, params| {
        let mut sequence = params.sequence();
        let prefix: Bytes = sequence.next()?;
        let (_, state) = state_at(node, &mut sequence)?;
        Ok(state.entries(&prefix, None).map(|(key, _)| Bytes(key.to_vec())).collect::<Vec<_>>())
    })?;
    method(module, "state_getPairs", |node, params| {
        let mut sequence = params.sequence();
        let prefix: Bytes = sequence.next()?;
        let (_, state) = state_at(node, &mut sequence)?;
        let pairs = state.entries(&prefix, None);
        Ok(pairs.map(|(key, value)| (Bytes(key.to_vec()), Bytes(value.to_vec()))).collect::<Vec<_>>())
    })?;
    method(module, "state_getKeysPaged", |node, params| {
        let mut sequence = params.sequence();
        let prefix = sequence.next::<Option<Bytes>>()?.map_or_else(Vec::new, |prefix| prefix.0);
        let count: u32 = sequence.next()?;
        let start: Option<Bytes> = sequence.optional_next()?;
        let (_, state) = state_at(node, &mut sequence)?;
        if count > MAX_PAGE {
            return Err(error::count_too_large(count, MAX_PAGE));
        }
        let keys = state.entries(&prefix, start.as_ref().map(|start| start.0.as_slice()));
        Ok(keys.take(count as usize).map(|(key, _)| Bytes(key.to_vec())).collect::<Vec<_>>())
    })?;
    aliases(module, "state_getKeysPaged", &["state_getKeysPagedAt"])
}

fn calls(module: &mut Module) -> Result<(), RegisterMethodError> {
    method(module, "state_call", |node, params| {
        let mut sequence = params.sequence();
        let name: String = sequence.next()?;
        let input: Bytes = sequence.next()?;
        let at = optional_hash(&mut sequence)?;
        // What the boundary has beyond the runtime's API is no part of the chain that clients see.
        if name.starts_with("Dev_") {
            return Err(error::state(&CallError::NoMethod(name)));
        }
        node.call(at, &name, &input).map(Bytes).map_err(|cause| error::state(&cause))
    })?;
    aliases(module, "state_call", &["state_callAt"])?;
    method(module, "state_getMetadata", |node, params| {
        let at = optional_hash(&mut params.sequence())?;
        node.query::<Vec<u8>>(at, "Metadata_metadata", &[])
            .map(Bytes)
            .map_err(|cause| error::state_api(&cause))
    })?;
    method(module, "state_getRuntimeVersion", |node, params| {
        runtime_version(node, optional_hash(&mut params.sequence())?)
    })?;
    aliases(module, "state_getRuntimeVersion", &["chain_getRuntimeVersion"])
}

/// `Core_version` as JSON.
fn runtime_version(node: &Node, at: Option<H256>) -> RpcResult<Value> {
    #[derive(Decode)]
    struct Version {
        spec_name: String,
        impl_name: String,
        authoring_version: u32,
        spec_version: u32,
        impl_version: u32,
        apis: Vec<([u8; 8], u32)>,
        transaction_version: u32,
        system_version: u8,
    }
    let version: Version = node.query(at, "Core_version", &[]).map_err(|cause| error::state(&cause))?;
    let apis: Vec<_> = version.apis.iter().map(|(id, version)| (Bytes(id.to_vec()), version)).collect();
    Ok(json!({
        "specName": version.spec_name,
        "implName": version.impl_name,
        "authoringVersion": version.authoring_version,
        "specVersion": version.spec_version,
        "implVersion": version.impl_version,
        "apis": apis,
        "transactionVersion": version.transaction_version,
        "systemVersion": version.system_version,
        "stateVersion": version.system_version,
    }))
}

/// The values of `keys` after block `from`, then what each later block up to `to` changed of them.
fn query_range(node: &Node, keys: &[Bytes], from: H256, to: Option<H256>) -> RpcResult<Value> {
    let block_of = |hash: H256| {
        node.history.block(&hash).ok_or_else(|| {
            error::block_range(from, to, &format!("Header was not found in the database: {hash:?}"))
        })
    };
    let first = block_of(from)?;
    let last = block_of(to.unwrap_or_else(|| node.history.head().hash))?;
    if first.number() > last.number() {
        return Err(error::block_range(from, to, "from number > to number"));
    }
    let (_, mut before) = node.history.state(Some(from)).map_err(|cause| error::unknown_block(&cause))?;
    let entries: Vec<_> = keys.iter().map(|key| entry(&before, key.clone())).collect();
    let mut sets = vec![change_set(first.hash, &entries)];
    for number in first.number() + 1..=last.number() {
        let block = node
            .history
            .block_at(number)
            .ok_or_else(|| error::block_range(from, to, "a block in between is no longer kept"))?;
        let (_, after) =
            node.history.state(Some(block.hash)).map_err(|cause| error::unknown_block(&cause))?;
        let changed = changed(keys, &before, &after);
        if !changed.is_empty() {
            sets.push(change_set(block.hash, &changed));
        }
        before = after;
    }
    Ok(Value::Array(sets))
}

fn changed(keys: &[Bytes], before: &Storage, after: &Storage) -> Vec<(Bytes, Option<Bytes>)> {
    keys.iter()
        .filter(|key| before.value(key) != after.value(key))
        .map(|key| entry(after, key.clone()))
        .collect()
}

fn subscriptions(module: &mut Module) -> Result<(), RegisterMethodError> {
    module.register_subscription(
        "state_subscribeRuntimeVersion",
        "state_runtimeVersion",
        "state_unsubscribeRuntimeVersion",
        |_, pending, control, _| async move {
            let node = control.node();
            let mut follower = Follower::new(node);
            let (block, state) = node.history.newest();
            follower.last = block;
            let mut version = match runtime_version(node, Some(follower.last.hash)) {
                Ok(version) => version,
                Err(refusal) => return pending.reject(refusal).await,
            };
            let mut code = state.code();
            let Ok(sink) = pending.accept().await else { return };
            let mut told = None;
            loop {
                if told.as_ref() != Some(&version) {
                    if !send(&control, &sink, &version).await {
                        return;
                    }
                    told = Some(version.clone());
                }
                let next = tokio::select! {
                    next = follower.next(node) => next,
                    () = sink.closed() => None,
                };
                let Some(next) = next else { return };
                // A state that is gone already is skipped: the next one kept has the same code or a newer one.
                let Ok((_, state)) = node.history.state(Some(next.hash)) else { continue };
                let found = state.code();
                if found != code {
                    code = found;
                    match runtime_version(node, Some(next.hash)) {
                        Ok(changed) => version = changed,
                        Err(error) => tracing::warn!(%error, "the new runtime tells no version"),
                    }
                }
            }
        },
    )?;
    aliases(module, "state_subscribeRuntimeVersion", &["chain_subscribeRuntimeVersion"])?;
    aliases(module, "state_unsubscribeRuntimeVersion", &["chain_unsubscribeRuntimeVersion"])?;
    module.register_subscription(
        "state_subscribeStorage",
        "state_storage",
        "state_unsubscribeStorage",
        |params, pending, control, _| async move {
            // Whoever names no key wants all changes, which only costs a comparison of every entry per block:
            // a node calls that unsafe and refuses it to the public.
            let keys = match params.sequence().optional_next::<Vec<Bytes>>() {
                Ok(Some(keys)) => keys,
                Ok(None) => {
                    let refusal = error::invalid_params("name the storage keys to follow");
                    return pending.reject(refusal).await;
                }
                Err(refusal) => return pending.reject(refusal).await,
            };
            let node = control.node();
            let mut follower = Follower::new(node);
            let (mut block, mut state) = node.history.newest();
            let Ok(sink) = pending.accept().await else { return };
            let mut message: Vec<_> = keys.iter().map(|key| entry(&state, key.clone())).collect();
            follower.last = std::sync::Arc::clone(&block);
            loop {
                if !message.is_empty() && !send(&control, &sink, &change_set(block.hash, &message)).await {
                    return;
                }
                let next = tokio::select! {
                    next = follower.next(node) => next,
                    () = sink.closed() => None,
                };
                let Some(next) = next else { return };
                // A state that is gone already is skipped: the next one kept shows the change.
                message = match node.history.state(Some(next.hash)) {
                    Ok((_, after)) => {
                        let message = changed(&keys, &state, &after);
                        state = after;
                        message
                    }
                    Err(_) => Vec::new(),
                };
                block = next;
            }
        },
    )?;
    Ok(())
}
