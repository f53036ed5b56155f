//! Share pools: what each staker of a hotkey holds is a share of the hotkey's alpha, so that dividends reach all
//! of them by raising one number.

use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use sp_core::U256;

/// A share: `mantissa * 10^exponent`.
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, Copy, Default, PartialEq, Eq, Debug, TypeInfo)]
pub struct SafeFloat {
    pub mantissa: u128,
    pub exponent: i64,
}

/// Mantissas are kept below this, so that a product of two fits 256 bits with room to spare.
const MAX_MANTISSA: u128 = 1_000_000_000_000_000_000_000;
/// Decimals that a division keeps below the point.
const DIVISION_DECIMALS: u32 = 21;

impl SafeFloat {
    /// A whole number.
    pub fn from_whole(value: u64) -> Self {
        Self { mantissa: u128::from(value), exponent: 0 }
    }

    pub fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// `self + other`.
    pub fn plus(self, other: Self) -> Self {
        let (a, b, exponent) = aligned(self, other);
        Self::rounded(a.saturating_add(b), exponent)
    }

    /// `self - other`, or zero.
    pub fn minus(self, other: Self) -> Self {
        let (a, b, exponent) = aligned(self, other);
        Self::rounded(a.saturating_sub(b), exponent)
    }

    /// `self * numerator / denominator`; zero if the denominator is.
    pub fn scaled(self, numerator: u64, denominator: u64) -> Self {
        if denominator == 0 {
            return Self::default();
        }
        let product = U256::from(self.mantissa) * U256::from(numerator) * power_of_ten(DIVISION_DECIMALS);
        Self::rounded(product / U256::from(denominator), self.exponent - i64::from(DIVISION_DECIMALS))
    }

    /// `value * self / whole`, rounded down; zero if `whole` is.
    pub fn part_of(self, value: u64, whole: Self) -> u64 {
        let (part, whole, _) = aligned(self, whole);
        if whole.is_zero() {
            return 0;
        }
        u64::try_from(part.saturating_mul(U256::from(value)) / whole).unwrap_or(u64::MAX)
    }

    fn rounded(mut mantissa: U256, mut exponent: i64) -> Self {
        while mantissa >= U256::from(MAX_MANTISSA) {
            mantissa /= U256::from(10);
            exponent += 1;
        }
        if mantissa.is_zero() {
            return Self::default();
        }
        Self { mantissa: mantissa.as_u128(), exponent }
    }
}

/// Both mantissas at the smaller exponent; a difference beyond what the digits can show reads as zero.
fn aligned(a: SafeFloat, b: SafeFloat) -> (U256, U256, i64) {
    if a.is_zero() {
        return (U256::zero(), U256::from(b.mantissa), b.exponent);
    }
    if b.is_zero() {
        return (U256::from(a.mantissa), U256::zero(), a.exponent);
    }
    let lowest = a.exponent.min(b.exponent).max(a.exponent.max(b.exponent) - 30);
    (at_exponent(a, lowest), at_exponent(b, lowest), lowest)
}

fn at_exponent(value: SafeFloat, exponent: i64) -> U256 {
    let mantissa = U256::from(value.mantissa);
    match u32::try_from(value.exponent - exponent) {
        Ok(up) => mantissa.saturating_mul(power_of_ten(up)),
        Err(_) => mantissa / power_of_ten((exponent - value.exponent).try_into().unwrap_or(u32::MAX)),
    }
}

fn power_of_ten(exponent: u32) -> U256 {
    U256::from(10).checked_pow(U256::from(exponent)).unwrap_or(U256::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_staker_gets_a_share_in_proportion_to_the_value_so_far() {
        let first = SafeFloat::from_whole(1_000);
        // Dividends doubled the value; 500 more then buys a quarter of what was there before.
        let second = first.scaled(500, 2_000);
        let whole = first.plus(second);
        assert_eq!(first.part_of(2_500, whole), 2_000);
        assert_eq!(second.part_of(2_500, whole), 500);
    }

    #[test]
    fn taking_everything_out_leaves_nothing() {
        let share = SafeFloat::from_whole(7).scaled(1, 3);
        assert!(share.minus(share).is_zero());
        assert_eq!(share.part_of(u64::MAX, share), u64::MAX);
    }
}
