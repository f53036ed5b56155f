//! What the block-making thread and the JSON-RPC server share.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    sync::{Arc, PoisonError, RwLock},
};

use codec::{Decode, Encode};
use serde_json::Value;
use sp_core::H256;

use crate::{
    beacon::Beacon,
    config::Config,
    header::{Block, Header},
    history::{History, UnknownBlock},
    pool::{Judge, Pool},
    runtime::{CODE, Runtime, Trap},
    state::Storage,
    trie,
    validity::Validity,
};

/// Accounts that can be impersonated at the same time: the runtime is told of all with each transaction.
pub(crate) const MAX_IMPERSONATED: usize = 1024;

/// Source of a transaction as the runtime is told: from outside this node.
const EXTERNAL: u8 = 2;

pub(crate) struct Node {
    pub(crate) config: Config,
    pub(crate) runtime: Arc<dyn Runtime>,
    pub(crate) history: History,
    pub(crate) pool: Pool,
    /// Accounts whose signatures are taken as good.
    impersonated: RwLock<BTreeSet<[u8; 32]>>,
}

/// Why a runtime API gave no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    #[error("UnknownBlock: {0}")]
    UnknownBlock(#[from] UnknownBlock),
    // The wording a node uses when its runtime panics, or has no such method; clients look for it.
    #[error("Execution failed: Execution aborted due to trap: {0}")]
    Trap(String),
    #[error("Execution failed: Other: Exported method {0} is not found")]
    NoMethod(String),
    #[error("The runtime answered {method} with bytes of another shape: {error}")]
    Shape { method: &'static str, error: codec::Error },
}

impl From<Trap> for CallError {
    fn from(trap: Trap) -> Self {
        match trap {
            Trap::NoMethod(method) => Self::NoMethod(method),
            Trap::Panicked(reason) => Self::Trap(reason),
        }
    }
}

impl CallError {
    /// As a node words it where it goes through its typed runtime API instead of a call by name.
    pub(crate) fn of_api(&self) -> String {
        match self {
            Self::UnknownBlock(cause) => format!("Api called for an unknown Block: {cause}"),
            other => other.to_string(),
        }
    }
}

impl Node {
    pub(crate) fn new(config: Config, runtime: Arc<dyn Runtime>, history: History, pool: Pool) -> Self {
        Self { config, runtime, history, pool, impersonated: RwLock::default() }
    }

    /// Takes an account's signatures as good; false if there are too many such accounts already.
    pub(crate) fn impersonate(&self, who: [u8; 32]) -> bool {
        let mut accounts = self.impersonated.write().unwrap_or_else(PoisonError::into_inner);
        let room = accounts.len() < MAX_IMPERSONATED;
        if room {
            accounts.insert(who);
        }
        room || accounts.contains(&who)
    }

    pub(crate) fn stop_impersonating(&self, who: &[u8; 32]) {
        self.impersonated.write().unwrap_or_else(PoisonError::into_inner).remove(who);
    }

    /// A call about an extrinsic, as the runtime takes it while accounts are impersonated.
    pub(crate) fn of_extrinsic<'i>(
        &self,
        method: &'static str,
        input: &'i [u8],
    ) -> (&'static str, Cow<'i, [u8]>) {
        let accounts = self.impersonated.read().unwrap_or_else(PoisonError::into_inner);
        if accounts.is_empty() {
            return (method, Cow::Borrowed(input));
        }
        ("Dev_impersonating", Cow::Owned([(&*accounts, method).encode(), input.to_vec()].concat()))
    }

    /// Calls a runtime API on the state after a block, the head's without a hash. Changes are thrown away.
    pub(crate) fn call(&self, at: Option<H256>, method: &str, input: &[u8]) -> Result<Vec<u8>, CallError> {
        let (_, state) = self.history.state(at)?;
        Ok(self.runtime.call(method, input, &state)?.output)
    }

    /// As [`Node::call`], with the answer decoded.
    pub(crate) fn query<T: Decode>(
        &self,
        at: Option<H256>,
        method: &'static str,
        input: &[u8],
    ) -> Result<T, CallError> {
        decode(method, &self.call(at, method, input)?)
    }

    /// What `BlockBuilder_apply_extrinsic` would answer in the block after `at`.
    pub(crate) fn dry_run(&self, at: Option<H256>, extrinsic: &[u8]) -> Result<Vec<u8>, CallError> {
        let (parent, mut state) = self.history.state(at)?;
        let header = next_header(&parent, Vec::new());
        let opened = self.runtime.call("Core_initialize_block", &header.encode(), &state)?;
        state.apply(opened.changes.iter().map(|(key, value)| (key, value)));
        let (method, input) = self.of_extrinsic("BlockBuilder_apply_extrinsic", extrinsic);
        Ok(self.runtime.call(method, &input, &state)?.output)
    }
}

impl Judge for Node {
    fn head(&self) -> u32 {
        self.history.head().number()
    }

    fn judge(&self, bytes: &[u8]) -> Result<(u32, Validity), Trap> {
        const METHOD: &str = "TaggedTransactionQueue_validate_transaction";
        let (head, state) = self.history.newest();
        let input = [&[EXTERNAL], bytes, head.hash.as_bytes()].concat();
        let (method, input) = self.of_extrinsic(METHOD, &input);
        let output = self.runtime.call(method, &input, &state)?.output;
        let validity = decode(METHOD, &output).map_err(|error| Trap::Panicked(error.to_string()))?;
        Ok((head.number(), validity))
    }
}

pub(crate) fn decode<T: Decode>(method: &'static str, mut output: &[u8]) -> Result<T, CallError> {
    T::decode(&mut output).map_err(|error| CallError::Shape { method, error })
}

/// The header with which the block after `parent` begins.
pub(crate) fn next_header(parent: &Block, digest: Vec<crate::header::DigestItem>) -> Header {
    Header {
        parent_hash: parent.hash,
        number: parent.number().saturating_add(1),
        state_root: H256::zero(),
        extrinsics_root: H256::zero(),
        digest,
    }
}

/// Why the chain has no block 0.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GenesisError {
    #[error("{0}")]
    Refused(String),
    #[error("the runtime panicked: {0}")]
    Trap(String),
}

impl From<CallError> for GenesisError {
    fn from(error: CallError) -> Self {
        Self::Refused(error.to_string())
    }
}

impl From<Trap> for GenesisError {
    fn from(trap: Trap) -> Self {
        Self::Trap(trap.to_string())
    }
}

/// Block 0 and its state, built by the runtime from its genesis configuration.
pub(crate) fn genesis(runtime: &dyn Runtime, differences: &Value) -> Result<(Block, Storage), GenesisError> {
    const METHOD: &str = "GenesisBuilder_build_state";
    let mut storage = Storage::default();
    let mut configuration = default_configuration(runtime, &storage)?;
    merge(&mut configuration, differences);
    Beacon::new().announce(&mut configuration);
    let outcome = runtime.call(METHOD, &configuration.to_string().encode(), &storage)?;
    decode::<Result<(), String>>(METHOD, &outcome.output)?.map_err(GenesisError::Refused)?;
    storage.apply(outcome.changes.iter().map(|(key, value)| (key, value)));
    let code = code(runtime, &storage)?;
    storage.apply([(&CODE.to_vec(), &code)]);
    let header = Header {
        parent_hash: H256::zero(),
        number: 0,
        state_root: storage.full_root(),
        extrinsics_root: trie::empty_root(),
        digest: Vec::new(),
    };
    Ok((Block::new(header, Vec::new()), storage))
}

/// What stands for the runtime's code: the BLAKE2b-256 of its metadata, where it has some.
///
/// Clients keep metadata by genesis hash and version. With this in the genesis, chains whose runtimes have different
/// metadata never have the same hash, as chains with different code do not.
fn code(runtime: &dyn Runtime, genesis: &Storage) -> Result<Option<Vec<u8>>, GenesisError> {
    match runtime.call("Metadata_metadata_at_version", &15_u32.encode(), genesis) {
        Ok(outcome) => Ok(Some(sp_core::blake2_256(&outcome.output).to_vec())),
        Err(Trap::NoMethod(_)) => Ok(None),
        Err(trap) => Err(trap.into()),
    }
}

/// The preset without a name, over which a genesis configuration is laid; nothing if the runtime has none.
fn default_configuration(runtime: &dyn Runtime, empty: &Storage) -> Result<Value, GenesisError> {
    const METHOD: &str = "GenesisBuilder_get_preset";
    let output = runtime.call(METHOD, &None::<String>.encode(), empty)?.output;
    let Some(text) = decode::<Option<Vec<u8>>>(METHOD, &output)? else {
        return Ok(Value::Object(serde_json::Map::new()));
    };
    serde_json::from_slice(&text).map_err(|error| {
        GenesisError::Refused(format!("the runtime's default configuration is no JSON: {error}"))
    })
}

fn merge(into: &mut Value, differences: &Value) {
    let (Value::Object(into), Value::Object(differences)) = (&mut *into, differences) else {
        into.clone_from(differences);
        return;
    };
    for (key, value) in differences {
        if value.is_null() {
            into.remove(key);
        } else {
            merge(into.entry(key).or_insert(Value::Null), value);
        }
    }
}
