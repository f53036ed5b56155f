//! The validator's second hook: scores over time become weights.

#[cfg(feature = "lab")]
use subnetkit::lab::Lab;
use subnetkit::prelude::*;

/// Pays by place: each is worth a fixed share of the place before, however large the lead.
///
/// Only the order of averages counts, not their size, which suits scores that have no natural unit. Equals share what
/// their places are worth together, so that neither a name nor the time of registration decides between them.
#[derive(Debug, Clone, Copy)]
pub struct Payout {
    /// How far each score moves a miner's average: after five rounds at 0.2, two thirds of it are new.
    pub alpha: f64,
    /// How many of the newest rounds count. A past that is never tested again fades out.
    pub rounds: u32,
    /// What a place is worth of the one before it, 0 to 1.
    pub decay: f64,
}

impl Default for Payout {
    fn default() -> Self {
        Self { alpha: 0.2, rounds: 500, decay: 0.8 }
    }
}

impl Reward for Payout {
    fn reward(&self, ledger: &Ledger, subnet: &Metagraph) -> Weights {
        let mut averages = self.averages(ledger, subnet);
        averages.sort_by(|(_, left), (_, right)| right.total_cmp(left));
        let (mut weights, mut worth) = (Vec::with_capacity(averages.len()), 1.0);
        for equals in averages.chunk_by(|(_, left), (_, right)| left == right) {
            let mut together = 0.0;
            for _ in equals {
                together += worth;
                worth *= self.decay;
            }
            let each = together / equals.len() as f64;
            weights.extend(equals.iter().map(|(neuron, _)| (neuron.hotkey, each)));
        }
        weights.into_iter().collect()
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
        .what_if("decay", "", [0.5, 0.8, 0.95], move |lab, decay| lab.reward(Payout { decay, ..payout }))
}
