//! The next nonce of each account this process signs for.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use subnetkit_protocol::AccountId;

/// One account's next nonce, if it is known. Held while a transaction is signed and handed to the node, so that
/// several in flight by one account reach the pool in order.
pub(crate) type Slot = Arc<tokio::sync::Mutex<Option<u64>>>;

pub(crate) struct Nonces {
    most: usize,
    slots: Mutex<HashMap<AccountId, Slot>>,
}

impl Nonces {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, slots: Mutex::new(HashMap::new()) }
    }

    pub(crate) fn slot(&self, account: &AccountId) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= self.most && !slots.contains_key(account) {
            // Forgetting costs one question to the node; only slots nobody holds may go.
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        slots.entry(*account).or_default().clone()
    }
}
