//! What the journal makes of what the chain shows, one case per line.

use subnetkit_chain::{HashCommit, SignedExtrinsic, TimelockedCommit};
use subnetkit_protocol::Hotkey;
use subnetkit_validator::journal::{
    Best, Own, Reveal, Search, Shown, Verdict, holds, is_outdated, is_wanted, judge, reveal, settle,
};
use subnetkit_validator::ledger::{
    Commitment, Extrinsic, ExtrinsicFate, ExtrinsicKind, Fate, Intent, Submission, WeightRecord,
};
use subnetkit_validator::weights::Payout;

use crate::support::hotkey;

const ROUND: u64 = 5000;

fn transaction(kind: ExtrinsicKind, fate: ExtrinsicFate) -> Extrinsic {
    let signed = SignedExtrinsic { bytes: vec![1], hash: [1; 32], nonce: 7, birth_block: 98, era_blocks: 16 };
    Extrinsic { id: 1, kind, signed, fate }
}

fn undecided() -> Extrinsic {
    transaction(ExtrinsicKind::Set, ExtrinsicFate::Undecided)
}

fn weights() -> Vec<WeightRecord> {
    let weight = |n: u8, value| WeightRecord { hotkey: hotkey(n), uid: n.into(), value, reward: 1.0 };
    vec![weight(1, 65535), weight(3, 100)]
}

fn hash() -> Commitment {
    Commitment::Hash { salt: vec![1; 8], hash: [9; 32] }
}

fn timelocked() -> Commitment {
    Commitment::Timelocked { ciphertext: vec![4, 2], round: ROUND }
}

fn submission(commitment: Commitment, fate: Fate, extrinsics: Vec<Extrinsic>) -> Submission {
    let intent = Intent {
        mecid: 0,
        block: 99,
        epoch: 10,
        payout: Payout::Rewards,
        version_key: 3,
        weights: weights(),
        commitment,
    };
    Submission { id: 5, intent, fate, note: None, extrinsics }
}

fn plain(fate: Fate) -> Submission {
    let sent = transaction(ExtrinsicKind::Set, ExtrinsicFate::Succeeded { block: 101 });
    submission(Commitment::None, fate, vec![sent])
}

/// A commit of block 101, in epoch 10.
fn committed(commitment: Commitment) -> Submission {
    let sent = transaction(ExtrinsicKind::Commit, ExtrinsicFate::Succeeded { block: 101 });
    submission(commitment, Fate::Committed { block: 101, epoch: 10 }, vec![sent])
}

fn with_reveal(fate: ExtrinsicFate) -> Submission {
    let mut committed = committed(hash());
    committed.extrinsics.push(transaction(ExtrinsicKind::Reveal, fate));
    committed
}

fn neurons() -> Vec<Hotkey> {
    (0..5).map(hotkey).collect()
}

fn row() -> Vec<(u16, u16)> {
    vec![(3, 100), (1, 65535)]
}

/// A chain at block 102 in epoch 10 that holds what was sent.
fn shown() -> Shown {
    Shown {
        block: 102,
        epoch: 10,
        epoch_began_at: 90,
        reveal_period: 1,
        commit_reveal: true,
        mechanisms: 1,
        neurons: neurons(),
        own: Some(Own { row: row(), last_update: 101, may_set_weights: true, has_enough_stake: true }),
        hash_commits: Vec::new(),
        timelocked_commits: Vec::new(),
        last_round: ROUND,
        weights_version: 0,
        least_weights: 1,
    }
}

/// The same with other weights.
fn other_row() -> Shown {
    own(|own| own.row = vec![(2, 65535)])
}

fn own(change: impl FnOnce(&mut Own)) -> Shown {
    let mut shown = shown();
    change(shown.own.as_mut().unwrap());
    shown
}

/// The same with the commit still in its queue.
fn queued(mut shown: Shown) -> Shown {
    shown.hash_commits = vec![HashCommit { hash: [9; 32], epoch: 10, block: 101 }];
    shown.timelocked_commits =
        vec![(10, TimelockedCommit { block: 101, ciphertext: vec![4, 2], round: ROUND })];
    shown
}

#[track_caller]
fn becomes(submission: &Submission, shown: &Shown, state: &str, because: &str) {
    match judge(submission, shown, None) {
        Verdict::Becomes(fate) => {
            let reason = fate.reason().unwrap_or_default();
            assert!(fate.as_str() == state && reason.contains(because), "{fate:?}");
        }
        waits => panic!("{waits:?}"),
    }
}

#[track_caller]
fn waits(submission: &Submission, shown: &Shown) {
    assert_eq!(judge(submission, shown, None), Verdict::Waits(None));
}

#[test]
fn a_transaction_is_settled_by_blocks_nonce_and_era_alone() {
    let absent = |nonce, block| settle(&undecided(), Search::Absent, nonce, block);
    let fate = ExtrinsicFate::Succeeded { block: 101 };
    assert_eq!(settle(&undecided(), Search::Found(fate.clone()), 8, 102), Some(fate));
    assert_eq!(absent(7, 102), None);
    assert_eq!(absent(7, 113), None, "the last block that can have it may be the next");
    assert!(matches!(absent(7, 114), Some(ExtrinsicFate::Expired { .. })));
    assert!(matches!(absent(8, 102), Some(ExtrinsicFate::NotIncluded { .. })));
    // Where the blocks are gone, the nonce tells whether it is in one of them, and what the chain holds the rest.
    let gone = |nonce, block| settle(&undecided(), Search::Gone, nonce, block);
    assert_eq!(gone(8, 5000), Some(ExtrinsicFate::Pruned { block: 99 }));
    assert!(matches!(gone(7, 5000), Some(ExtrinsicFate::Expired { .. })));
    assert_eq!(gone(7, 102), None);
    assert_eq!(absent(0, 90), None, "a node that is behind");
    assert_eq!(absent(8, 90), None, "whatever it says of the nonce");
    let mut later = undecided();
    later.signed.birth_block = 500;
    let begun_anew = settle(&later, Search::Absent, 0, 20).unwrap();
    assert!(begun_anew.reason().unwrap().contains("begun anew"));
    later.signed.birth_block = 7_000_000;
    assert_eq!(settle(&later, Search::Absent, 0, 6_999_000), None, "a node that was down for hours");
}

#[test]
fn what_became_of_the_transaction_becomes_of_the_submission() {
    let with =
        |fate| submission(Commitment::None, Fate::Intended, vec![transaction(ExtrinsicKind::Set, fate)]);
    let reason = || "because".to_owned();
    waits(&with(ExtrinsicFate::Undecided), &shown());
    becomes(&with(ExtrinsicFate::Succeeded { block: 101 }), &shown(), "included", "");
    becomes(&with(ExtrinsicFate::Pruned { block: 101 }), &shown(), "included", "");
    becomes(&with(ExtrinsicFate::Failed { block: 101, reason: reason() }), &shown(), "refused", "because");
    becomes(&with(ExtrinsicFate::Refused { reason: reason() }), &shown(), "refused", "because");
    becomes(&with(ExtrinsicFate::Expired { reason: reason() }), &shown(), "expired", "because");
    becomes(&with(ExtrinsicFate::NotIncluded { reason: reason() }), &shown(), "not_included", "because");
    becomes(&submission(Commitment::None, Fate::Intended, vec![]), &shown(), "not_sent", "never signed");
    // A node that is behind the block that has it.
    waits(&with(ExtrinsicFate::Succeeded { block: 103 }), &shown());
}

#[test]
fn plain_weights_count_when_they_are_read_back() {
    let included = plain(Fate::Included { block: 101 });
    assert_eq!(
        judge(&included, &shown(), None),
        Verdict::Becomes(Fate::Effective { included_block: 101, block: 101 })
    );
    waits(&included, &Shown { block: 100, ..shown() });
    becomes(&included, &own(|own| own.last_update = 100), "mismatch", "before 101");
    becomes(&included, &other_row(), "mismatch", "differ");
    becomes(&included, &own(|own| own.row.clear()), "mismatch", "0 weights");
    let others = own(|own| (own.row, own.last_update) = (vec![(2, 65535)], 102));
    becomes(&included, &others, "mismatch", "another process");
    becomes(&included, &Shown { own: None, ..shown() }, "mismatch", "lost its uid");
    becomes(&included, &Shown { mechanisms: 0, ..shown() }, "mismatch", "only 0 mechanisms");
}

#[test]
fn a_commit_has_the_epoch_that_the_chain_gave_it() {
    for commitment in [hash(), timelocked()] {
        let sent = transaction(ExtrinsicKind::Commit, ExtrinsicFate::Succeeded { block: 101 });
        let intended = submission(commitment, Fate::Intended, vec![sent]);
        let mut later = queued(shown());
        later.hash_commits[0].epoch = 11;
        later.timelocked_commits[0].0 = 11;
        let committed = Verdict::Becomes(Fate::Committed { block: 101, epoch: 11 });
        assert_eq!(judge(&intended, &later, None), committed);
        // Opened while nobody looked, or dropped.
        becomes(&intended, &shown(), "effective", "");
        becomes(&intended, &other_row(), "unrevealed", "dropped");
    }
}

#[test]
fn a_hash_commit_waits_for_its_epoch_and_ends_with_it() {
    let committed = committed(hash());
    waits(&committed, &queued(other_row()));
    waits(&committed, &Shown { epoch: 11, ..queued(other_row()) });
    becomes(&committed, &Shown { epoch: 12, ..queued(other_row()) }, "unrevealed", "no reveal was sent");
    let refused = ExtrinsicFate::Refused { reason: "RevealTooEarly".to_owned() };
    let over = Shown { epoch: 12, ..queued(other_row()) };
    becomes(&with_reveal(refused), &over, "unrevealed", "RevealTooEarly");
    // A reveal under way may be in a block that is not settled yet.
    waits(&with_reveal(ExtrinsicFate::Undecided), &over);
    // A longer period gives it more time.
    waits(&committed, &Shown { epoch: 12, reveal_period: 3, ..queued(other_row()) });
    becomes(
        &committed,
        &Shown { epoch: 12, commit_reveal: false, ..queued(other_row()) },
        "unrevealed",
        "no longer takes",
    );
}

#[test]
fn a_node_that_was_down_for_hours_says_nothing_of_what_came_since() {
    let mut commit = committed(hash());
    commit.fate = Fate::Committed { block: 7_000_000, epoch: 10 };
    waits(&commit, &Shown { block: 6_999_000, epoch: 7, ..other_row() });
    becomes(&commit, &Shown { block: 50, epoch: 0, ..other_row() }, "unrevealed", "");
    let included = plain(Fate::Included { block: 7_000_000 });
    waits(&included, &Shown { block: 6_999_000, ..other_row() });
}

#[test]
fn a_reveal_counts_when_the_row_is_read_back() {
    let revealed = with_reveal(ExtrinsicFate::Succeeded { block: 120 });
    let at = |shown| Shown { block: 121, epoch: 11, ..shown };
    assert_eq!(
        judge(&revealed, &at(shown()), None),
        Verdict::Becomes(Fate::Effective { included_block: 101, block: 120 })
    );
    becomes(&revealed, &at(other_row()), "unrevealed", "other weights");
    // By whomever it was revealed.
    becomes(&committed(hash()), &at(shown()), "effective", "");
}

#[test]
fn a_changed_uid_withholds_a_hash_commit_and_outdates_a_timelocked_one() {
    let mut taken_over = neurons();
    taken_over[3] = hotkey(9);
    let shown = Shown { neurons: taken_over.clone(), ..queued(other_row()) };
    let (was, is) = (hotkey(3).to_string(), hotkey(9).to_string());
    becomes(&committed(hash()), &shown, "withheld", &format!("uid 3 belonged to {was}"));
    becomes(&committed(hash()), &shown, "withheld", &is);
    waits(&committed(timelocked()), &shown);
    assert!(is_outdated(&committed(timelocked()), &taken_over));
    assert!(!is_outdated(&committed(timelocked()), &neurons()));
    let withheld = Fate::Withheld { block: 101, reason: String::new() };
    assert!(is_outdated(&submission(hash(), withheld, vec![]), &neurons()), "until another is made");
    assert!(!is_outdated(&plain(Fate::Effective { included_block: 1, block: 1 }), &taken_over));
}

#[test]
fn a_timelocked_commit_that_is_gone_is_effective_or_its_end_has_a_reason() {
    let committed = committed(timelocked());
    waits(&committed, &queued(other_row()));
    assert_eq!(
        judge(&committed, &Shown { block: 121, epoch: 11, ..shown() }, None),
        Verdict::Becomes(Fate::Effective { included_block: 101, block: 121 })
    );
    let late = Shown { epoch: 11, last_round: ROUND - 1, ..queued(other_row()) };
    let Verdict::Waits(Some(note)) = judge(&committed, &late, None) else {
        panic!("it says what it waits for")
    };
    assert!(note.contains("round 5000"), "{note}");
    becomes(&committed, &Shown { last_round: ROUND - 1, ..other_row() }, "unrevealed", "round 5000");
    waits(&committed, &Shown { epoch_began_at: 98, ..late });
    let noted = Submission { note: Some(note), ..committed.clone() };
    becomes(&noted, &Shown { epoch: 12, ..other_row() }, "unrevealed", "round 5000");
    let no_permit = own(|own| (own.row, own.may_set_weights) = (vec![], false));
    becomes(&committed, &no_permit, "unrevealed", "permit");
    becomes(&noted, &Shown { epoch: 11, ..no_permit }, "unrevealed", "permit");
    let poor = own(|own| (own.row, own.has_enough_stake) = (vec![], false));
    becomes(&committed, &poor, "unrevealed", "below the chain's threshold");
    becomes(&committed, &Shown { weights_version: 4, ..other_row() }, "unrevealed", "version_key 3");
    becomes(&committed, &Shown { least_weights: 3, ..other_row() }, "unrevealed", "demands 3");
    becomes(&committed, &Shown { own: None, ..shown() }, "unrevealed", "lost its uid");
    becomes(&committed, &Shown { mechanisms: 0, ..shown() }, "unrevealed", "mechanism 0");
    becomes(&committed, &other_row(), "unrevealed", "no other trace");
}

#[test]
fn of_two_commits_the_later_stays() {
    let mut newer = committed(timelocked());
    newer.id = 6;
    newer.intent.weights = vec![WeightRecord { hotkey: hotkey(2), uid: 2, value: 65535, reward: 1.0 }];
    newer.fate = Fate::Committed { block: 110, epoch: 10 };
    let place_taken =
        |newer: &Submission, shown: &Shown| match judge(&committed(timelocked()), shown, Some(newer)) {
            Verdict::Becomes(Fate::Unrevealed { reason, .. }) => {
                reason.contains("block 110 took their place")
            }
            _ => false,
        };
    assert!(place_taken(&newer, &own(|own| own.row = vec![(4, 1)])), "of one epoch");
    newer.fate = Fate::Committed { block: 110, epoch: 11 };
    assert!(place_taken(&newer, &other_row()), "its weights are there");
    assert!(!place_taken(&newer, &own(|own| own.row = vec![(4, 1)])), "it waits itself");
}

#[test]
fn a_row_is_compared_as_the_chain_may_have_changed_it() {
    let (sent, neurons) = (weights(), neurons());
    assert!(holds(&row(), &sent, &neurons));
    assert!(!holds(&[(1, 65535)], &sent, &neurons), "an entry is missing");
    assert!(!holds(&[(1, 65535), (3, 101)], &sent, &neurons));
    assert!(!holds(&[], &sent, &neurons));
    // Uid 3 passed to another: the chain cleared its weight, by a zero or altogether.
    let mut taken_over = neurons.clone();
    taken_over[3] = hotkey(9);
    assert!(holds(&[(1, 65535), (3, 0)], &sent, &taken_over));
    assert!(holds(&[(1, 65535)], &sent, &taken_over));
    assert!(!holds(&[(2, 65535)], &sent, &taken_over));
    // The subnet was trimmed: uids were numbered anew.
    let renumbered = [hotkey(3), hotkey(1)];
    assert!(holds(&[(0, 100), (1, 65535)], &sent, &renumbered));
    assert!(!holds(&[(0, 65535), (1, 100)], &sent, &renumbered));
    assert!(!holds(&[], &sent, &[]), "nothing in common is no proof");
}

fn best(neurons: &[Hotkey]) -> Best<'_> {
    Best { block: 105, epoch: 11, reveal_period: 1, commit_reveal: true, may_set_weights: true, neurons }
}

#[test]
fn a_reveal_is_sent_in_its_epoch_only_and_ever_more_rarely() {
    let neurons = neurons();
    let now = best(&neurons);
    assert_eq!(reveal(&committed(hash()), &now), Reveal::Now);
    assert_eq!(reveal(&committed(hash()), &Best { epoch: 10, ..now }), Reveal::No);
    assert_eq!(reveal(&committed(hash()), &Best { epoch: 12, ..now }), Reveal::No);
    assert_eq!(reveal(&committed(hash()), &Best { epoch: 12, reveal_period: 2, ..now }), Reveal::Now);
    assert_eq!(reveal(&committed(timelocked()), &now), Reveal::No);
    assert_eq!(reveal(&plain(Fate::Included { block: 101 }), &now), Reveal::No);
    let blocked = |submission: &Submission, best: &Best<'_>, because: &str| match reveal(submission, best) {
        Reveal::Blocked(reason) => reason.contains(because),
        _ => false,
    };
    assert!(blocked(&committed(hash()), &Best { may_set_weights: false, ..now }, "permit"));
    assert!(blocked(&committed(hash()), &Best { commit_reveal: false, ..now }, "no longer"));
    let mut taken_over = neurons.clone();
    taken_over[1] = hotkey(9);
    assert!(blocked(&committed(hash()), &Best { neurons: &taken_over, ..now }, "uid 1"));
    // Refused: so was one signed at block 98. Block 105 is 7 later, and the pause after the fourth is 8.
    let refused = || transaction(ExtrinsicKind::Reveal, ExtrinsicFate::Refused { reason: "no".to_owned() });
    let mut tried = committed(hash());
    tried.extrinsics.extend([refused(), refused(), refused()]);
    assert_eq!(reveal(&tried, &now), Reveal::Now);
    tried.extrinsics.push(refused());
    assert_eq!(reveal(&tried, &now), Reveal::No);
    assert_eq!(reveal(&tried, &Best { block: 106, ..now }), Reveal::Now);
    let failed = ExtrinsicFate::Failed { block: 104, reason: "no".to_owned() };
    assert_eq!(reveal(&with_reveal(failed.clone()), &now), Reveal::Now);
    assert_eq!(reveal(&with_reveal(failed), &Best { block: 104, ..now }), Reveal::No);
    tried.extrinsics.extend(std::iter::repeat_with(refused).take(100));
    assert_eq!(reveal(&tried, &Best { block: 200, ..now }), Reveal::No);
}

#[test]
fn bytes_are_handed_over_again_only_while_they_are_wanted() {
    let neurons = neurons();
    let now = best(&neurons);
    let sent = |commitment: Commitment, kind| {
        (submission(commitment, Fate::Intended, vec![]), transaction(kind, ExtrinsicFate::Undecided))
    };
    let (set, set_call) = sent(Commitment::None, ExtrinsicKind::Set);
    let open = Best { commit_reveal: false, ..now };
    assert!(is_wanted(&set, &set_call, &open));
    assert!(!is_wanted(&set, &set_call, &now), "the subnet takes commits only, by now");
    assert!(!is_wanted(&set, &set_call, &Best { block: 113, ..open }), "no block can have it any more");
    let mut taken_over = neurons.clone();
    taken_over[1] = hotkey(9);
    assert!(!is_wanted(&set, &set_call, &Best { neurons: &taken_over, ..open }), "it would pay another");
    let (commit, commit_call) = sent(hash(), ExtrinsicKind::Commit);
    assert!(is_wanted(&commit, &commit_call, &now));
    assert!(!is_wanted(&commit, &commit_call, &open));
    let reveal_call = transaction(ExtrinsicKind::Reveal, ExtrinsicFate::Undecided);
    assert!(is_wanted(&committed(hash()), &reveal_call, &now));
    assert!(!is_wanted(&committed(hash()), &reveal_call, &Best { epoch: 12, ..now }), "its epoch is over");
}
