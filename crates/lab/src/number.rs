//! Numbers as people read them. What is not a number is shown as a dash, never as `NaN`.

/// Stands where there is no number.
pub(crate) const NONE: &str = "–";

/// Rao as alpha.
pub(crate) fn alpha(rao: u64) -> f64 {
    rao as f64 / 1e9
}

/// Decimals with which the largest of several numbers shows about four digits, for all of them alike.
pub(crate) fn decimals(numbers: impl IntoIterator<Item = f64>) -> usize {
    let largest =
        numbers.into_iter().filter(|number| number.is_finite()).fold(0.0_f64, |a, b| a.max(b.abs()));
    match largest {
        largest if largest >= 1_000.0 => 0,
        largest if largest >= 100.0 => 1,
        largest if largest >= 10.0 => 2,
        largest if largest >= 0.1 || largest == 0.0 => 3,
        largest => (2 - largest.log10().floor() as i32).clamp(3, 9) as usize,
    }
}

/// A number with as many decimals, and commas between thousands.
pub(crate) fn fixed(number: f64, decimals: usize) -> String {
    if !number.is_finite() {
        return NONE.to_owned();
    }
    let text = format!("{:.decimals$}", number.abs());
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(a, b)| (a, Some(b)));
    let sign = if number < 0.0 && text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)) { "-" } else { "" };
    let digits = whole.len();
    let grouped: String = whole.chars().enumerate().fold(sign.to_owned(), |mut grouped, (at, digit)| {
        if at > 0 && (digits - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
        grouped
    });
    match fraction {
        Some(fraction) => format!("{grouped}.{fraction}"),
        None => grouped,
    }
}

/// A number by itself: about four digits.
pub(crate) fn short(number: f64) -> String {
    fixed(number, decimals([number]))
}

/// A number as it was given, without zeros at its end.
pub(crate) fn plain(number: f64) -> String {
    let text = fixed(number, 6);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

/// A share of one, in per cent. The space does not break.
pub(crate) fn percent(share: f64) -> String {
    if !share.is_finite() {
        return NONE.to_owned();
    }
    format!("{}\u{a0}%", fixed(share * 100.0, 1))
}

/// `part` of `whole`, or not a number where there is no whole.
pub(crate) fn ratio(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { f64::NAN } else { part / whole }
}

/// A count of things, as `1 block` and `1,200 blocks`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    format!("{} {what}{}", fixed(count as f64, 0), if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_rounded_and_never_nan() {
        assert_eq!(fixed(1_234_567.891, 2), "1,234,567.89");
        assert_eq!(fixed(-1_234.5, 0), "-1,234");
        assert_eq!(fixed(-0.0004, 3), "0.000");
        assert_eq!(fixed(999.0, 0), "999");
        assert_eq!(fixed(f64::NAN, 2), NONE);
        assert_eq!(fixed(f64::NEG_INFINITY, 2), NONE);
        assert_eq!(percent(f64::NAN), NONE);
        assert_eq!(percent(0.1234), "12.3\u{a0}%");
        assert_eq!(short(0.001_234), "0.00123");
        assert_eq!(short(12_345.6), "12,346");
        assert_eq!(plain(360.0), "360");
        assert_eq!(plain(0.250), "0.25");
        assert!(ratio(1.0, 0.0).is_nan());
    }
}
