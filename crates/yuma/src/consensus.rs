//! Weights that count, the consensus on them, and what is left of each validator's weights within it.

use crate::{
    fixed::{self, Fixed},
    matrix::Sparse,
    subnet::{Mechanism, Subnet},
};

/// The weights that count in this epoch, each row normalised.
pub(crate) fn valid_weights(subnet: &Subnet<'_>, mechanism: &Mechanism<'_>) -> Sparse {
    let neurons = subnet.neurons();
    let mut weights = Sparse::with_capacity(neurons, mechanism.weights.iter().map(Vec::len).sum());
    for validator in 0..neurons {
        if subnet.has_permit(validator) {
            let updated = mechanism.updated_at(validator);
            let committed = mechanism.commit_block(validator);
            for &(miner, weight) in mechanism.weights.get(validator).into_iter().flatten() {
                let uid = usize::from(miner);
                let registered = subnet.registered_at(uid);
                let counts = uid < neurons
                    && (uid != validator || subnet.is_owner(uid))
                    && updated > registered
                    && committed.is_none_or(|committed| committed >= registered);
                if counts {
                    weights.push(miner, Fixed::from_u16(weight));
                }
            }
        }
        weights.end_row();
    }
    weights.normalize_rows();
    weights
}

/// For each neuron the largest weight that validators with at least `kappa` of the active stake give it or
/// exceed.
pub(crate) fn consensus(weights: &Sparse, active_stake: &[Fixed], kappa: Fixed) -> Vec<Fixed> {
    let neurons = active_stake.len();
    let validators: Vec<usize> = (0..neurons).filter(|&uid| active_stake[uid] > Fixed::ZERO).collect();
    let mut stake: Vec<Fixed> = validators.iter().map(|&uid| active_stake[uid]).collect();
    fixed::normalize(&mut stake);
    let total = fixed::sum(&stake);
    let minority = total.sub(kappa);

    // One run of `validators.len()` weights per neuron.
    let mut columns = vec![Fixed::ZERO; neurons * validators.len()];
    for (position, &validator) in validators.iter().enumerate() {
        for (miner, weight) in weights.row(validator) {
            columns[usize::from(miner) * validators.len() + position] = weight;
        }
    }

    let mut median = Median::default();
    (0..neurons)
        .map(|miner| {
            let column = &columns[miner * validators.len()..][..validators.len()];
            median.find(column, &stake, minority, total)
        })
        .collect()
}

/// The search for a stake-weighted median, with its buffers kept from one search to the next.
#[derive(Debug, Default)]
struct Median {
    candidates: Vec<(Fixed, Fixed)>,
    below: Vec<(Fixed, Fixed)>,
    above: Vec<(Fixed, Fixed)>,
}

impl Median {
    /// Narrows the candidates around the middle one of the list until `minority` falls on its score. `lowest` and
    /// `highest` bound the stake that the candidates cover. The sums saturate and round, so which pivots are
    /// taken is part of the result.
    fn find(&mut self, scores: &[Fixed], stake: &[Fixed], minority: Fixed, total: Fixed) -> Fixed {
        self.candidates.clear();
        self.candidates.extend(scores.iter().copied().zip(stake.iter().copied()));
        for side in [&mut self.below, &mut self.above] {
            side.clear();
            side.resize(self.candidates.len(), Default::default());
        }
        let mut count = self.candidates.len();
        let (mut lowest, mut highest) = (Fixed::ZERO, total);
        loop {
            let candidates = &self.candidates[..count];
            let Some(&(pivot, _)) = candidates.get(count / 2) else {
                return Fixed::ZERO;
            };
            if count == 1 {
                return pivot;
            }
            // Every candidate is written to both sides, and stays where it belongs: which it is cannot be foreseen, and
            // a branch for it would cost more than the rest. A stake of zero changes no sum.
            let (mut lower, mut higher) = (0, 0);
            let (mut stake_below, mut stake_above) = (Fixed::ZERO, Fixed::ZERO);
            for &(score, stake) in candidates {
                let (is_below, is_above) = (score < pivot, score > pivot);
                self.below[lower] = (score, stake);
                self.above[higher] = (score, stake);
                lower += usize::from(is_below);
                higher += usize::from(is_above);
                stake_below = stake_below.add(stake.or_zero(is_below));
                stake_above = stake_above.add(stake.or_zero(is_above));
            }
            let pivot_from = lowest.add(stake_below);
            let pivot_to = highest.sub(stake_above);
            if minority < pivot_from && lower > 0 {
                std::mem::swap(&mut self.candidates, &mut self.below);
                highest = pivot_from;
                count = lower;
            } else if pivot_to <= minority && higher > 0 {
                std::mem::swap(&mut self.candidates, &mut self.above);
                lowest = pivot_to;
                count = higher;
            } else {
                return pivot;
            }
        }
    }
}

/// Cuts every weight down to the consensus on its neuron. A weight on a neuron without consensus is dropped.
pub(crate) fn clip(weights: &Sparse, consensus: &[Fixed]) -> Sparse {
    let mut clipped = weights.blank();
    for validator in 0..weights.rows() {
        clipped.push_kept(weights.row(validator), |miner, weight| {
            let limit = consensus[usize::from(miner)];
            (weight.min(limit), weight <= limit || limit > Fixed::ZERO)
        });
        clipped.end_row();
    }
    clipped
}

/// `from + ratio * (to - from)` of two matrices, positive entries only, columns in order.
pub(crate) fn interpolate(from: &Sparse, to: &Sparse, ratio: Fixed, columns: usize) -> Sparse {
    let mut between = from.blank();
    let mut cells = vec![(Fixed::ZERO, Fixed::ZERO); columns];
    for row in 0..from.rows() {
        if !from.row_is_empty(row) {
            cells.fill((Fixed::ZERO, Fixed::ZERO));
            for (column, value) in from.row(row) {
                cells[usize::from(column)].0 = value;
            }
            for (column, value) in to.row(row) {
                cells[usize::from(column)].1 = value;
            }
            between.push_kept((0..).zip(cells.iter().copied()), |_, (from, to)| {
                let value = from.add(ratio.mul(to.sub(from)));
                (value, value > Fixed::ZERO)
            });
        }
        between.end_row();
    }
    between
}

#[cfg(test)]
mod tests {
    use super::*;

    fn median(weighted: &[(i32, i32)], kappa_percent: i32) -> i64 {
        let scores: Vec<Fixed> = weighted.iter().map(|&(score, _)| Fixed::from_int(score)).collect();
        let stake: Vec<Fixed> = weighted.iter().map(|&(_, stake)| Fixed::from_int(stake)).collect();
        let total = fixed::sum(&stake);
        let minority = total.sub(Fixed::from_int(kappa_percent));
        Median::default().find(&scores, &stake, minority, total).bits() >> 32
    }

    #[test]
    fn support_of_exactly_kappa_is_enough() {
        assert_eq!(median(&[], 50), 0);
        assert_eq!(median(&[(3, 100)], 50), 3);
        assert_eq!(median(&[(1, 50), (2, 50)], 50), 2);
        assert_eq!(median(&[(1, 50), (2, 50)], 51), 1);
        assert_eq!(median(&[(9, 30), (5, 40), (1, 30)], 50), 5);
        assert_eq!(median(&[(9, 30), (5, 40), (1, 30)], 30), 9);
        assert_eq!(median(&[(9, 30), (0, 40), (0, 30)], 50), 0);
    }
}
