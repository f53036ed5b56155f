//! The traders: by how much they move the price of alpha in a block.

use std::f64::consts::LN_2;

use super::{Rules, noise::Noise};

/// Blocks of a day, over which volatility is measured.
const BLOCKS_PER_DAY: f64 = 7_200.0;
/// The most that trading moves the price in one block.
const LARGEST_MOVE: f64 = 0.5;

/// Traders who push the price to and fro, and others who bring it back.
#[derive(Clone, Debug)]
pub(super) struct Market {
    noise: Noise,
    /// How far the price is from where it would be without them, as the sum of the moves that made it so.
    pushed: f64,
}

impl Market {
    pub(super) const fn new(seed: u64) -> Self {
        Self { noise: Noise::new(seed), pushed: 0.0 }
    }

    /// What part of itself the price changes by in this block.
    pub(super) fn step(&mut self, rules: &Rules) -> f64 {
        if rules.market_volatility == 0.0 {
            return 0.0;
        }
        let push = rules.market_volatility / BLOCKS_PER_DAY.sqrt() * self.noise.normal();
        let returned = if rules.market_half_life == 0 {
            0.0
        } else {
            self.pushed * (LN_2 / f64::from(rules.market_half_life)).min(1.0)
        };
        let step = (push - returned).clamp(-LARGEST_MOVE, LARGEST_MOVE);
        self.pushed += step;
        step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum of all moves after each of 100 days.
    fn days(rules: &Rules) -> Vec<f64> {
        let mut market = Market::new(7);
        let day = |_| (0..7_200).map(|_| market.step(rules)).sum::<f64>();
        (0..100)
            .map(day)
            .scan(0.0, |sum, day| {
                *sum += day;
                Some(*sum)
            })
            .collect()
    }

    #[test]
    fn pushes_are_as_wild_as_asked_and_the_same_for_the_same_seed() {
        let rules = Rules::default();
        let moves: Vec<f64> = days(&rules).windows(2).map(|pair| pair[1] - pair[0]).collect();
        let deviation = (moves.iter().map(|day| day * day).sum::<f64>() / moves.len() as f64).sqrt();
        assert!((deviation / rules.market_volatility - 1.0).abs() < 0.2, "{deviation}");
        assert_eq!(days(&rules), days(&rules));
        assert_eq!(days(&Rules { market_volatility: 0.0, ..rules }), [0.0; 100]);
    }

    #[test]
    fn what_was_pushed_away_comes_back() {
        let rules = Rules { market_half_life: 60, ..Rules::default() };
        let furthest = |rules| days(rules).into_iter().fold(0.0, |most: f64, at| most.max(at.abs()));
        assert!(furthest(&rules) < 0.02 && furthest(&Rules::default()) > 0.1);
    }
}
