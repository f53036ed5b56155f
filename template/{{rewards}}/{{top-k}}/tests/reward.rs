//! The payout: which weights follow from which averages.

use subnet::reward::Payout;

use subnetkit::prelude::*;

mod subnets;

const BEST: Hotkey = Hotkey::from_bytes([1; 32]);
const GOOD: Hotkey = Hotkey::from_bytes([2; 32]);
const POOR: Hotkey = Hotkey::from_bytes([3; 32]);
const NONE: Hotkey = Hotkey::from_bytes([4; 32]);

#[test]
fn the_best_are_paid_in_proportion() {
    let weights = paid(&[(GOOD, 0.4), (BEST, 0.8), (NONE, 0.0)]);
    assert!((share(&weights, BEST) / share(&weights, GOOD) - 2.0).abs() < 1e-9, "{weights:?}");
    assert_eq!(share(&weights, NONE), 0.0);
}

#[test]
fn there_are_only_so_many_places() {
    let places = Payout::default().places;
    let mut scores: Vec<_> = crowd(places).map(|miner| (miner, 0.5)).collect();
    scores.extend([(BEST, 0.8), (POOR, 0.1)]);
    let weights = paid(&scores);
    assert_eq!(weights.len(), places);
    assert!(share(&weights, BEST) > 0.0, "a better one gets in: {weights:?}");
    assert_eq!(share(&weights, POOR), 0.0);
}

#[test]
fn equals_that_come_later_push_nobody_out() {
    let places = Payout::default().places;
    let scores: Vec<_> = [BEST].into_iter().chain(crowd(places * 3)).map(|miner| (miner, 0.5)).collect();
    let weights = paid(&scores);
    assert!(share(&weights, BEST) > 0.0, "{weights:?}");
    assert_eq!(weights.len(), places);
}

fn crowd(size: usize) -> impl Iterator<Item = Hotkey> {
    (10..).take(size).map(|byte| Hotkey::from_bytes([byte; 32]))
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
