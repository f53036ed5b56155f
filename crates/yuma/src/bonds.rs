//! Bonds: what validators hold in miners from one epoch to the next, and the dividends they bring.

use crate::{
    fixed::{self, Fixed},
    liquid::Rates,
    matrix::Sparse,
    subnet::{Mechanism, Subnet},
};

/// What bonds are formed from in this epoch.
#[derive(Debug)]
pub(crate) struct Market<'a> {
    /// The weights to bond with, after the penalty for weights above consensus.
    pub(crate) weights: &'a Sparse,
    pub(crate) consensus: &'a [Fixed],
    pub(crate) active_stake: &'a [Fixed],
    pub(crate) incentive: &'a [Fixed],
}

/// New bonds, as proportions to be stored, and the dividends they bring, normalised.
#[derive(Debug)]
pub(crate) struct Bonds {
    pub(crate) bonds: Sparse,
    pub(crate) dividends: Vec<Fixed>,
}

/// Forms the new bonds by the version of Yuma Consensus that the subnet runs.
pub(crate) fn form(subnet: &Subnet<'_>, mechanism: &Mechanism<'_>, market: &Market<'_>) -> Bonds {
    if subnet.params.yuma3_on { third(subnet, mechanism, market) } else { second(subnet, mechanism, market) }
}

/// Yuma 3: bonds follow the weights themselves, and count in proportion to stake only when dividends are paid.
fn third(subnet: &Subnet<'_>, mechanism: &Mechanism<'_>, market: &Market<'_>) -> Bonds {
    let old = stored_bonds(subnet, mechanism, Fixed::from_proportion);
    let has_consensus = market.consensus.iter().any(|consensus| !consensus.is_zero());
    let bonds = match subnet.params.liquid_alpha {
        Some(settings) if has_consensus => {
            liquid_average(market.weights, &old, &Rates::new(settings), market.consensus)
        }
        _ => average(market.weights, &old, fixed_rate(subnet), subnet.neurons()),
    };
    let mut shares = bonds.clone();
    shares.normalize_columns(subnet.neurons());
    let mut dividends: Vec<Fixed> = shares
        .weighted_row_sums(market.incentive)
        .into_iter()
        .zip(market.active_stake)
        .map(|(earned, &stake)| earned.checked_mul(stake).unwrap_or_default())
        .collect();
    fixed::normalize(&mut dividends);
    Bonds { bonds, dividends }
}

/// Yuma 2: bonds are shares of each miner, bought with stake.
fn second(subnet: &Subnet<'_>, mechanism: &Mechanism<'_>, market: &Market<'_>) -> Bonds {
    let neurons = subnet.neurons();
    let mut old = stored_bonds(subnet, mechanism, Fixed::from_u16);
    old.normalize_columns(neurons);
    let mut bought = market.weights.scaled_rows(market.active_stake);
    bought.normalize_columns(neurons);
    let mut bonds = average(&bought, &old, fixed_rate(subnet), neurons);
    bonds.normalize_columns(neurons);
    let mut dividends = bonds.weighted_row_sums(market.incentive);
    fixed::normalize(&mut dividends);
    bonds.upscale_columns(neurons);
    Bonds { bonds, dividends }
}

/// The bonds of the last epoch, without those in neurons registered since.
fn stored_bonds(subnet: &Subnet<'_>, mechanism: &Mechanism<'_>, value: impl Fn(u16) -> Fixed) -> Sparse {
    let last_epoch = match subnet.last_mechanism_step_block {
        0 => subnet.block.saturating_sub(u64::from(subnet.params.tempo)),
        block => block.saturating_add(1),
    };
    let neurons = subnet.neurons();
    let mut bonds = Sparse::with_capacity(neurons, mechanism.bonds.iter().map(Vec::len).sum());
    for validator in 0..neurons {
        for &(miner, bond) in mechanism.bonds.get(validator).into_iter().flatten() {
            if last_epoch > subnet.registered_at(usize::from(miner)) {
                bonds.push(miner, value(bond));
            }
        }
        bonds.end_row();
    }
    bonds
}

/// The rate at which bonds follow weights without liquid alpha.
fn fixed_rate(subnet: &Subnet<'_>) -> Fixed {
    Fixed::ONE.sub(Fixed::ratio(subnet.params.bonds_moving_average, 1_000_000))
}

/// `rate * new + (1 - rate) * old`, positive entries only, columns in order.
fn average(new: &Sparse, old: &Sparse, rate: Fixed, columns: usize) -> Sparse {
    let rest = Fixed::ONE.sub(rate);
    let mut averaged = Sparse::with_capacity(new.rows(), new.entries().max(old.entries()));
    let mut cells = vec![Fixed::ZERO; columns];
    for row in 0..new.rows() {
        if !(new.row_is_empty(row) && old.row_is_empty(row)) {
            cells.fill(Fixed::ZERO);
            for (matrix, factor) in [(new, rate), (old, rest)] {
                for (column, value) in matrix.row(row) {
                    if let Some(cell) = cells.get_mut(usize::from(column)) {
                        *cell = cell.add(factor.mul(value));
                    }
                }
            }
            averaged.push_kept((0..).zip(cells.iter().copied()), |_, value| (value, value > Fixed::ZERO));
        }
        averaged.end_row();
    }
    averaged
}

/// The average with a rate for each entry. A bond without a weight beside it is gone at once.
fn liquid_average(new: &Sparse, old: &Sparse, rates: &Rates, consensus: &[Fixed]) -> Sparse {
    let columns = consensus.len();
    let mut averaged = new.blank();
    let mut weights = vec![Fixed::ZERO; columns];
    let mut bonds = vec![Fixed::ZERO; columns];
    let mut held = vec![Fixed::ZERO; columns];
    for row in 0..new.rows() {
        if !new.row_is_empty(row) {
            read_ascending(new.row(row), &mut weights);
            read_ascending(old.row(row), &mut bonds);
            held.fill(Fixed::ZERO);
            for (column, bond) in old.row(row) {
                if let Some(cell) = held.get_mut(usize::from(column)) {
                    *cell = bond;
                }
            }
            for (column, weight) in new.row(row) {
                let uid = usize::from(column);
                let rate = rates.rate(consensus[uid], weights[uid], bonds[uid]);
                let kept = Fixed::ONE.sub(rate).mul(held[uid]);
                let bond = kept.add(rate.mul(weight).max(Fixed::ZERO)).min(Fixed::ONE);
                if bond > Fixed::ZERO {
                    averaged.push(column, bond);
                }
            }
        }
        averaged.end_row();
    }
    averaged
}

/// Reads a row into cells as the chain does when it looks for rates: in one walk over ascending columns, so
/// that an entry behind one with a higher column is not seen.
fn read_ascending(row: impl Iterator<Item = (u16, Fixed)>, cells: &mut [Fixed]) {
    cells.fill(Fixed::ZERO);
    let mut next = 0;
    for (column, value) in row {
        let column = usize::from(column);
        if column >= next {
            next = column + 1;
            if let Some(cell) = cells.get_mut(column) {
                *cell = value;
            }
        }
    }
}
