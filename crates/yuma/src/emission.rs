//! From shares to rao: paying an epoch, and splitting it over mechanisms.

use crate::fixed::{self, Fixed};

/// What one mechanism pays, in rao per neuron.
#[derive(Debug)]
pub(crate) struct Payout {
    pub(crate) server: Vec<u64>,
    pub(crate) validator: Vec<u64>,
    pub(crate) combined: Vec<u64>,
}

/// Pays `amount` by incentive and dividends. If nobody earned either, validators are paid by active stake, or by
/// stake if none is active.
pub(crate) fn pay(
    amount: u64,
    mut incentive: Vec<Fixed>,
    mut dividends: Vec<Fixed>,
    active_stake: &[Fixed],
    stake: &[Fixed],
) -> Payout {
    let mut combined: Vec<Fixed> = incentive.iter().zip(&dividends).map(|(a, &b)| a.add(b)).collect();
    let total = fixed::sum(&combined);
    if total.is_zero() {
        let fallback = if fixed::sum(active_stake).is_zero() { stake } else { active_stake };
        dividends = fallback.to_vec();
        combined = fallback.to_vec();
    } else {
        fixed::normalize_by(&mut incentive, total);
        fixed::normalize_by(&mut dividends, total);
        fixed::normalize_by(&mut combined, total);
    }
    let in_rao = |shares: &[Fixed]| shares.iter().map(|share| share.share_of(amount)).collect();
    Payout { server: in_rao(&incentive), validator: in_rao(&dividends), combined: in_rao(&combined) }
}

/// Splits an amount in rao over `mechanisms`, in parts of 65535 or evenly; the first also gets what is left over.
pub(crate) fn split(amount: u64, mechanisms: usize, parts: Option<&[u16]>) -> Vec<u64> {
    let mut shares: Vec<u64> = match parts {
        None => vec![amount.checked_div(mechanisms as u64).unwrap_or(0); mechanisms],
        Some(parts) => (0..mechanisms)
            .map(|mechanism| {
                let part = parts.get(mechanism).copied().unwrap_or(0);
                (u128::from(amount) * u128::from(part) / u128::from(u16::MAX)) as u64
            })
            .collect(),
    };
    let rest = amount.saturating_sub(shares.iter().fold(0, |total, &share| total.saturating_add(share)));
    if let Some(first) = shares.first_mut() {
        *first = first.saturating_add(rest);
    }
    shares
}

/// The part of a subnet's emission that goes to one mechanism, with 64 fractional bits (`U64F64` on the chain).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weight(u128);

impl Weight {
    /// `share / total`; with nothing to share, the `first` mechanism has all the weight.
    pub(crate) fn new(share: u64, total: u64, first: bool) -> Self {
        Self((u128::from(share) << 64).checked_div(u128::from(total)).unwrap_or(u128::from(first) << 64))
    }

    /// `floor(value * self)`, for a weight of at most one.
    pub(crate) fn of(self, value: u64) -> u64 {
        ((u128::from(value) * self.0) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_mechanism_gets_what_is_left_over() {
        assert_eq!(split(10, 3, None), [4, 3, 3]);
        assert_eq!(split(100, 3, Some(&[32_768, 16_384])), [75, 25, 0]);
        assert_eq!(split(100, 1, Some(&[30_000, 35_535])), [100]);
        assert_eq!(split(u64::MAX, 2, Some(&[0, u16::MAX])), [0, u64::MAX]);
    }

    #[test]
    fn weights_never_exceed_the_whole() {
        assert_eq!(Weight::new(7, 7, false).of(u64::MAX), u64::MAX);
        assert_eq!(Weight::new(1, 3, false).of(3), 0);
        assert_eq!(Weight::new(0, 0, true).of(5), 5);
        assert_eq!(Weight::new(0, 0, false).of(5), 0);
    }
}
