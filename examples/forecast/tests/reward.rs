//! The payout: which weights follow from which averages.

use subnet::reward::Payout;

use subnetkit::prelude::*;

mod subnets;

const BEST: Hotkey = Hotkey::from_bytes([1; 32]);
const GOOD: Hotkey = Hotkey::from_bytes([2; 32]);
const POOR: Hotkey = Hotkey::from_bytes([3; 32]);
const NONE: Hotkey = Hotkey::from_bytes([4; 32]);

#[test]
fn only_the_order_counts() {
    let near = paid(&[(BEST, 0.51), (GOOD, 0.50), (POOR, 0.49), (NONE, 0.0)]);
    let far = paid(&[(POOR, 0.01), (BEST, 1.0), (GOOD, 0.02)]);
    let decay = Payout::default().decay;
    for weights in [near, far] {
        let shares = [BEST, GOOD, POOR, NONE].map(|miner| share(&weights, miner));
        assert_eq!(shares, [1.0, decay, decay * decay, 0.0], "{weights:?}");
    }
}

#[test]
fn equals_share_what_their_places_are_worth() {
    let weights = paid(&[(BEST, 0.9), (GOOD, 0.5), (POOR, 0.5)]);
    assert_eq!(share(&weights, GOOD), share(&weights, POOR));
    let decay = Payout::default().decay;
    let together = share(&weights, GOOD) + share(&weights, POOR);
    assert!((together - (decay + decay * decay)).abs() < 1e-9, "{weights:?}");
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
