//! The validator's second hook: scores over time become weights.

#[cfg(feature = "lab")]
use subnetkit::lab::Lab;
use subnetkit::prelude::*;

/// Pays in proportion to the moving average of a miner's scores.
///
/// The average starts at 0, so that registering anew never pays more than staying. Who mines under two hotkeys is paid for
/// both: let each cost the whole work, and no answer serve for two.
#[derive(Debug, Clone, Copy)]
pub struct Payout {
    /// How far each score moves a miner's average: after five rounds at 0.2, two thirds of it are new.
    pub alpha: f64,
    /// How many of the newest rounds count. A past that is never tested again fades out.
    pub rounds: u32,
}

impl Default for Payout {
    fn default() -> Self {
        Self { alpha: 0.2, rounds: 500 }
    }
}

impl Reward for Payout {
    fn reward(&self, ledger: &Ledger, subnet: &Metagraph) -> Weights {
        let averages = ledger.ema(self.alpha, self.rounds);
        let serving = subnet.neurons.iter().filter(|neuron| neuron.axon.is_some());
        serving.filter_map(|neuron| Some((neuron.hotkey, *averages.get(&neuron.hotkey)?))).collect()
    }
}

/// What the laboratory plays besides: the same subnet under other values of these parameters.
#[cfg(feature = "lab")]
pub fn what_ifs<S: Synapse>(lab: Lab<S>) -> Lab<S> {
    let payout = Payout::default();
    lab.what_if("alpha", "", [0.05, 0.2, 0.5], move |lab, alpha| lab.reward(Payout { alpha, ..payout }))
}
