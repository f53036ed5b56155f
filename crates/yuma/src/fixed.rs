//! The chain's 64-bit fixed-point number and the vector operations built on it.

/// A signed number with 32 integer and 32 fractional bits (`I32F32` on the chain).
///
/// Products round towards minus infinity, quotients towards zero, and sums and products saturate. Each of
/// these shows in the low bits of stored results, so no operation here may be rearranged algebraically.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fixed(i64);

const FRACTION_BITS: u32 = 32;
const FRACTION_MASK: i64 = (1 << FRACTION_BITS) - 1;

impl Fixed {
    pub(crate) const ZERO: Self = Self(0);
    pub(crate) const ONE: Self = Self(1 << FRACTION_BITS);
    pub(crate) const HALF: Self = Self(1 << (FRACTION_BITS - 1));

    pub(crate) const fn from_bits(bits: i64) -> Self {
        Self(bits)
    }

    pub(crate) const fn from_int(value: i32) -> Self {
        Self((value as i64) << FRACTION_BITS)
    }

    pub(crate) const fn from_u16(value: u16) -> Self {
        Self::from_int(value as i32)
    }

    /// `value / 65535`, the number that a stored u16 proportion stands for.
    pub(crate) const fn from_proportion(value: u16) -> Self {
        Self(Self::from_u16(value).0 / u16::MAX as i64)
    }

    /// `numerator / denominator` of two plain integers, saturating.
    pub(crate) fn ratio(numerator: u64, denominator: u64) -> Self {
        let bits = (u128::from(numerator) << FRACTION_BITS) / u128::from(denominator);
        Self(i64::try_from(bits).unwrap_or(i64::MAX))
    }

    pub(crate) const fn bits(self) -> i64 {
        self.0
    }

    pub(crate) const fn is_zero(self) -> bool {
        self.0 == 0
    }

    pub(crate) const fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    pub(crate) const fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    pub(crate) fn mul(self, other: Self) -> Self {
        match self.checked_mul(other) {
            Some(product) => product,
            None if (self.0 < 0) == (other.0 < 0) => Self(i64::MAX),
            None => Self(i64::MIN),
        }
    }

    pub(crate) fn checked_mul(self, other: Self) -> Option<Self> {
        let product = (i128::from(self.0) * i128::from(other.0)) >> FRACTION_BITS;
        i64::try_from(product).ok().map(Self)
    }

    /// The quotient, or zero if the divisor is zero or the quotient does not fit.
    ///
    /// Nearly every division of an epoch takes one of the two 64-bit paths; the 128-bit one is several times
    /// slower.
    pub(crate) fn safe_div(self, divisor: Self) -> Self {
        let quotient = if divisor.0 & FRACTION_MASK == 0 {
            self.0.checked_div(divisor.0 >> FRACTION_BITS)
        } else if divisor.0 > 0 && (0..=FRACTION_MASK).contains(&self.0) {
            i64::try_from(((self.0 as u64) << FRACTION_BITS) / divisor.0 as u64).ok()
        } else {
            i64::try_from((i128::from(self.0) << FRACTION_BITS) / i128::from(divisor.0)).ok()
        };
        Self(quotient.unwrap_or(0))
    }

    /// The number if it `counts`, else zero; without a branch.
    pub(crate) const fn or_zero(self, counts: bool) -> Self {
        Self(self.0 & -(counts as i64))
    }

    pub(crate) fn clamp(self, low: Self, high: Self) -> Self {
        self.min(high).max(low)
    }

    /// `floor(self * 65535)`, saturating: how proportions are stored.
    pub(crate) fn to_proportion(self) -> u16 {
        self.mul(Self::from_u16(u16::MAX)).to_u16()
    }

    /// The integer part, saturating.
    pub(crate) fn to_u16(self) -> u16 {
        (self.0 >> FRACTION_BITS).clamp(0, i64::from(u16::MAX)) as u16
    }

    /// The nearest integer (halves away from zero, the number being positive), saturating.
    pub(crate) fn round_to_u16(self) -> u16 {
        self.add(Self::HALF).to_u16()
    }

    /// `floor(self * amount)` for a share of an amount in rao; negative shares are worth nothing.
    pub(crate) fn share_of(self, amount: u64) -> u64 {
        let share = (u128::from(self.0.max(0) as u64) * u128::from(amount)) >> FRACTION_BITS;
        u64::try_from(share).unwrap_or(u64::MAX)
    }
}

/// A divisor that many numbers are divided by, with its reciprocal: multiplying is several times faster than dividing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Divisor {
    by: Fixed,
    /// Numbers up to this one are divided by way of the reciprocal.
    most: u64,
    /// How far such a number is shifted before it is divided as an integer.
    shift: u32,
    /// The integer to divide by then.
    integer: u64,
    /// `(2^64 - 1) / integer`.
    reciprocal: u64,
}

impl Divisor {
    pub(crate) fn new(by: Fixed) -> Self {
        let bits = by.0 as u64;
        let (most, shift, integer) = if by.0 < 4 {
            // Zero, or so small that a quotient may not fit, or negative: there is no way by the reciprocal.
            (None, 0, 1)
        } else if by.0 & FRACTION_MASK == 0 {
            (Some(i64::MAX as u64), 0, bits >> FRACTION_BITS)
        } else {
            (Some(FRACTION_MASK as u64), FRACTION_BITS, bits)
        };
        // Without a way none is small enough: zero is zero by any divisor, which a reciprocal of zero yields.
        let reciprocal = most.map_or(0, |_| u64::MAX / integer);
        Self { by, most: most.unwrap_or(0), shift, integer, reciprocal }
    }

    /// What [`Fixed::safe_div`] gives.
    pub(crate) fn divide(&self, value: Fixed) -> Fixed {
        let bits = value.0 as u64;
        if bits > self.most {
            return value.safe_div(self.by);
        }
        let numerator = bits << self.shift;
        let quotient = ((u128::from(numerator) * u128::from(self.reciprocal)) >> 64) as u64;
        // The reciprocal was cut, so the quotient is right or one too low.
        let rest = numerator - quotient * self.integer;
        Fixed((quotient + u64::from(rest >= self.integer)) as i64)
    }
}

/// The saturating sum of the values.
pub(crate) fn sum(values: &[Fixed]) -> Fixed {
    values.iter().fold(Fixed::ZERO, |total, &value| total.add(value))
}

/// Divides every value by their sum; leaves them alone if it is zero.
pub(crate) fn normalize(values: &mut [Fixed]) {
    let total = sum(values);
    normalize_by(values, total);
}

/// Divides every value by `total`; leaves them alone if it is zero.
pub(crate) fn normalize_by(values: &mut [Fixed], total: Fixed) {
    if !total.is_zero() {
        let total = Divisor::new(total);
        for value in values {
            *value = total.divide(*value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_round_down_and_quotients_round_to_zero() {
        let tiny = Fixed::from_bits(1);
        let minus_tiny = Fixed::from_bits(-1);
        assert_eq!(tiny.mul(Fixed::HALF), Fixed::ZERO);
        assert_eq!(minus_tiny.mul(Fixed::HALF), minus_tiny);
        assert_eq!(minus_tiny.safe_div(Fixed::from_int(2)), Fixed::ZERO);
        assert_eq!(Fixed::from_int(-1).safe_div(Fixed::from_bits(3 << 31)).bits(), -2_863_311_530);
    }

    #[test]
    fn the_division_paths_agree() {
        let values = [0, 1, 12_345, 1 << 31, (1 << 32) - 1, 1 << 32, 65_535 << 32, (7 << 32) + 99];
        for &a in &values {
            for &b in &values[1..] {
                let exact = (i128::from(a) << 32) / i128::from(b);
                let expected = i64::try_from(exact).unwrap_or(0);
                assert_eq!(Fixed::from_bits(a).safe_div(Fixed::from_bits(b)).bits(), expected, "{a} / {b}");
            }
            assert_eq!(Fixed::from_bits(a).safe_div(Fixed::ZERO), Fixed::ZERO);
        }
    }

    #[test]
    fn dividing_by_a_reciprocal_is_dividing() {
        let mut seed: u64 = 7;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Numbers of all lengths, some of them whole and some negative.
            let number = (seed ^ seed >> 29) >> (seed >> 58);
            Fixed::from_bits(if seed & 2 == 0 { number & !0xffff_ffff } else { number } as i64)
        };
        let edges = [i64::MIN, -1, 0, 1, 2, 3, 4, 5, FRACTION_MASK, FRACTION_MASK + 1, i64::MAX]
            .map(Fixed::from_bits);
        for _ in 0..20_000 {
            let (a, b) = (next(), next());
            for (a, b) in edges.iter().flat_map(|&edge| [(a, edge), (edge, b)]).chain([(a, b)]) {
                assert_eq!(Divisor::new(b).divide(a), a.safe_div(b), "{a:?} / {b:?}");
            }
        }
        for a in edges {
            for b in edges {
                assert_eq!(Divisor::new(b).divide(a), a.safe_div(b), "{a:?} / {b:?}");
            }
        }
    }

    #[test]
    fn results_saturate() {
        let large = Fixed::from_int(i32::MAX);
        assert_eq!(large.mul(large).bits(), i64::MAX);
        assert_eq!(large.mul(Fixed::from_int(-70_000)).bits(), i64::MIN);
        assert_eq!(large.add(large).bits(), i64::MAX);
        assert_eq!(large.to_u16(), u16::MAX);
        assert_eq!(Fixed::from_int(-1).to_u16(), 0);
        assert_eq!(Fixed::ONE.share_of(u64::MAX), u64::MAX);
    }
}
