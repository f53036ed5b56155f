//! The payout: which weights follow from which averages.

use subnet::reward::Payout;

use subnetkit::prelude::*;

mod subnets;

const BEST: Hotkey = Hotkey::from_bytes([1; 32]);
const GOOD: Hotkey = Hotkey::from_bytes([2; 32]);
const POOR: Hotkey = Hotkey::from_bytes([3; 32]);
const NONE: Hotkey = Hotkey::from_bytes([4; 32]);

#[test]
fn a_lead_of_one_temperature_is_worth_e_times_as_much() {
    let temperature = Payout::default().temperature;
    let weights = paid(&[(BEST, 0.8), (GOOD, 0.8 - temperature)]);
    let ratio = share(&weights, BEST) / share(&weights, GOOD);
    assert!((ratio - 1.0_f64.exp()).abs() < 0.01, "{weights:?}");
}

#[test]
fn whoever_works_is_paid_and_nobody_else() {
    let weights = paid(&[(BEST, 1.0), (POOR, 0.1), (NONE, 0.0)]);
    assert!(share(&weights, POOR) > 0.0, "{weights:?}");
    assert_eq!(share(&weights, NONE), 0.0, "registering alone earns nothing: {weights:?}");
}

#[test]
fn the_coldest_temperature_still_has_a_winner() {
    let payout = Payout { temperature: 1e-9, ..Payout::default() };
    let round: Scores = [(BEST, 1.0), (GOOD, 0.9)].into_iter().collect();
    let weights = payout.reward(&Ledger::of_rounds(&[round]).unwrap(), &subnets::of(&[BEST, GOOD]));
    assert_eq!((share(&weights, BEST), share(&weights, GOOD)), (1.0, 0.0));
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
