//! Stake: orders with limits, moves, seats on root, children, takes, exchanged keys and dissolved subnets.

use codec::{Decode, Encode};
use sp_runtime::traits::{BlakeTwo256, Hash};
use subnetkit_runtime::pallets::subtensor::{Event, types::AccountId};
use subnetkit_runtime::{Runtime, RuntimeEvent};

use crate::chain::{ADMIN, Chain, Refused, SUBTENSOR, account, call};

const TAO: u64 = 1_000_000_000;
const NETUID: u16 = 2;
const SWAP: u8 = 28;
/// All of a stake, as a child's part.
const ALL: u64 = u64::MAX;

/// Subnet 2 is Bob's and started, root takes stake, and Alice's hotkey holds a uid on it.
fn with_subnet(preset: &str) -> Chain {
    let mut chain = Chain::new(preset);
    chain.sudo(&call(ADMIN, 74, 0u16)).unwrap();
    chain.sudo(&call(ADMIN, 66, (0u16, true))).unwrap();
    chain.submit("//Bob", &call(SUBTENSOR, 59, account("//Bob//hotkey"))).unwrap();
    chain.submit("//Bob", &call(SUBTENSOR, 92, NETUID)).unwrap();
    chain.submit("//Alice", &call(SUBTENSOR, 7, (NETUID, hotkey()))).unwrap();
    chain
}

/// Alice's hotkey.
fn hotkey() -> AccountId {
    account("//Alice//hotkey")
}

fn add_stake(chain: &mut Chain, coldkey: &str, netuid: u16, tao: u64) {
    chain.submit(coldkey, &call(SUBTENSOR, 2, (hotkey(), netuid, tao))).unwrap();
}

/// What a coldkey holds on a hotkey, alpha in rao.
fn stake(chain: &Chain, hotkey: &AccountId, coldkey: &str, netuid: u16) -> u64 {
    /// The fields of the API's answer up to the stake.
    type Start = (AccountId, AccountId, codec::Compact<u16>, codec::Compact<u64>);
    let input = (hotkey, account(coldkey), netuid).encode();
    let found: Vec<u8> = chain.ask("StakeInfoRuntimeApi_get_stake_info_for_hotkey_coldkey_netuid", &input);
    Option::<Start>::decode(&mut &found[..]).unwrap().map_or(0, |(.., stake)| stake.0)
}

/// Rao per alpha.
fn price(chain: &Chain) -> u64 {
    chain.query("SwapRuntimeApi_current_alpha_price", &NETUID.encode())
}

/// The pallet's events of the open block.
fn told(chain: &Chain) -> Vec<Event<Runtime>> {
    let events = chain.events().into_iter().filter_map(|event| match event {
        RuntimeEvent::SubtensorModule(event) => Some(event),
        _ => None,
    });
    events.collect()
}

fn error(number: u8) -> Refused {
    Refused::Module(SUBTENSOR, number)
}

#[test]
fn an_order_stops_at_its_limit_or_is_refused_as_a_whole() {
    let mut chain = with_subnet("local");
    let before = price(&chain);
    let limit = before + before / 20;
    let order = |partial: bool| call(SUBTENSOR, 88, (hotkey(), NETUID, 500 * TAO, limit, partial));
    assert_eq!(chain.submit("//Alice", &order(false)), Err(error(84)));
    assert_eq!(price(&chain), before);
    chain.submit("//Alice", &order(true)).unwrap();
    assert!(price(&chain).abs_diff(limit) <= 1, "{} {limit}", price(&chain));
    // What is left up to the limit is too little to be bought, and past it there is nothing.
    assert_eq!(chain.submit("//Alice", &order(true)), Err(error(82)));
    add_stake(&mut chain, "//Alice", NETUID, TAO);
    assert_eq!(chain.submit("//Alice", &order(true)), Err(Refused::Module(SWAP, 3)));

    let held = stake(&chain, &hotkey(), "//Alice", NETUID);
    let floor = before + before / 40;
    let sell = |partial: bool| call(SUBTENSOR, 89, (hotkey(), NETUID, held, floor, partial));
    assert_eq!(chain.submit("//Alice", &sell(false)), Err(error(84)));
    chain.submit("//Alice", &sell(true)).unwrap();
    let left = stake(&chain, &hotkey(), "//Alice", NETUID);
    assert!(0 < left && left < held, "{left} of {held}");
    // The author's fee is sold beyond the limit.
    assert!(price(&chain) < floor && floor - price(&chain) < floor / 10_000, "{} {floor}", price(&chain));
    chain.submit("//Alice", &call(SUBTENSOR, 103, (hotkey(), NETUID, None::<u64>))).unwrap();
    assert_eq!(stake(&chain, &hotkey(), "//Alice", NETUID), 0);
}

#[test]
fn stake_moves_between_hotkeys_coldkeys_and_subnets() {
    let mut chain = with_subnet("local");
    add_stake(&mut chain, "//Alice", NETUID, 100 * TAO);
    let held = stake(&chain, &hotkey(), "//Alice", NETUID);
    let other = account("//Bob//hotkey");

    chain.submit("//Alice", &call(SUBTENSOR, 85, (hotkey(), &other, NETUID, NETUID, held / 2))).unwrap();
    assert_eq!(stake(&chain, &other, "//Alice", NETUID), held / 2);
    chain
        .submit("//Alice", &call(SUBTENSOR, 86, (account("//Charlie"), &other, NETUID, NETUID, held / 4)))
        .unwrap();
    assert_eq!(stake(&chain, &other, "//Charlie", NETUID), held / 4);
    chain.submit("//Charlie", &call(SUBTENSOR, 87, (&other, NETUID, 0u16, held / 8))).unwrap();
    assert_eq!(stake(&chain, &other, "//Charlie", NETUID), held / 4 - held / 8);
    let on_root = stake(&chain, &other, "//Charlie", 0);
    assert!(on_root > 0);
    assert_eq!(
        chain.submit("//Charlie", &call(SUBTENSOR, 87, (&other, NETUID, NETUID, held / 8))),
        Err(error(96))
    );
    // What is too little to be staked cannot be moved either.
    assert_eq!(
        chain.submit("//Charlie", &call(SUBTENSOR, 85, (&other, hotkey(), NETUID, NETUID, 1_000u64))),
        Err(error(82))
    );
    chain.submit("//Charlie", &call(SUBTENSOR, 84, &other)).unwrap();
    assert_eq!(stake(&chain, &other, "//Charlie", NETUID), 0);
    assert!(stake(&chain, &other, "//Charlie", 0) > on_root);
    chain.submit("//Charlie", &call(SUBTENSOR, 83, &other)).unwrap();
    assert_eq!(stake(&chain, &other, "//Charlie", 0), 0);
}

#[test]
fn alpha_is_given_up_by_recycling_burning_or_buying_to_burn() {
    let mut chain = with_subnet("local");
    add_stake(&mut chain, "//Alice", NETUID, 10 * TAO);
    let held = stake(&chain, &hotkey(), "//Alice", NETUID);
    chain.submit("//Alice", &call(SUBTENSOR, 101, (hotkey(), TAO, NETUID))).unwrap();
    chain.submit("//Alice", &call(SUBTENSOR, 102, (hotkey(), 2 * TAO, NETUID))).unwrap();
    assert_eq!(stake(&chain, &hotkey(), "//Alice", NETUID), held - 3 * TAO);
    assert_eq!(chain.submit("//Alice", &call(SUBTENSOR, 101, (hotkey(), TAO, 0u16))), Err(error(91)));
    let before = price(&chain);
    chain.submit("//Alice", &call(SUBTENSOR, 132, (hotkey(), NETUID, 50 * TAO, None::<u64>))).unwrap();
    assert_eq!(stake(&chain, &hotkey(), "//Alice", NETUID), held - 3 * TAO);
    assert!(price(&chain) > before);
}

#[test]
fn seats_on_root_are_given_once_a_block_and_make_parents_of_new_subnets_owners() {
    let mut chain = Chain::new("fast");
    chain.submit("//Alice", &call(SUBTENSOR, 62, hotkey())).unwrap();
    assert_eq!(chain.submit("//Bob", &call(SUBTENSOR, 62, account("//Bob//hotkey"))), Err(error(20)));
    chain.advance_to(2);
    chain.submit("//Bob", &call(SUBTENSOR, 62, account("//Bob//hotkey"))).unwrap();
    chain.submit("//Bob", &call(SUBTENSOR, 135, (account("//Bob//hotkey"), false))).unwrap();
    chain.submit("//Charlie", &call(SUBTENSOR, 59, account("//Charlie//hotkey"))).unwrap();
    let children: Vec<_> = told(&chain)
        .into_iter()
        .filter_map(|event| match event {
            Event::SetChildren(parent, netuid, children) => Some((parent, netuid, children)),
            _ => None,
        })
        .collect();
    assert_eq!(children, [(hotkey(), NETUID, vec![(ALL, account("//Charlie//hotkey"))])]);
}

#[test]
fn children_wait_for_the_epoch_after_their_cooldown() {
    let mut chain = with_subnet("fast");
    add_stake(&mut chain, "//Alice", NETUID, 10 * TAO);
    let child = account("//Bob//hotkey");
    let set = |children: Vec<(u64, &AccountId)>| call(SUBTENSOR, 67, (hotkey(), NETUID, children));
    assert_eq!(chain.submit("//Bob", &set(vec![(ALL, &child)])), Err(error(7)));
    assert_eq!(chain.submit("//Alice", &set(vec![(1, &child), (1, &child)])), Err(error(61)));
    assert_eq!(chain.submit("//Alice", &set(vec![(1, &hotkey())])), Err(error(60)));
    chain.submit("//Alice", &set(vec![(ALL, &child)])).unwrap();
    assert_eq!(chain.submit("//Alice", &set(vec![])), Err(error(64)));
    let applied = |chain: &Chain| {
        let set =
            |event: &Event<Runtime>| matches!(event, Event::SetChildren(parent, ..) if *parent == hotkey());
        told(chain).iter().any(set)
    };
    // 15 blocks of cooldown; epochs are in blocks 10 and 20.
    for block in 2..20 {
        chain.advance_to(block);
        assert!(!applied(&chain), "in block {block}");
    }
    chain.advance_to(20);
    assert!(applied(&chain));
}

#[test]
fn takes_fall_at_once_and_rise_seldom() {
    let mut chain = with_subnet("local");
    let take = |number: u8, take: u16| call(SUBTENSOR, number, (hotkey(), take));
    chain.submit("//Alice", &take(65, 1_000)).unwrap();
    assert_eq!(chain.submit("//Alice", &take(65, 1_000)), Err(error(49)));
    chain.submit("//Alice", &take(66, 1_001)).unwrap();
    assert_eq!(chain.submit("//Alice", &take(66, 1_002)), Err(error(34)));
    let childkey_take = |take: u16| call(SUBTENSOR, 75, (hotkey(), NETUID, take));
    assert_eq!(chain.submit("//Alice", &childkey_take(11_797)), Err(error(71)));
    chain.submit("//Alice", &childkey_take(5_000)).unwrap();
    assert_eq!(chain.submit("//Alice", &childkey_take(5_001)), Err(error(72)));
    chain.submit("//Alice", &childkey_take(4_999)).unwrap();
}

#[test]
fn a_hotkey_takes_anothers_place_with_its_uid_and_stake() {
    let mut chain = with_subnet("local");
    add_stake(&mut chain, "//Alice", NETUID, 10 * TAO);
    add_stake(&mut chain, "//Charlie", NETUID, 20 * TAO);
    let (mine, theirs) =
        (stake(&chain, &hotkey(), "//Alice", NETUID), stake(&chain, &hotkey(), "//Charlie", NETUID));
    let new = account("//Alice//new");
    let swap = |netuid: Option<u16>| call(SUBTENSOR, 70, (hotkey(), &new, netuid));
    assert_eq!(chain.submit("//Charlie", &swap(None)), Err(error(7)));
    // On one subnet a coldkey that never exchanged a hotkey counts as if it had in block 0.
    assert_eq!(chain.submit("//Alice", &swap(Some(NETUID))), Err(error(95)));
    chain.submit("//Alice", &swap(None)).unwrap();
    assert_eq!(stake(&chain, &hotkey(), "//Alice", NETUID), 0);
    assert_eq!(stake(&chain, &new, "//Alice", NETUID), mine);
    assert!(stake(&chain, &new, "//Charlie", NETUID).abs_diff(theirs) <= 1);
    assert_eq!(
        chain.submit("//Alice", &call(SUBTENSOR, 7, (NETUID, &new))),
        Err(error(21)),
        "the new hotkey has the uid"
    );
}

#[test]
fn a_coldkey_is_exchanged_after_its_announcement_and_does_nothing_else_meanwhile() {
    let mut chain = with_subnet("local");
    add_stake(&mut chain, "//Alice", NETUID, 10 * TAO);
    let held = stake(&chain, &hotkey(), "//Alice", NETUID);
    chain.sudo(&call(ADMIN, 86, 5u32)).unwrap();
    chain.sudo(&call(SUBTENSOR, 71, (account("//Charlie"), account("//Dave"), 0u64))).unwrap();
    add_stake(&mut chain, "//Ferdie", NETUID, TAO);

    let successor = account("//Ferdie//cold");
    let announce = call(SUBTENSOR, 125, BlakeTwo256::hash_of(&successor));
    let carry_out = |new: &AccountId| call(SUBTENSOR, 126, new);
    assert_eq!(chain.submit("//Ferdie", &carry_out(&successor)), Err(error(65)));
    chain.submit("//Ferdie", &announce).unwrap();
    assert_eq!(chain.submit("//Ferdie", &announce), Err(error(67)));
    assert_eq!(chain.submit("//Ferdie", &carry_out(&successor)), Err(error(66)));
    chain.advance_to(6);
    assert_eq!(chain.submit("//Ferdie", &carry_out(&account("//Eve"))), Err(error(68)));
    chain.submit("//Ferdie", &carry_out(&successor)).unwrap();
    assert_eq!(stake(&chain, &hotkey(), "//Ferdie", NETUID), 0);
    assert!(stake(&chain, &hotkey(), "//Ferdie//cold", NETUID) > 0);
    assert!(stake(&chain, &hotkey(), "//Alice", NETUID).abs_diff(held) <= 1);
}

#[test]
fn a_dissolved_subnet_pays_its_stakers_and_makes_room() {
    let mut chain = with_subnet("fast");
    add_stake(&mut chain, "//Alice", NETUID, 100 * TAO);
    let dissolve = call(SUBTENSOR, 120, NETUID);
    assert_eq!(chain.submit("//Bob", &dissolve), Err(Refused::BadOrigin));
    let before = free(&chain, "//Alice");
    chain.sudo(&dissolve).unwrap();
    assert!(told(&chain).iter().any(|event| matches!(event, Event::NetworkRemoved(NETUID))));
    assert_eq!(stake(&chain, &hotkey(), "//Alice", NETUID), 0);
    // Alpha held and alpha in the pool are worth the same, and the pool holds most of it.
    let paid = free(&chain, "//Alice") - before;
    assert!((90 * TAO..110 * TAO).contains(&paid), "{paid}");
    assert_eq!(chain.sudo(&dissolve), Err(error(76)));

    // With room for two subnets a third takes the place of the one past its immunity.
    chain.sudo(&call(ADMIN, 37, 2u16)).unwrap();
    chain.sudo(&call(ADMIN, 29, 0u64)).unwrap();
    chain.submit("//Bob", &call(SUBTENSOR, 59, account("//Bob//hotkey"))).unwrap();
    assert_eq!(
        chain.submit("//Charlie", &call(SUBTENSOR, 59, account("//Charlie//hotkey"))),
        Err(error(115))
    );
    chain.sudo(&call(ADMIN, 35, 0u64)).unwrap();
    chain.submit("//Charlie", &call(SUBTENSOR, 59, account("//Charlie//hotkey"))).unwrap();
    assert!(told(&chain).iter().any(|event| matches!(event, Event::NetworkRemoved(_))));
}

/// An account's free balance, in rao.
fn free(chain: &Chain, uri: &str) -> u64 {
    let who = account(uri).encode();
    let key =
        [&sp_core::twox_128(b"System")[..], &sp_core::twox_128(b"Account"), &sp_core::blake2_128(&who), &who]
            .concat();
    // Nonce and three counters of references come before the balance.
    chain.stored(&key).map_or(0, |account| u64::decode(&mut &account[16..]).unwrap())
}
