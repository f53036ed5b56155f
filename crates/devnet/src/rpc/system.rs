//! `system_*`: who this node is, and the next nonce of an account.

use codec::Encode;
use jsonrpsee::core::RegisterMethodError;
use serde_json::{Value, json};
use sp_core::{
    Bytes, H256,
    crypto::{AccountId32, Ss58Codec},
};

use super::{Module, RpcResult, aliases, error, method, optional_hash};
use crate::{author::read_extrinsic, node::Node};

pub(super) fn register(module: &mut Module) -> Result<(), RegisterMethodError> {
    module.register_method("system_name", |_, control, _| control.node().config.identity.node.clone())?;
    module
        .register_method("system_version", |_, control, _| control.node().config.identity.version.clone())?;
    module.register_method("system_chain", |_, control, _| control.node().config.identity.chain.clone())?;
    module.register_method("system_chainType", |_, _, _| "Local")?;
    module.register_method("system_properties", |_, control, _| {
        Value::Object(control.node().config.identity.properties.clone())
    })?;
    module.register_method(
        "system_health",
        |_, _, _| json!({ "peers": 0, "isSyncing": false, "shouldHavePeers": false }),
    )?;
    // This chain has no network: nobody to talk to, nowhere to listen, nothing to catch up with.
    module.register_method("system_peers", |_, _, _| json!([]))?;
    module.register_method("system_localListenAddresses", |_, _, _| json!([]))?;
    module.register_method("system_localPeerId", |_, control, _| {
        peer_id(&control.node().history.genesis().hash)
    })?;
    module.register_method("system_nodeRoles", |_, _, _| json!(["Authority"]))?;
    module.register_method("system_syncState", |_, control, _| {
        let number = control.node().history.head().number();
        json!({ "startingBlock": 0, "currentBlock": number, "highestBlock": number })
    })?;
    method(module, "system_accountNextIndex", |node, params| next_index(node, &params.one::<String>()?))?;
    aliases(module, "system_accountNextIndex", &["account_nextIndex"])?;
    method(module, "system_dryRun", |node, params| {
        const WHAT: &str = "Unable to dry run extrinsic.";
        let mut sequence = params.sequence();
        let bytes: Bytes = sequence.next()?;
        let at = optional_hash(&mut sequence)?;
        let extrinsic = read_extrinsic(&bytes).map_err(|cause| error::undecodable(WHAT, &cause))?;
        node.dry_run(at, &extrinsic).map(Bytes).map_err(|cause| error::query(WHAT, &cause))
    })?;
    aliases(module, "system_dryRun", &["system_dryRunAt"])
}

/// The nonce after those of the account's transactions that are ready in the pool.
fn next_index(node: &Node, account: &str) -> RpcResult<u32> {
    let account = AccountId32::from_ss58check(account)
        .map_err(|cause| error::invalid_params(format!("{account} is not an ss58 address: {cause:?}")))?;
    let mut nonce: u32 = node
        .query(None, "AccountNonceApi_account_nonce", &account.encode())
        .map_err(|cause| error::query("Unable to query nonce.", &cause))?;
    while node.pool.provides(&(&account, nonce).encode()) {
        nonce = nonce.saturating_add(1);
    }
    Ok(nonce)
}

/// A libp2p identity in shape only: the genesis hash stands where a node has its Ed25519 network key.
fn peer_id(genesis: &H256) -> String {
    const ED25519_KEY: [u8; 6] = [0x00, 0x24, 0x08, 0x01, 0x12, 0x20];
    bs58::encode([&ED25519_KEY, genesis.as_bytes()].concat()).into_string()
}
