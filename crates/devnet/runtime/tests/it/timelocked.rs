//! Weights by commit-reveal with sealed rows, which the chain opens by itself.

use codec::Encode;
use subnetkit_runtime::AccountId;
use subnetkit_runtime::pallets::subtensor::Event;
use subnetkit_timelock::seal;

use crate::chain::{Chain, Raw, Refused, SUBTENSOR, UTILITY, account, call};
use crate::commits::{
    NETUID, SECOND, VALIDATOR, add_mechanism, last_events, last_update, refusal, twox_64, weights,
    with_subnet,
};
use crate::drand::{beacon, come, genesis};

const ROUND: u64 = 500;

/// A row that names its hotkey.
fn named(hotkey: &AccountId, values: [u16; 2]) -> Vec<u8> {
    (AsRef::<[u8]>::as_ref(hotkey).to_vec(), vec![0u16, 1], values.to_vec(), 0u64).encode()
}

/// A row in the older form.
fn nameless(values: [u16; 2]) -> Vec<u8> {
    (vec![0u16, 1], values.to_vec(), 0u64).encode()
}

fn sealed(row: &[u8]) -> Vec<u8> {
    let entropy = sp_core::blake2_256(row);
    seal(&beacon().public_key(), ROUND, row, entropy).unwrap()
}

fn commit(sealed: Vec<u8>) -> Vec<u8> {
    call(SUBTENSOR, 113, (NETUID, sealed, ROUND, 4u16))
}

/// What is committed on a mechanism in an epoch: hotkeys.
fn waiting(chain: &Chain, index: u16, epoch: u64) -> Vec<AccountId> {
    let keys = [twox_64(index), twox_64(epoch)].concat();
    let queue: Vec<(AccountId, u64, Vec<u8>, u64)> =
        chain.read("SubtensorModule", "TimelockedWeightCommits", &keys).unwrap_or_default();
    queue.into_iter().map(|commit| commit.0).collect()
}

#[test]
fn a_sealed_row_opens_in_the_next_epoch_whichever_form_it_has() {
    for row in [named(&account(VALIDATOR), [1, 2]), nameless([1, 2])] {
        let mut chain = with_subnet(genesis());
        chain.advance_to(2);
        let sealed = sealed(&row);
        chain.submit(VALIDATOR, &commit(sealed.clone())).unwrap();
        let hash = sp_core::blake2_256(&sealed).into();
        let told = Event::TimelockedWeightsCommitted(account(VALIDATOR), NETUID, hash, ROUND);
        assert_eq!(last_events(&chain, 1), [told]);
        assert_eq!(last_update(&chain, NETUID), [2, 1]);
        come(&mut chain, ROUND);
        chain.advance_to(9);
        assert_eq!(weights(&chain, NETUID), None);
        assert_eq!(waiting(&chain, NETUID, 0), [account(VALIDATOR)]);

        chain.advance_to(10);
        assert_eq!(weights(&chain, NETUID), Some(vec![(0, 32_768), (1, 65_535)]));
        assert_eq!(last_update(&chain, NETUID), [2, 1], "the commit counts, not the opening");
        assert!(waiting(&chain, NETUID, 0).is_empty());
        let events = last_events(&chain, usize::MAX);
        let opened =
            [Event::WeightsSet(NETUID, 0), Event::TimelockedWeightsRevealed(NETUID, account(VALIDATOR))];
        assert!(events.windows(2).any(|pair| pair == opened), "{events:?}");
    }
}

#[test]
fn a_row_waits_for_its_pulse_as_long_as_its_epoch_lasts() {
    let mut chain = with_subnet(genesis());
    chain.submit(VALIDATOR, &commit(sealed(&nameless([1, 2])))).unwrap();
    chain.advance_to(15);
    assert_eq!(waiting(&chain, NETUID, 0), [account(VALIDATOR)]);
    come(&mut chain, ROUND);
    assert_eq!(weights(&chain, NETUID), None);
    chain.advance_to(16);
    assert_eq!(weights(&chain, NETUID), Some(vec![(0, 32_768), (1, 65_535)]));

    chain.advance_to(17);
    let late = seal(&beacon().public_key(), ROUND + 1, &nameless([5, 0]), [1; 32]).unwrap();
    chain.submit(VALIDATOR, &call(SUBTENSOR, 113, (NETUID, late, ROUND + 1, 4u16))).unwrap();
    chain.advance_to(30);
    assert!(waiting(&chain, NETUID, 1).is_empty(), "its epoch is over");
    come(&mut chain, ROUND + 1);
    chain.advance_to(31);
    assert_eq!(weights(&chain, NETUID), Some(vec![(0, 32_768), (1, 65_535)]));
}

#[test]
fn what_does_not_open_or_is_not_the_committers_leaves_no_trace() {
    let mut chain = with_subnet(genesis());
    let mut damaged = sealed(&nameless([9, 9]));
    damaged[100] ^= 1;
    let refused_weights = sealed(&(vec![7u16], vec![1u16], 0u64).encode());
    let rows = [
        vec![1, 2, 3],
        damaged,
        sealed(&named(&account("//Charlie//miner"), [9, 9])),
        sealed(b"no row"),
        refused_weights,
    ];
    for row in rows {
        chain.submit(VALIDATOR, &commit(row)).unwrap();
    }
    // A neuron without a permit may commit; its row is refused when it is opened.
    let miner = "//Charlie//miner";
    chain.submit(miner, &commit(sealed(&named(&account(miner), [9, 9])))).unwrap();
    come(&mut chain, ROUND);
    chain.advance_to(10);
    assert_eq!(weights(&chain, NETUID), None);
    assert!(waiting(&chain, NETUID, 0).is_empty());
    assert!(
        !last_events(&chain, usize::MAX)
            .iter()
            .any(|event| matches!(event, Event::WeightsSet(..) | Event::TimelockedWeightsRevealed(..)))
    );
}

#[test]
fn commits_are_checked_for_version_round_number_and_mechanism() {
    let mut chain = with_subnet(genesis());
    add_mechanism(&mut chain);
    let row = sealed(&nameless([1, 2]));
    let version = call(SUBTENSOR, 113, (NETUID, &row, ROUND, 3u16));
    assert_eq!(chain.submit(VALIDATOR, &version), Err(Refused::Module(SUBTENSOR, 110)));
    let mechanism = call(SUBTENSOR, 118, (NETUID, 2u8, &row, ROUND, 4u16));
    assert_eq!(chain.submit(VALIDATOR, &mechanism), Err(Refused::Module(SUBTENSOR, 74)));
    for _ in 0..10 {
        chain.submit(VALIDATOR, &commit(row.clone())).unwrap();
    }
    assert_eq!(chain.submit(VALIDATOR, &commit(row.clone())), Err(Refused::Module(SUBTENSOR, 77)));
    // The second mechanism has a queue of its own, and two calls that lead to it.
    chain.submit(VALIDATOR, &call(SUBTENSOR, 118, (NETUID, 1u8, &row, ROUND, 4u16))).unwrap();
    let other = sealed(&nameless([3, 4]));
    chain.submit(VALIDATOR, &call(SUBTENSOR, 117, (NETUID, 1u8, &other, ROUND))).unwrap();
    assert_eq!(waiting(&chain, SECOND, 0), [account(VALIDATOR), account(VALIDATOR)]);
    come(&mut chain, ROUND);
    chain.submit(VALIDATOR, &call(SUBTENSOR, 117, (NETUID, 1u8, &other, ROUND))).unwrap();
    come(&mut chain, ROUND + 1);
    assert_eq!(chain.pool(VALIDATOR, &commit(row.clone())), refusal(15));
    let batch = call(UTILITY, 2, vec![Raw(commit(row))]);
    assert_eq!(chain.submit(VALIDATOR, &batch), Err(Refused::Module(SUBTENSOR, 111)));
    chain.advance_to(10);
    assert_eq!(weights(&chain, NETUID), Some(vec![(0, 32_768), (1, 65_535)]));
    assert_eq!(weights(&chain, SECOND), Some(vec![(0, 49_151), (1, 65_535)]), "the later commit wins");
}
