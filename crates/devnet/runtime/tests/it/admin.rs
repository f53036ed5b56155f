//! Hyperparameters: who may set them, when, and within which bounds.

use codec::{Compact, Decode, Encode};
use subnetkit_runtime::RuntimeEvent;

use crate::chain::{ADMIN, Chain, Raw, Refused, SUBTENSOR, account, call};

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

/// A storage item of SubtensorModule under keys that are not hashed.
fn item(name: &str, keys: impl Encode) -> Vec<u8> {
    [&sp_core::twox_128(b"SubtensorModule")[..], &sp_core::twox_128(name.as_bytes()), &keys.encode()].concat()
}

#[test]
fn trimming_removes_the_lowest_emission_and_renumbers_the_rest() {
    let mut chain = with_subnet("fast");
    // Uid 0 is the owner's, who is never removed.
    for uid in 1..=5 {
        chain.submit("//Charlie", &call(SUBTENSOR, 7, (2u16, account(&format!("//m{uid}"))))).unwrap();
    }
    let trim = |most: u16| call(ADMIN, 78, (2u16, most));
    assert_eq!(chain.sudo(&trim(63)), Err(Refused::Module(SUBTENSOR, 114)), "below the minimum");
    assert_eq!(chain.sudo(&trim(257)), Err(Refused::Module(SUBTENSOR, 114)), "above the maximum");
    assert_eq!(chain.sudo(&call(ADMIN, 78, (9u16, 64u16))), Err(Refused::Module(SUBTENSOR, 76)));
    chain.sudo(&call(ADMIN, 79, (2u16, 2u16))).unwrap();
    assert_eq!(chain.submit("//Charlie", &trim(3)), Err(Refused::BadOrigin));
    // All are immune yet.
    assert_eq!(chain.sudo(&trim(4)), Err(Refused::Module(SUBTENSOR, 120)));
    chain.sudo(&call(ADMIN, 13, (2u16, 0u16))).unwrap();
    let written = vec![
        (item("Emission", 2u16), vec![0u64, 7, 5, 9, 5, 8].encode()),
        (item("ValidatorPermit", 2u16), vec![false, true, false, true, false, true].encode()),
        (item("Weights", (2u16, 3u16)), vec![(1u16, 11u16), (2, 22), (5, 55)].encode()),
        (item("Bonds", (2u16, 5u16)), vec![(4u16, 44u16), (3, 33)].encode()),
        (item("Weights", (2u16, 2u16)), vec![(1u16, 1u16)].encode()),
    ];
    chain.sudo(&call(0, 4, written)).unwrap();

    assert_eq!(chain.submit("//Bob", &trim(4)), Ok(()));
    assert_eq!(chain.submit("//Bob", &trim(3)), Err(RATE_LIMIT), "the owner trims rarely");
    let read = |name: &str, keys: &dyn Fn() -> Vec<u8>| chain.stored(&item(name, Raw(keys())));
    let column = |name: &str| read(name, &|| 2u16.encode()).unwrap();
    assert_eq!(column("SubnetworkN"), 4u16.encode());
    assert_eq!(column("MaxAllowedUids"), 4u16.encode());
    // Of the two with 5, the higher uid goes first; both go.
    assert_eq!(column("Emission"), vec![0u64, 7, 9, 8].encode());
    assert_eq!(column("ValidatorPermit"), vec![false, true, true, true].encode());
    assert_eq!(column("Active"), vec![true; 4].encode());
    let row = |name: &str, uid: u16| read(name, &|| (2u16, uid).encode());
    assert_eq!(row("Weights", 2), Some(vec![(1u16, 11u16), (3, 55)].encode()));
    assert_eq!(row("Bonds", 3), Some(vec![(2u16, 33u16)].encode()));
    for (uid, name) in [(1, "//m1"), (2, "//m3"), (3, "//m5")] {
        assert_eq!(row("Keys", uid), Some(account(name).encode()));
    }
    for name in ["Keys", "Weights", "Bonds", "BlockAtRegistration"] {
        assert_eq!((row(name, 4), row(name, 5)), (None, None), "{name}");
    }
    let neurons = chain.ask("NeuronInfoRuntimeApi_get_neurons_lite", &2u16.encode());
    assert_eq!(neurons[0], 4 << 2, "four neurons");
    // Who was removed may come back, in place of another.
    chain.sudo(&call(ADMIN, 84, (2u16, 0u16))).unwrap();
    assert_eq!(chain.submit("//Charlie", &call(SUBTENSOR, 7, (2u16, account("//m2")))), Ok(()));
    assert_eq!(chain.stored(&item("Keys", (2u16, 1u16))), Some(account("//m2").encode()));
}

#[test]
fn of_equal_emissions_the_newest_uid_goes_first() {
    let mut chain = with_subnet("fast");
    for uid in 1..=3 {
        chain.submit("//Charlie", &call(SUBTENSOR, 7, (2u16, account(&format!("//m{uid}"))))).unwrap();
    }
    chain.sudo(&call(ADMIN, 79, (2u16, 2u16))).unwrap();
    chain.sudo(&call(ADMIN, 13, (2u16, 0u16))).unwrap();
    chain.sudo(&call(ADMIN, 78, (2u16, 2u16))).unwrap();
    assert_eq!(chain.stored(&item("Keys", (2u16, 1u16))), Some(account("//m1").encode()));
    assert_eq!(chain.stored(&item("Keys", (2u16, 2u16))), None);
}

#[test]
fn those_who_make_blocks_are_named_by_root() {
    let mut chain = Chain::new("local");
    let change = call(ADMIN, 0, vec![account("//Two")]);
    assert_eq!(chain.submit("//Bob", &change), Err(Refused::BadOrigin));
    assert_eq!(chain.sudo(&change), Ok(()));
    assert_eq!(chain.ask("AuraApi_authorities", &[]), vec![account("//Two")].encode());
    chain.advance_to(3);
}

#[test]
fn liquidity_of_ones_own_is_refused_by_name() {
    const SWAP: u8 = 28;
    let mut chain = Chain::new("local");
    let hotkey = account("//Bob//hotkey");
    for refused in [
        call(SWAP, 1, (&hotkey, 1u16, -1i32, 1i32, 1u64)),
        call(SWAP, 2, (&hotkey, 1u16, 1u128)),
        call(SWAP, 3, (&hotkey, 1u16, 1u128, -1i64)),
        call(SWAP, 4, (1u16, true)),
        call(SWAP, 5, ()),
    ] {
        assert_eq!(chain.submit("//Bob", &refused), Err(Refused::Module(SWAP, 12)));
    }
}
