//! The payout: which weights follow from which averages.

use subnet::reward::Payout;

use subnetkit::prelude::*;

mod subnets;

const BEST: Hotkey = Hotkey::from_bytes([1; 32]);
const GOOD: Hotkey = Hotkey::from_bytes([2; 32]);
const POOR: Hotkey = Hotkey::from_bytes([3; 32]);
const NONE: Hotkey = Hotkey::from_bytes([4; 32]);

#[test]
fn twice_the_score_is_twice_the_pay() {
    let weights = paid(&[(BEST, 0.8), (GOOD, 0.4), (NONE, 0.0)]);
    assert!((share(&weights, BEST) / share(&weights, GOOD) - 2.0).abs() < 1e-9, "{weights:?}");
    assert_eq!(share(&weights, NONE), 0.0);
}

#[test]
fn who_was_never_asked_is_not_paid() {
    assert_eq!(share(&paid(&[(BEST, 0.8)]), POOR), 0.0);
}

#[test]
fn a_newcomer_has_to_earn_its_average() {
    let old: Scores = [(BEST, 0.5)].into_iter().collect();
    let new: Scores = [(BEST, 0.5), (GOOD, 1.0)].into_iter().collect();
    let rounds: Vec<Scores> = vec![old; 50].into_iter().chain([new]).collect();
    let ledger = Ledger::of_rounds(&rounds).unwrap();
    let weights = Payout::default().reward(&ledger, &subnets::of(&[BEST, GOOD]));
    assert!(share(&weights, GOOD) < share(&weights, BEST), "{weights:?}");
}

/// What is paid for these scores, the same in every round, to miners that registered in this order.
fn paid(scores: &[(Hotkey, f64)]) -> Weights {
    let miners: Vec<Hotkey> = scores.iter().map(|(miner, _)| *miner).collect();
    let round: Scores = scores.iter().copied().collect();
    let ledger = Ledger::of_rounds(&vec![round; 50]).unwrap();
    Payout::default().reward(&ledger, &subnets::of(&miners))
}

fn share(weights: &Weights, miner: Hotkey) -> f64 {
    weights.get(&miner).unwrap_or(0.0)
}
