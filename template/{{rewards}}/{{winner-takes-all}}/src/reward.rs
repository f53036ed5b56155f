//! The validator's second hook: scores over time become weights.

#[cfg(feature = "lab")]
use subnetkit::lab::Lab;
use subnetkit::prelude::*;

/// Pays one miner, the best, and nobody else.
///
/// To take the place, a miner's average has to be clearly above the best one's: of those within `margin` of it, the one
/// that registered first is paid. So equals do not share, and somebody who answers alike under ten hotkeys earns what one
/// of them would. Measurements differ a little from validator to validator, and from round to round; the margin keeps
/// them agreed on who it is, and the place from changing by chance, of which many names would have many.
///
/// Everybody else works for nothing. It is meant for work whose best result is all that counts, and where it is lasting.
#[derive(Debug, Clone, Copy)]
pub struct Payout {
    /// How far each score moves a miner's average: after five rounds at 0.2, two thirds of it are new.
    pub alpha: f64,
    /// How many of the newest rounds count. A past that is never tested again fades out.
    pub rounds: u32,
    /// How much lower than the best average one counts as its equal, as a share of it.
    pub margin: f64,
}

impl Default for Payout {
    fn default() -> Self {
        Self { alpha: 0.2, rounds: 500, margin: 0.05 }
    }
}

impl Reward for Payout {
    fn reward(&self, ledger: &Ledger, subnet: &Metagraph) -> Weights {
        let averages = self.averages(ledger, subnet);
        let best = averages.iter().map(|(_, average)| *average).fold(0.0, f64::max);
        let equals = averages.iter().filter(|(_, average)| *average >= best * (1.0 - self.margin));
        let first = equals.min_by_key(|(neuron, _)| (neuron.registered_at, neuron.uid));
        first.map(|(neuron, _)| (neuron.hotkey, 1.0)).into_iter().collect()
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
        .what_if("margin", "", [0.0, 0.05, 0.2], move |lab, margin| lab.reward(Payout { margin, ..payout }))
}
