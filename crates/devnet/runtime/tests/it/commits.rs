//! Weights by commit-reveal with hashes, on one mechanism and on two.

use std::collections::VecDeque;

use codec::{Compact, Encode};
use serde_json::Value;
use sp_core::H256;
use sp_runtime::transaction_validity::InvalidTransaction;
use subnetkit_runtime::pallets::subtensor::Event;
use subnetkit_runtime::pallets::subtensor::commits::weights_hash;
use subnetkit_runtime::{AccountId, RuntimeEvent};

use crate::chain::{ADMIN, Chain, Refused, SUBTENSOR, account, call};

/// The hotkey of the subnet's owner, which needs no permit.
pub(crate) const VALIDATOR: &str = "//Dave";
pub(crate) const NETUID: u16 = 2;
/// Where the second mechanism's weights are stored.
pub(crate) const SECOND: u16 = 4096 + NETUID;

const TOO_EARLY: Refused = Refused::Pool(17);
const NOT_FOUND: Refused = Refused::Pool(16);

/// A chain on which Bob owns subnet 2 of two neurons, with epochs at blocks 10, 20, 30 and no rate limits.
pub(crate) fn with_subnet(further_genesis: Value) -> Chain {
    let mut chain = Chain::with_genesis("fast", further_genesis);
    chain.submit("//Bob", &call(SUBTENSOR, 59, account(VALIDATOR))).unwrap();
    chain.submit("//Charlie", &call(SUBTENSOR, 7, (NETUID, account("//Charlie//miner")))).unwrap();
    chain.sudo(&call(ADMIN, 74, 0u16)).unwrap();
    chain.sudo(&call(ADMIN, 7, (NETUID, 0u64))).unwrap();
    chain
}

/// Adds a second mechanism to the subnet.
pub(crate) fn add_mechanism(chain: &mut Chain) {
    chain.sudo(&call(ADMIN, 15, (NETUID, 128u16))).unwrap();
    chain.sudo(&call(ADMIN, 76, (NETUID, 2u8))).unwrap();
}

/// What the validator has set on a mechanism.
pub(crate) fn weights(chain: &Chain, index: u16) -> Option<Vec<(u16, u16)>> {
    chain.read("SubtensorModule", "Weights", &(index, 0u16).encode())
}

/// When each uid last set weights on a mechanism or committed to them.
pub(crate) fn last_update(chain: &Chain, index: u16) -> Vec<u64> {
    chain.read("SubtensorModule", "LastUpdate", &index.encode()).unwrap()
}

/// The subtensor events of the open block, without those before the last `count`.
pub(crate) fn last_events(chain: &Chain, count: usize) -> Vec<Event<subnetkit_runtime::Runtime>> {
    let events = chain.events().into_iter().filter_map(|event| match event {
        RuntimeEvent::SubtensorModule(event) => Some(event),
        _ => None,
    });
    let mut events: VecDeque<_> = events.collect();
    let surplus = events.len().saturating_sub(count);
    events.drain(..surplus);
    events.into()
}

fn commits(chain: &Chain, index: u16) -> Vec<(H256, u64, u64, u64)> {
    let keys = [twox_64(index), twox_64(account(VALIDATOR))].concat();
    let queue: Option<VecDeque<_>> = chain.read("SubtensorModule", "WeightCommits", &keys);
    queue.unwrap_or_default().into()
}

/// A key under the hasher that keeps it readable behind a hash.
pub(crate) fn twox_64(key: impl Encode) -> Vec<u8> {
    let key = key.encode();
    [&sp_core::twox_64(&key)[..], &key].concat()
}

fn hash(index: u16, values: [u16; 2], salt: u16) -> H256 {
    weights_hash(&account(VALIDATOR), index, &[0, 1], &values, &[salt], 0)
}

fn commit(values: [u16; 2], salt: u16) -> Vec<u8> {
    call(SUBTENSOR, 96, (NETUID, hash(NETUID, values, salt)))
}

fn reveal(values: [u16; 2], salt: u16) -> Vec<u8> {
    call(SUBTENSOR, 97, (NETUID, vec![0u16, 1], values.to_vec(), vec![salt], 0u64))
}

pub(crate) fn refusal(code: u8) -> Result<(), sp_runtime::transaction_validity::TransactionValidityError> {
    Err(InvalidTransaction::Custom(code).into())
}

#[test]
fn hashes_are_those_of_the_python_sdk() {
    let vectors: Value = serde_json::from_str(include_str!("../vectors/commit_hash.json")).unwrap();
    let commits = vectors["commits"].as_array().unwrap();
    assert_eq!(commits.len(), 40);
    for commit in commits {
        let list = |name: &str| -> Vec<u16> {
            let numbers = commit[name].as_array().unwrap().iter();
            numbers.map(|number| u16::try_from(number.as_u64().unwrap()).unwrap()).collect()
        };
        let hex = |name: &str| {
            let text = commit[name].as_str().unwrap();
            sp_core::bytes::from_hex(&format!("0x{}", text.trim_start_matches("0x"))).unwrap()
        };
        let who = AccountId::try_from(&hex("public_key_hex")[..]).unwrap();
        let index = u16::try_from(commit["storage_index"].as_u64().unwrap()).unwrap();
        let key = &commit["version_key"];
        let key = key.as_u64().unwrap_or_else(|| key.as_str().unwrap().parse().unwrap());
        let hash = weights_hash(&who, index, &list("uids"), &list("values"), &list("salt"), key);
        assert_eq!(hash.as_bytes(), hex("commit_hash"));
    }
}

#[test]
fn a_commit_is_revealed_one_epoch_later_and_in_no_other() {
    let mut chain = with_subnet(Value::Null);
    chain.advance_to(3);
    chain.submit(VALIDATOR, &commit([1, 2], 7)).unwrap();
    assert_eq!(commits(&chain, NETUID), [(hash(NETUID, [1, 2], 7), 0, 3, 0)]);
    assert_eq!(last_update(&chain, NETUID), [3, 1]);

    assert_eq!(chain.pool(VALIDATOR, &reveal([1, 2], 7)), refusal(17));
    assert_eq!(chain.submit(VALIDATOR, &reveal([1, 2], 7)), Err(TOO_EARLY));
    assert_eq!(chain.pool(VALIDATOR, &reveal([1, 2], 8)), refusal(16), "another salt");
    assert_eq!(chain.submit(VALIDATOR, &reveal([2, 2], 7)), Err(NOT_FOUND), "other values");
    // The pool judges for the next block, in which the epoch will have begun.
    chain.advance_to(9);
    assert_eq!(chain.pool(VALIDATOR, &reveal([1, 2], 7)), Ok(()));
    assert_eq!(chain.submit(VALIDATOR, &reveal([1, 2], 7)), Err(TOO_EARLY));
    assert_eq!(weights(&chain, NETUID), None);

    chain.advance_to(10);
    chain.submit(VALIDATOR, &reveal([1, 2], 7)).unwrap();
    assert_eq!(weights(&chain, NETUID), Some(vec![(0, 32_768), (1, 65_535)]));
    assert_eq!(last_update(&chain, NETUID), [3, 1], "the commit counts, not the reveal");
    assert_eq!(
        last_events(&chain, 2),
        [
            Event::WeightsSet(NETUID, 0),
            Event::WeightsRevealed(account(VALIDATOR), NETUID, hash(NETUID, [1, 2], 7)),
        ]
    );
    assert_eq!(chain.submit(VALIDATOR, &reveal([1, 2], 7)), Err(NOT_FOUND));

    chain.submit(VALIDATOR, &commit([5, 5], 1)).unwrap();
    chain.advance_to(30);
    assert_eq!(chain.pool(VALIDATOR, &reveal([5, 5], 1)), refusal(17), "too late");
    assert_eq!(chain.submit(VALIDATOR, &reveal([5, 5], 1)), Err(TOO_EARLY));
    // The next commit finds the old one expired.
    chain.submit(VALIDATOR, &commit([6, 6], 1)).unwrap();
    assert_eq!(commits(&chain, NETUID), [(hash(NETUID, [6, 6], 1), 3, 30, 0)]);
}

#[test]
fn revealing_a_commit_drops_those_before_it_and_ten_may_be_open() {
    let mut chain = with_subnet(Value::Null);
    chain.advance_to(2);
    for salt in 0..10 {
        chain.submit(VALIDATOR, &commit([1, 1], salt)).unwrap();
    }
    assert_eq!(chain.submit(VALIDATOR, &commit([1, 1], 10)), Err(Refused::Module(SUBTENSOR, 77)));
    chain.advance_to(10);
    chain.submit(VALIDATOR, &reveal([1, 1], 6)).unwrap();
    let left: Vec<_> = commits(&chain, NETUID).into_iter().map(|commit| commit.0).collect();
    assert_eq!(left, [7, 8, 9].map(|salt| hash(NETUID, [1, 1], salt)));

    // Several at once, all or none.
    let batch = |salts: [u16; 2], version_keys: Vec<u64>| {
        let rows = vec![vec![0u16, 1], vec![0, 1]];
        let values = vec![vec![1u16, 1], vec![1, 1]];
        call(SUBTENSOR, 98, (NETUID, rows, values, salts.map(|salt| vec![salt]).to_vec(), version_keys))
    };
    assert_eq!(chain.pool(VALIDATOR, &batch([7, 9], vec![0])), refusal(18));
    assert_eq!(chain.submit(VALIDATOR, &batch([7, 99], vec![0, 0])), Err(NOT_FOUND));
    assert_eq!(commits(&chain, NETUID).len(), 3);
    chain.submit(VALIDATOR, &batch([7, 9], vec![0, 0])).unwrap();
    assert!(commits(&chain, NETUID).is_empty());
    let hashes = [7, 9].map(|salt| hash(NETUID, [1, 1], salt)).to_vec();
    assert_eq!(last_events(&chain, 1), [Event::WeightsBatchRevealed(account(VALIDATOR), NETUID, hashes)]);
}

#[test]
fn each_mechanism_has_commits_of_its_own() {
    let mut chain = with_subnet(Value::Null);
    add_mechanism(&mut chain);
    chain.advance_to(4);
    let on_second = hash(SECOND, [3, 4], 1);
    let missing = call(SUBTENSOR, 115, (NETUID, 2u8, on_second));
    assert_eq!(chain.submit(VALIDATOR, &missing), Err(Refused::Module(SUBTENSOR, 74)));
    chain.submit(VALIDATOR, &call(SUBTENSOR, 115, (NETUID, 1u8, on_second))).unwrap();
    assert_eq!(last_update(&chain, SECOND), [4, 0]);
    assert_eq!(last_update(&chain, NETUID), [1, 1]);
    assert!(commits(&chain, NETUID).is_empty());
    chain.advance_to(11);
    let arguments = |mecid: u8| (NETUID, mecid, vec![0u16, 1], vec![3u16, 4], vec![1u16], 0u64);
    assert_eq!(chain.submit(VALIDATOR, &call(SUBTENSOR, 116, arguments(0))), Err(NOT_FOUND));
    chain.submit(VALIDATOR, &call(SUBTENSOR, 116, arguments(1))).unwrap();
    assert_eq!(weights(&chain, SECOND), Some(vec![(0, 49_151), (1, 65_535)]));
    assert_eq!(weights(&chain, NETUID), None);

    // In the open, where commit-reveal is off.
    chain.sudo(&call(ADMIN, 49, (NETUID, false))).unwrap();
    let set = call(SUBTENSOR, 119, (NETUID, 1u8, vec![0u16, 1], vec![2u16, 0], 0u64));
    chain.submit(VALIDATOR, &set).unwrap();
    assert_eq!(weights(&chain, SECOND), Some(vec![(0, 65_535), (1, 0)]));
    assert_eq!(last_update(&chain, SECOND), [11, 0]);
    let off = Refused::Module(SUBTENSOR, 54);
    assert_eq!(chain.submit(VALIDATOR, &call(SUBTENSOR, 115, (NETUID, 1u8, on_second))), Err(off));
}

#[test]
fn a_batch_goes_on_after_a_refusal_and_reports_it() {
    let mut chain = with_subnet(Value::Null);
    chain.advance_to(2);
    let netuids = vec![Compact(NETUID), Compact(99u16)];
    let hashes = vec![hash(NETUID, [1, 1], 0), H256::zero()];
    chain.submit(VALIDATOR, &call(SUBTENSOR, 100, (&netuids, hashes))).unwrap();
    assert_eq!(commits(&chain, NETUID).len(), 1);
    let events = last_events(&chain, 4);
    assert!(matches!(events[0], Event::WeightsCommitted(..)), "{events:?}");
    assert!(matches!(events[1], Event::BatchCompletedWithErrors()), "{events:?}");
    assert!(matches!(events[2], Event::BatchWeightItemFailed(99, _)), "{events:?}");
    assert_eq!(events[3], Event::BatchWeightsCompleted(netuids.clone(), account(VALIDATOR)));

    let row = || vec![(Compact(0u16), Compact(1u16))];
    let rows = vec![row(), row()];
    let set = |keys: Vec<Compact<u64>>| call(SUBTENSOR, 80, (&netuids, &rows, keys));
    assert_eq!(chain.pool(VALIDATOR, &set(vec![Compact(0)])), refusal(18));
    chain.sudo(&call(ADMIN, 49, (NETUID, false))).unwrap();
    chain.submit(VALIDATOR, &set(vec![Compact(0), Compact(0)])).unwrap();
    assert_eq!(weights(&chain, NETUID), Some(vec![(0, 65_535)]));
}
