//! The price of registering a neuron: halves over time, jumps with each registration.

use substrate_fixed::types::U64F64;

use super::pallet::*;
use super::types::{NetUid, ROOT};

/// One, as a number with 32 fractional bits.
const ONE: u64 = 1 << 32;

impl<T: Config> Pallet<T> {
    /// Lowers every subnet's price by one block's worth and starts counting registrations anew.
    pub(super) fn step_burn() {
        let decays = Self::now() > 1;
        if Self::is_epoch_due(ROOT, BlocksSinceLastStep::<T>::get(ROOT)) {
            RegistrationsThisInterval::<T>::insert(ROOT, 0);
        }
        for netuid in NetworksAdded::<T>::iter_keys().collect::<Vec<_>>() {
            RegistrationsThisBlock::<T>::insert(netuid, 0);
            if decays {
                let factor = decay_factor(BurnHalfLife::<T>::get(netuid));
                let price = Burn::<T>::get(netuid);
                let lower = (u128::from(price) * u128::from(factor)) >> 32;
                Burn::<T>::insert(netuid, Self::within_burn_limits(netuid, lower as u64));
            }
        }
    }

    /// Raises the price after a registration.
    pub(super) fn raise_burn(netuid: NetUid) {
        let factor = BurnIncreaseMult::<T>::get(netuid).max(U64F64::from_num(1));
        let higher =
            U64F64::from_num(Burn::<T>::get(netuid)).saturating_mul(factor).saturating_to_num::<u64>();
        let price = Self::within_burn_limits(netuid, higher);
        Burn::<T>::insert(netuid, price);
    }

    fn within_burn_limits(netuid: NetUid, price: u64) -> u64 {
        price.min(MaxBurn::<T>::get(netuid)).max(MinBurn::<T>::get(netuid))
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

/// `base` to the power of `exponent`, both with 32 fractional bits, truncated at each step.
fn power(mut base: u64, mut exponent: u16) -> u64 {
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

fn multiply(a: u64, b: u64) -> u64 {
    ((u128::from(a) * u128::from(b)) >> 32) as u64
}

#[cfg(test)]
mod tests {
    use super::{ONE, decay_factor};

    #[test]
    fn decays_as_the_chain_does() {
        assert_eq!(decay_factor(360), 4_286_705_684);
        assert_eq!(decay_factor(1), ONE / 2);
    }

    #[test]
    fn halves_a_price_in_a_half_life() {
        let factor = decay_factor(360);
        let after = |blocks: usize| {
            (0..blocks)
                .fold(1_000_000_000_u64, |price, _| ((u128::from(price) * u128::from(factor)) >> 32) as u64)
        };
        assert_eq!(after(1), 998_076_443);
        assert_eq!(after(100), 824_860_547);
        assert_eq!(after(360), 499_999_865);
    }
}
