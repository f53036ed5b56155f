//! From rewards to the arguments of the call.

use std::collections::BTreeMap;

use subnetkit_protocol::Hotkey;
use subnetkit_validator::weights::conform::ConformError;
use subnetkit_validator::weights::policy::PolicyError;
use subnetkit_validator::weights::{Payout, PrepareError, Prepared, Rules, prepare};
use subnetkit_validator::{Weights, WhenAllZero};

use crate::support::hotkey;

/// Owner 0 has uid 3, the validator 1 has uid 2, the miners 2 and 3 have uids 1 and 0.
fn uids() -> BTreeMap<Hotkey, u16> {
    BTreeMap::from([(hotkey(0), 3), (hotkey(1), 2), (hotkey(2), 1), (hotkey(3), 0)])
}

fn rules(uids: &BTreeMap<Hotkey, u16>) -> Rules<'_> {
    Rules {
        uids,
        me: hotkey(1),
        owner: hotkey(0),
        min_allowed_weights: 1,
        max_weights_limit: u16::MAX,
        weights_version: 0,
        when_all_zero: WhenAllZero::Skip,
        held: None,
        owner_burn_share: 0.0,
        version_key: 0,
    }
}

fn rewards(entries: &[(u8, f64)]) -> Weights {
    entries.iter().map(|(n, reward)| (hotkey(*n), *reward)).collect()
}

fn pairs(prepared: Result<Prepared, PrepareError>) -> Vec<(u16, u16)> {
    prepared.unwrap().pairs()
}

#[test]
fn rewards_become_pairs_by_ascending_uid() {
    let uids = uids();
    let prepared = prepare(rewards(&[(2, 1.0), (3, 4.0)]), &rules(&uids)).unwrap();
    assert_eq!(prepared.pairs(), [(0, 65535), (1, 16384)]);
    assert_eq!(prepared.payout, Payout::Rewards);
    assert_eq!(prepared.weights[0].hotkey, hotkey(3));
    assert_eq!(prepared.weights[0].reward, 4.0);
}

#[test]
fn a_hotkey_that_left_gets_nothing_and_is_named() {
    let uids = uids();
    let prepared = prepare(rewards(&[(9, 5.0), (2, 1.0)]), &rules(&uids)).unwrap();
    assert_eq!(prepared.pairs(), [(1, 65535)]);
    assert_eq!(prepared.unregistered, [hotkey(9)]);
}

#[test]
fn all_zero_rewards_become_what_the_operator_decided_and_never_uniform() {
    let uids = uids();
    // Also all zero: the only rewarded hotkey is gone.
    for zero in [rewards(&[]), rewards(&[(2, 0.0), (3, 0.0)]), rewards(&[(9, 1.0)])] {
        let with = |when_all_zero, held: Option<&_>| {
            prepare(zero.clone(), &Rules { when_all_zero, held, owner_burn_share: 0.5, ..rules(&uids) })
        };
        let skipped = with(WhenAllZero::Skip, None).unwrap_err();
        assert_eq!(skipped, PrepareError::AllZero(PolicyError::Skipped));
        assert!(skipped.is_decision());

        let burned = with(WhenAllZero::BurnToOwner, None).unwrap();
        assert_eq!((burned.pairs(), burned.payout), (vec![(3, 65535)], Payout::BurnedToOwner));

        let held = BTreeMap::from([(hotkey(2), 100), (hotkey(3), 50), (hotkey(9), 65535)]);
        let again = with(WhenAllZero::HoldLast, Some(&held)).unwrap();
        assert_eq!((again.pairs(), again.payout), (vec![(0, 32768), (1, 65535)], Payout::HeldLast));
        let nothing = with(WhenAllZero::HoldLast, None).unwrap_err();
        assert_eq!(nothing, PrepareError::AllZero(PolicyError::NothingToHold));
        assert!(!nothing.is_decision());
    }
}

#[test]
fn the_owner_gets_its_share_before_the_rules_of_the_subnet_bind() {
    let uids = uids();
    let burning = Rules { owner_burn_share: 0.5, ..rules(&uids) };
    let prepared = prepare(rewards(&[(2, 1.0), (3, 1.0)]), &burning).unwrap();
    assert_eq!(prepared.pairs(), [(0, 32768), (1, 32768), (3, 65535)]);
    let all = Rules { owner_burn_share: 1.0, ..rules(&uids) };
    assert_eq!(pairs(prepare(rewards(&[(2, 1.0), (3, 1.0)]), &all)), [(3, 65535)]);
    let mut without = uids.clone();
    without.remove(&hotkey(0));
    let error = prepare(rewards(&[(2, 1.0)]), &Rules { uids: &without, ..burning }).unwrap_err();
    assert!(matches!(error, PrepareError::OwnerAbsent(_)), "{error}");
}

#[test]
fn the_subnets_rules_bind() {
    let uids = uids();
    let one = rewards(&[(2, 1.0)]);
    let strict = Rules { min_allowed_weights: 2, ..rules(&uids) };
    let error = prepare(one, &strict).unwrap_err();
    assert_eq!(error, PrepareError::Conform(ConformError::TooFew { required: 2, got: 1 }));
    // A single weight on oneself is exempt.
    assert_eq!(pairs(prepare(rewards(&[(1, 1.0)]), &strict)), [(2, 65535)]);

    // The chain never demands more weights than there are neurons.
    let all = rewards(&[(0, 1.0), (1, 1.0), (2, 1.0), (3, 1.0)]);
    let stricter = Rules { min_allowed_weights: 1024, ..rules(&uids) };
    assert_eq!(pairs(prepare(all, &stricter)).len(), 4);

    let capped = Rules { max_weights_limit: 32768, ..rules(&uids) };
    let clipped = pairs(prepare(rewards(&[(2, 9.0), (3, 1.0)]), &capped));
    assert!(clipped[0].1 > 65500, "the smaller share is lifted to about half of the sum: {clipped:?}");
}

#[test]
fn an_outdated_version_key_is_refused_before_the_chain_does() {
    let uids = uids();
    let newer = Rules { weights_version: 5, version_key: 4, ..rules(&uids) };
    let error = prepare(rewards(&[(2, 1.0)]), &newer).unwrap_err();
    assert_eq!(error, PrepareError::VersionKeyTooLow { version_key: 4, required: 5 });
    assert_eq!(prepare(rewards(&[(2, 1.0)]), &Rules { version_key: 6, ..newer }).unwrap().version_key, 6);
}
