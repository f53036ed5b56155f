//! The validator's second hook: scores over time become weights.

#[cfg(feature = "lab")]
use subnetkit::lab::Lab;
use subnetkit::prelude::*;

/// Pays by the softmax of averages: a small lead is worth much, and nobody who works gets nothing.
///
/// A miner's share is `e^(average / temperature)`, so that only distances count. At a low temperature it is nearly all or
/// nothing, at a high one nearly the same for all. A miner whose average is 0 is left out: softmax alone would pay every
/// registered hotkey for being there, and the more of them somebody holds the better.
#[derive(Debug, Clone, Copy)]
pub struct Payout {
    /// How far each score moves a miner's average: after five rounds at 0.2, two thirds of it are new.
    pub alpha: f64,
    /// How many of the newest rounds count. A past that is never tested again fades out.
    pub rounds: u32,
    /// A miner whose average is lower by this is paid 37 % as much (1/e).
    pub temperature: f64,
}

impl Default for Payout {
    fn default() -> Self {
        Self { alpha: 0.2, rounds: 500, temperature: 0.1 }
    }
}

impl Reward for Payout {
    fn reward(&self, ledger: &Ledger, subnet: &Metagraph) -> Weights {
        let averages = self.averages(ledger, subnet);
        // Relative to the best, so that no exponent is large.
        let best = averages.iter().map(|(_, average)| *average).fold(0.0, f64::max);
        let share = |average: f64| ((average - best) / self.temperature).exp();
        averages.into_iter().map(|(neuron, average)| (neuron.hotkey, share(average))).collect()
    }
}

impl Payout {
    /// The miners that serve, each with its average, as far as it is above 0.
    fn averages<'s>(&self, ledger: &Ledger, subnet: &'s Metagraph) -> Vec<(&'s Neuron, f64)> {
        let averages = ledger.ema(self.alpha, self.rounds);
        let serving = subnet.neurons.iter().filter(|neuron| neuron.axon.is_some());
        let average = |neuron: &'s Neuron| Some((neuron, *averages.get(&neuron.hotkey)?));
        serving.filter_map(average).filter(|(_, average)| *average > 0.0).collect()
    }
}

/// What the laboratory plays besides: the same subnet under other values of these parameters.
#[cfg(feature = "lab")]
pub fn what_ifs<S: Synapse>(lab: Lab<S>) -> Lab<S> {
    let payout = Payout::default();
    lab.what_if("alpha", "", [0.05, 0.2, 0.5], move |lab, alpha| lab.reward(Payout { alpha, ..payout }))
        .what_if("temperature", "", [0.03, 0.1, 0.3], move |lab, temperature| {
            lab.reward(Payout { temperature, ..payout })
        })
}
