//! Liquid alpha: how fast a bond follows its weight, depending on how far the two are from consensus.

use crate::{fixed::Fixed, subnet::LiquidAlpha};

/// The rate function of one subnet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
    low: Fixed,
    high: Fixed,
    /// The slope with its sign turned, as the exponent needs it.
    slope: Fixed,
    /// The rate at distance zero, where every bond that is bought within consensus is.
    at_zero: Fixed,
}

impl Rates {
    pub(crate) fn new(settings: LiquidAlpha) -> Self {
        let mut rates = Self {
            low: Fixed::from_proportion(settings.low),
            high: Fixed::from_proportion(settings.high),
            slope: Fixed::from_int(i32::from(settings.steepness)).safe_div(Fixed::from_int(-100)),
            at_zero: Fixed::ZERO,
        };
        rates.at_zero = rates.at_distance(Fixed::ZERO);
        rates
    }

    /// The rate for one bond. Buying is measured from consensus up to the weight, selling from the weight up to
    /// the bond.
    pub(crate) fn rate(&self, consensus: Fixed, weight: Fixed, bond: Fixed) -> Fixed {
        let distance = if weight >= bond { weight.sub(consensus) } else { bond.sub(weight) };
        if distance <= Fixed::ZERO { self.at_zero } else { self.at_distance(distance.min(Fixed::ONE)) }
    }

    fn at_distance(&self, distance: Fixed) -> Fixed {
        let exponent = self.slope.mul(distance.sub(Fixed::HALF));
        let sigmoid = Fixed::ONE.safe_div(Fixed::ONE.add(exp(exponent)));
        self.low.add(sigmoid.mul(self.high.sub(self.low))).clamp(self.low, self.high)
    }
}

/// The exponent is cut to this size, where the result still fits.
const LARGEST_EXPONENT: Fixed = Fixed::from_int(20);

/// Euler's number cut to 23 bits: what the chain's exponential answers for an exponent of exactly one.
const E: Fixed = Fixed::from_bits(22_802_600 << 9);

/// The exponential as the chain computes it: a Taylor series of 31 terms, too short for large exponents and then
/// visibly low. Negative exponents use the inverse.
fn exp(exponent: Fixed) -> Fixed {
    let exponent = exponent.clamp(Fixed::from_bits(-LARGEST_EXPONENT.bits()), LARGEST_EXPONENT);
    if exponent.is_zero() {
        return Fixed::ONE;
    }
    if exponent == Fixed::ONE {
        return E;
    }
    let series = taylor_series(Fixed::from_bits(exponent.bits().abs()));
    if exponent < Fixed::ZERO { Fixed::ONE.safe_div(series) } else { series }
}

/// The series for an exponent between zero and [`LARGEST_EXPONENT`].
fn taylor_series(exponent: Fixed) -> Fixed {
    let size = exponent.bits() as u64;
    let mut term = size;
    let mut series = Fixed::ONE.add(exponent).bits() as u64;
    // Written out term by term: a division by a constant is several times faster than one by a loop counter, and
    // this is where an epoch with liquid alpha spends its time. No product reaches 2^63.
    macro_rules! add_terms {
        ($($power:literal)*) => {$(
            term = ((u128::from(term) * u128::from(size)) >> 32) as u64 / $power;
            series += term;
        )*};
    }
    add_terms!(2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31);
    Fixed::from_bits(series as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn real(value: Fixed) -> f64 {
        value.bits() as f64 / 2f64.powi(32)
    }

    #[test]
    fn the_exponential_is_close_and_known_to_stop_early() {
        for exponent in [-8.0, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0, 8.0] {
            let found = real(exp(Fixed::from_bits((exponent * 2f64.powi(32)) as i64)));
            let relative: f64 = (found - f64::exp(exponent)) / f64::exp(exponent);
            assert!(relative.abs() < 2e-6, "exp({exponent}) = {found}");
        }
        assert!(real(exp(Fixed::from_int(100))) < f64::exp(20.0) * 0.995);
    }

    #[test]
    fn the_rate_rises_with_the_distance_unless_the_slope_is_negative() {
        let share = |percent: u64| Fixed::ratio(percent, 100);
        let rates = |steepness| Rates::new(LiquidAlpha { low: 45_875, high: 58_982, steepness });
        let close = |rate: Fixed, bound| (rate.bits() - Fixed::from_proportion(bound).bits()).abs() < 1000;
        let (none, near, far) = (Fixed::ZERO, share(10), share(90));
        assert!(rates(1000).rate(none, near, none) < rates(1000).rate(none, far, none));
        assert!(rates(-1000).rate(none, near, none) > rates(-1000).rate(none, far, none));
        assert!(close(rates(i16::MAX).rate(none, far, none), 58_982));
        assert!(close(rates(i16::MAX).rate(none, near, none), 45_875));
        // Selling: the old bond is far above the weight.
        assert!(close(rates(i16::MAX).rate(none, none, far), 58_982));
    }
}
