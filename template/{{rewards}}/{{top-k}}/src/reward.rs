//! The validator's second hook: scores over time become weights.

#[cfg(feature = "lab")]
use subnetkit::lab::Lab;
use subnetkit::prelude::*;

/// Pays the best few in proportion to their averages, and nobody else.
///
/// Between equals the one that registered first has the place, so that a newcomer has to be better, not as good: who
/// answers alike under many hotkeys does not push out those who were there before. It is meant for subnets whose work
/// needs a certain quality, and only so many hands.
#[derive(Debug, Clone, Copy)]
pub struct Payout {
    /// How far each score moves a miner's average: after five rounds at 0.2, two thirds of it are new.
    pub alpha: f64,
    /// How many of the newest rounds count. A past that is never tested again fades out.
    pub rounds: u32,
    /// How many miners are paid.
    pub places: usize,
}

impl Default for Payout {
    fn default() -> Self {
        Self { alpha: 0.2, rounds: 500, places: 10 }
    }
}

impl Reward for Payout {
    fn reward(&self, ledger: &Ledger, subnet: &Metagraph) -> Weights {
        let mut averages = self.averages(ledger, subnet);
        averages.sort_by(|(left, left_average), (right, right_average)| {
            let first = (left.registered_at, left.uid).cmp(&(right.registered_at, right.uid));
            right_average.total_cmp(left_average).then(first)
        });
        let paid = averages.into_iter().take(self.places);
        paid.map(|(neuron, average)| (neuron.hotkey, average)).collect()
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
        .what_if("places", "miners", [3.0, 10.0, 30.0], move |lab, places| {
            lab.reward(Payout { places: places as usize, ..payout })
        })
}
