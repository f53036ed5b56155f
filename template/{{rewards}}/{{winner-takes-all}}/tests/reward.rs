//! The payout: which weights follow from which averages.

use subnet::reward::Payout;

use subnetkit::prelude::*;

mod subnets;

const BEST: Hotkey = Hotkey::from_bytes([1; 32]);
const GOOD: Hotkey = Hotkey::from_bytes([2; 32]);
const POOR: Hotkey = Hotkey::from_bytes([3; 32]);
const NONE: Hotkey = Hotkey::from_bytes([4; 32]);

#[test]
fn the_best_takes_all() {
    let weights = paid(&[(GOOD, 0.7), (POOR, 0.1), (BEST, 0.8), (NONE, 0.0)]);
    assert_eq!(weights.iter().collect::<Vec<_>>(), [(BEST, 1.0)]);
}

#[test]
fn equals_do_not_share_and_the_first_stays() {
    let weights = paid(&[(GOOD, 0.8), (BEST, 0.8), (POOR, 0.8)]);
    assert_eq!(weights.iter().collect::<Vec<_>>(), [(GOOD, 1.0)]);
}

#[test]
fn a_lead_within_the_margin_does_not_count() {
    let lead = 1.0 + Payout::default().margin;
    let close = paid(&[(GOOD, 0.5), (BEST, 0.5 * (lead - 0.01))]);
    assert_eq!((share(&close, GOOD), share(&close, BEST)), (1.0, 0.0));
    let clear = paid(&[(GOOD, 0.5), (BEST, 0.5 * (lead + 0.01))]);
    assert_eq!((share(&clear, GOOD), share(&clear, BEST)), (0.0, 1.0));
}

#[test]
fn ten_names_earn_what_one_does() {
    let names = (10..20).map(|byte| (Hotkey::from_bytes([byte; 32]), 0.8));
    let later: Vec<_> = [(BEST, 0.8)].into_iter().chain(names.clone()).collect();
    assert_eq!(share(&paid(&later), BEST), 1.0, "who was there first keeps all");
    let before: Vec<_> = names.chain([(BEST, 0.9)]).collect();
    assert_eq!(share(&paid(&before), BEST), 1.0, "and who is better takes all");
}

#[test]
fn nobody_wins_with_nothing() {
    assert!(paid(&[(NONE, 0.0), (POOR, 0.0)]).is_empty());
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
