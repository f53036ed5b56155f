//! Amounts of TAO on the command line.

use std::str::FromStr;

use subnetkit::chain::Rao;

/// An amount of TAO as people write it: `10`, `0.5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tao(pub(crate) Rao);

/// The text is no amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotAnAmount;

impl std::fmt::Display for NotAnAmount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("write an amount of TAO above zero with at most 9 decimals, for example 10 or 0.5")
    }
}

impl std::error::Error for NotAnAmount {}

impl FromStr for Tao {
    type Err = NotAnAmount;

    fn from_str(text: &str) -> Result<Self, NotAnAmount> {
        // Not by a float: every rao counts.
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(decimals) || whole.is_empty() || decimals.len() > 9 {
            return Err(NotAnAmount);
        }
        let tokens: u64 = whole.parse().map_err(|_| NotAnAmount)?;
        let rao: u64 = format!("{decimals:0<9}").parse().map_err(|_| NotAnAmount)?;
        let amount = tokens.checked_mul(Rao::PER_TOKEN).and_then(|amount| amount.checked_add(rao));
        amount.filter(|amount| *amount > 0).map(|amount| Self(Rao(amount))).ok_or(NotAnAmount)
    }
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
}
