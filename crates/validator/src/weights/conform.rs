//! From real-valued weights per uid to the integers a `set_weights` call carries, by the subnet's own rules.
//!
//! The arithmetic is IEEE-754 double precision in a fixed order, so that two implementations given the same weights
//! send the same bytes. Sums are plain left-to-right additions.

use std::collections::BTreeSet;

/// The largest value of a weight on chain, and the unit of `max_weights_limit`.
pub const WEIGHT_MAX: u16 = u16::MAX;

/// Keeps the water-filling threshold away from a division by zero when every smaller weight is zero.
const CLIP_EPSILON: f64 = 1e-7;

/// What the subnet demands of a weight vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Fewest non-zero weights accepted. The chain's own bound is `min(n, MinAllowedWeights)`: see [`Limits::on_chain`].
    pub min_allowed_weights: u16,
    /// Largest share of the total one uid may hold, as a fraction of 65535; 65535 means no limit.
    pub max_weight_limit: u16,
}

impl Limits {
    /// The limits that bind on a subnet of `neurons` neurons: a subnet never demands more weights than it has neurons.
    #[must_use]
    pub fn on_chain(min_allowed_weights: u16, max_weight_limit: u16, neurons: usize) -> Self {
        let neurons = u16::try_from(neurons).unwrap_or(u16::MAX);
        Self { min_allowed_weights: min_allowed_weights.min(neurons), max_weight_limit }
    }
}

/// Why a weight vector cannot be sent.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ConformError {
    /// A weight is negative, infinite or not a number.
    #[error("the weight of uid {uid} is {weight}; weights must be finite and not negative")]
    NotAWeight {
        /// The uid as given.
        uid: i64,
        /// The offending weight.
        weight: f64,
    },
    /// A uid does not fit the chain's u16.
    #[error("uid {uid} is outside 0..65535")]
    UidOutOfRange {
        /// The uid as given.
        uid: i64,
    },
    /// The two parallel lists differ in length.
    #[error("{uids} uids were given with {weights} weights; give one weight per uid")]
    LengthMismatch {
        /// Number of uids.
        uids: usize,
        /// Number of weights.
        weights: usize,
    },
    /// One uid appears twice.
    #[error("uid {uid} appears twice; each uid may have one weight")]
    DuplicateUid {
        /// The repeated uid.
        uid: u16,
    },
    /// Nothing is left to set.
    #[error(
        "all weights are zero, so there is nothing to set; decide with `when_all_zero` what happens then"
    )]
    AllZero,
    /// The subnet demands more non-zero weights.
    #[error(
        "the subnet requires at least {required} non-zero weights (min_allowed_weights) and only {got} remain; \
         reward more neurons, or ask the subnet owner to lower min_allowed_weights"
    )]
    TooFew {
        /// What the subnet requires.
        required: u16,
        /// Non-zero weights after quantisation.
        got: usize,
    },
    /// A raw weight is not an integer the chain can hold.
    #[error("the raw weight of uid {uid} is {weight}; raw weights must be whole numbers in 0..65535")]
    NotRaw {
        /// The uid.
        uid: u16,
        /// The offending weight.
        weight: f64,
    },
    /// Raw weights are sent as given, so a share above the limit is refused instead of clipped.
    #[error(
        "a raw weight exceeds the subnet's max_weights_limit of {limit}/65535; change the ratios of the weights"
    )]
    RawOverLimit {
        /// The subnet's limit.
        limit: u16,
    },
}

/// Pairs two parallel lists, keeping their order. Refuses duplicates, uids outside u16 and unequal lengths.
pub fn pairs(uids: &[i64], weights: &[f64]) -> Result<Vec<(u16, f64)>, ConformError> {
    let pairs = paired(uids, weights)?;
    let mut seen = BTreeSet::new();
    for (uid, _) in &pairs {
        if !seen.insert(*uid) {
            return Err(ConformError::DuplicateUid { uid: *uid });
        }
    }
    Ok(pairs)
}

/// Scales two parallel lists so that the largest weight becomes 65535, rounds half to even and drops zeros.
/// All-zero input gives an empty vector; duplicate uids pass through.
pub fn normalize(uids: &[i64], weights: &[f64]) -> Result<Vec<(u16, u16)>, ConformError> {
    let pairs = paired(uids, weights)?;
    check(&pairs)?;
    Ok(quantize(&pairs))
}

/// Scales weights to a sum of 1 with no share above `limit`: what exceeds the limit is cut off evenly from the top.
/// When the limit cannot be met (`n * limit <= 1`) every share is equal.
pub fn clip_to_max_weight(weights: &[f64], limit: f64) -> Result<Vec<f64>, ConformError> {
    let sum: f64 = weights.iter().fold(0.0, |sum, weight| sum + weight);
    if weights.is_empty() || sum == 0.0 {
        return Err(ConformError::AllZero);
    }
    let n = weights.len();
    let uniform = || vec![1.0 / n as f64; n];
    if n as f64 * limit <= 1.0 {
        return Ok(uniform());
    }
    let mut ascending: Vec<f64> = weights.iter().map(|weight| weight / sum).collect();
    ascending.sort_by(f64::total_cmp);
    if ascending.last().is_some_and(|largest| *largest <= limit) {
        return Ok(weights.iter().map(|weight| weight / sum).collect());
    }
    let mut running = 0.0;
    let cumulative: Vec<f64> = ascending
        .iter()
        .map(|share| {
            running += share;
            running
        })
        .collect();
    // If every larger share were cut down to this one, would it still be below the limit?
    let kept = ascending
        .iter()
        .zip(&cumulative)
        .enumerate()
        .filter(|(i, (share, below))| {
            **share / ((n - i - 1) as f64 * **share + **below + CLIP_EPSILON) < limit
        })
        .count();
    let Some(below) = kept.checked_sub(1).and_then(|last| cumulative.get(last)) else {
        return Ok(uniform());
    };
    let cutoff = (limit * below - CLIP_EPSILON) / (1.0 - limit * (n - kept) as f64) * sum;
    let clipped: Vec<f64> = weights.iter().map(|weight| weight.min(cutoff)).collect();
    let total: f64 = clipped.iter().fold(0.0, |sum, weight| sum + weight);
    Ok(clipped.iter().map(|weight| weight / total).collect())
}

/// The uids and values of the call, in the order given: clip to the subnet's maximum, quantise, drop zeros, and check
/// the minimum count. A single weight on `own_uid` is exempt from both rules, as on chain.
pub fn conform(
    own_uid: u16,
    weights: &[(u16, f64)],
    limits: Limits,
) -> Result<Vec<(u16, u16)>, ConformError> {
    check(weights)?;
    let self_only = matches!(weights, [(uid, _)] if *uid == own_uid);
    let clipped;
    let weights = if !self_only && limits.max_weight_limit < WEIGHT_MAX {
        let values: Vec<f64> = weights.iter().map(|(_, weight)| *weight).collect();
        let shares = clip_to_max_weight(&values, f64::from(limits.max_weight_limit) / f64::from(WEIGHT_MAX))?;
        clipped = weights.iter().map(|(uid, _)| *uid).zip(shares).collect::<Vec<_>>();
        &clipped
    } else {
        weights
    };
    finish(quantize(weights), self_only, limits)
}

/// As [`conform`], for subnets whose consensus reads the integers as they are: nothing is scaled or clipped.
pub fn conform_raw(
    own_uid: u16,
    weights: &[(u16, f64)],
    limits: Limits,
) -> Result<Vec<(u16, u16)>, ConformError> {
    let mut values = Vec::with_capacity(weights.len());
    for &(uid, weight) in weights {
        if !(0.0..=f64::from(WEIGHT_MAX)).contains(&weight) || weight.fract() != 0.0 {
            return Err(ConformError::NotRaw { uid, weight });
        }
        // Checked above: a whole number in 0..=65535.
        values.push((uid, weight as u16));
    }
    let self_only = matches!(weights, [(uid, _)] if *uid == own_uid);
    if !self_only && limits.max_weight_limit < WEIGHT_MAX {
        let sum: u64 = values.iter().map(|(_, value)| u64::from(*value)).sum();
        let over =
            |value: u16| u64::from(value) * u64::from(WEIGHT_MAX) > sum * u64::from(limits.max_weight_limit);
        if values.iter().any(|(_, value)| over(*value)) {
            return Err(ConformError::RawOverLimit { limit: limits.max_weight_limit });
        }
    }
    values.retain(|(_, value)| *value != 0);
    finish(values, self_only, limits)
}

fn paired(uids: &[i64], weights: &[f64]) -> Result<Vec<(u16, f64)>, ConformError> {
    if uids.len() != weights.len() {
        return Err(ConformError::LengthMismatch { uids: uids.len(), weights: weights.len() });
    }
    uids.iter()
        .zip(weights)
        .map(|(uid, weight)| {
            let uid = u16::try_from(*uid).map_err(|_| ConformError::UidOutOfRange { uid: *uid })?;
            Ok((uid, *weight))
        })
        .collect()
}

fn check(weights: &[(u16, f64)]) -> Result<(), ConformError> {
    match weights.iter().find(|(_, weight)| !weight.is_finite() || *weight < 0.0) {
        Some((uid, weight)) => Err(ConformError::NotAWeight { uid: i64::from(*uid), weight: *weight }),
        None => Ok(()),
    }
}

/// Expects checked weights.
fn quantize(weights: &[(u16, f64)]) -> Vec<(u16, u16)> {
    let top = weights.iter().fold(0.0_f64, |top, (_, weight)| top.max(*weight));
    if top == 0.0 {
        return Vec::new();
    }
    weights
        .iter()
        // In range: the quotient is within 0..=1.
        .map(|(uid, weight)| (*uid, (weight / top * f64::from(WEIGHT_MAX)).round_ties_even() as u16))
        .filter(|(_, value)| *value != 0)
        .collect()
}

fn finish(values: Vec<(u16, u16)>, self_only: bool, limits: Limits) -> Result<Vec<(u16, u16)>, ConformError> {
    if values.is_empty() {
        return Err(ConformError::AllZero);
    }
    if !self_only && values.len() < usize::from(limits.min_allowed_weights) {
        return Err(ConformError::TooFew { required: limits.min_allowed_weights, got: values.len() });
    }
    Ok(values)
}
