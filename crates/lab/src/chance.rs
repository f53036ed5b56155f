//! Random numbers that depend on nothing but what they are for, so that nobody's luck changes with who else plays.

/// Another number for each pair, evenly spread (the finaliser of SplitMix64).
pub(crate) const fn mix(seed: u64, of: u64) -> u64 {
    let mut bits = seed ^ of.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

/// A number for a text.
pub(crate) fn of_text(text: &str) -> u64 {
    text.bytes().fold(0x5ED0, |seed, byte| mix(seed, u64::from(byte)))
}

/// From 0 up to and without 1.
pub(crate) fn unit(bits: u64) -> f64 {
    // As many bits as a double holds.
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

/// Bytes for a number.
pub(crate) fn bytes(of: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (part, number) in bytes.chunks_exact_mut(8).zip(0..) {
        part.copy_from_slice(&mix(of, number).to_le_bytes());
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spread_evenly_and_depend_on_both() {
        let mean = (0..10_000).map(|n| unit(mix(7, n))).sum::<f64>() / 10_000.0;
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
        assert_ne!(mix(1, 2), mix(2, 1));
        assert_ne!(of_text("ab"), of_text("ba"));
        assert_ne!(bytes(1), bytes(2));
    }
}
