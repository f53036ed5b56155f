//! Hyperparameters: who may set them, when, and within which bounds.

use codec::{Compact, Decode, Encode};
use subnetkit_runtime::RuntimeEvent;

use crate::chain::{ADMIN, Chain, Refused, SUBTENSOR, account, call};

const RATE_LIMIT: Refused = Refused::Module(SUBTENSOR, 64);
const FROZEN: Refused = Refused::Module(SUBTENSOR, 107);

/// What one hyperparameter's storage holds, by the real chain's key.
fn stored(chain: &Chain, netuid: u16, name: &str) -> u64 {
    let entries: Vec<u8> = chain.ask("SubnetInfoRuntimeApi_get_subnet_hyperparams_v3", &netuid.encode());
    let at = entries.windows(name.len()).position(|window| window == name.as_bytes()).unwrap();
    // The name is followed by the tag of a compact number and the number.
    let mut value = &entries[at + name.len() + 1..];
    Compact::<u64>::decode(&mut value).unwrap().0
}

/// A chain on which Bob owns subnet 2 and hyperparameters are never frozen.
fn with_subnet(preset: &str) -> Chain {
    let mut chain = Chain::new(preset);
    chain.sudo(&call(ADMIN, 74, 0u16)).unwrap();
    chain.submit("//Bob", &call(SUBTENSOR, 59, account("//Bob//hotkey"))).unwrap();
    chain
}

#[test]
fn root_sets_what_owners_may_not() {
    let mut chain = with_subnet("local");
    let set = call(ADMIN, 7, (2u16, 0u64));
    assert_eq!(stored(&chain, 2, "weights_rate_limit"), 100);
    assert_eq!(chain.submit("//Bob", &set), Err(Refused::BadOrigin));
    assert_eq!(chain.sudo(&set), Ok(()));
    assert_eq!(stored(&chain, 2, "weights_rate_limit"), 0);
    assert!(chain.events().iter().any(|event| event.encode() == event_bytes(22, (2u16, 0u64))));
}

/// The bytes of an event of SubtensorModule.
fn event_bytes(index: u8, fields: impl Encode) -> Vec<u8> {
    [&[SUBTENSOR, index][..], &fields.encode()].concat()
}

#[test]
fn an_owner_sets_within_a_rate_limit_that_does_not_bind_root() {
    let mut chain = with_subnet("fast");
    let set = |limit: u64| call(ADMIN, 3, (2u16, limit));
    assert_eq!(chain.submit("//Charlie", &set(1)), Err(Refused::BadOrigin));
    assert_eq!(chain.submit("//Bob", &set(7)), Ok(()));
    assert_eq!(stored(&chain, 2, "serving_rate_limit"), 7);
    assert_eq!(chain.submit("//Bob", &set(8)), Err(RATE_LIMIT));
    assert_eq!(chain.sudo(&set(9)), Ok(()));
    // Another hyperparameter has a limit of its own.
    assert_eq!(chain.submit("//Bob", &call(ADMIN, 13, (2u16, 99u16))), Ok(()));
    // Two tempos of 10 blocks after block 1.
    chain.advance_to(20);
    assert_eq!(chain.submit("//Bob", &set(8)), Err(RATE_LIMIT));
    chain.advance_to(21);
    assert_eq!(chain.submit("//Bob", &set(8)), Ok(()));
    assert_eq!(stored(&chain, 2, "serving_rate_limit"), 8);
}

#[test]
fn the_version_key_and_mechanisms_have_limits_of_their_own() {
    let mut chain = with_subnet("fast");
    let version = call(ADMIN, 6, (2u16, 1u64));
    assert_eq!(chain.submit("//Bob", &version), Ok(()));
    chain.sudo(&call(ADMIN, 75, 0u16)).unwrap();
    assert_eq!(chain.submit("//Bob", &version), Err(RATE_LIMIT));
    chain.sudo(&call(ADMIN, 15, (2u16, 128u16))).unwrap();
    let count = |count: u8| call(ADMIN, 76, (2u16, count));
    assert_eq!(chain.submit("//Bob", &count(2)), Ok(()));
    assert_eq!(chain.submit("//Bob", &count(1)), Err(RATE_LIMIT));
    chain.advance_to(2);
    assert_eq!(chain.submit("//Bob", &count(1)), Ok(()));
    assert_eq!(chain.submit("//Bob", &version), Err(RATE_LIMIT));
    // Five tempos of 10 blocks after block 1.
    chain.advance_to(51);
    assert_eq!(chain.submit("//Bob", &version), Ok(()));
}

#[test]
fn nothing_that_an_epoch_uses_changes_right_before_it() {
    let mut chain = Chain::new("local");
    let set = call(ADMIN, 3, (1u16, 5u64));
    // Subnet 1 has a tempo of 100 and the window is 10 blocks.
    chain.advance_to(90);
    assert_eq!(chain.sudo(&set), Ok(()));
    chain.advance_to(91);
    assert_eq!(chain.sudo(&set), Err(FROZEN));
    // What no epoch reads may change at any time.
    assert_eq!(chain.sudo(&call(ADMIN, 7, (1u16, 0u64))), Ok(()));
    assert_eq!(chain.sudo(&call(ADMIN, 74, 9u16)), Ok(()));
    assert_eq!(chain.sudo(&set), Ok(()));
}

#[test]
fn the_order_of_refusals_is_caller_window_existence() {
    let mut chain = Chain::new("local");
    let set = call(ADMIN, 3, (9u16, 5u64));
    assert_eq!(chain.submit("//Bob", &set), Err(Refused::BadOrigin));
    assert_eq!(chain.sudo(&set), Err(Refused::Module(ADMIN, 0)));
    // A subnet that is not there counts with the default tempo of 360 from block 0.
    chain.sudo(&call(ADMIN, 74, 360u16)).unwrap();
    assert_eq!(chain.sudo(&set), Err(FROZEN));
}

#[test]
fn values_have_bounds() {
    let mut chain = with_subnet("local");
    let own = |error: u8| Refused::Module(ADMIN, error);
    let subtensor = |error: u8| Refused::Module(SUBTENSOR, error);
    let tao = 1_000_000_000u64;
    let cases: Vec<(u8, Vec<u8>, Refused)> = vec![
        (15, (2u16, 63u16).encode(), own(8)),
        (15, (2u16, 257u16).encode(), own(9)),
        (18, (2u16, 359u16).encode(), subtensor(86)),
        (20, (2u16, true).encode(), own(12)),
        (22, (2u16, tao).encode(), own(5)),
        (23, (2u16, tao / 10).encode(), own(5)),
        (25, (2u16, 257u16).encode(), own(1)),
        (33, 1u64.encode(), own(13)),
        (51, (2u16, 2_000u16, 3_000u16).encode(), subtensor(55)),
        (57, (2u16, 101u64).encode(), subtensor(112)),
        (57, (2u16, 0u64).encode(), subtensor(113)),
        (72, (2u16, 11u16).encode(), subtensor(114)),
        (76, (2u16, 2u8).encode(), subtensor(125)),
        (76, (2u16, 3u8).encode(), subtensor(114)),
        (77, (2u16, Some(vec![65_534u16])).encode(), subtensor(114)),
        (77, (2u16, Some(vec![65_534u16, 1])).encode(), subtensor(114)),
        (79, (2u16, 256u16).encode(), own(7)),
        (79, (2u16, 1u16).encode(), own(6)),
        (88, 17u8.encode(), subtensor(114)),
        (89, (0u16, 1u16).encode(), own(11)),
        (89, (2u16, 0u16).encode(), own(10)),
        (90, (2u16, 0u128).encode(), own(10)),
        (93, (2u16, 11_797u16).encode(), own(10)),
        (94, (0u16, true).encode(), own(11)),
        (96, 0u8.encode(), own(5)),
    ];
    for (number, arguments, refused) in cases {
        let outcome = chain.sudo(&[&[ADMIN, number][..], &arguments].concat());
        assert_eq!(outcome, Err(refused), "call {number} with {arguments:?}");
    }
    // Bounds that only owners have.
    assert_eq!(chain.submit("//Bob", &call(ADMIN, 26, (2u16, 975_001u64))), Err(own(3)));
    assert_eq!(chain.sudo(&call(ADMIN, 26, (2u16, 975_001u64))), Ok(()));
    assert_eq!(chain.submit("//Bob", &call(ADMIN, 68, (2u16, -1i16))), Err(own(4)));
    assert_eq!(chain.sudo(&call(ADMIN, 68, (2u16, -1i16))), Ok(()));
    // Liquid alpha first.
    chain.sudo(&call(ADMIN, 50, (2u16, true))).unwrap();
    assert_eq!(chain.sudo(&call(ADMIN, 51, (2u16, 1_638u16, 1_637u16))), Err(subtensor(56)));
    assert_eq!(chain.sudo(&call(ADMIN, 51, (2u16, 1_639u16, 1_638u16))), Err(subtensor(57)));
    assert_eq!(chain.sudo(&call(ADMIN, 51, (2u16, 1_638u16, 1_638u16))), Ok(()));
}

#[test]
fn mechanisms_come_and_go() {
    let mut chain = with_subnet("local");
    chain.sudo(&call(ADMIN, 15, (2u16, 128u16))).unwrap();
    chain.sudo(&call(ADMIN, 76, (2u16, 2u8))).unwrap();
    chain.sudo(&call(ADMIN, 77, (2u16, Some(vec![65_000u16, 535])))).unwrap();
    let second = chain.ask("SubnetInfoRuntimeApi_get_mechagraph", &(2u16, 1u8).encode());
    assert_eq!(second[..3], [&[1][..], &Compact(4096u16 + 2).encode()[..2]].concat()[..]);
    chain.sudo(&call(ADMIN, 76, (2u16, 1u8))).unwrap();
    assert_eq!(chain.ask("SubnetInfoRuntimeApi_get_mechagraph", &(2u16, 1u8).encode()), [0]);
}

#[test]
fn the_owners_hotkey_changes_once_a_week_whoever_asks() {
    let mut chain = with_subnet("local");
    let set = call(ADMIN, 67, (2u16, account("//Dave")));
    assert_eq!(chain.submit("//Bob", &set), Ok(()));
    assert_eq!(chain.sudo(&set), Err(RATE_LIMIT));
    assert_eq!(chain.sudo(&call(ADMIN, 64, (2u16, account("//Eve")))), Err(RATE_LIMIT));
}

#[test]
fn a_new_tempo_starts_the_count_anew() {
    let mut chain = with_subnet("local");
    chain.advance_to(5);
    chain.sudo(&call(ADMIN, 30, (2u16, 7u16))).unwrap();
    let next: Option<u64> = chain.query("SubnetInfoRuntimeApi_get_next_epoch_start_block", &2u16.encode());
    assert_eq!(next, Some(u64::from(chain.block()) + 7));
    assert!(chain.events().iter().any(|event| event.encode() == event_bytes(52, (2u16, 7u16))));
    assert!(chain.events().iter().any(|event| matches!(event, RuntimeEvent::Sudo(_))));
    chain.sudo(&call(ADMIN, 30, (2u16, 0u16))).unwrap();
    let next: Option<u64> = chain.query("SubnetInfoRuntimeApi_get_next_epoch_start_block", &2u16.encode());
    assert_eq!(next, None);
}
