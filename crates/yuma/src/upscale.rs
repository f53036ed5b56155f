//! How the chain stores a row of weights.

use crate::fixed::Fixed;

/// Scales weights so that the largest becomes 65535, as the chain does with every row it stores.
///
/// A row of zeros stays one.
pub fn max_upscale(weights: &[u16]) -> Vec<u16> {
    let scale = Fixed::from_u16(u16::MAX);
    let largest = Fixed::from_u16(weights.iter().copied().max().unwrap_or(0));
    // Past half of the number range the product below would saturate, so the factor is rounded instead.
    let product_saturates = largest > Fixed::from_int(32_768);
    let upscale = |&weight: &u16| {
        let weight = Fixed::from_u16(weight);
        if product_saturates {
            weight.mul(scale.safe_div(largest)).round_to_u16()
        } else {
            weight.mul(scale).safe_div(largest).round_to_u16()
        }
    };
    weights.iter().map(upscale).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_weight_becomes_65535() {
        assert_eq!(max_upscale(&[]), []);
        assert_eq!(max_upscale(&[0, 0]), [0, 0]);
        assert_eq!(max_upscale(&[1, 2, 3]), [21_845, 43_690, 65_535]);
        assert_eq!(max_upscale(&[32_768, 1]), [65_535, 2]);
        assert_eq!(max_upscale(&[65_535, 40_000]), [65_535, 40_000]);
        assert_eq!(max_upscale(&[40_000, 20_000]), [65_535, 32_767]);
    }
}
