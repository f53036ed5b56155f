//! Share pools: what each staker of a hotkey holds is a share of the hotkey's alpha, so that dividends reach all
//! of them by raising one number.

use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;
use sp_core::U256;

use super::pallet::*;
use super::types::{AccountId, NetUid};

/// A share: `mantissa * 10^exponent`. Zero, or normalized so that the mantissa has 21 digits (or is 10^21).
#[derive(Encode, Decode, DecodeWithMemTracking, Clone, Copy, Default, PartialEq, Eq, Debug, TypeInfo)]
pub struct SafeFloat {
    pub mantissa: u128,
    pub exponent: i64,
}

/// The largest mantissa.
const MAX_MANTISSA: u128 = 1_000_000_000_000_000_000_000;
/// Its digits.
const MAX_DIGITS: usize = 22;
/// Numbers further apart than this many digits are aligned as if they were this far apart.
const MAX_DISTANCE: u64 = 22;

impl SafeFloat {
    /// A whole number.
    pub fn from_whole(value: u64) -> Self {
        Self::normalized(U256::from(value), 0)
    }

    pub fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// `self + other`.
    pub fn plus(self, other: Self) -> Self {
        match (self.is_zero(), other.is_zero()) {
            (true, _) => other,
            (_, true) => self,
            _ => {
                let (a, b, exponent) = aligned(self, other);
                Self::normalized(a.saturating_add(b), exponent)
            }
        }
    }

    /// `self - other`, or zero.
    pub fn minus(self, other: Self) -> Self {
        if self.is_zero() || other.is_zero() {
            return self;
        }
        let (a, b, exponent) = aligned(self, other);
        Self::normalized(a.saturating_sub(b), exponent)
    }

    /// `self * numerator / denominator`; zero if the denominator is.
    pub fn scaled(self, numerator: Self, denominator: Self) -> Self {
        let product = U256::from(self.mantissa) * U256::from(numerator.mantissa);
        let exponent = self.exponent.saturating_add(numerator.exponent).saturating_sub(denominator.exponent);
        let mantissa = product.checked_div(U256::from(denominator.mantissa)).unwrap_or_default();
        Self::normalized(mantissa, exponent)
    }

    /// `value * self / whole`, rounded down; zero if `whole` is.
    pub fn part_of(self, value: u64, whole: Self) -> u64 {
        Self::from_whole(value).scaled(self, whole).to_whole()
    }

    /// The number rounded down, or the largest there is.
    pub fn to_whole(self) -> u64 {
        let scale = power_of_ten(self.exponent.unsigned_abs());
        let mantissa = U256::from(self.mantissa);
        let whole = if self.exponent > 0 { mantissa.saturating_mul(scale) } else { mantissa / scale };
        u64::try_from(whole).unwrap_or(u64::MAX)
    }

    fn normalized(mut mantissa: U256, mut exponent: i64) -> Self {
        if mantissa.is_zero() {
            return Self::default();
        }
        let (most, ten) = (U256::from(MAX_MANTISSA), U256::from(10));
        // All but the last digits go, or come, in one step; dividing by ten over and over is slow.
        let bits = mantissa.bits();
        let surplus = decimals(bits.saturating_sub(1)).saturating_sub(MAX_DIGITS);
        mantissa /= ten.pow(U256::from(surplus));
        exponent = exponent.saturating_add(surplus as i64);
        while mantissa > most {
            mantissa /= ten;
            exponent = exponent.saturating_add(1);
        }
        let missing = MAX_DIGITS.saturating_sub(decimals(bits).saturating_add(3));
        mantissa *= ten.pow(U256::from(missing));
        exponent = exponent.saturating_sub(missing as i64);
        while mantissa <= most / ten {
            mantissa *= ten;
            exponent = exponent.saturating_sub(1);
        }
        Self { mantissa: mantissa.low_u128(), exponent }
    }
}

/// How many decimal digits so many binary ones are, rounded down: 1233 / 4096 is just below log10(2).
const fn decimals(bits: usize) -> usize {
    bits.saturating_mul(1_233) >> 12
}

/// Both mantissas at the greater exponent.
fn aligned(a: SafeFloat, b: SafeFloat) -> (U256, U256, i64) {
    let exponent = a.exponent.max(b.exponent);
    let at = |value: SafeFloat| U256::from(value.mantissa) / power_of_ten(exponent.abs_diff(value.exponent));
    (at(a), at(b), exponent)
}

fn power_of_ten(exponent: u64) -> U256 {
    U256::from(10).pow(U256::from(exponent.min(MAX_DISTANCE)))
}

impl<T: Config> Pallet<T> {
    /// All alpha staked on a hotkey, in rao.
    pub fn hotkey_alpha(hotkey: &AccountId, netuid: NetUid) -> u64 {
        TotalHotkeyAlpha::<T>::get(hotkey, netuid)
    }

    /// What a coldkey holds on a hotkey, alpha in rao.
    pub fn stake_of(hotkey: &AccountId, coldkey: &AccountId, netuid: NetUid) -> u64 {
        let share = AlphaV2::<T>::get((hotkey, coldkey, netuid));
        share.part_of(Self::hotkey_alpha(hotkey, netuid), TotalHotkeySharesV2::<T>::get(hotkey, netuid))
    }

    /// Raises what every staker of a hotkey holds, in proportion.
    pub(super) fn raise_hotkey_alpha(hotkey: &AccountId, netuid: NetUid, alpha: u64) {
        Self::set_hotkey_alpha(hotkey, netuid, Self::hotkey_alpha(hotkey, netuid).saturating_add(alpha));
    }

    /// Adds `alpha` rao to what a coldkey holds on a hotkey.
    pub(super) fn increase_stake(hotkey: &AccountId, coldkey: &AccountId, netuid: NetUid, alpha: u64) {
        if alpha == 0 {
            return;
        }
        Self::note_staking_hotkey(coldkey, hotkey);
        let whole = TotalHotkeySharesV2::<T>::get(hotkey, netuid);
        let share = Self::shares_for(hotkey, netuid, alpha);
        let held = AlphaV2::<T>::get((hotkey, coldkey, netuid));
        // The first staker of an empty pool holds all of it.
        let held = if whole.is_zero() { share } else { held.plus(share) };
        Self::set_shares(hotkey, coldkey, netuid, held, whole.plus(share));
        Self::raise_hotkey_alpha(hotkey, netuid, alpha);
    }

    /// Takes `alpha` rao from what a coldkey holds on a hotkey; nothing if there is less.
    pub(super) fn decrease_stake(hotkey: &AccountId, coldkey: &AccountId, netuid: NetUid, alpha: u64) {
        if alpha == 0 || Self::stake_of(hotkey, coldkey, netuid) < alpha {
            return;
        }
        let value = Self::hotkey_alpha(hotkey, netuid);
        let share = Self::shares_for(hotkey, netuid, alpha);
        let held = AlphaV2::<T>::get((hotkey, coldkey, netuid)).minus(share);
        let whole = TotalHotkeySharesV2::<T>::get(hotkey, netuid).minus(share);
        Self::set_shares(hotkey, coldkey, netuid, held, whole);
        Self::set_hotkey_alpha(hotkey, netuid, value.saturating_sub(alpha));
    }

    /// Whether staking `alpha` rao on a hotkey would yield a share at all.
    pub(super) fn yields_a_share(hotkey: &AccountId, netuid: NetUid, alpha: u64) -> bool {
        TotalHotkeySharesV2::<T>::get(hotkey, netuid).is_zero()
            || !Self::shares_for(hotkey, netuid, alpha).is_zero()
    }

    /// Remembers that a coldkey stakes, or staked, on a hotkey.
    pub(super) fn note_staking_hotkey(coldkey: &AccountId, hotkey: &AccountId) {
        let mut hotkeys = StakingHotkeys::<T>::get(coldkey);
        if !hotkeys.contains(hotkey) {
            hotkeys.push(hotkey.clone());
            StakingHotkeys::<T>::insert(coldkey, hotkeys);
        }
    }

    /// The share of a hotkey's pool that is worth `alpha` rao; in an empty pool as many as rao.
    fn shares_for(hotkey: &AccountId, netuid: NetUid, alpha: u64) -> SafeFloat {
        let whole = TotalHotkeySharesV2::<T>::get(hotkey, netuid);
        let alpha = SafeFloat::from_whole(alpha);
        if whole.is_zero() {
            return alpha;
        }
        alpha.scaled(whole, SafeFloat::from_whole(Self::hotkey_alpha(hotkey, netuid)))
    }

    fn set_shares(
        hotkey: &AccountId,
        coldkey: &AccountId,
        netuid: NetUid,
        held: SafeFloat,
        whole: SafeFloat,
    ) {
        if held.is_zero() {
            AlphaV2::<T>::remove((hotkey, coldkey, netuid));
        } else {
            AlphaV2::<T>::insert((hotkey, coldkey, netuid), held);
        }
        if whole.is_zero() {
            TotalHotkeySharesV2::<T>::remove(hotkey, netuid);
        } else {
            TotalHotkeySharesV2::<T>::insert(hotkey, netuid, whole);
        }
    }

    fn set_hotkey_alpha(hotkey: &AccountId, netuid: NetUid, alpha: u64) {
        if alpha == 0 {
            TotalHotkeyAlpha::<T>::remove(hotkey, netuid);
        } else {
            TotalHotkeyAlpha::<T>::insert(hotkey, netuid, alpha);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SafeFloat;

    #[test]
    fn a_later_staker_gets_a_share_in_proportion_to_the_value_so_far() {
        let first = SafeFloat::from_whole(1_000);
        // Dividends doubled the value; 500 more then buys a quarter of what was there before.
        let second = SafeFloat::from_whole(500).scaled(first, SafeFloat::from_whole(2_000));
        let whole = first.plus(second);
        assert_eq!(first.part_of(2_500, whole), 2_000);
        assert_eq!(second.part_of(2_500, whole), 500);
    }

    #[test]
    fn mantissas_have_21_digits() {
        let one = SafeFloat::from_whole(1);
        assert_eq!((one.mantissa, one.exponent), (1_000_000_000_000_000_000_000, -21));
        let third = one.scaled(one, SafeFloat::from_whole(3));
        assert_eq!((third.mantissa, third.exponent), (333_333_333_333_333_333_333, -21));
        let most = SafeFloat::from_whole(u64::MAX);
        assert_eq!((most.mantissa, most.exponent), (184_467_440_737_095_516_150, -1));
        assert_eq!(most.to_whole(), u64::MAX);
    }

    #[test]
    fn taking_everything_out_leaves_nothing() {
        let share = SafeFloat::from_whole(7).scaled(SafeFloat::from_whole(1), SafeFloat::from_whole(3));
        assert!(share.minus(share).is_zero());
        assert_eq!(share.part_of(u64::MAX, share), u64::MAX);
    }
}
