//! Genesis presets: the JSON that `GenesisBuilder_build_state` takes.

use std::sync::OnceLock;

use serde_json::{Value, json};
use sp_core::crypto::{DEV_PHRASE, DeriveJunction, Ss58Codec};
use sp_core::{Pair, sr25519};

use crate::AccountId;

const TAO: u64 = 1_000_000_000;

/// The accounts that the official local network endows: secret URIs, with rao.
pub const ACCOUNTS: [(&str, u64); 9] = [
    ("//Alice", 1_000_000 * TAO),
    ("//Bob", 1_000_000 * TAO),
    ("//Charlie", 1_000_000 * TAO),
    ("//Dave", 2_000 * TAO),
    ("//Eve", 2_000 * TAO),
    ("//Ferdie", 2_000 * TAO),
    ("//One", 2_000 * TAO),
    ("//Two", 2_000 * TAO),
    ("//Three", 2_000 * TAO),
];
/// Who may make sudo calls there.
pub const SUDO: &str = "//Alice";
/// Who makes the blocks.
pub const AUTHORITY: &str = "//One";

/// The account of a secret URI, for example `//Alice`; none if the URI is malformed.
pub(crate) fn account(uri: &str) -> Option<AccountId> {
    let pair = match development_pair(uri) {
        Some(pair) => pair,
        None => sr25519::Pair::from_string(uri, None).ok()?,
    };
    Some(AccountId::new(pair.public().0))
}

/// The key of a URI that is only hard junctions. The phrase from which all of these derive is stretched on purpose, which
/// takes milliseconds, so that is done once.
fn development_pair(uri: &str) -> Option<sr25519::Pair> {
    static ROOT: OnceLock<Option<sr25519::Pair>> = OnceLock::new();
    let path: Vec<&str> = uri.strip_prefix("//")?.split("//").collect();
    if path.iter().any(|junction| junction.is_empty() || junction.contains('/')) {
        return None;
    }
    let root = ROOT.get_or_init(|| sr25519::Pair::from_phrase(DEV_PHRASE, None).ok().map(|(pair, _)| pair));
    let path = path.into_iter().map(|junction| DeriveJunction::from(format!("/{junction}")));
    root.as_ref()?.derive(path, None).ok().map(|(pair, _)| pair)
}

/// The ss58 address of the account of a secret URI; none if the URI is malformed.
pub fn address(uri: &str) -> Option<String> {
    account(uri).map(|account| account.to_ss58check_with_version(42_u16.into()))
}

/// The genesis of a named preset: `local` is the official local network's, `fast` the same with the values of a
/// build with the feature `fast-runtime`.
pub fn preset(name: &str) -> Option<Value> {
    let fast = match name {
        "local" => false,
        "fast" => true,
        _ => return None,
    };
    let balances: Option<Vec<_>> = ACCOUNTS.iter().map(|(uri, rao)| Some((address(uri)?, rao))).collect();
    Some(json!({
        "aura": { "authorities": [address(AUTHORITY)?] },
        "balances": { "balances": balances? },
        "sudo": { "key": address(SUDO)? },
        "subtensorModule": { "fast": fast, "slotDurationMs": if fast { 250 } else { 12_000 } },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_derived_from_the_root_is_that_of_its_uri() {
        for uri in
            ["//Alice", "//7//Account//10", "//subnet-2-owner//default", "//a/b", "///secret", "//Alice///x"]
        {
            let whole = sr25519::Pair::from_string(uri, None).unwrap().public().0;
            assert_eq!(account(uri), Some(AccountId::new(whole)), "{uri}");
        }
        assert_eq!(account("Alice"), None);
    }
}
