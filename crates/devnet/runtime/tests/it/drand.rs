//! The beacon's pulses: which the pool takes, and which the chain stores.

use codec::Encode;
use serde_json::{Value, json};
use sp_core::{Pair, ed25519};
use sp_runtime::transaction_validity::InvalidTransaction;
use subnetkit_runtime::RuntimeEvent;
use subnetkit_runtime::pallets::drand;
use subnetkit_timelock::{Secret, randomness};

use crate::chain::{Chain, DRAND, Refused, bare, call};

pub(crate) fn beacon() -> Secret {
    Secret::from_seed(b"a test's beacon")
}

/// The genesis of a chain that follows the test's beacon.
pub(crate) fn genesis() -> Value {
    let public_key = sp_core::bytes::to_hex(&beacon().public_key(), false);
    json!({ "drand": { "beacon": { "publicKey": public_key, "genesisTime": 1_000, "period": 3 } } })
}

type Pulse = (u64, Vec<u8>, Vec<u8>);

fn signed_by(secret: &Secret, round: u64) -> Pulse {
    let signature = secret.sign(round);
    (round, randomness(&signature).to_vec(), signature.to_vec())
}

/// A call that hands pulses in, as somebody who fetched them at `block` would.
fn write(block: u32, pulses: Vec<Pulse>) -> Vec<u8> {
    let messenger = ed25519::Pair::from_seed(&[1; 32]);
    let payload = (block, pulses, (0u8, messenger.public().0)).encode();
    let proof = Some((0u8, messenger.sign(&payload).0)).encode();
    [&[DRAND, 0], &payload[..], &proof].concat()
}

/// Stores the pulse of a round.
pub(crate) fn come(chain: &mut Chain, round: u64) {
    let pulse = write(chain.block(), vec![signed_by(&beacon(), round)]);
    chain.submit_unsigned(&pulse).unwrap().unwrap();
    assert!(is_stored(chain, round));
}

fn is_stored(chain: &Chain, round: u64) -> bool {
    let key = [&sp_core::blake2_128(&round.encode())[..], &round.encode()].concat();
    chain.read::<drand::Pulse>("Drand", "Pulses", &key).is_some()
}

fn rounds_stored(chain: &Chain) -> (u64, u64) {
    let read = |item| chain.read("Drand", item, &[]).unwrap_or(0);
    (read("OldestStoredRound"), read("LastStoredRound"))
}

#[test]
fn a_pulse_is_stored_once_and_its_round_only_rises() {
    let mut chain = Chain::with_genesis("fast", genesis());
    let pulse = |round| write(1, vec![signed_by(&beacon(), round)]);
    let valid = chain.validate(&bare(&pulse(70))).unwrap();
    assert_eq!((valid.longevity, valid.propagate, valid.provides.len()), (3, false, 1));
    let priority = |round| chain.validate(&bare(&pulse(round))).unwrap().priority;
    assert_eq!(priority(14_000_001), priority(14_000_000) - 1, "lower rounds go first");

    chain.submit_unsigned(&pulse(70)).unwrap().unwrap();
    assert_eq!(rounds_stored(&chain), (70, 70));
    let told = RuntimeEvent::Drand(drand::Event::NewPulse { rounds: vec![70] });
    assert!(chain.events().contains(&told));
    assert_eq!(chain.validate(&bare(&pulse(70))), Err(InvalidTransaction::Stale.into()));
    chain.submit_unsigned(&pulse(75)).unwrap().unwrap();
    assert_eq!(rounds_stored(&chain), (70, 75));
    assert!(is_stored(&chain, 75) && !is_stored(&chain, 72));
    assert_eq!(chain.submit_unsigned(&pulse(72)), Err(InvalidTransaction::Stale.into()));
}

#[test]
fn what_is_not_the_beacons_is_not_stored() {
    let mut chain = Chain::with_genesis("fast", genesis());
    let good = signed_by(&beacon(), 70);
    let refused = |chain: &Chain, call: &[u8]| chain.validate(&bare(call)).unwrap_err();
    let two = write(1, vec![good.clone(), signed_by(&beacon(), 71)]);
    assert_eq!(refused(&chain, &two), InvalidTransaction::Call.into());
    assert_eq!(refused(&chain, &write(1, vec![])), InvalidTransaction::Call.into());
    // The pool judges for block 2.
    assert_eq!(refused(&chain, &write(3, vec![good.clone()])), InvalidTransaction::Future.into());
    let mut forged = write(1, vec![good.clone()]);
    let last = forged.len() - 1;
    forged[last] ^= 1;
    assert_eq!(refused(&chain, &forged), InvalidTransaction::BadProof.into());
    let unsigned = [&write(1, vec![good.clone()])[..last + 1 - 66], &[0]].concat();
    assert_eq!(refused(&chain, &unsigned), InvalidTransaction::BadSigner.into());

    // Another beacon's is passed over, a signature that is no point is an error.
    let foreign = write(1, vec![signed_by(&Secret::from_seed(b"another"), 70)]);
    chain.submit_unsigned(&foreign).unwrap().unwrap();
    assert_eq!(rounds_stored(&chain), (0, 0));
    let broken = write(1, vec![(70, vec![0; 32], vec![0; 48])]);
    let error = chain.submit_unsigned(&broken).unwrap().unwrap_err();
    assert!(matches!(error, sp_runtime::DispatchError::Module(module)
        if module.index == DRAND && module.error[0] == 5));
    assert_eq!(rounds_stored(&chain), (0, 0));
}

#[test]
fn root_names_the_oldest_round_and_a_chain_without_a_beacon_follows_quicknet() {
    let mut chain = Chain::new("fast");
    assert_eq!(chain.submit("//Bob", &call(DRAND, 2, 9u64)), Err(Refused::BadOrigin));
    chain.sudo(&call(DRAND, 2, 9u64)).unwrap();
    assert_eq!(rounds_stored(&chain), (9, 0));
    assert!(chain.events().contains(&RuntimeEvent::Drand(drand::Event::SetOldestStoredRound(9))));
    // The pulse of quicknet's round 1000, as drand's servers give it.
    let signature = "b44679b9a59af2ec876b1a6b1ad52ea9b1615fc3982b19576350f93447cb1125\
                     e342b73a8dd2bacbe47e4b6b63ed5e39";
    let signature = sp_core::bytes::from_hex(&format!("0x{signature}")).unwrap();
    let pulse = (1_000, randomness(&signature).to_vec(), signature);
    chain.submit_unsigned(&write(1, vec![pulse])).unwrap().unwrap();
    assert!(is_stored(&chain, 1_000));
}
