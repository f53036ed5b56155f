//! The ready reward.

use subnetkit_validator::{Ema, Ledger, Reward, Scores};

use crate::support::{hotkey, metagraph, neuron};

fn round(scores: &[(u8, f64)]) -> Scores {
    scores.iter().map(|(n, score)| (hotkey(*n), *score)).collect()
}

#[test]
fn an_average_moves_by_alpha_and_only_when_scored() {
    let rounds = [round(&[(1, 1.0), (2, 1.0)]), round(&[(1, 1.0)]), round(&[(1, 0.0), (2, 1.0)])];
    let ledger = Ledger::of_rounds(&rounds).unwrap();
    let subnet = metagraph(&[
        neuron(0, hotkey(1), Some("10.0.0.1:80")),
        neuron(1, hotkey(2), Some("10.0.0.2:80")),
        neuron(2, hotkey(3), Some("10.0.0.3:80")),
    ]);
    let weights = Ema::new(0.5).reward(&ledger, &subnet);
    assert_eq!(weights.get(&hotkey(1)), Some(0.375));
    assert_eq!(weights.get(&hotkey(2)), Some(0.75), "a round without a score is not a zero");
    assert_eq!(weights.get(&hotkey(3)), None, "never scored is not a zero");
}

#[test]
fn a_neuron_that_cannot_be_asked_earns_nothing() {
    let ledger = Ledger::of_rounds(&[round(&[(1, 1.0), (2, 1.0)])]).unwrap();
    let subnet = metagraph(&[neuron(0, hotkey(1), None), neuron(1, hotkey(2), Some("10.0.0.2:80"))]);
    let weights = Ema::default().reward(&ledger, &subnet);
    assert_eq!(weights.iter().map(|(hotkey, _)| hotkey).collect::<Vec<_>>(), [hotkey(2)]);
}

#[test]
fn only_the_newest_rounds_count() {
    let mut rounds = vec![round(&[(1, 1.0)])];
    rounds.extend((0..5).map(|_| round(&[(2, 0.5)])));
    let ledger = Ledger::of_rounds(&rounds).unwrap();
    let subnet =
        metagraph(&[neuron(0, hotkey(1), Some("10.0.0.1:80")), neuron(1, hotkey(2), Some("10.0.0.2:80"))]);
    assert!(Ema::default().rounds(5).reward(&ledger, &subnet).get(&hotkey(1)).is_none());
    assert!(Ema::default().rounds(6).reward(&ledger, &subnet).get(&hotkey(1)).is_some());
}

#[test]
fn a_power_favours_the_best() {
    let ledger = Ledger::of_rounds(&[round(&[(1, 1.0), (2, 0.5)])]).unwrap();
    let subnet =
        metagraph(&[neuron(0, hotkey(1), Some("10.0.0.1:80")), neuron(1, hotkey(2), Some("10.0.0.2:80"))]);
    let weights = Ema::new(1.0).power(2.0).reward(&ledger, &subnet);
    assert_eq!((weights.get(&hotkey(1)), weights.get(&hotkey(2))), (Some(1.0), Some(0.25)));
}
