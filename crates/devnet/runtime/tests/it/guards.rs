//! What is asked of a signer before a call: in the pool, at the dispatch, and inside other calls.

use codec::Encode;
use sp_runtime::DispatchError;
use subnetkit_runtime::RuntimeEvent;

use crate::chain::{ADMIN, Chain, Raw, Refused, SUBTENSOR, UTILITY, account, call};
use crate::commits::{NETUID, VALIDATOR, refusal, with_subnet};

const BATCH: u8 = 0;
const BATCH_ALL: u8 = 2;
const FORCE_BATCH: u8 = 4;

fn batch(kind: u8, calls: &[Vec<u8>]) -> Vec<u8> {
    call(UTILITY, kind, calls.iter().cloned().map(Raw).collect::<Vec<_>>())
}

/// The SubtensorModule errors of a batch's calls, in order.
fn failures(chain: &Chain) -> Vec<u8> {
    let errors = chain.events().into_iter().filter_map(|event| match event {
        RuntimeEvent::Utility(
            pallet_utility::Event::ItemFailed { error }
            | pallet_utility::Event::BatchInterrupted { error, .. },
        ) => Some(error),
        _ => None,
    });
    errors
        .map(|error| match error {
            DispatchError::Module(module) if module.index == SUBTENSOR => module.error[0],
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn a_guard_holds_inside_a_batch_as_it_does_outside() {
    let mut chain = with_subnet(serde_json::Value::Null);
    chain.sudo(&call(ADMIN, 7, (NETUID, 100u64))).unwrap();
    chain.advance_to(2);
    let commit = call(SUBTENSOR, 96, (NETUID, [0u8; 32]));
    let reveal = call(SUBTENSOR, 97, (NETUID, vec![0u16], vec![1u16], vec![0u16], 0u64));
    let sealed = |round: u64| call(SUBTENSOR, 113, (NETUID, vec![1u8], round, 4u16));
    let axon = call(SUBTENSOR, 4, (NETUID, 1u32, u128::from(u32::MAX), 80u16, 4u8, 0u8, 0u8, 0u8));
    assert_eq!(chain.pool(VALIDATOR, &commit), refusal(6));
    assert_eq!(chain.pool(VALIDATOR, &reveal), refusal(16));
    assert_eq!(chain.pool(VALIDATOR, &axon), refusal(11));
    assert_eq!(chain.submit(VALIDATOR, &commit), Err(Refused::Pool(6)), "no block takes it either");

    // The pool looks at the outermost call only.
    let calls = [commit.clone(), reveal, axon, sealed(1)];
    let all = batch(FORCE_BATCH, &calls);
    assert_eq!(chain.pool(VALIDATOR, &all), Ok(()));
    chain.submit(VALIDATOR, &all).unwrap();
    assert_eq!(failures(&chain), [81, 51, 2, 81]);

    chain.advance_to(3);
    chain.submit(VALIDATOR, &batch(BATCH, &calls)).unwrap();
    assert_eq!(failures(&chain), [81]);
    assert_eq!(chain.submit(VALIDATOR, &batch(BATCH_ALL, &calls)), Err(Refused::Module(SUBTENSOR, 81)));
}

#[test]
fn a_batch_holds_no_batch() {
    let mut chain = Chain::new("fast");
    const FILTERED: Refused = Refused::Module(0, 5);
    let remark = call(0, 0, vec![1u8]);
    for outer in [BATCH_ALL, BATCH, FORCE_BATCH] {
        for inner in [BATCH_ALL, BATCH, FORCE_BATCH] {
            let nested = batch(outer, &[remark.clone(), batch(inner, &[])]);
            assert_eq!(chain.submit("//Alice", &nested), Err(FILTERED));
        }
        chain.submit("//Alice", &batch(outer, std::slice::from_ref(&remark))).unwrap();
    }
}

#[test]
fn stake_is_asked_for_once_there_is_a_threshold_but_not_of_the_owner() {
    let mut chain = with_subnet(serde_json::Value::Null);
    chain.sudo(&call(ADMIN, 42, u64::MAX)).unwrap();
    let commit = call(SUBTENSOR, 96, (NETUID, [0u8; 32]));
    assert_eq!(chain.pool("//Charlie//miner", &commit), refusal(1));
    assert_eq!(chain.submit(VALIDATOR, &commit), Ok(()));
}

#[test]
fn an_owner_may_ask_for_an_epoch_where_weights_are_open() {
    let mut chain = with_subnet(serde_json::Value::Null);
    chain.sudo(&call(ADMIN, 74, 3u16)).unwrap();
    let trigger = call(SUBTENSOR, 141, NETUID);
    assert_eq!(chain.submit("//Charlie", &trigger), Err(Refused::BadOrigin));
    assert_eq!(chain.submit("//Bob", &trigger), Err(Refused::Module(SUBTENSOR, 145)));
    chain.sudo(&call(ADMIN, 49, (NETUID, false))).unwrap();
    chain.advance_to(2);
    chain.submit("//Bob", &trigger).unwrap();
    assert!(
        chain
            .events()
            .iter()
            .any(|event| { event.encode() == (SUBTENSOR, 131u8, NETUID, account("//Bob"), 5u64).encode() })
    );
    assert_eq!(chain.submit("//Bob", &trigger), Err(Refused::Module(SUBTENSOR, 143)));
    let epochs = |chain: &Chain| -> u64 {
        chain.read("SubtensorModule", "SubnetEpochIndex", &NETUID.encode()).unwrap_or(0)
    };
    chain.advance_to(4);
    assert_eq!(epochs(&chain), 0);
    chain.advance_to(5);
    assert_eq!(epochs(&chain), 1);
    // Two tempos of ten blocks have to pass since the last request.
    chain.advance_to(20);
    assert_eq!(chain.submit("//Bob", &trigger), Err(Refused::Module(SUBTENSOR, 64)));
    chain.advance_to(23);
    assert_eq!(chain.submit("//Bob", &trigger), Err(Refused::Module(SUBTENSOR, 144)), "epoch at 25");
}

#[test]
fn an_owner_sets_tempo_and_activity_cutoff_within_bounds() {
    let mut chain = with_subnet(serde_json::Value::Null);
    chain.advance_to(2);
    let tempo = |tempo: u16| call(SUBTENSOR, 139, (NETUID, tempo));
    for wrong in [359, 50_401] {
        assert_eq!(chain.submit("//Bob", &tempo(wrong)), Err(Refused::Module(SUBTENSOR, 141)));
    }
    assert_eq!(chain.submit("//Charlie", &tempo(360)), Err(Refused::BadOrigin));
    chain.submit("//Bob", &tempo(360)).unwrap();
    assert!(chain.events().iter().any(|event| event.encode() == (SUBTENSOR, 52u8, NETUID, 360u16).encode()));
    let next: Option<u64> = chain.query("SubnetInfoRuntimeApi_get_next_epoch_start_block", &NETUID.encode());
    assert_eq!(next, Some(362));
    assert_eq!(chain.submit("//Bob", &tempo(400)), Err(Refused::Module(SUBTENSOR, 64)));

    let factor = |milli: u32| call(SUBTENSOR, 140, (NETUID, milli));
    assert_eq!(chain.submit("//Bob", &factor(999)), Err(Refused::Module(SUBTENSOR, 142)));
    chain.submit("//Bob", &factor(1_000)).unwrap();
    assert!(
        chain.events().iter().any(|event| event.encode() == (SUBTENSOR, 130u8, NETUID, 1_000u32).encode())
    );
    assert_eq!(chain.submit("//Bob", &factor(2_000)), Err(Refused::Module(SUBTENSOR, 64)));
    chain.sudo(&factor(2_000)).unwrap();
    assert_eq!(
        chain.read::<u32>("SubtensorModule", "ActivityCutoffFactorMilli", &NETUID.encode()),
        Some(2_000)
    );
}
