//! A ready reward: in proportion to the moving average of scores.

use subnetkit_chain::Metagraph;

use crate::hooks::Reward;
use crate::ledger::Ledger;
use crate::scores::Weights;

/// Rewards each serving neuron in proportion to the exponential moving average of its scores.
///
/// ```
/// use subnetkit_validator::Ema;
///
/// let reward = Ema::default();           // each score moves the average by a tenth
/// let eager = Ema::new(0.5).power(2.0);  // forgets faster, and favours the best
/// ```
///
/// The average starts at 0 and only scored rounds move it (see [`Ledger::ema`]). Two rules keep it honest: a neuron that
/// serves no axon cannot be asked, so it gets nothing, however good its past; and only the newest
/// [`Ema::rounds`] rounds count, so a past that is never tested again fades out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ema {
    alpha: f64,
    rounds: u32,
    power: f64,
}

impl Default for Ema {
    fn default() -> Self {
        Self::new(0.1)
    }
}

impl Ema {
    /// An average in which each score counts for the share `alpha`, held within 0 (never moves) and 1 (only the last score).
    #[must_use]
    pub const fn new(alpha: f64) -> Self {
        Self { alpha: if alpha >= 0.0 && alpha <= 1.0 { alpha } else { 1.0 }, rounds: 500, power: 1.0 }
    }

    /// How many of the newest rounds count. Default 500.
    #[must_use]
    pub const fn rounds(mut self, rounds: u32) -> Self {
        self.rounds = rounds;
        self
    }

    /// Raises each average to this power: above 1 the best get more than their share. Default 1.
    #[must_use]
    pub const fn power(mut self, power: f64) -> Self {
        self.power = power;
        self
    }
}

impl Reward for Ema {
    fn reward(&self, ledger: &Ledger, subnet: &Metagraph) -> Weights {
        let averages = ledger.ema(self.alpha, self.rounds);
        let serving = subnet.neurons.iter().filter(|neuron| neuron.axon.is_some());
        serving
            .filter_map(|neuron| {
                averages.get(&neuron.hotkey).map(|ema| (neuron.hotkey, ema.powf(self.power)))
            })
            .collect()
    }
}
