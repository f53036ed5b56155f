//! The weighted pool's curve: `tao^w * alpha^(1 - w)` is constant, where `w` is TAO's weight.
//!
//! Every quantity is rounded as the chain does: powers to 18 decimals, prices and what follows to 64 fraction bits.

use safe_bigmath::SafeInt;
use sp_core::U256;
use sp_runtime::Perquintill;
use substrate_fixed::types::U64F64;

/// Weights and powers are counted in parts of this.
const PARTS: u64 = 1_000_000_000_000_000_000;
/// How precisely powers with a fractional exponent are computed, in bits.
const POWER_PRECISION: u32 = 1_024;
/// The least a weight may be.
const MIN_WEIGHT: Perquintill = Perquintill::from_percent(1);

/// A pool's reserves, in rao, and the weight of its TAO.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Curve {
    pub(super) tao: u64,
    pub(super) alpha: u64,
    pub(super) quote: Perquintill,
}

impl Curve {
    /// TAO per alpha; 0 for an empty pool.
    pub(super) fn price(self) -> U64F64 {
        let weights = U64F64::from_num(self.base())
            .checked_div(U64F64::from_num(self.quote.deconstruct()))
            .unwrap_or_default();
        let reserves =
            U64F64::from_num(self.tao).checked_div(U64F64::from_num(self.alpha)).unwrap_or_default();
        weights.saturating_mul(reserves)
    }

    /// The alpha that `tao` takes out of the pool.
    pub(super) fn bought(self, tao: u64) -> u64 {
        let kept = kept_share(self.tao, tao, self.quote.deconstruct(), self.base());
        taken_out(self.alpha, kept)
    }

    /// The TAO that `alpha` takes out of the pool.
    pub(super) fn sold(self, alpha: u64) -> u64 {
        let kept = kept_share(self.alpha, alpha, self.base(), self.quote.deconstruct());
        taken_out(self.tao, kept)
    }

    /// The pool after `tao` bought alpha.
    pub(super) fn after_buying(self, tao: u64) -> Self {
        let alpha = self.alpha.saturating_sub(self.bought(tao));
        Self { tao: self.tao.saturating_add(tao), alpha, ..self }
    }

    /// The pool after `alpha` was sold.
    pub(super) fn after_selling(self, alpha: u64) -> Self {
        let tao = self.tao.saturating_sub(self.sold(alpha));
        Self { tao, alpha: self.alpha.saturating_add(alpha), ..self }
    }

    /// The TAO that raises the price to `limit`.
    pub(super) fn tao_until(self, limit: U64F64) -> u64 {
        growth(self.tao, limit, self.price(), self.base())
    }

    /// The alpha that lowers the price to `limit`.
    pub(super) fn alpha_until(self, limit: U64F64) -> u64 {
        growth(self.alpha, self.price(), limit, self.quote.deconstruct())
    }

    /// TAO's weight after both reserves grew at an unchanged price; `None` if a weight would leave its bounds.
    pub(super) fn weight_after(self, more_tao: u64, more_alpha: u64) -> Option<Perquintill> {
        let weighted = |weight: u64, reserve: u64, grown: u64, more: u64| {
            let product =
                U256::from(u128::from(reserve).saturating_mul(u128::from(grown) + u128::from(more)));
            let rounded = (product * U256::from(weight) + U256::from(PARTS / 2)) / U256::from(PARTS);
            rounded.low_u128()
        };
        let base = weighted(self.base(), self.tao, self.alpha, more_alpha);
        let quote = weighted(self.quote.deconstruct(), self.alpha, self.tao, more_tao);
        let sum = base.saturating_add(quote);
        let weight =
            if sum == 0 { Perquintill::from_percent(50) } else { Perquintill::from_rational(quote, sum) };
        let other = Perquintill::from_parts(PARTS.saturating_sub(weight.deconstruct()));
        (weight >= MIN_WEIGHT && other >= MIN_WEIGHT).then_some(weight)
    }

    /// Alpha's weight, in parts of a quintillion.
    fn base(self) -> u64 {
        PARTS.saturating_sub(self.quote.deconstruct())
    }
}

/// `(reserve / (reserve + paid))^(weight_in / weight_out)`.
fn kept_share(reserve: u64, paid: u64, weight_in: u64, weight_out: u64) -> U64F64 {
    let after = reserve.saturating_add(paid);
    if after == 0 {
        return U64F64::default();
    }
    let parts = power(u128::from(reserve), u128::from(after), weight_in, weight_out)
        .and_then(|parts| parts.to_u64())
        .unwrap_or_default();
    U64F64::from_num(parts).saturating_div(U64F64::from_num(PARTS))
}

/// What of a reserve leaves it if the share `kept` stays.
fn taken_out(reserve: u64, kept: U64F64) -> u64 {
    U64F64::from_num(reserve).saturating_mul(U64F64::from_num(1).saturating_sub(kept)).saturating_to_num()
}

/// `reserve * ((numerator / denominator)^weight - 1)`, rounded down.
fn growth(reserve: u64, numerator: U64F64, denominator: U64F64, weight: u64) -> u64 {
    let Some(parts) = power(numerator.to_bits(), denominator.to_bits(), weight, PARTS) else { return 0 };
    let parts = match parts.to_u64() {
        Some(parts) => parts,
        None if parts > u64::MAX => u64::MAX,
        None => 0,
    };
    let factor = U64F64::from_num(parts).saturating_div(U64F64::from_num(PARTS));
    U64F64::from_num(reserve).saturating_mul(factor.saturating_sub(U64F64::from_num(1))).saturating_to_num()
}

/// `(numerator / denominator)^(exponent / exponent_parts)`, in parts of a quintillion.
fn power(numerator: u128, denominator: u128, exponent: u64, exponent_parts: u64) -> Option<SafeInt> {
    SafeInt::pow_ratio_scaled(
        &SafeInt::from(numerator),
        &SafeInt::from(denominator),
        &SafeInt::from(exponent),
        &SafeInt::from(exponent_parts),
        POWER_PRECISION,
        &SafeInt::from(PARTS),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: Perquintill = Perquintill::from_percent(50);

    fn pool(tao: u64, alpha: u64, quote: Perquintill) -> Curve {
        Curve { tao, alpha, quote }
    }

    #[test]
    fn equal_weights_are_a_constant_product() {
        assert_eq!(pool(1_000, 1_000, HALF).bought(1_000), 500);
        assert_eq!(pool(1_500, 500, HALF).sold(500), 750);
        assert_eq!(pool(3_000, 1_000, HALF).price(), U64F64::from_num(3));
        assert_eq!(pool(3_000, 0, HALF).price(), U64F64::from_num(0));
    }

    #[test]
    fn what_reaches_a_price_moves_the_pool_there() {
        let before = pool(1_000_000_000_000, 1_000_000_000_000, HALF);
        for limit in [U64F64::from_num(1.1), U64F64::from_num(4)] {
            let tao = before.tao_until(limit);
            let reached = before.after_buying(tao).price();
            assert!(limit.max(reached) - limit.min(reached) < U64F64::from_num(0.000_001), "{reached}");
        }
        let limit = U64F64::from_num(0.25);
        let reached = before.after_selling(before.alpha_until(limit)).price();
        assert!(limit.max(reached) - limit.min(reached) < U64F64::from_num(0.000_001), "{reached}");
    }

    #[test]
    fn adding_in_proportion_keeps_the_weight_and_adding_tao_alone_raises_it() {
        assert_eq!(pool(1_000, 1_000, HALF).weight_after(10, 10), Some(HALF));
        let heavier = pool(1_000_000, 1_000_000, HALF).weight_after(100_000, 0).unwrap();
        assert!(heavier > HALF);
        let before = pool(1_000_000, 1_000_000, HALF).price();
        let after = pool(1_100_000, 1_000_000, heavier).price();
        assert!(before.max(after) - before.min(after) < U64F64::from_num(0.000_001), "{before} {after}");
        assert_eq!(pool(1_000, 1_000, HALF).weight_after(1_000_000, 0), None);
    }

    #[test]
    fn a_heavier_tao_side_yields_more_alpha_per_tao_paid() {
        let heavy = Perquintill::from_percent(80);
        // (1/1.1)^4 = 0.6830, so 317 thousandths of the alpha leave the pool.
        assert_eq!(pool(1_000_000, 1_000_000, HALF).bought(100_000), 90_909);
        assert_eq!(pool(1_000_000, 1_000_000, heavy).bought(100_000), 316_986);
    }
}
