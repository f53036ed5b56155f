//! Genesis presets: the JSON that `GenesisBuilder_build_state` takes.

use serde_json::{Value, json};
use sp_core::crypto::Ss58Codec;
use sp_core::{Pair, sr25519};

use crate::AccountId;

const TAO: u64 = 1_000_000_000;

/// The account of a development key, for example `//Alice`.
pub(crate) fn account(uri: &str) -> Option<AccountId> {
    Some(AccountId::new(sr25519::Pair::from_string(uri, None).ok()?.public().0))
}

/// The genesis of a named preset: `local` is the official local network's, `fast` the same with the values of a
/// build with the feature `fast-runtime`.
pub fn preset(name: &str) -> Option<Value> {
    let fast = match name {
        "local" => false,
        "fast" => true,
        _ => return None,
    };
    let rich = ["//Alice", "//Bob", "//Charlie"].map(|uri| (uri, 1_000_000 * TAO));
    let others = ["//Dave", "//Eve", "//Ferdie", "//One", "//Two", "//Three"].map(|uri| (uri, 2_000 * TAO));
    let balances: Option<Vec<_>> = rich
        .into_iter()
        .chain(others)
        .map(|(uri, amount)| Some((account(uri)?.to_ss58check_with_version(42u16.into()), amount)))
        .collect();
    let ss58 = |uri| account(uri).map(|account| account.to_ss58check_with_version(42u16.into()));
    Some(json!({
        "aura": { "authorities": [ss58("//One")?] },
        "balances": { "balances": balances? },
        "sudo": { "key": ss58("//Alice")? },
        "subtensorModule": { "fast": fast, "slotDurationMs": if fast { 250 } else { 12_000 } },
    }))
}
