//! The chain's fixed-point number for amounts.

/// A number of rao with 96 integer and 32 fractional bits (`U96F32` on the chain). Products and quotients are cut.
///
/// Amounts are below 2^64, so that a quotient of two of them does not overflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fixed(u128);

const FRACTION_BITS: u32 = 32;
const FRACTION_MASK: u128 = (1 << FRACTION_BITS) - 1;

impl Fixed {
    pub(super) const HALF: Self = Self(1 << (FRACTION_BITS - 1));

    pub(super) const fn whole(value: u64) -> Self {
        Self((value as u128) << FRACTION_BITS)
    }

    /// `numerator / denominator`; 0 if the denominator is.
    pub(super) const fn ratio(numerator: u64, denominator: u64) -> Self {
        Self::whole(numerator).div(Self::whole(denominator))
    }

    pub(super) const fn is_zero(self) -> bool {
        self.0 == 0
    }

    pub(super) const fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    pub(super) const fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    pub(super) const fn mul(self, other: Self) -> Self {
        let whole = (self.0 >> FRACTION_BITS).saturating_mul(other.0);
        Self(whole.saturating_add((self.0 & FRACTION_MASK).saturating_mul(other.0) >> FRACTION_BITS))
    }

    pub(super) const fn div(self, other: Self) -> Self {
        match (self.0 << FRACTION_BITS).checked_div(other.0) {
            Some(quotient) => Self(quotient),
            None => Self(0),
        }
    }

    /// The integer part.
    pub(super) fn floor(self) -> u64 {
        u64::try_from(self.0 >> FRACTION_BITS).unwrap_or(u64::MAX)
    }

    /// The number cut to what the type holds; 0 if it is negative.
    pub(super) fn from_real(value: f64) -> Self {
        Self((value * 2f64.powi(FRACTION_BITS as i32)) as u128)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_and_quotients_are_cut() {
        let third = Fixed::ratio(1, 3);
        assert_eq!(third.mul(Fixed::whole(3)).floor(), 0);
        assert_eq!(Fixed::whole(7).mul(Fixed::HALF).floor(), 3);
        assert_eq!(Fixed::ratio(5, 0), Fixed::default());
        assert_eq!(Fixed::whole(1).sub(Fixed::whole(2)), Fixed::default());
        let most = Fixed::whole(u64::MAX);
        assert_eq!(most.div(most).floor(), 1);
        assert_eq!(most.add(most).floor(), u64::MAX);
        assert_eq!(Fixed::from_real(2.5), Fixed::ratio(5, 2));
    }
}
