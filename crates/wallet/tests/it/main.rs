//! Wallets through their files: what other Bittensor tools left on disk, and what they would find.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod damaged;
mod directories;
mod passwords;
mod reading;
mod secrets;
mod vectors;

use std::sync::{Mutex, MutexGuard, PoisonError};

use subnetkit_protocol::Scheme;
use subnetkit_wallet::WalletKey;

const PHRASE: &str = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";
const ADDRESS: &str = "5DfhGyQdFobKM8NsWvEeAKk5EQQgYe9AydgJ7rMB6E1EqRzV";
const ED25519_ADDRESS: &str = "5DFJF7tY4bpbpcKPJcBTQaKuCDEPCpiz8TRjpmLeTtweqmXL";
const SEED: &str = "fac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e";

fn dev_key() -> WalletKey {
    WalletKey::from_phrase(PHRASE, "", Scheme::Sr25519).unwrap()
}

/// Tests that derive a NaCl key take turns: each needs half a gibibyte.
fn expensive() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}
