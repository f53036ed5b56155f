//! The names of client objects.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

/// UUIDs that requests are sent under.
///
/// A server of SDK 10 takes the requests of one UUID in the order of their nonces alone, and remembers every UUID for
/// as long as it lives. So requests that are under way together have one each, and one that is free is used again.
#[derive(Debug, Default)]
pub(in crate::dendrite) struct Identities {
    free: Mutex<Vec<String>>,
}

/// A UUID that nothing else is sent under. Dropped, it is not used again: its request may still be on its way.
#[derive(Debug)]
pub(super) struct Identity {
    uuid: String,
    pool: Arc<Identities>,
}

impl Identities {
    pub(super) fn lend(self: &Arc<Self>) -> Identity {
        let uuid = self.free().pop().unwrap_or_else(|| Uuid::new_v4().to_string());
        Identity { uuid, pool: Arc::clone(self) }
    }

    fn free(&self) -> MutexGuard<'_, Vec<String>> {
        // A list is whole between any two operations on it.
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Identity {
    pub(super) fn as_str(&self) -> &str {
        &self.uuid
    }

    /// For the next request: the server is done with this one.
    pub(super) fn give_back(self) {
        self.pool.free().push(self.uuid);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_under_way_together_has_a_name_each_and_names_are_used_again() {
        let pool = Arc::new(Identities::default());
        let (first, second) = (pool.lend(), pool.lend());
        assert_ne!(first.as_str(), second.as_str());
        let name = first.as_str().to_owned();
        first.give_back();
        let third = pool.lend();
        assert_eq!(third.as_str(), name);
        drop(third);
        assert_ne!(pool.lend().as_str(), name, "nobody knows what became of its request");
    }
}
