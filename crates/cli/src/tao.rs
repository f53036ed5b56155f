//! Amounts and shares on the command line: never floats, since every rao counts.

use std::str::FromStr;

use subnetkit::chain::Rao;

/// An amount of TAO, or of alpha, as people write it: `10`, `0.5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tao(pub(crate) Rao);

/// The text is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotAnAmount;

impl std::fmt::Display for NotAnAmount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("write an amount above zero with at most 9 decimals, for example 10 or 0.5")
    }
}

impl std::error::Error for NotAnAmount {}

impl FromStr for Tao {
    type Err = NotAnAmount;

    fn from_str(text: &str) -> Result<Self, NotAnAmount> {
        billionths(text).filter(|amount| *amount > 0).map(|amount| Self(Rao(amount))).ok_or(NotAnAmount)
    }
}

/// A decimal number in billionths; none if it has more than 9 decimals, a sign, or is no number.
pub(crate) fn billionths(text: &str) -> Option<u64> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || whole.is_empty() || decimals.len() > 9 {
        return None;
    }
    let tokens: u64 = whole.parse().ok()?;
    let rao: u64 = format!("{decimals:0<9}").parse().ok()?;
    tokens.checked_mul(Rao::PER_TOKEN)?.checked_add(rao)
}

/// A share as a fraction (`0.05`) or in percent (`5%`), in billionths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share(pub(crate) u64);

/// The text is no share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotAShare;

impl std::fmt::Display for NotAShare {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("write a share from 0 to 1, for example 0.05, or in percent, for example 5%")
    }
}

impl std::error::Error for NotAShare {}

impl FromStr for Share {
    type Err = NotAShare;

    fn from_str(text: &str) -> Result<Self, NotAShare> {
        let share = match text.strip_suffix('%') {
            Some(percent) => billionths(percent).map(|share| share / 100),
            None => billionths(text),
        };
        share.filter(|share| *share <= Rao::PER_TOKEN).map(Self).ok_or(NotAShare)
    }
}

impl Share {
    /// A price that much higher, to the next rao.
    pub(crate) fn above(self, Rao(price): Rao) -> Rao {
        Rao(price.saturating_add(self.of(price, Rao::PER_TOKEN - 1)))
    }

    /// A price that much lower, to the next rao.
    pub(crate) fn below(self, Rao(price): Rao) -> Rao {
        Rao(price.saturating_sub(self.of(price, 0)))
    }

    fn of(self, price: u64, round: u64) -> u64 {
        let product = u128::from(price) * u128::from(self.0) + u128::from(round);
        u64::try_from(product / u128::from(Rao::PER_TOKEN)).unwrap_or(u64::MAX)
    }
}

/// What alpha is worth in TAO at a price, rounded down.
pub(crate) fn worth(Rao(alpha): Rao, Rao(price): Rao) -> Rao {
    let product = u128::from(alpha) * u128::from(price) / u128::from(Rao::PER_TOKEN);
    Rao(u64::try_from(product).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_to_the_rao() {
        let rao = |text: &str| text.parse::<Tao>().map(|tao| tao.0.0);
        assert_eq!(rao("10"), Ok(10_000_000_000));
        assert_eq!(rao("0.5"), Ok(500_000_000));
        assert_eq!(rao("0.000000001"), Ok(1));
        assert_eq!(rao("18446744073.709551615"), Ok(u64::MAX));
        for refused in
            ["", "0", "0.0", ".5", "-1", "1e3", "1.0000000001", "18446744073.709551616", "1,5", "1.2.3"]
        {
            assert_eq!(rao(refused), Err(NotAnAmount), "{refused}");
        }
    }

    #[test]
    fn shares_are_fractions_or_percent_and_move_prices_by_whole_rao() {
        assert_eq!("0.05".parse(), Ok(Share(50_000_000)));
        assert_eq!("5%".parse(), Ok(Share(50_000_000)));
        assert_eq!("1".parse(), Ok(Share(1_000_000_000)));
        for refused in ["5", "101%", "-1%", "", "%"] {
            assert_eq!(refused.parse::<Share>(), Err(NotAShare), "{refused}");
        }
        let share = Share(50_000_000);
        assert_eq!(share.above(Rao(1_000_000_001)), Rao(1_050_000_002));
        assert_eq!(share.below(Rao(1_000_000_001)), Rao(950_000_001));
        assert_eq!(worth(Rao(3_000_000_001), Rao(500_000_000)), Rao(1_500_000_000));
    }
}
