//! The price of a registration: it halves over time and jumps with each registration.

use super::rules::Rules;

/// One, as a number with 32 fractional bits.
const ONE: u64 = 1 << 32;

/// The price and how it moves.
#[derive(Clone, Copy, Debug)]
pub(super) struct Burn {
    /// Rao of TAO.
    pub(super) price: u64,
    least: u64,
    most: u64,
    /// What is left of the price after a block, with 32 fractional bits.
    decay: u64,
    /// What the price is multiplied by with a registration, with 64 fractional bits.
    raise: u128,
}

impl Burn {
    pub(super) fn new(rules: &Rules) -> Self {
        // The chain keeps the multiplier with 64 fractional bits, more than a double has, and takes it for 1 at least.
        let raise = (rules.burn_increase_mult.max(1.0) * 2f64.powi(64)) as u128;
        Self {
            price: rules.burn,
            least: rules.min_burn,
            most: rules.max_burn,
            decay: decay_factor(rules.burn_half_life),
            raise,
        }
    }

    /// Goes on with the price as it is by other rules.
    pub(super) fn with_rules(self, rules: &Rules) -> Self {
        Self { price: self.price, ..Self::new(rules) }
    }

    /// Lowers the price by a block's worth.
    pub(super) fn step(&mut self) {
        self.set((u128::from(self.price) * u128::from(self.decay)) >> 32);
    }

    /// Raises the price after a registration.
    pub(super) fn raise(&mut self) {
        let price = u128::from(self.price);
        let (whole, fraction) = (self.raise >> 64, self.raise & u128::from(u64::MAX));
        self.set(price * whole + ((price * fraction) >> 64));
    }

    fn set(&mut self, price: u128) {
        self.price = u64::try_from(price).unwrap_or(u64::MAX).min(self.most).max(self.least);
    }
}

/// The largest factor with 32 fractional bits that at least halves a price in `half_life` blocks.
fn decay_factor(half_life: u16) -> u64 {
    let (mut low, mut high) = (0, ONE);
    while low + 1 < high {
        let middle = (low + high) / 2;
        if power(middle, half_life) <= ONE / 2 {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// `base` to the power of `exponent`, both with 32 fractional bits, cut at each step.
fn power(mut base: u64, mut exponent: u16) -> u64 {
    let multiply = |a: u64, b: u64| ((u128::from(a) * u128::from(b)) >> 32) as u64;
    let mut result = ONE;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = multiply(result, base);
        }
        base = multiply(base, base);
        exponent >>= 1;
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_price_halves_in_a_half_life_and_rises_with_a_registration() {
        let mut burn = Burn::new(&Rules::default());
        let after = |burn: &mut Burn, blocks: u32| {
            (0..blocks).for_each(|_| burn.step());
            burn.price
        };
        assert_eq!(after(&mut burn, 1), 998_076_443);
        assert_eq!(after(&mut burn, 99), 824_860_547);
        assert_eq!(after(&mut burn, 260), 499_999_865);
        burn.raise();
        assert_eq!(burn.price, 629_999_829);
        assert_eq!(after(&mut burn, 20_000), 500_000);
    }
}
