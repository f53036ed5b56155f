//! Whose stake counts, how much of it, and who may validate next.

use crate::{
    fixed::{self, Fixed},
    subnet::{Mechanism, Subnet},
};

/// The stake of a hotkey after child and parent links, in rao.
///
/// It gives each proportion in `children` of its `own` stake away, and gets from each of its `parents`, given
/// as `(stake, proportion)`, that proportion of their own stake. `u64::MAX` is the whole stake. The same rule
/// holds for alpha and for root stake; stakes here are those before inheritance.
pub fn inherited_stake(
    own: u64,
    children: impl IntoIterator<Item = u64>,
    parents: impl IntoIterator<Item = (u64, u64)>,
) -> u64 {
    let given = children.into_iter().map(|proportion| part_q32(own, proportion));
    let received = parents.into_iter().map(|(stake, proportion)| part_q32(stake, proportion));
    let kept = (u128::from(own) << 32).saturating_sub(given.fold(0, u128::saturating_add));
    let total = kept.saturating_add(received.fold(0, u128::saturating_add));
    u64::try_from(total >> 32).unwrap_or(u64::MAX)
}

/// A proportion of a stake, with 32 fractional bits. The proportion itself is cut to 32 bits first.
fn part_q32(stake: u64, proportion: u64) -> u128 {
    u128::from(stake) * proportion_q32(proportion)
}

/// `value / u64::MAX` with 32 fractional bits.
fn proportion_q32(value: u64) -> u128 {
    (u128::from(value) << 32) / u128::from(u64::MAX)
}

/// Each neuron's share of the subnet's stake. Stakes below the threshold count as none, except the owner's.
pub(crate) fn shares(subnet: &Subnet<'_>) -> Vec<Fixed> {
    let tao_weight = proportion_q32(subnet.params.tao_weight);
    let stakes: Vec<i128> = (0..subnet.neurons())
        .map(|uid| {
            let stake = total_q64(
                subnet.alpha_stake[uid],
                subnet.root_stake.get(uid).copied().unwrap_or(0),
                tao_weight,
            );
            let counts = subnet.is_owner(uid) || (stake >> 64) >= i128::from(subnet.params.stake_threshold);
            if counts { stake } else { 0 }
        })
        .collect();
    let total = stakes.iter().fold(0, |total: i128, &stake| total.saturating_add(stake));
    stakes.into_iter().map(|stake| share_of_total(stake, total)).collect()
}

/// Alpha plus weighted root stake, with 64 fractional bits (`I64F64` on the chain), saturating.
fn total_q64(alpha: u64, root: u64, tao_weight_q32: u128) -> i128 {
    let root = match i64::try_from(root) {
        Ok(root) => (i128::from(root) * tao_weight_q32 as i128) << 32,
        // The root stake itself saturates just below 2^63, so the product falls one bit short of 2^63 times the
        // weight.
        Err(_) => i128::try_from((tao_weight_q32 << 95).saturating_sub(1)).unwrap_or(i128::MAX),
    };
    let alpha = i64::try_from(alpha).map_or(i128::MAX, |alpha| i128::from(alpha) << 64);
    alpha.saturating_add(root)
}

/// `stake / total`, cut to 32 fractional bits, for `0 <= stake <= total`; the numerator would need 160 bits, so
/// the quotient is found bit by bit.
fn share_of_total(stake: i128, total: i128) -> Fixed {
    if total == 0 {
        return Fixed::ZERO;
    }
    if stake >= total {
        return Fixed::ONE;
    }
    let (mut rest, total) = (stake as u128, total as u128);
    let mut quotient = 0;
    for _ in 0..32 {
        rest <<= 1;
        quotient <<= 1;
        if rest >= total {
            rest -= total;
            quotient |= 1;
        }
    }
    Fixed::from_bits(quotient)
}

/// The shares of those that are active in the mechanism and hold a permit, normalised.
pub(crate) fn active_shares(shares: &[Fixed], subnet: &Subnet<'_>, mechanism: &Mechanism<'_>) -> Vec<Fixed> {
    let mut active: Vec<Fixed> = shares
        .iter()
        .enumerate()
        .map(|(uid, &share)| {
            let counts = subnet.has_permit(uid) && mechanism.is_active(uid, subnet);
            if counts { share } else { Fixed::ZERO }
        })
        .collect();
    fixed::normalize(&mut active);
    active
}

/// The permits for the next epoch: the largest stakes, the higher uid before the lower at equal stake, and the
/// owner in any case.
pub(crate) fn permits(shares: &[Fixed], subnet: &Subnet<'_>) -> Vec<bool> {
    let mut permits: Vec<bool> = shares.iter().map(|share| !share.is_zero()).collect();
    let excess = shares.len().saturating_sub(usize::from(subnet.params.max_allowed_validators));
    let mut by_share: Vec<usize> = (0..shares.len()).collect();
    by_share.sort_by_key(|&uid| shares[uid]);
    for &uid in &by_share[..excess] {
        permits[uid] = false;
    }
    if let Some(permit) = subnet.owner_uid.and_then(|owner| permits.get_mut(usize::from(owner))) {
        *permit = true;
    }
    permits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inheritance_moves_stake_from_parent_to_child() {
        let half = u64::MAX / 2;
        assert_eq!(inherited_stake(1_000, [], []), 1_000);
        assert_eq!(inherited_stake(1_000, [u64::MAX], []), 0);
        assert_eq!(inherited_stake(0, [], [(1_000, u64::MAX)]), 1_000);
        // Half of u64::MAX is a little below one half at 32 bits, so each side keeps its fraction of a rao.
        assert_eq!(inherited_stake(1_000, [half], []), 500);
        assert_eq!(inherited_stake(0, [], [(1_000, half)]), 499);
        assert_eq!(inherited_stake(u64::MAX, [], [(u64::MAX, u64::MAX)]), u64::MAX);
    }

    #[test]
    fn total_stake_saturates_below_two_to_the_63() {
        let one = proportion_q32(u64::MAX);
        assert_eq!(total_q64(1, 1, one), 2 << 64);
        assert_eq!(total_q64(u64::MAX, u64::MAX, one), i128::MAX);
        assert_eq!(total_q64(0, u64::MAX, one), i128::MAX);
        assert_eq!(total_q64(0, u64::MAX, 0), 0);
    }
}
