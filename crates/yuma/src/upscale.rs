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
    }

    /// Rows given to the chain's `set_weights`, and what it stored.
    #[test]
    fn rows_come_out_as_the_chain_stored_them() {
        assert_eq!(max_upscale(&[137, 237, 337]), [26_642, 46_088, 65_535]);
        assert_eq!(max_upscale(&[44_539, 58_640, 19_683]), [49_776, 65_535, 21_997]);
        assert_eq!(max_upscale(&[64_421, 18_630, 54_942]), [65_535, 18_952, 55_892]);
        assert_eq!(max_upscale(&[25_763, 61_591]), [27_413, 65_535]);
        assert_eq!(max_upscale(&[62_440, 39_227]), [65_535, 41_171]);
    }
}
