//! The chain's part of the laboratory: what it refuses, when weights count, who is replaced.

use subnetkit_lab::chain::{
    Founding, RegistrationRefused, Rules, RulesError, Subnet, WeightsRefused, WeightsTaken,
};
use subnetkit_protocol::AccountId;

const ALPHA: u64 = 1_000_000_000;

/// Rules without what these tests are not about.
fn rules() -> Rules {
    Rules {
        tempo: 10,
        commit_reveal_weights_enabled: false,
        weights_rate_limit: 0,
        market_volatility: 0.0,
        tao_emission: 0,
        ..Rules::default()
    }
}

fn key(number: u8) -> AccountId {
    AccountId::from_bytes([number; 32])
}

const OWNER: u8 = 200;

/// A subnet whose owner is uid 0, with validators (keys 1, 2, ...) of these alpha stakes and permits, and then miners (keys 101,
/// 102, ...), one block after its founding.
fn subnet(rules: Rules, stakes: &[u64], miners: u8) -> Subnet {
    let mut subnet = Subnet::new(rules, Founding::new(key(OWNER), key(OWNER))).unwrap();
    for (number, stake) in (1..).zip(stakes) {
        subnet.enroll(key(number), key(number)).unwrap();
        subnet.set_stake(&key(number), *stake);
        subnet.set_permit(&key(number), true);
    }
    for number in 101..=100 + miners {
        subnet.enroll(key(number), key(number)).unwrap();
    }
    subnet.advance_blocks(1);
    subnet
}

#[test]
fn open_weights_count_in_the_next_epoch() {
    let mut subnet = subnet(rules(), &[ALPHA], 2);
    assert_eq!(subnet.set_weights(&key(1), &[(2, 1), (3, 3)]), Ok(WeightsTaken::Set));
    assert_eq!(subnet.visible_weights()[1], [(2, 21_845), (3, 65_535)]);
    let epoch = subnet.advance_to_epoch();
    assert_eq!((epoch.number, epoch.block), (1, 11));
    assert_eq!(epoch.incentive[2..4], [16_383, 49_151]);
    // Half of 82% of ten blocks' alpha, and a quarter of that.
    assert_eq!(epoch.paid_to_miners[2], 1_025_005_720);
    assert_eq!(epoch.owner_cut, 1_799_954_220);
}

#[test]
fn committed_weights_stay_hidden_and_count_a_period_later() {
    for period in [1, 2, 3] {
        let rules = Rules { commit_reveal_weights_enabled: true, commit_reveal_period: period, ..rules() };
        let mut subnet = subnet(rules, &[ALPHA], 2);
        subnet.advance_to_epoch();
        assert_eq!(
            subnet.set_weights(&key(1), &[(2, 1)]),
            Ok(WeightsTaken::Committed { reveal_epoch: 1 + period })
        );
        for _ in 1..period {
            assert_eq!(subnet.advance_to_epoch().incentive, [0; 4], "period {period}");
            assert!(subnet.visible_weights()[1].is_empty());
        }
        // Right until the epoch itself nobody can read them.
        subnet.advance_blocks(subnet.next_epoch_block() - subnet.block() - 1);
        assert!(subnet.visible_weights()[1].is_empty());
        let epoch = subnet.advance_to_epoch();
        assert_eq!((epoch.number, epoch.incentive[2]), (1 + period, u16::MAX));
        assert_eq!(subnet.visible_weights()[1], [(2, u16::MAX)]);
    }
}

#[test]
fn what_a_commit_hid_is_judged_when_it_opens() {
    let rules = Rules { commit_reveal_weights_enabled: true, ..rules() };
    let mut subnet = subnet(rules, &[ALPHA], 2);
    // Anybody with enough stake may commit; a permit is asked for at the reveal.
    subnet.set_weights(&key(101), &[(1, 1)]).unwrap();
    subnet.set_weights(&key(1), &[(9, 1)]).unwrap();
    let epoch = subnet.advance_to_epoch();
    assert_eq!(
        epoch.unrevealed,
        [(key(101), WeightsRefused::NoPermit { uid: 2 }), (key(1), WeightsRefused::NoSuchUid { uid: 9 }),]
    );
    assert!(subnet.advance_to_epoch().unrevealed.is_empty());
}

#[test]
fn weights_do_not_count_for_whom_their_commit_could_not_know() {
    let rules = Rules {
        commit_reveal_weights_enabled: true,
        commit_reveal_period: 2,
        max_allowed_uids: 4,
        min_non_immune_uids: 0,
        immunity_period: 0,
        ..rules()
    };
    let mut subnet = subnet(rules, &[ALPHA], 2);
    for _ in 0..4 {
        subnet.set_weights(&key(1), &[(2, 1), (3, 1)]).unwrap();
        subnet.advance_to_epoch();
    }
    let replaced = subnet.register(key(111), key(111)).unwrap();
    assert_eq!((replaced.uid, replaced.replaced), (2, Some(key(101))));
    // The weights are known to be zero for the newcomer, and what is opened now was committed before it came.
    assert_eq!(subnet.visible_weights()[1], [(2, 0), (3, 65_535)]);
    let epoch = subnet.advance_to_epoch();
    assert_eq!(epoch.incentive[2..4], [0, u16::MAX]);
    assert_eq!(subnet.visible_weights()[1], [(2, 65_535), (3, 65_535)]);
}

#[test]
fn refusals_are_the_chains() {
    let rules = Rules { weights_rate_limit: 5, stake_threshold: ALPHA, min_allowed_weights: 2, ..rules() };
    let mut subnet = subnet(rules, &[ALPHA, ALPHA - 1], 2);
    let too_fast = WeightsRefused::TooFast { passed: 1, limit: 5 };
    assert_eq!(subnet.set_weights(&key(1), &[(3, 1), (4, 1)]), Err(too_fast));
    subnet.advance_blocks(4);
    let few = WeightsRefused::NotEnoughStake { stake: ALPHA - 1, threshold: ALPHA };
    assert_eq!(subnet.set_weights(&key(2), &[(3, 1), (4, 1)]), Err(few));
    let unknown = WeightsRefused::NotRegistered { hotkey: key(77) };
    assert_eq!(subnet.set_weights(&key(77), &[(3, 1)]), Err(unknown));
    let refused = [
        (vec![(3, 1)], WeightsRefused::TooFew { entries: 1, least: 2 }),
        (vec![(3, 1), (3, 2)], WeightsRefused::DuplicateUid { uid: 3 }),
        (vec![(3, 1), (5, 2)], WeightsRefused::NoSuchUid { uid: 5 }),
        (vec![(0, 1); 6], WeightsRefused::TooMany { entries: 6, neurons: 5 }),
    ];
    for (row, refusal) in refused {
        assert_eq!(subnet.set_weights(&key(1), &row), Err(refusal), "{row:?}");
    }
    // A neuron may always weight itself alone; that is no way around the other rules.
    assert_eq!(subnet.set_weights(&key(1), &[(1, 1)]), Ok(WeightsTaken::Set));
    assert_eq!(
        subnet.set_weights(&key(1), &[(3, 1), (4, 1)]),
        Err(WeightsRefused::TooFast { passed: 0, limit: 5 })
    );
    subnet.set_stake(&key(101), ALPHA);
    assert_eq!(subnet.set_weights(&key(101), &[(1, 1), (2, 1)]), Err(WeightsRefused::NoPermit { uid: 3 }));
    // The owner needs neither stake nor permit.
    assert_eq!(subnet.set_weights(&key(OWNER), &[(3, 1), (4, 1)]), Ok(WeightsTaken::Set));
}

#[test]
fn an_epoch_takes_ten_commits_of_a_hotkey() {
    let rules = Rules { commit_reveal_weights_enabled: true, ..rules() };
    let mut subnet = subnet(rules, &[ALPHA], 1);
    for _ in 0..10 {
        subnet.set_weights(&key(1), &[(2, 1)]).unwrap();
    }
    assert_eq!(subnet.set_weights(&key(1), &[(2, 1)]), Err(WeightsRefused::TooManyCommits));
    subnet.advance_to_epoch();
    assert!(subnet.set_weights(&key(1), &[(2, 1)]).is_ok());
}

#[test]
fn permits_go_to_the_largest_stakes_at_the_epoch() {
    let rules = Rules { max_allowed_validators: 2, ..rules() };
    let mut subnet = subnet(rules, &[3 * ALPHA, ALPHA, 2 * ALPHA], 0);
    let permits = |subnet: &Subnet| [1, 2, 3].map(|number| subnet.has_permit(&key(number)));
    assert_eq!(permits(&subnet), [true; 3]);
    subnet.advance_to_epoch();
    assert_eq!(permits(&subnet), [true, false, true]);
    subnet.set_stake(&key(2), 1_000 * ALPHA);
    assert_eq!(permits(&subnet), [true, false, true], "the permit comes with the next epoch");
    subnet.advance_to_epoch();
    assert_eq!(permits(&subnet), [true, true, false]);
    assert!(subnet.has_permit(&key(OWNER)));
}

#[test]
fn the_neuron_that_earned_least_makes_room() {
    let full = Rules { max_allowed_uids: 5, min_non_immune_uids: 0, immunity_period: 30, ..rules() };
    let mut subnet = subnet(full, &[ALPHA], 3);
    subnet.set_weights(&key(1), &[(2, 5), (3, 1), (4, 3)]).unwrap();
    subnet.advance_to_epoch();
    // All of them are immune: the one that earned least goes.
    assert_eq!(subnet.neuron_to_prune(), Some(3));
    let joined = subnet.register(key(111), key(111)).unwrap();
    assert_eq!((joined.uid, joined.replaced, subnet.uid(&key(102))), (3, Some(key(102)), None));
    // The newcomer has not earned anything yet, but the others are no longer immune when it still is.
    subnet.advance_blocks(28);
    assert_eq!(subnet.neuron_to_prune(), Some(4));
    // What the old hotkey earned stays its own, and it may come back.
    assert!(subnet.stake(&key(102)) > 0);
    let back = subnet.register(key(102), key(102)).unwrap();
    assert_eq!((back.uid, back.replaced), (4, Some(key(103))));
    // Raised by the registration, and fallen since.
    assert!(back.burn > joined.burn && back.burn < joined.burn * 126 / 100);
}

#[test]
fn immune_neurons_go_first_where_few_others_are_left() {
    let small = Rules { max_allowed_uids: 4, min_non_immune_uids: 2, immunity_period: 15, ..rules() };
    let mut subnet = subnet(small, &[ALPHA], 2);
    subnet.advance_blocks(20);
    // Three are past their immunity, more than must remain.
    assert_eq!(subnet.register(key(111), key(111)).unwrap().uid, 2);
    assert_eq!(subnet.neuron_to_prune(), Some(2), "only two are left: now the immune one goes");
    subnet.advance_blocks(20);
    assert_eq!(subnet.neuron_to_prune(), Some(3));
}

#[test]
fn registrations_are_refused_with_a_reason_and_change_nothing() {
    let tiny = Rules { max_allowed_uids: 2, ..rules() };
    let mut subnet = subnet(tiny, &[ALPHA], 0);
    assert_eq!(
        subnet.register(key(1), key(1)),
        Err(RegistrationRefused::AlreadyRegistered { hotkey: key(1), uid: 1 })
    );
    let burn = subnet.burn();
    let mine = subnet.register(key(2), key(2)).unwrap();
    assert_eq!((mine.burn, mine.replaced), (burn, Some(key(1))));
    assert_eq!(subnet.register(key(1), key(9)), Err(RegistrationRefused::NotYours { hotkey: key(1) }));
    assert_eq!(subnet.enroll(key(3), key(3)), Err(RegistrationRefused::Founded));
    let closed = Rules { network_registration_allowed: false, ..rules() };
    let mut closed = Subnet::new(closed, Founding::new(key(OWNER), key(OWNER))).unwrap();
    assert_eq!(closed.register(key(1), key(1)), Err(RegistrationRefused::NotAllowed));
}

#[test]
fn a_registration_costs_alpha_at_the_pools_price() {
    let cheap = Rules { alpha_price: 0.02, ..rules() };
    let mut subnet = subnet(cheap, &[ALPHA], 1);
    let made = subnet.register(key(111), key(111)).unwrap();
    assert_eq!(made.burn, 998_076_443);
    assert_eq!(made.burn_alpha, made.burn * 50);
    assert_eq!(subnet.burn(), 1_257_576_318);
    let pool = subnet.metagraph();
    // The TAO stays in the pool, and the alpha it bought is gone.
    assert!(pool.tao_in > 1_000 * ALPHA + 997_000_000 && pool.alpha_in < 50_000 * ALPHA - 49 * ALPHA);
}

#[test]
fn root_stake_gets_its_part_of_the_dividends() {
    let mut subnet = subnet(rules(), &[10 * ALPHA, 10 * ALPHA], 1);
    subnet.set_root_stake(&key(2), 1_000 * ALPHA);
    for number in [1, 2] {
        subnet.set_weights(&key(number), &[(3, 1)]).unwrap();
    }
    let epoch = subnet.advance_to_epoch().clone();
    // 1,000 TAO weigh 52.7 alpha beside the 10.
    assert!(epoch.dividends[2] > 5 * epoch.dividends[1]);
    assert!(subnet.root_claimable(&key(2)) > 0 && subnet.root_claimable(&key(1)) == 0);
}

#[test]
fn incentive_of_the_owners_hotkeys_is_paid_to_nobody() {
    let mut subnet = subnet(rules(), &[ALPHA], 1);
    subnet.set_weights(&key(1), &[(0, 1), (2, 1)]).unwrap();
    let epoch = subnet.advance_to_epoch();
    assert_eq!(epoch.paid_to_miners[0], 0);
    assert_eq!(epoch.withheld, epoch.paid_to_miners[2]);
    assert_eq!(epoch.incentive[0], epoch.incentive[2]);
}

#[test]
fn equal_seeds_make_equal_markets_and_blocks() {
    let price = |seed| {
        let wild = Rules { market_volatility: 0.1, ..Rules::default() };
        let founding = Founding { seed, ..Founding::new(key(OWNER), key(OWNER)) };
        let mut subnet = Subnet::new(wild, founding).unwrap();
        subnet.advance_blocks(2_000);
        (subnet.metagraph().alpha_in, subnet.block_hash(7))
    };
    assert_eq!(price(1), price(1));
    assert_ne!(price(1).0, price(2).0);
    assert_ne!(price(1).1, price(2).1);
}

#[test]
fn rules_that_no_subnet_can_have_are_refused() {
    let founding = Founding::new(key(OWNER), key(OWNER));
    let refused = Subnet::new(Rules { tempo: 0, ..Rules::default() }, founding).unwrap_err();
    assert_eq!(refused, RulesError::Zero { rule: "tempo" });
}
