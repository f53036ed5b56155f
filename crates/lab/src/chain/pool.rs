//! The pool in which alpha is bought and sold for TAO.
//!
//! The curve is the chain's: `tao^w * alpha^(1 - w)` is constant, where `w` is TAO's weight. While both weights are one half,
//! as on a subnet without root stake, every amount is the chain's own to the rao; beyond that, powers are computed in doubles.

use super::fixed::Fixed;

/// Parts that the chain counts powers in.
const PARTS: u128 = 1_000_000_000_000_000_000;
/// The least that a weight of the pool may be.
const LEAST_WEIGHT: f64 = 0.01;
/// The fee of a swap, of 65535.
const FEE_RATE: u64 = 33;
/// The least a reserve may hold before something is taken from it, in rao.
const LEAST_RESERVE: u64 = 1_000_000;

/// Reserves in rao, and how TAO is weighted among them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pool {
    pub(super) tao: u64,
    pub(super) alpha: u64,
    /// How much of the pool's value TAO makes up.
    quote: f64,
}

impl Pool {
    pub(super) fn new(tao: u64, price: f64) -> Self {
        Self { tao, alpha: (tao as f64 / price) as u64, quote: 0.5 }
    }

    /// TAO per alpha; 0 for an empty pool.
    pub(super) fn price(&self) -> f64 {
        if self.alpha == 0 {
            return 0.0;
        }
        (1.0 - self.quote) / self.quote * (self.tao as f64 / self.alpha as f64)
    }

    /// What `tao` rao are worth in alpha at the present price, in rao.
    pub(super) fn alpha_worth(&self, tao: u64) -> u64 {
        let price = self.price();
        if price > 0.0 { (tao as f64 / price) as u64 } else { 0 }
    }

    /// Buys alpha with `tao` rao, less the fee where one is charged. Returns the alpha, in rao; 0, and no change, if the pool
    /// is too empty.
    pub(super) fn buy(&mut self, tao: u64, charged: bool) -> u64 {
        let tao = tao.saturating_sub(if charged { fee(tao) } else { 0 });
        if self.alpha < LEAST_RESERVE {
            return 0;
        }
        let bought = taken_out(self.tao, tao, self.alpha, self.quote / (1.0 - self.quote));
        if bought > 0 {
            self.tao = self.tao.saturating_add(tao);
            self.alpha -= bought;
        }
        bought
    }

    /// Sells `alpha` rao, less the fee. Returns the TAO, in rao; 0, and no change, if the pool is too empty.
    pub(super) fn sell(&mut self, alpha: u64) -> u64 {
        let alpha = alpha.saturating_sub(fee(alpha));
        if self.tao < LEAST_RESERVE {
            return 0;
        }
        let sold = taken_out(self.alpha, alpha, self.tao, (1.0 - self.quote) / self.quote);
        if sold > 0 {
            self.alpha = self.alpha.saturating_add(alpha);
            self.tao -= sold;
        }
        sold
    }

    /// Emits a block's TAO: as much of it as alpha may go beside, at most `most_alpha`, and alpha is bought with the rest.
    /// Returns the alpha that went in beside it and the alpha bought.
    pub(super) fn emit(&mut self, tao: u64, most_alpha: Fixed) -> (u64, u64) {
        if tao == 0 {
            return (0, 0);
        }
        let price = Fixed::from_real(self.price());
        let at_price = Fixed::whole(tao).div(price);
        let (fitting_tao, fitting_alpha) = if at_price > most_alpha {
            (most_alpha.mul(price), most_alpha)
        } else {
            (Fixed::whole(tao), at_price)
        };
        let excess = Fixed::whole(tao).sub(fitting_tao).floor();
        let (tao, alpha) = (fitting_tao.floor(), fitting_alpha.floor());
        // The chain weights the pool for what is to be added, buys, and only then adds it.
        let fits = self.reweight(tao, alpha);
        let bought = if excess > 0 { self.buy(excess, false) } else { 0 };
        if !fits {
            return (0, bought);
        }
        self.tao = self.tao.saturating_add(tao);
        self.alpha = self.alpha.saturating_add(alpha);
        (alpha, bought)
    }

    /// Weights the pool so that its price will be as now when both reserves have grown; not if a weight would leave its bounds.
    fn reweight(&mut self, tao: u64, alpha: u64) -> bool {
        if tao == 0 && alpha == 0 {
            return true;
        }
        let weighted = |weight: f64, reserve: u64, grown: u64, more: u64| {
            weight * reserve as f64 * (grown as f64 + more as f64)
        };
        let base = weighted(1.0 - self.quote, self.tao, self.alpha, alpha);
        let quote = weighted(self.quote, self.alpha, self.tao, tao);
        let weight = quote / (base + quote);
        let fits = (LEAST_WEIGHT..=1.0 - LEAST_WEIGHT).contains(&weight);
        if fits {
            self.quote = weight;
        }
        fits
    }

    /// Trades until the price has changed by this part of itself. Returns by how much the alpha in the pool changed, in rao.
    pub(super) fn trade(&mut self, step: f64) -> i64 {
        if step == 0.0 {
            return 0;
        }
        let before = self.alpha;
        // Along the curve TAO changes by the power of alpha's weight, and alpha the other way by that of TAO's.
        let tao = power(1.0 + step, 1.0 - self.quote);
        let alpha = power(1.0 + step, -self.quote);
        self.tao = ((self.tao as f64 * tao) as u64).max(LEAST_RESERVE);
        self.alpha = ((self.alpha as f64 * alpha) as u64).max(LEAST_RESERVE);
        self.alpha.wrapping_sub(before).cast_signed()
    }
}

fn fee(amount: u64) -> u64 {
    // The rate is cut to 64 fractional bits first, as on the chain.
    let rate = (u128::from(FEE_RATE) << 64) / u128::from(u16::MAX);
    ((u128::from(amount) * rate) >> 64) as u64
}

/// What leaves the reserve `out` when `paid` joins the reserve `into`, whose weight is `ratio` times the other's.
fn taken_out(into: u64, paid: u64, out: u64, ratio: f64) -> u64 {
    if ratio == 1.0 {
        let after = u128::from(into) + u128::from(paid);
        let parts = (u128::from(into) * PARTS).checked_div(after).unwrap_or(PARTS);
        // 1 - kept, with 64 fractional bits: both cuts are the chain's.
        let kept = (parts << 64) / PARTS;
        return ((u128::from(out) * ((1 << 64) - kept)) >> 64) as u64;
    }
    let grown = (paid as f64 / into as f64).ln_1p();
    (out as f64 * -(-ratio * grown).exp_m1()) as u64
}

/// `base^exponent`, by the root where that is what it is.
fn power(base: f64, exponent: f64) -> f64 {
    if exponent == 0.5 {
        base.sqrt()
    } else if exponent == -0.5 {
        1.0 / base.sqrt()
    } else {
        base.powf(exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: u64 = 1_000_000_000;

    #[test]
    fn equal_weights_are_a_constant_product() {
        let mut pool = Pool::new(1_000 * TOKEN, 1.0);
        assert_eq!(pool.buy(1_000 * TOKEN, false), 500 * TOKEN);
        assert_eq!((pool.tao, pool.alpha), (2_000 * TOKEN, 500 * TOKEN));
        assert_eq!(pool.price(), 4.0);
        assert_eq!(pool.alpha_worth(4 * TOKEN), TOKEN);
    }

    #[test]
    fn fees_are_the_chains() {
        let mut pool = Pool::new(1_000 * TOKEN, 1.0);
        pool.buy(TOKEN, true);
        assert_eq!(pool.tao, 1_001 * TOKEN - 503_547);
    }

    #[test]
    fn adding_beside_keeps_the_price_and_the_rest_raises_it() {
        let mut pool = Pool::new(1_000 * TOKEN, 0.5);
        let (added, bought) = pool.emit(TOKEN, Fixed::whole(10 * TOKEN));
        assert_eq!((added, bought), (2 * TOKEN, 0));
        assert!((pool.price() - 0.5).abs() < 1e-9);
        let (added, bought) = pool.emit(TOKEN, Fixed::whole(TOKEN));
        assert_eq!(added, TOKEN);
        assert!(bought > 0 && pool.price() > 0.5);
    }

    #[test]
    fn trading_moves_the_price_along_the_curve() {
        let mut pool = Pool::new(1_000 * TOKEN, 1.0);
        assert_eq!(pool.trade(0.0), 0);
        assert_eq!(pool.trade(3.0), -500 * TOKEN as i64);
        assert_eq!((pool.tao, pool.alpha), (2_000 * TOKEN, 500 * TOKEN));
    }
}
