//! The weighted pool's curve: `tao^w * alpha^(1 - w)` is constant, where `w` is TAO's weight.

use safe_bigmath::SafeInt;
use sp_runtime::Perquintill;
use substrate_fixed::types::U96F32;

/// Weights are counted in parts of this.
const PARTS: u64 = 1_000_000_000_000_000_000;
/// Powers are computed to this many decimals, as on the chain.
const DECIMALS: u32 = 18;

/// TAO per alpha; 0 for an empty pool.
pub(super) fn price(tao: u64, alpha: u64, quote: Perquintill) -> U96F32 {
    let (quote, base) = weights(quote);
    let ratio = U96F32::from_num(tao).checked_div(U96F32::from_num(alpha)).unwrap_or_default();
    if quote == base {
        return ratio;
    }
    let weighted = SafeInt::from(ratio.to_bits()) * SafeInt::from(base) / SafeInt::from(quote);
    weighted.and_then(|bits| bits.to_u128()).map_or_else(U96F32::default, U96F32::from_bits)
}

/// The alpha that `paid` TAO takes out of the pool.
pub(super) fn bought(tao: u64, alpha: u64, quote: Perquintill, paid: u64) -> Option<u64> {
    let (quote, base) = weights(quote);
    taken_out(tao, alpha, paid, quote, base)
}

/// The TAO that `paid` alpha takes out of the pool.
pub(super) fn sold(tao: u64, alpha: u64, quote: Perquintill, paid: u64) -> Option<u64> {
    let (quote, base) = weights(quote);
    taken_out(alpha, tao, paid, base, quote)
}

/// `out * (1 - (into / (into + paid))^(weight_in / weight_out))`, rounded down.
fn taken_out(into: u64, out: u64, paid: u64, weight_in: u64, weight_out: u64) -> Option<u64> {
    let after = u128::from(into) + u128::from(paid);
    if weight_in == weight_out {
        return u64::try_from(u128::from(out) * u128::from(paid) / after.max(1)).ok();
    }
    let kept = SafeInt::pow_ratio_scaled(
        &SafeInt::from(into),
        &SafeInt::from(after),
        &SafeInt::from(weight_in),
        &SafeInt::from(weight_out),
        DECIMALS,
        &SafeInt::from(PARTS),
    )?
    .to_u64()?;
    u64::try_from(u128::from(out) * u128::from(PARTS.saturating_sub(kept)) / u128::from(PARTS)).ok()
}

/// TAO's weight after both reserves grew, at an unchanged price.
pub(super) fn weight_after(
    tao: u64,
    alpha: u64,
    quote: Perquintill,
    more_tao: u64,
    more_alpha: u64,
) -> Option<Perquintill> {
    let (quote, base) = weights(quote);
    let grown_tao = SafeInt::from(tao) + SafeInt::from(more_tao);
    let grown_alpha = SafeInt::from(alpha) + SafeInt::from(more_alpha);
    let quote_side = SafeInt::from(quote) * SafeInt::from(alpha) * grown_tao;
    let base_side = SafeInt::from(base) * SafeInt::from(tao) * grown_alpha;
    let parts = (quote_side.clone() * SafeInt::from(PARTS) / (quote_side + base_side))?;
    parts.to_u64().map(Perquintill::from_parts)
}

/// TAO's weight and alpha's, in parts of a quintillion.
fn weights(quote: Perquintill) -> (u64, u64) {
    let quote = quote.deconstruct();
    (quote, PARTS.saturating_sub(quote))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: Perquintill = Perquintill::from_percent(50);

    #[test]
    fn equal_weights_are_a_constant_product() {
        assert_eq!(bought(1_000, 1_000, HALF, 1_000), Some(500));
        assert_eq!(sold(1_500, 500, HALF, 500), Some(750));
        assert_eq!(price(3_000, 1_000, HALF), U96F32::from_num(3));
    }

    #[test]
    fn adding_in_proportion_keeps_the_weight_and_adding_tao_alone_raises_it() {
        assert_eq!(weight_after(1_000, 1_000, HALF, 10, 10), Some(HALF));
        let heavier = weight_after(1_000, 1_000, HALF, 100, 0).unwrap();
        assert!(heavier > HALF);
        let before = price(1_000_000, 1_000_000, HALF);
        let after =
            price(1_100_000, 1_000_000, weight_after(1_000_000, 1_000_000, HALF, 100_000, 0).unwrap());
        assert!(before.max(after) - before.min(after) < U96F32::from_num(0.000_001), "{before} {after}");
    }

    #[test]
    fn a_heavier_tao_side_yields_more_alpha_per_tao_paid() {
        let heavy = Perquintill::from_percent(80);
        let equal = bought(1_000_000, 1_000_000, HALF, 100_000).unwrap();
        let weighted = bought(1_000_000, 1_000_000, heavy, 100_000).unwrap();
        // (1/1.1)^4 = 0.6830, so 317 thousandths of the alpha leave the pool.
        assert_eq!((equal, weighted), (90_909, 316_986));
    }
}
