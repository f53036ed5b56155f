//! What neurons publish about themselves.

use codec::{Compact, Encode};
use subnetkit_runtime::RuntimeEvent;
use subnetkit_runtime::pallets::commitments::Event;
use subnetkit_timelock::seal;

use crate::chain::{ADMIN, COMMITMENTS, Chain, Raw, Refused, SUBTENSOR, account, call};
use crate::commits::{NETUID, VALIDATOR, twox_64, with_subnet};
use crate::drand::{beacon, come, genesis};

const MINER: &str = "//Charlie//miner";
const ROUND: u64 = 500;

/// Short bytes, which carry their length in their tag.
fn raw(bytes: &[u8]) -> Raw {
    Raw([&[u8::try_from(bytes.len()).unwrap() + 1], bytes].concat())
}

fn sealed(bytes: &[u8], round: u64) -> Raw {
    let sealed = seal(&beacon().public_key(), round, bytes, [1; 32]).unwrap();
    Raw((134u8, sealed, round).encode())
}

fn commit(fields: Vec<Raw>) -> Vec<u8> {
    call(COMMITMENTS, 0, (NETUID, fields))
}

fn key() -> Vec<u8> {
    [NETUID.encode(), twox_64(account(MINER))].concat()
}

/// The stored commitment without its deposit: block, and fields as bytes.
fn stored(chain: &Chain) -> Option<(u32, Vec<u8>)> {
    let value = chain.stored(&[&prefix("CommitmentOf")[..], &key()].concat())?;
    assert_eq!(value[..8], [0; 8], "commitments are free");
    Some((u32::from_le_bytes(value[8..12].try_into().unwrap()), value[12..].to_vec()))
}

fn prefix(item: &str) -> Vec<u8> {
    [sp_core::twox_128(b"Commitments"), sp_core::twox_128(item.as_bytes())].concat()
}

fn told(chain: &Chain, event: Event<subnetkit_runtime::Runtime>) -> bool {
    chain.events().contains(&RuntimeEvent::Commitments(event))
}

#[test]
fn a_neuron_publishes_within_its_space_and_everybody_reads_it() {
    let mut chain = with_subnet(genesis());
    assert_eq!(chain.submit("//Eve", &commit(vec![raw(b"me")])), Err(Refused::Module(COMMITMENTS, 1)));
    chain.advance_to(3);
    // A hotkey that never held TAO commits for free.
    chain.submit(MINER, &commit(vec![raw(b"model"), Raw(vec![0])])).unwrap();
    assert!(told(&chain, Event::Commitment { netuid: NETUID, who: account(MINER) }));
    let fields = [&[8, 6][..], b"model", &[0]].concat();
    assert_eq!(stored(&chain), Some((3, fields.clone())));
    assert_eq!(chain.read("Commitments", "LastCommitment", &key()), Some(3u32));
    assert_eq!(chain.read("Commitments", "UsedSpaceOf", &key()), Some((0u64, 100u64)));
    let answer = chain.ask("SubnetInfoRuntimeApi_get_selective_metagraph", &(NETUID, vec![73u16]).encode());
    let compact: Vec<_> = fields.into_iter().map(Compact).collect();
    assert!(answer.ends_with(&Some(vec![(account(MINER), compact)]).encode()));

    // 3100 bytes an epoch: 100 are used, then 600 each time.
    let big = || Raw((136u8, vec![7u8; 300]).encode());
    for _ in 0..5 {
        chain.submit(MINER, &commit(vec![big(), big()])).unwrap();
    }
    assert_eq!(chain.submit(MINER, &commit(vec![raw(b"x")])), Err(Refused::Module(COMMITMENTS, 2)));
    chain.advance_to(10);
    chain.submit(MINER, &commit(vec![raw(b"x")])).unwrap();
    assert_eq!(chain.read("Commitments", "UsedSpaceOf", &key()), Some((1u64, 100u64)));
    assert_eq!(chain.submit("//Bob", &call(COMMITMENTS, 2, 99u32)), Err(Refused::BadOrigin));
    chain.sudo(&call(COMMITMENTS, 2, 150u32)).unwrap();
    assert_eq!(chain.submit(MINER, &commit(vec![raw(b"x")])), Err(Refused::Module(COMMITMENTS, 2)));
}

#[test]
fn sealed_fields_open_with_their_round_and_the_last_ten_stay() {
    let mut chain = with_subnet(genesis());
    chain.sudo(&call(COMMITMENTS, 2, 1_000_000u32)).unwrap();
    let fields = vec![sealed(b"first", ROUND), raw(b"open"), sealed(b"second", ROUND + 1)];
    chain.submit(MINER, &commit(fields)).unwrap();
    let who = account(MINER);
    assert!(told(
        &chain,
        Event::TimelockCommitment { netuid: NETUID, who: who.clone(), reveal_round: ROUND }
    ));
    let index = |chain: &Chain| -> Vec<_> {
        chain.read::<Vec<(u16, subnetkit_runtime::AccountId)>>("Commitments", "TimelockedIndex", &[]).unwrap()
    };
    assert_eq!(index(&chain), [(NETUID, who.clone())]);
    let opened = |chain: &Chain| -> Vec<(Vec<u8>, u64)> {
        chain.read("Commitments", "RevealedCommitments", &key()).unwrap_or_default()
    };
    chain.advance_to(2);
    come(&mut chain, ROUND);
    assert!(opened(&chain).is_empty(), "only a block's beginning opens");
    chain.advance_to(3);
    assert_eq!(opened(&chain), [(b"first".to_vec(), 3)]);
    assert!(told(&chain, Event::CommitmentRevealed { netuid: NETUID, who }));
    come(&mut chain, ROUND + 1);
    chain.advance_to(4);
    assert_eq!(opened(&chain)[1], (b"second".to_vec(), 4));
    assert_eq!(stored(&chain), Some((1, [&[4, 5][..], b"open"].concat())));
    assert!(index(&chain).is_empty());

    for round in ROUND + 2..ROUND + 12 {
        chain.submit(MINER, &commit(vec![sealed(&round.to_le_bytes(), round)])).unwrap();
        come(&mut chain, round);
        chain.advance_to(chain.block() + 1);
        assert_eq!(stored(&chain), None, "nothing is left of it");
    }
    let rounds: Vec<_> = opened(&chain).into_iter().map(|(bytes, _)| bytes).collect();
    assert_eq!(rounds, (ROUND + 2..ROUND + 12).map(|round| round.to_le_bytes().to_vec()).collect::<Vec<_>>());
}

#[test]
fn a_flag_takes_away_the_bonds_to_a_neuron_where_the_subnet_allows_it() {
    let mut chain = with_subnet(genesis());
    chain.sudo(&call(ADMIN, 49, (NETUID, false))).unwrap();
    chain.submit("//Bob", &call(SUBTENSOR, 92, NETUID)).unwrap();
    chain.submit("//Bob", &call(SUBTENSOR, 2, (account(VALIDATOR), NETUID, 10_000_000_000u64))).unwrap();
    chain.advance_to(3);
    chain.submit(VALIDATOR, &call(SUBTENSOR, 0, (NETUID, vec![0u16, 1], vec![1u16, 1], 0u64))).unwrap();
    chain.advance_to(20);
    let bonds = |chain: &Chain| -> Vec<u16> {
        let row: Vec<(u16, u16)> =
            chain.read("SubtensorModule", "Bonds", &(NETUID, 0u16).encode()).unwrap_or_default();
        row.into_iter().map(|(uid, _)| uid).collect()
    };
    assert_eq!(bonds(&chain), [0, 1]);
    let flag = || commit(vec![Raw(vec![135])]);
    chain.submit(MINER, &flag()).unwrap();
    assert_eq!(bonds(&chain), [0, 1], "not allowed");
    chain.sudo(&call(ADMIN, 70, (NETUID, true))).unwrap();
    chain.submit(MINER, &flag()).unwrap();
    assert_eq!(bonds(&chain), [0]);
    assert_eq!(chain.read("Commitments", "LastBondsReset", &key()), Some(20u32));
}
