//! The byte-level boundary of the runtime: a method name and SCALE bytes in, SCALE bytes and changed keys out.
//!
//! It is what a WebAssembly runtime offers its node, so a host that speaks it can run any runtime,
//! whichever versions of the Substrate crates that was compiled against.

use std::{any::Any, fmt, panic};

use codec::{Decode, DecodeLimit};
use frame_support::MAX_EXTRINSIC_DEPTH;
use sp_core::storage::well_known_keys;
use sp_core::traits::ReadRuntimeVersionExt;
use sp_runtime::traits::BlakeTwo256;
use sp_state_machine::{
    BackendTransaction, DefaultError, Ext, IterArgs, OverlayedChanges, StateMachineStats, StorageIterator,
    StorageKey, StorageValue, UsageInfo, backend::Backend,
};
use sp_trie::{MerkleValue, PrefixedMemoryDB};

use crate::variant::{self, Variant};
use crate::{RuntimeCall, dev};

type Hash = sp_core::H256;
type Child = sp_core::storage::ChildInfo;

/// The key-value state that a call reads.
pub trait State {
    /// The value stored under `key`.
    fn get(&self, key: &[u8]) -> Option<Vec<u8>>;
    /// The smallest stored key strictly greater than `key`.
    fn next_key(&self, key: &[u8]) -> Option<Vec<u8>>;
    /// The root of the state trie (version 1) if `changes` were applied on top of this state.
    fn root(&self, changes: &[(Vec<u8>, Option<Vec<u8>>)]) -> [u8; 32];
    /// The code that runs, which says which [`Variant`] it is: the value of `:code`. Of a block under construction it is
    /// the one that the block began with, whatever its extrinsics have written there since.
    fn code(&self) -> Option<Vec<u8>> {
        self.get(well_known_keys::CODE)
    }
}

/// What a call gave back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The SCALE-encoded result.
    pub output: Vec<u8>,
    /// Keys written (`Some`) or removed (`None`), in key order.
    pub changes: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

/// Methods that take a call by itself. In WebAssembly endless nesting ends in a trap; here it would end the process, so
/// it is looked for first, as it is in extrinsics where they are decoded.
const TAKES_A_CALL: &str = "TransactionPaymentCallApi_query_call_";

/// Why a call gave nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallFailure {
    /// There is no method of this name.
    NoMethod(String),
    /// The runtime panicked, for this reason.
    Panicked(String),
}

impl fmt::Display for CallFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMethod(method) => write!(f, "Exported method {method} is not found"),
            Self::Panicked(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for CallFailure {}

/// Calls the runtime API `method` (for example `Core_version`) with SCALE-encoded `input` on `state`.
///
/// # Errors
/// If there is no such method or the runtime panicked; nothing has changed then.
pub fn call(method: &str, input: &[u8], state: &dyn State) -> Result<Outcome, CallFailure> {
    let code = state.code();
    let variant = Variant::of_code(code.as_deref())
        .ok_or_else(|| CallFailure::Panicked("The state's code is that of no runtime here".to_owned()))?;
    variant::running_as(variant, || run(method, input, state))
}

fn run(method: &str, input: &[u8], state: &dyn State) -> Result<Outcome, CallFailure> {
    let mut extensions = sp_externalities::Extensions::new();
    extensions.register(ReadRuntimeVersionExt::new(variant::VersionOfCode));
    let mut input = input;
    let mut method = method.to_owned();
    if method == dev::IMPERSONATING {
        let (accounts, inner) = Decode::decode(&mut input)
            .map_err(|error| CallFailure::Panicked(format!("{method} was given other bytes: {error}")))?;
        extensions.register(dev::Impersonated::new(accounts));
        method = inner;
    }
    if method.starts_with(TAKES_A_CALL)
        && let Err(error) = RuntimeCall::decode_with_depth_limit(MAX_EXTRINSIC_DEPTH, &mut &*input)
    {
        return Err(CallFailure::Panicked(format!("{method} was given no call: {error}")));
    }
    let backend = StateBackend(state);
    let mut overlay = OverlayedChanges::<BlakeTwo256>::default();
    let output = {
        let mut ext = Ext::new(&mut overlay, &backend, Some(&mut extensions));
        sp_externalities::set_and_run_with_externalities(&mut ext, || {
            panic::catch_unwind(panic::AssertUnwindSafe(|| {
                dev::dispatch(&method, input).or_else(|| crate::api::dispatch(&method, input))
            }))
        })
    };
    let output = output
        .map_err(|cause| {
            CallFailure::Panicked(format!("The runtime panicked in {method}: {}", describe(cause.as_ref())))
        })?
        .ok_or(CallFailure::NoMethod(method))?;
    let changes = overlay
        .changes_mut()
        .map(|(key, value)| (key.clone(), value.value().cloned()))
        .filter(|(key, value)| state.get(key) != *value)
        .collect();
    Ok(Outcome { output, changes })
}

fn describe(cause: &(dyn Any + Send)) -> &str {
    cause
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| cause.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no reason given")
}

/// Lets the Substrate state machine read a [`State`]. There are no child tries: no pallet here uses them.
struct StateBackend<'s>(&'s dyn State);

impl fmt::Debug for StateBackend<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StateBackend")
    }
}

impl<'s> Backend<BlakeTwo256> for StateBackend<'s> {
    type Error = DefaultError;
    type TrieBackendStorage = PrefixedMemoryDB<BlakeTwo256>;
    type RawIter = RawIter<'s>;

    fn storage(&self, key: &[u8]) -> Result<Option<StorageValue>, Self::Error> {
        Ok(self.0.get(key))
    }

    fn storage_hash(&self, key: &[u8]) -> Result<Option<Hash>, Self::Error> {
        Ok(self.0.get(key).map(|value| sp_core::blake2_256(&value).into()))
    }

    fn closest_merkle_value(&self, _key: &[u8]) -> Result<Option<MerkleValue<Hash>>, Self::Error> {
        Ok(None)
    }

    fn child_closest_merkle_value(
        &self,
        _child: &Child,
        _key: &[u8],
    ) -> Result<Option<MerkleValue<Hash>>, Self::Error> {
        Ok(None)
    }

    fn child_storage(&self, _child: &Child, _key: &[u8]) -> Result<Option<StorageValue>, Self::Error> {
        Ok(None)
    }

    fn child_storage_hash(&self, _child: &Child, _key: &[u8]) -> Result<Option<Hash>, Self::Error> {
        Ok(None)
    }

    fn next_storage_key(&self, key: &[u8]) -> Result<Option<StorageKey>, Self::Error> {
        Ok(self.0.next_key(key))
    }

    fn next_child_storage_key(&self, _child: &Child, _key: &[u8]) -> Result<Option<StorageKey>, Self::Error> {
        Ok(None)
    }

    fn storage_root<'a>(
        &self,
        delta: impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)>,
        _version: sp_core::storage::StateVersion,
    ) -> (Hash, BackendTransaction<BlakeTwo256>) {
        let changes: Vec<_> = delta.map(|(key, value)| (key.to_vec(), value.map(<[u8]>::to_vec))).collect();
        (self.0.root(&changes).into(), Default::default())
    }

    fn child_storage_root<'a>(
        &self,
        _child: &Child,
        _delta: impl Iterator<Item = (&'a [u8], Option<&'a [u8]>)>,
        _version: sp_core::storage::StateVersion,
    ) -> (Hash, bool, BackendTransaction<BlakeTwo256>) {
        (sp_trie::empty_child_trie_root::<sp_trie::LayoutV1<BlakeTwo256>>(), true, Default::default())
    }

    fn raw_iter(&self, args: IterArgs<'_>) -> Result<Self::RawIter, Self::Error> {
        let prefix = args.prefix.unwrap_or_default().to_vec();
        let start = args.start_at.unwrap_or_default().to_vec();
        let last = if start > prefix { start } else { prefix.clone() };
        let include_last = !(args.start_at.is_some() && args.start_at_exclusive);
        Ok(RawIter { state: self.0, prefix, last, include_last, complete: false })
    }

    fn register_overlay_stats(&self, _stats: &StateMachineStats) {}

    fn usage_info(&self) -> UsageInfo {
        UsageInfo::empty()
    }
}

/// A walk over the keys under a prefix.
struct RawIter<'s> {
    state: &'s dyn State,
    prefix: Vec<u8>,
    last: Vec<u8>,
    include_last: bool,
    complete: bool,
}

impl<'s> RawIter<'s> {
    fn advance(&mut self) -> Option<StorageKey> {
        let key = if std::mem::take(&mut self.include_last) && self.state.get(&self.last).is_some() {
            Some(self.last.clone())
        } else {
            self.state.next_key(&self.last)
        };
        match key.filter(|key| key.starts_with(&self.prefix)) {
            Some(key) => {
                self.last.clone_from(&key);
                Some(key)
            }
            None => {
                self.complete = true;
                None
            }
        }
    }
}

impl<'s> StorageIterator<BlakeTwo256> for RawIter<'s> {
    type Backend = StateBackend<'s>;
    type Error = DefaultError;

    fn next_key(&mut self, _backend: &Self::Backend) -> Option<Result<StorageKey, Self::Error>> {
        self.advance().map(Ok)
    }

    fn next_pair(
        &mut self,
        _backend: &Self::Backend,
    ) -> Option<Result<(StorageKey, StorageValue), Self::Error>> {
        let key = self.advance()?;
        let value = self.state.get(&key).unwrap_or_default();
        Some(Ok((key, value)))
    }

    fn was_complete(&self) -> bool {
        self.complete
    }
}
