//! A chain of one key-value map, driven through the boundary as a node drives it.

use std::collections::BTreeMap;
use std::ops::Bound;

use codec::{Compact, Decode, Encode};
use serde_json::Value;
use sp_core::{Blake2Hasher, H256, Pair, sr25519};
use sp_runtime::traits::Header as _;
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidity, TransactionValidityError};
use sp_runtime::{Digest, DigestItem, DispatchError, MultiSignature};
use subnetkit_runtime::{AccountId, Header, Outcome, RuntimeEvent, State};

/// The pallets' numbers in a call.
pub(crate) const TIMESTAMP: u8 = 2;
pub(crate) const SUBTENSOR: u8 = 7;
pub(crate) const UTILITY: u8 = 11;
pub(crate) const SUDO: u8 = 12;
pub(crate) const COMMITMENTS: u8 = 18;
pub(crate) const ADMIN: u8 = 19;
pub(crate) const DRAND: u8 = 26;

/// Why an extrinsic did nothing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// A pallet's error, by the numbers that clients read.
    Module(u8, u8),
    BadOrigin,
    /// Not in a block at all, by the pool's code.
    Pool(u8),
    /// Any other dispatch error.
    Other(String),
}

/// State in one map.
#[derive(Default)]
pub(crate) struct Memory(pub(crate) BTreeMap<Vec<u8>, Vec<u8>>);

impl State for Memory {
    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.get(key).cloned()
    }

    fn next_key(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.0.range::<[u8], _>((Bound::Excluded(key), Bound::Unbounded)).next().map(|(key, _)| key.clone())
    }

    fn root(&self, changes: &[(Vec<u8>, Option<Vec<u8>>)]) -> [u8; 32] {
        let mut after = self.0.clone();
        apply(&mut after, changes.to_vec());
        <sp_trie::LayoutV1<Blake2Hasher> as sp_trie::TrieConfiguration>::trie_root(after).into()
    }
}

/// Lays a preset over the default genesis.
fn merge(genesis: &mut Value, patch: Value) {
    match (genesis, patch) {
        (Value::Object(genesis), Value::Object(patch)) => {
            for (key, value) in patch {
                merge(genesis.entry(key).or_insert(Value::Null), value);
            }
        }
        (genesis, patch) => *genesis = patch,
    }
}

fn apply(state: &mut BTreeMap<Vec<u8>, Vec<u8>>, changes: Vec<(Vec<u8>, Option<Vec<u8>>)>) {
    for (key, value) in changes {
        match value {
            Some(value) => state.insert(key, value),
            None => state.remove(&key),
        };
    }
}

/// A chain with an open block: its inherent is in, extrinsics may follow.
pub(crate) struct Chain {
    state: Memory,
    genesis: H256,
    open: u32,
    slot_millis: u64,
    /// What extrinsics are signed for.
    pub(crate) spec_version: u32,
}

impl Chain {
    /// Starts from a genesis preset and opens block 1.
    pub(crate) fn new(preset: &str) -> Self {
        Self::with_genesis(preset, Value::Null)
    }

    /// As [`Chain::new`], with the genesis configurations of further pallets.
    pub(crate) fn with_genesis(preset: &str, further: Value) -> Self {
        let mut patch = subnetkit_runtime::preset(preset).unwrap();
        if let (Value::Object(patch), Value::Object(further)) = (&mut patch, further) {
            patch.extend(further);
        }
        let slot_millis = patch["subtensorModule"]["slotDurationMs"].as_u64().unwrap();
        let mut chain = Self {
            state: Memory::default(),
            genesis: H256::repeat_byte(7),
            open: 0,
            slot_millis,
            spec_version: 425,
        };
        let default: Option<Vec<u8>> = chain.query("GenesisBuilder_get_preset", &None::<String>.encode());
        let mut genesis: Value = serde_json::from_slice(&default.unwrap()).unwrap();
        merge(&mut genesis, patch);
        let built: Result<(), String> =
            chain.write("GenesisBuilder_build_state", &genesis.to_string().encode());
        built.unwrap();
        chain.open_block(chain.genesis);
        chain
    }

    /// The number of the open block.
    pub(crate) fn block(&self) -> u32 {
        self.open
    }

    /// Seals the open block and opens the next, until block `number` is open.
    pub(crate) fn advance_to(&mut self, number: u32) {
        while self.open < number {
            let header: Header = self.write("BlockBuilder_finalize_block", &[]);
            self.open_block(header.hash());
        }
    }

    fn open_block(&mut self, parent: H256) {
        self.open += 1;
        let slot = u64::from(self.open);
        let digest = Digest { logs: vec![DigestItem::PreRuntime(*b"aura", slot.encode())] };
        let header = Header::new(self.open, H256::zero(), H256::zero(), parent, digest);
        let _ = self.call_and_keep("Core_initialize_block", &header.encode());
        let set_time = [&[4, TIMESTAMP, 0][..], &Compact(slot * self.slot_millis).encode()].concat();
        self.apply(&set_time).unwrap();
    }

    /// Asks a runtime API; nothing is kept.
    pub(crate) fn ask(&self, method: &str, input: &[u8]) -> Vec<u8> {
        subnetkit_runtime::call(method, input, &self.state).unwrap().output
    }

    /// Asks a runtime API for something decodable.
    pub(crate) fn query<R: Decode>(&self, method: &str, input: &[u8]) -> R {
        R::decode(&mut &self.ask(method, input)[..]).unwrap()
    }

    /// What is stored under a key.
    pub(crate) fn stored(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.state.get(key)
    }

    /// What is stored in an item under keys that are hashed already, if anything.
    pub(crate) fn read<V: Decode>(&self, pallet: &str, item: &str, keys: &[u8]) -> Option<V> {
        let prefix = [sp_core::twox_128(pallet.as_bytes()), sp_core::twox_128(item.as_bytes())].concat();
        self.stored(&[&prefix, keys].concat()).map(|value| V::decode(&mut &value[..]).unwrap())
    }

    /// What the pool says of a call signed with a development key.
    pub(crate) fn pool(&self, uri: &str, call: &[u8]) -> Result<(), TransactionValidityError> {
        self.validate(&self.signed(uri, call)).map(|_| ())
    }

    /// What the pool says of an extrinsic.
    pub(crate) fn validate(&self, extrinsic: &[u8]) -> TransactionValidity {
        let external = 2u8;
        let input = [&[external], &extrinsic.encode()[..], &[0; 32]].concat();
        self.query("TaggedTransactionQueue_validate_transaction", &input)
    }

    /// Signs `call` with a development key and applies it to the open block.
    pub(crate) fn submit(&mut self, uri: &str, call: &[u8]) -> Result<(), Refused> {
        let extrinsic = self.signed(uri, call);
        self.apply(&extrinsic)
    }

    /// A call signed with a development key.
    pub(crate) fn signed(&self, uri: &str, call: &[u8]) -> Vec<u8> {
        let pair = sr25519::Pair::from_string(uri, None).unwrap();
        let nonce: u32 = self.query("AccountNonceApi_account_nonce", &account(uri).encode());
        // Immortal, no tip, metadata hash off.
        let extra = [&[0][..], &Compact(nonce).encode(), &Compact(0u64).encode(), &[0]].concat();
        let implicit = (self.spec_version, 1u32, self.genesis, self.genesis, None::<[u8; 32]>).encode();
        let payload = [call, &extra, &implicit].concat();
        let signature =
            if payload.len() > 256 { pair.sign(&sp_core::blake2_256(&payload)) } else { pair.sign(&payload) };
        let signature = MultiSignature::Sr25519(signature).encode();
        [&[0x84, 0][..], &account(uri).encode(), &signature, &extra, call].concat()
    }

    /// Applies an extrinsic that nobody signed to the open block.
    pub(crate) fn submit_unsigned(&mut self, call: &[u8]) -> sp_runtime::ApplyExtrinsicResult {
        self.write("BlockBuilder_apply_extrinsic", &bare(call).encode())
    }

    /// Has Alice, whose chain it is, make `call` as root.
    pub(crate) fn sudo(&mut self, call: &[u8]) -> Result<(), Refused> {
        self.submit("//Alice", &[&[SUDO, 0], call].concat())?;
        let done = self.events().into_iter().rev().find_map(|event| match event {
            RuntimeEvent::Sudo(pallet_sudo::Event::Sudid { sudo_result }) => Some(sudo_result),
            _ => None,
        });
        done.unwrap().map_err(refused)
    }

    /// Puts another runtime in place of this one at once: here no block waits for its end.
    pub(crate) fn upgrade(&mut self, name: &str) {
        let params = serde_json::json!({ "name": name }).to_string();
        let done: Result<String, String> = self.write("Dev_call", &("upgradeRuntime", params).encode());
        done.unwrap();
        self.spec_version = self.query::<sp_version::RuntimeVersion>("Core_version", &[]).spec_version;
    }

    /// The events of the open block so far, in the numbers of the first runtime.
    pub(crate) fn events(&self) -> Vec<RuntimeEvent> {
        let key = [sp_core::twox_128(b"System"), sp_core::twox_128(b"Events")].concat();
        let Some(events) = self.state.get(&key) else { return Vec::new() };
        let events = Vec::<frame_system::EventRecord<RuntimeEvent, H256>>::decode(&mut &events[..]).unwrap();
        events.into_iter().map(|record| record.event).collect()
    }

    fn apply(&mut self, extrinsic: &[u8]) -> Result<(), Refused> {
        let outcome: sp_runtime::ApplyExtrinsicResult =
            self.write("BlockBuilder_apply_extrinsic", &extrinsic.encode());
        match outcome {
            Err(TransactionValidityError::Invalid(InvalidTransaction::Custom(code))) => {
                Err(Refused::Pool(code))
            }
            applied => applied.unwrap().map_err(refused),
        }
    }

    fn write<R: Decode>(&mut self, method: &str, input: &[u8]) -> R {
        R::decode(&mut &self.call_and_keep(method, input)[..]).unwrap()
    }

    fn call_and_keep(&mut self, method: &str, input: &[u8]) -> Vec<u8> {
        let Outcome { output, changes } = subnetkit_runtime::call(method, input, &self.state).unwrap();
        apply(&mut self.state.0, changes);
        output
    }
}

/// The account of a development key.
pub(crate) fn account(uri: &str) -> AccountId {
    AccountId::new(sr25519::Pair::from_string(uri, None).unwrap().public().0)
}

/// An extrinsic that nobody signed.
pub(crate) fn bare(call: &[u8]) -> Vec<u8> {
    [&[5], call].concat()
}

/// The bytes of a call: pallet, number, arguments.
pub(crate) fn call(pallet: u8, number: u8, arguments: impl Encode) -> Vec<u8> {
    [&[pallet, number][..], &arguments.encode()].concat()
}

fn refused(error: DispatchError) -> Refused {
    match error {
        DispatchError::Module(module) => Refused::Module(module.index, module.error[0]),
        DispatchError::BadOrigin => Refused::BadOrigin,
        other => Refused::Other(format!("{other:?}")),
    }
}

/// Bytes that are encoded already.
pub(crate) struct Raw(pub(crate) Vec<u8>);

impl Encode for Raw {
    fn encode(&self) -> Vec<u8> {
        self.0.clone()
    }
}
