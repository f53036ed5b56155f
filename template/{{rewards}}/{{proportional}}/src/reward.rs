//! The validator's second hook: scores over time become weights.

use subnetkit::prelude::*;

/// How far each score moves a miner's average: after five rounds, two thirds of it are new.
const ALPHA: f64 = 0.2;
/// How many of the newest rounds count. A past that is never tested again fades out.
const ROUNDS: u32 = 500;

/// Pays in proportion to the moving average of a miner's scores.
///
/// The average starts at 0, so that registering anew never pays more than staying.
#[derive(Debug, Clone, Copy, Default)]
pub struct Payout;

impl Reward for Payout {
    fn reward(&self, ledger: &Ledger, subnet: &Metagraph) -> Weights {
        let averages = ledger.ema(ALPHA, ROUNDS);
        let serving = subnet.neurons.iter().filter(|neuron| neuron.axon.is_some());
        serving.filter_map(|neuron| Some((neuron.hotkey, *averages.get(&neuron.hotkey)?))).collect()
    }
}
