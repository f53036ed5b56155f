//! A runtime of our own behind the boundary: accounts with nonces that write keys. It proves that the host needs nothing of
//! the default runtime, and does on demand what that one never should, such as trapping.

use codec::{Compact, Decode, Encode};
use subnetkit_devnet::runtime::{Outcome, Runtime, State, Trap};

pub(crate) const SLOT_MS: u64 = 1000;

#[derive(Clone, Encode, Decode)]
pub(crate) enum Call {
    Write(Vec<u8>, Option<Vec<u8>>),
    /// Panics when applied.
    Panic,
    /// Fills a block.
    Heavy,
    /// Valid in the pool, refused in a block.
    Fickle,
    Time(u64),
}

#[derive(Clone, Encode, Decode)]
pub(crate) struct Transaction {
    pub(crate) account: [u8; 32],
    pub(crate) nonce: u32,
    pub(crate) priority: u64,
    pub(crate) longevity: u64,
    pub(crate) call: Call,
}

impl Transaction {
    pub(crate) fn new(account: u8, nonce: u32, call: Call) -> Self {
        Self { account: [account; 32], nonce, priority: 1, longevity: 1000, call }
    }

    pub(crate) fn write(account: u8, nonce: u32, key: &str, value: &str) -> Self {
        Self::new(account, nonce, Call::Write(key.into(), Some(value.into())))
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.encode().encode()
    }

    pub(crate) fn hex(&self) -> String {
        hex(&self.bytes())
    }

    pub(crate) fn hash(&self) -> String {
        hex(&sp_core::blake2_256(&self.bytes()))
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    sp_core::bytes::to_hex(bytes, false)
}

pub(crate) struct Tiny;

type Changes = Vec<(Vec<u8>, Option<Vec<u8>>)>;

fn nonce_key(account: &[u8; 32]) -> Vec<u8> {
    [b"nonce:", &account[..]].concat()
}

fn get<T: Decode>(state: &dyn State, key: &[u8]) -> Option<T> {
    state.get(key).map(|bytes| T::decode(&mut &bytes[..]).unwrap())
}

const STALE: [u8; 3] = [1, 0, 3];
const FUTURE: [u8; 3] = [1, 0, 2];
const EXHAUSTS: [u8; 3] = [1, 0, 6];
const CUSTOM_9: [u8; 4] = [1, 0, 7, 9];

impl Runtime for Tiny {
    fn call(&self, method: &str, mut input: &[u8], state: &dyn State) -> Result<Outcome, Trap> {
        let mut changes = Changes::new();
        let output = match method {
            "Core_version" => {
                (("tiny", "tiny-host", 1_u32, 7_u32, 1_u32), vec![(*b"tinyapi0", 3_u32)], (2_u32, 1_u8))
                    .encode()
            }
            "Metadata_metadata" => b"meta\x0e".to_vec().encode(),
            "AuraApi_slot_duration" => SLOT_MS.encode(),
            "AccountNonceApi_account_nonce" => {
                let account = Decode::decode(&mut input).unwrap();
                get::<u32>(state, &nonce_key(&account)).unwrap_or(0).encode()
            }
            "GenesisBuilder_get_preset" => {
                let default = br#"{ "preset": "kept", "other": "removed" }"#;
                Some(default.to_vec()).filter(|_| input == [0]).encode()
            }
            "GenesisBuilder_build_state" => build(input, &mut changes).encode(),
            "Core_initialize_block" => {
                changes.push((b"header".to_vec(), Some(input.to_vec())));
                changes.push((b"heavy".to_vec(), None));
                if state.get(b"broken").is_some() {
                    panic!("broken by a transaction");
                }
                vec![0]
            }
            "BlockBuilder_inherent_extrinsics" => {
                let data = std::collections::BTreeMap::<[u8; 8], Vec<u8>>::decode(&mut input).unwrap();
                let time = u64::decode(&mut &data[b"timstap0"][..]).unwrap();
                vec![Transaction::new(0, 0, Call::Time(time)).encode()].encode()
            }
            "BlockBuilder_apply_extrinsic" => apply(&mut input, state, &mut changes),
            "BlockBuilder_finalize_block" => finalize(state, &mut changes),
            "TaggedTransactionQueue_validate_transaction" => validate(&input[1..], state),
            _ => return Err(Trap::NoMethod(method.to_owned())),
        };
        Ok(Outcome { output, changes })
    }
}

fn build(mut input: &[u8], changes: &mut Changes) -> Result<(), String> {
    let json: serde_json::Value = serde_json::from_slice(&Vec::<u8>::decode(&mut input).unwrap()).unwrap();
    for (key, value) in json.as_object().unwrap() {
        let value = value.as_str().ok_or_else(|| format!("{key} must be a text"))?;
        changes.push((key.as_bytes().to_vec(), Some(value.as_bytes().to_vec())));
    }
    Ok(())
}

fn read(input: &mut &[u8]) -> Transaction {
    let body = Vec::<u8>::decode(input).unwrap();
    Transaction::decode(&mut &body[..]).expect("bad transaction bytes")
}

fn validate(mut input: &[u8], state: &dyn State) -> Vec<u8> {
    let transaction = read(&mut input);
    let nonce = get::<u32>(state, &nonce_key(&transaction.account)).unwrap_or(0);
    if transaction.nonce < nonce {
        return STALE.to_vec();
    }
    if state.get(b"forbidden").is_some() {
        return CUSTOM_9.to_vec();
    }
    let tag = |nonce: u32| (transaction.account, nonce).encode();
    let requires = if transaction.nonce > nonce { vec![tag(transaction.nonce - 1)] } else { vec![] };
    let provides = vec![tag(transaction.nonce)];
    (0_u8, transaction.priority, requires, provides, transaction.longevity, true).encode()
}

fn apply(input: &mut &[u8], state: &dyn State, changes: &mut Changes) -> Vec<u8> {
    let transaction = read(input);
    let nonce = get::<u32>(state, &nonce_key(&transaction.account)).unwrap_or(0);
    match transaction.call {
        Call::Time(time) => {
            changes.push((b"time".to_vec(), Some(time.encode())));
            return vec![0, 0];
        }
        _ if transaction.nonce > nonce => return FUTURE.to_vec(),
        _ if transaction.nonce < nonce => return STALE.to_vec(),
        Call::Heavy if state.get(b"heavy").is_some() => return EXHAUSTS.to_vec(),
        Call::Heavy => changes.push((b"heavy".to_vec(), Some(vec![1]))),
        Call::Panic => panic!("asked to"),
        Call::Fickle => {
            changes.push((b"fickle".to_vec(), Some(vec![1])));
            return CUSTOM_9.to_vec();
        }
        Call::Write(key, value) => changes.push((key, value)),
    }
    changes.push((nonce_key(&transaction.account), Some((nonce + 1).encode())));
    vec![0, 0]
}

/// The header as it was begun, with the state root after this call's own changes.
fn finalize(state: &dyn State, changes: &mut Changes) -> Vec<u8> {
    let begun = state.get(b"header").unwrap();
    changes.push((b"header".to_vec(), None));
    let root = state.root(changes);
    let mut rest = &begun[32..];
    Compact::<u32>::decode(&mut rest).unwrap();
    let at = begun.len() - rest.len();
    [&begun[..at], &root, &begun[at + 32..]].concat()
}
