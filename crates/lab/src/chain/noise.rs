//! Numbers that look random and follow from a seed, the same on every machine.

/// A stream of pseudo-random numbers (SplitMix64).
#[derive(Clone, Debug)]
pub(super) struct Noise(u64);

impl Noise {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number of about the standard normal distribution: four uniform ones added up, which takes no transcendental
    /// function, whose last bits differ between machines.
    pub(super) fn normal(&mut self) -> f64 {
        let bits = self.next();
        let sum: u32 = (0..4).map(|part| (bits >> (16 * part)) as u32 & 0xffff).sum();
        (f64::from(sum) - 2.0 * 65_535.0) / 65_535.0 * 3f64.sqrt()
    }
}

/// The hash of a block, of a chain that began with `seed`.
pub(super) fn block_hash(seed: u64, block: u64) -> [u8; 32] {
    let mut noise = Noise::new(seed ^ block.wrapping_mul(0xd134_2543_de82_ef95));
    let mut hash = [0; 32];
    for word in hash.chunks_exact_mut(8) {
        word.copy_from_slice(&noise.next().to_le_bytes());
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_numbers_have_mean_zero_and_deviation_one() {
        let mut noise = Noise::new(1);
        let drawn: Vec<f64> = (0..20_000).map(|_| noise.normal()).collect();
        let mean = drawn.iter().sum::<f64>() / 20_000.0;
        let variance = drawn.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.03, "{mean} {variance}");
    }

    #[test]
    fn hashes_differ_by_block_and_by_seed() {
        assert_eq!(block_hash(1, 2), block_hash(1, 2));
        assert_ne!(block_hash(1, 2), block_hash(1, 3));
        assert_ne!(block_hash(1, 2), block_hash(2, 2));
    }
}
