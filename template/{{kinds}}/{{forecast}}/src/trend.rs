//! The miner's model: a straight line through the past, and a pull that brings the price back to it.
//!
//! The line is what emission into the pool does to the price, the pull what traders do who buy below and sell above what
//! they think it worth.

use crate::Price;

/// Fewer prices than this show no pull that could be told from chance.
const ENOUGH: usize = 8;

/// How these prices, two or more, go on at the block `due`.
///
/// Chance alone makes lines and pulls where there are none. Each counts only as far as it is surer than twice its
/// error, so that where nothing can be known the forecast is the last price.
pub fn continued(past: &[Price], due: u64) -> f64 {
    let (Some(first), Some(last)) = (past.first(), past.last()) else { return f64::NAN };
    let count = past.len() as f64;
    let age = |price: &Price| (price.block - first.block) as f64;
    let middle = past.iter().map(age).sum::<f64>() / count;
    let mean = past.iter().map(|price| price.tao).sum::<f64>() / count;

    // The line that is nearest to all prices, and each price's distance from it.
    let width: f64 = past.iter().map(|price| (age(price) - middle).powi(2)).sum();
    let slope = past.iter().map(|price| (age(price) - middle) * (price.tao - mean)).sum::<f64>() / width;
    let distance = |price: &Price| price.tao - mean - slope * (age(price) - middle);
    let ahead = (due.saturating_sub(last.block)) as f64;
    if past.len() < ENOUGH {
        return last.tao + slope * ahead;
    }

    // How much of its distance the price loses from one step to the next.
    let steps = || past.windows(2).map(|pair| (distance(&pair[0]), distance(&pair[1])));
    let squares: f64 = steps().map(|(from, _)| from * from).sum();
    if squares == 0.0 {
        return last.tao + slope * ahead;
    }
    let pull = steps().map(|(from, to)| from * (from - to)).sum::<f64>() / squares;
    let rest: f64 = steps().map(|(from, to)| (to - from + pull * from).powi(2)).sum();
    let pull = surely(pull, (rest / (count - 2.0) / squares).sqrt()).min(1.0);

    // Where nothing pulls, the line is as unsure as a walk is wide.
    let step = age(last) / (count - 1.0);
    let jolts: f64 = steps().map(|(from, to)| (to - from).powi(2)).sum();
    let slope = surely(slope, (1.0 - pull) * (jolts / (count - 1.0) / count).sqrt() / step);
    last.tao + slope * ahead - (1.0 - (1.0 - pull).powf(ahead / step)) * distance(last)
}

/// What is left of a value, above 0 or below, that has this error.
fn surely(value: f64, error: f64) -> f64 {
    value * (1.0 - (2.0 * error / value).powi(2)).max(0.0)
}
